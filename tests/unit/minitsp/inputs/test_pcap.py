"""-I pcap: the packets of one stream in a capture, whatever wrote it."""

import struct
from collections.abc import Callable
from ipaddress import ip_address
from pathlib import Path

import pytest

from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.plugin import Context, GlobalOptions, PluginError
from ibe100.minitsp.inputs.pcap import PcapInput
from plugin_rig import Log

ONE, TWO, THREE = (bytes((0x47, 0, pid, 0x10)).ljust(188, b"\0") for pid in (1, 2, 3))


def udp(destination: str, payload: bytes, *, port: int = 5000, fragment: int = 0) -> bytes:
    """An IP packet with a datagram."""
    source = ip_address("fd00::1" if ":" in destination else "10.0.0.1").packed
    target = ip_address(destination).packed
    body = struct.pack(">HHHH", 4000, port, 8 + len(payload), 0) + payload
    if len(target) == 16:
        return struct.pack(">IHBB", 0x60000000, len(body), 17, 1) + source + target + body
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(body), 1, fragment, 64, 17, 0)
    return head + source + target + body


def ethernet(packet: bytes, *vlans: int) -> bytes:
    tags = b"".join(struct.pack(">HH", 0x8100, 0x2000 | vlan) for vlan in vlans)
    return bytes(12) + tags + (b"\x86\xdd" if packet[0] >> 4 == 6 else b"\x08\x00") + packet


def pcap(*frames: bytes, link_type: int = 1, order: str = "<") -> bytes:
    head = struct.pack(f"{order}IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, link_type)
    records = (struct.pack(f"{order}IIII", 0, 0, len(one), len(one)) + one for one in frames)
    return head + b"".join(records)


def pcapng(*frames: bytes, link_type: int = 1, order: str = "<") -> bytes:
    def block(kind: int, body: bytes) -> bytes:
        body = body.ljust((len(body) + 3) // 4 * 4, b"\0")
        size = struct.pack(f"{order}I", len(body) + 12)
        return struct.pack(f"{order}I", kind) + size + body + size

    blocks = block(0x0A0D0D0A, struct.pack(f"{order}IHHq", 0x1A2B3C4D, 1, 0, -1))
    blocks += block(1, struct.pack(f"{order}HHI", link_type, 0, 0)) + block(5, b"statistics")
    for one in frames:
        blocks += block(6, struct.pack(f"{order}IIIII", 0, 0, 0, len(one), len(one)) + one)
    return blocks


def read(path: Path, *options: str) -> bytes:
    plugin = PcapInput(PcapInput.options.parse([*options, str(path)]), Context(GlobalOptions(), Log()))
    plugin.start()
    parts = []
    while (part := plugin.receive(100, 5.0)) is not None and len(part):
        parts.append(part.tobytes())
    plugin.stop()
    return b"".join(parts)


@pytest.mark.parametrize("order", "<>")
@pytest.mark.parametrize("form", [pcap, pcapng])
def test_the_first_stream_with_packets_is_read(
    tmp_path: Path, form: Callable[..., bytes], order: str
) -> None:
    frames = [
        udp("10.0.0.9", b"no packets"),
        udp("239.0.0.1", ONE + TWO),
        udp("239.0.0.2", THREE),
        udp("239.0.0.1", THREE, fragment=0x2000),
        udp("239.0.0.1", b"\x80\x21" + bytes(10) + THREE),
    ]
    capture = tmp_path / "a.pcap"
    capture.write_bytes(form(*map(ethernet, frames), order=order))
    assert read(capture) == ONE + TWO + THREE
    assert read(capture, "--destination=239.0.0.2:") == THREE
    assert read(capture, "--destination=:5001") == b""
    assert read(capture, "--first-packet=3", "--last-packet=3") == THREE


def test_vlans_ipv6_and_captures_without_ethernet(tmp_path: Path) -> None:
    capture = tmp_path / "a.pcap"
    capture.write_bytes(
        pcap(ethernet(udp("239.0.0.1", ONE), 7), ethernet(udp("fd00::2", TWO), 8, 9), ethernet(b"\x60"))
    )
    assert read(capture) == ONE
    assert read(capture, "--vlan-id=8", "--vlan-id=9") == TWO
    assert read(capture, "--destination=[fd00:0::2]:5000") == TWO
    assert read(capture, "--vlan-id=9") == b""
    cooked = bytes(14) + b"\x08\x00" + udp("10.0.0.2", TWO)
    for link_type, frame in ((101, udp("fd00::2", TWO)), (113, cooked), (0, bytes(4) + udp("10.0.0.2", TWO))):
        capture.write_bytes(pcap(frame, link_type=link_type))
        assert read(capture) == TWO


def test_multicast_is_preferred_when_asked_for(tmp_path: Path) -> None:
    capture = tmp_path / "a.pcap"
    capture.write_bytes(pcap(ethernet(udp("10.0.0.2", ONE)), ethernet(udp("239.0.0.1", TWO))))
    assert (read(capture), read(capture, "--multicast-only")) == (ONE, TWO)


@pytest.mark.parametrize(
    ("content", "reason"),
    [(b"\x47" * 500, "unknown magic number"), (pcap(ethernet(udp("239.0.0.1", ONE)))[:-5], "truncated")],
)
def test_what_is_no_capture_is_told(tmp_path: Path, content: bytes, reason: str) -> None:
    (tmp_path / "a.pcap").write_bytes(content)
    with pytest.raises(PluginError, match=reason):
        read(tmp_path / "a.pcap")
    with pytest.raises(OptionError, match="use \\[address\\]:\\[port\\]"):
        read(tmp_path / "a.pcap", "--source=10.0.0.1")
