"""UDP datagrams in a capture of a network (pcap, pcapng), as Wireshark and tcpdump write them."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import BinaryIO, Final

_PCAP_MAGIC: Final = {
    bytes.fromhex(digits): order
    for digits, order in (("d4c3b2a1", "<"), ("4d3cb2a1", "<"), ("a1b2c3d4", ">"), ("a1b23c4d", ">"))
}
"""First bytes of a pcap file -> its byte order; the second of each pair counts nanoseconds."""
_SECTION_HEADER, _INTERFACE, _SIMPLE_PACKET, _ENHANCED_PACKET = 0x0A0D0D0A, 1, 3, 6
_LARGEST_RECORD: Final = 1 << 20
_ETHERNET, _LINUX_COOKED, _LINUX_COOKED_2 = 1, 113, 276
_LOOPBACK: Final = frozenset({0, 108})
_RAW_IP: Final = frozenset({12, 14, 101, 228, 229})
_VLAN_TAGS: Final = frozenset({0x8100, 0x88A8, 0x9100})
_IPV4, _IPV6 = 0x0800, 0x86DD
_UDP: Final = 17
_IPV6_OPTIONS: Final = frozenset({0, 43, 60})


class CaptureError(ValueError):
    """A file that is no capture, or is cut short; the text goes to the log."""


@dataclass(frozen=True, slots=True)
class CapturedDatagram:
    """One UDP datagram: `number` counts all captured packets from 1, VLANs begin with the outer one."""

    number: int
    vlans: tuple[int, ...]
    source: tuple[str, int]
    destination: tuple[str, int]
    payload: bytes


def captured_datagrams(file: BinaryIO) -> Iterator[CapturedDatagram]:
    """Every whole UDP datagram of a capture, fragments left out. Raises CaptureError, OSError."""
    magic = file.read(4)
    if magic in _PCAP_MAGIC:
        frames = _pcap_frames(file, _PCAP_MAGIC[magic])
    elif magic == _SECTION_HEADER.to_bytes(4, "big"):
        frames = _pcapng_frames(file)
    else:
        raise CaptureError("invalid pcap file, unknown magic number")
    for number, (link_type, frame) in enumerate(frames, 1):
        try:
            datagram = _datagram(number, link_type, frame)
        except (struct.error, IndexError):  # cut short by the capture's own limit
            continue
        if datagram is not None:
            yield datagram


def _read(file: BinaryIO, size: int) -> bytes:
    if size > _LARGEST_RECORD:
        raise CaptureError(f"invalid pcap file, a record of {size:,} bytes")
    data = file.read(size)
    if data and len(data) < size:
        raise CaptureError("truncated pcap file")
    return data


def _pcap_frames(file: BinaryIO, order: str) -> Iterator[tuple[int, bytes]]:
    link_type = struct.unpack_from(f"{order}I", _read(file, 20).ljust(20, b"\0"), 16)[0] & 0xFFFF
    while header := _read(file, 16):
        yield link_type, _read(file, struct.unpack_from(f"{order}I", header, 8)[0])


def _pcapng_frames(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Blocks of type and length; each section has a byte order and interfaces of its own."""
    order, links = "<", list[int]()
    kind_bytes = _SECTION_HEADER.to_bytes(4, "big")
    while kind_bytes:
        length_bytes = _read(file, 4)
        if kind_bytes == _SECTION_HEADER.to_bytes(4, "big"):
            order = "<" if (byte_order := _read(file, 4)) == bytes.fromhex("4d3c2b1a") else ">"
            links.clear()
            _read(file, struct.unpack(f"{order}I", length_bytes)[0] - 8 - len(byte_order))
        else:
            kind, length = struct.unpack(f"{order}II", kind_bytes + length_bytes)
            body = _read(file, max(length - 8, 0))
            if kind == _INTERFACE:
                links.append(struct.unpack_from(f"{order}H", body)[0])
            elif kind == _ENHANCED_PACKET and len(body) >= 20:
                interface, _, _, size = struct.unpack_from(f"{order}IIII", body)
                yield links[interface] if interface < len(links) else -1, body[20 : 20 + size]
            elif kind == _SIMPLE_PACKET and links:
                yield links[0], body[4:-4]
        kind_bytes = _read(file, 4)


def _datagram(number: int, link_type: int, frame: bytes) -> CapturedDatagram | None:
    kind, vlans, at = _link_layer(link_type, frame)
    if kind == _IPV4:
        header, total = (frame[at] & 0x0F) * 4, int.from_bytes(frame[at + 2 : at + 4], "big")
        fragment = int.from_bytes(frame[at + 6 : at + 8], "big") & 0x3FFF
        protocol, addresses, size = frame[at + 9], frame[at + 12 : at + 20], total - header
        if fragment:
            return None
    elif kind == _IPV6:
        header, size = 40, int.from_bytes(frame[at + 4 : at + 6], "big")
        protocol, addresses = frame[at + 6], frame[at + 8 : at + 40]
        while protocol in _IPV6_OPTIONS:
            extension = 8 + 8 * frame[at + header + 1]
            protocol, header, size = frame[at + header], header + extension, size - extension
    else:
        return None
    at += header
    if protocol != _UDP:
        return None
    source_port, destination_port, length = struct.unpack_from(">HHH", frame, at)
    payload = frame[at + 8 : at + min(length, size)]
    if len(payload) != length - 8:
        return None
    half = len(addresses) // 2
    source, destination = str(ip_address(addresses[:half])), str(ip_address(addresses[half:]))
    return CapturedDatagram(number, vlans, (source, source_port), (destination, destination_port), payload)


def _link_layer(link_type: int, frame: bytes) -> tuple[int, tuple[int, ...], int]:
    """(EtherType, VLAN ids, offset of what they announce)."""
    if link_type in _RAW_IP or link_type in _LOOPBACK:
        at = 4 if link_type in _LOOPBACK else 0
        return (_IPV6 if frame[at] >> 4 == 6 else _IPV4), (), at
    if link_type == _LINUX_COOKED_2:
        return int.from_bytes(frame[:2], "big"), (), 20
    if link_type not in (_ETHERNET, _LINUX_COOKED):
        return 0, (), 0
    at = 12 if link_type == _ETHERNET else 14
    vlans: list[int] = []
    while (kind := int.from_bytes(frame[at : at + 2], "big")) in _VLAN_TAGS:
        vlans.append(int.from_bytes(frame[at + 2 : at + 4], "big") & 0x0FFF)
        at += 4
    return kind, tuple(vlans), at + 2
