"""A second opinion on transport streams: plain Python that shares no code with the product."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field
from pathlib import Path

PACKET = 188
NULL_PID = 0x1FFF
CUEI = bytes([0x05, 4]) + b"CUEI"
SCTE35_STREAM_TYPE = 0x86
WITHOUT_TIMES = (0xBC, 0xBE, 0xBF, 0xF0, 0xF1, 0xF2, 0xF8, 0xFF)
"""stream_id of PES packets without optional header: maps, padding, private_stream_2, ECM, EMM … (2.4.3.6)."""


def crc32(data: bytes) -> int:
    """CRC of ISO 13818-1 annex A, bit by bit: 0 over a whole section with its CRC_32."""
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte << 24
        for _ in range(8):
            register = (register << 1) ^ (0x04C11DB7 if register & 0x80000000 else 0)
    return register & 0xFFFFFFFF


@dataclass
class Packet:
    """The fields of one packet that a reader needs."""

    raw: bytes
    pid: int
    unit_start: bool
    counter: int
    payload: bytes | None
    flagged_discontinuity: bool
    pcr: int | None

    @classmethod
    def parse(cls, raw: bytes) -> Packet:
        assert raw[0] == 0x47, "no sync byte"
        control, start, flagged, pcr = raw[3] >> 4 & 3, 4, False, None
        if control & 2:
            length = raw[4]
            start = 5 + length
            if length:
                flagged = bool(raw[5] & 0x80)
                if raw[5] & 0x10:
                    ticks = int.from_bytes(raw[6:12], "big")
                    pcr = (ticks >> 15) * 300 + (ticks & 0x1FF)
        return cls(
            raw,
            (raw[1] & 0x1F) << 8 | raw[2],
            bool(raw[1] & 0x40),
            raw[3] & 0x0F,
            raw[start:] if control & 1 else None,
            flagged,
            pcr,
        )


@dataclass
class Service:
    """One PMT, as it was seen last."""

    service_id: int
    version: int
    pcr_pid: int
    has_cuei: bool
    """A registration descriptor CUEI in program_info."""
    streams: dict[int, int]
    """stream_type by PID."""


@dataclass
class Sections:
    """All sections of one PID, put together from its packets."""

    whole: list[bytes] = field(default_factory=list)
    broken: int = 0
    """Sections with a wrong CRC, or that ended before their length was there."""
    _rest: bytearray | None = None

    def feed(self, packet: Packet) -> None:
        if packet.payload is None:
            return
        data = packet.payload
        if packet.unit_start:
            pointer = data[0]
            if self._rest is not None:
                self._rest += data[1 : 1 + pointer]
                self._take()
                self.broken += bool(self._rest)
            self._rest = bytearray(data[1 + pointer :])
        elif self._rest is not None:
            self._rest += data
        self._take()

    def _take(self) -> None:
        while self._rest and self._rest[0] != 0xFF and len(self._rest) >= 3:
            length = 3 + ((self._rest[1] & 0x0F) << 8 | self._rest[2])
            if len(self._rest) < length:
                return
            section = bytes(self._rest[:length])
            del self._rest[:length]
            if crc32(section):
                self.broken += 1
            else:
                self.whole.append(section)
        if self._rest and self._rest[0] == 0xFF:
            self._rest.clear()


class Parsed:
    """What is in a transport stream."""

    def __init__(self, data: bytes) -> None:
        assert len(data) % PACKET == 0, f"{len(data)} bytes are no whole packets"
        self.packets = [Packet.parse(data[at : at + PACKET]) for at in range(0, len(data), PACKET)]
        self.pat_versions: list[int] = []
        self.pmt_versions: dict[int, list[int]] = {}
        self.services: dict[int, Service] = {}
        self.continuity_errors: dict[int, int] = {}
        self._sections: dict[int, Sections] = {}
        self._pmt_pids: dict[int, int] = {}
        self._read_tables()
        self._count_continuity_errors()

    def sections(self, pid: int) -> Sections:
        """All sections on a PID."""
        sections = Sections()
        for packet in self.packets:
            if packet.pid == pid:
                sections.feed(packet)
        return sections

    @property
    def splice_pids(self) -> list[int]:
        """All PIDs that a PMT declares with stream_type 0x86."""
        return sorted(
            pid
            for service in self.services.values()
            for pid, stream_type in service.streams.items()
            if stream_type == SCTE35_STREAM_TYPE
        )

    def splices_base64(self, pid: int) -> list[str]:
        """The splice_info_sections of a PID in their order; asserts that all of them are whole."""
        sections = self.sections(pid)
        assert sections.broken == 0, f"{sections.broken} broken sections on PID {pid}"
        assert all(section[0] == 0xFC for section in sections.whole), "something else on the splice PID"
        return [base64.b64encode(section).decode() for section in sections.whole]

    @staticmethod
    def sections_in(packet: Packet) -> list[str]:
        """The sections that lie whole in one packet, base64."""
        alone = Sections()
        alone.feed(packet)
        return [base64.b64encode(section).decode() for section in alone.whole]

    @staticmethod
    def pts_of(packet: Packet) -> int | None:
        """The PTS of the PES packet that starts here, 90 kHz ticks."""
        data = packet.payload
        if not packet.unit_start or data is None or data[:3] != b"\0\0\1":
            return None
        if data[3] in WITHOUT_TIMES or not data[7] & 0x80:
            return None
        return (data[9] >> 1 & 7) << 30 | data[10] << 22 | data[11] >> 1 << 15 | data[12] << 7 | data[13] >> 1

    def pcrs(self, pid: int) -> list[int]:
        """The program clock references of a PID, 27 MHz ticks."""
        return [packet.pcr for packet in self.packets if packet.pid == pid and packet.pcr is not None]

    def bitrate_bps(self, pid: int) -> int:
        """What passed between the first and the last program clock reference of a PID, by their times."""
        at = [(index, packet.pcr) for index, packet in enumerate(self.packets) if packet.pid == pid]
        (first, began), *_, (last, ended) = [(index, pcr) for index, pcr in at if pcr is not None]
        return round((last - first) * PACKET * 8 * 27_000_000 / (ended - began))

    def _read_tables(self) -> None:
        for packet in self.packets:
            if packet.pid != 0 and packet.pid not in self._pmt_pids:
                continue
            collected = self._sections.setdefault(packet.pid, Sections())
            collected.feed(packet)
            for section in collected.whole:
                if packet.pid == 0 and section[0] == 0x00:
                    self._pat(section)
                elif packet.pid and section[0] == 0x02:
                    self._pmt(section)
            collected.whole.clear()

    def _pat(self, section: bytes) -> None:
        _note(self.pat_versions, section[5] >> 1 & 0x1F)
        for at in range(8, len(section) - 4, 4):
            service_id = int.from_bytes(section[at : at + 2], "big")
            if service_id:
                self._pmt_pids[int.from_bytes(section[at + 2 : at + 4], "big") & 0x1FFF] = service_id

    def _pmt(self, section: bytes) -> None:
        service_id = int.from_bytes(section[3:5], "big")
        version = section[5] >> 1 & 0x1F
        _note(self.pmt_versions.setdefault(service_id, []), version)
        info = int.from_bytes(section[10:12], "big") & 0x0FFF
        streams, at = {}, 12 + info
        while at < len(section) - 4:
            streams[int.from_bytes(section[at + 1 : at + 3], "big") & 0x1FFF] = section[at]
            at += 5 + (int.from_bytes(section[at + 3 : at + 5], "big") & 0x0FFF)
        self.services[service_id] = Service(
            service_id,
            version,
            int.from_bytes(section[8:10], "big") & 0x1FFF,
            CUEI in _descriptors(section[12 : 12 + info]),
            streams,
        )

    def _count_continuity_errors(self) -> None:
        last: dict[int, Packet] = {}
        for packet in self.packets:
            if packet.pid == NULL_PID:
                continue
            before = last.get(packet.pid)
            last[packet.pid] = packet
            if before is None or packet.flagged_discontinuity:
                continue
            if packet.payload is None:
                is_right = packet.counter == before.counter
            else:
                repeated = packet.counter == before.counter and packet.payload == before.payload
                is_right = packet.counter == (before.counter + 1) % 16 or repeated
            if not is_right:
                self.continuity_errors[packet.pid] = self.continuity_errors.get(packet.pid, 0) + 1


def continuity_faults(packets: list[Packet]) -> list[tuple[int, int, int, str]]:
    """Index, packets, PID and kind of each fault as tsp counts: missing ones, or the third alike on."""
    faults: list[tuple[int, int, int, str]] = []
    last: dict[int, tuple[Packet, int]] = {}
    for index, packet in enumerate(packets):
        if packet.payload is None:
            continue
        before, alike = last.get(packet.pid, (None, 0))
        alike = alike + 1 if before is not None and before.raw == packet.raw else 1
        last[packet.pid] = (packet, alike)
        if alike > 2:
            faults.append((index, alike, packet.pid, "duplicate"))
        elif alike == 1 and before and (missing := (packet.counter - before.counter - 1) % 16):
            faults.append((index, missing, packet.pid, "missing"))
    return faults


def _note(versions: list[int], version: int) -> None:
    if not versions or versions[-1] != version:
        versions.append(version)


def _descriptors(loop: bytes) -> list[bytes]:
    found, at = [], 0
    while at + 2 <= len(loop):
        found.append(loop[at : at + 2 + loop[at + 1]])
        at += 2 + loop[at + 1]
    return found


def parse_file(path: Path) -> Parsed:
    """What is in a transport stream file."""
    return Parsed(path.read_bytes())
