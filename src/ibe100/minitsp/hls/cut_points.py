"""Places to cut HLS segments: pictures of the reference video, best those where decoding can start."""

from dataclasses import dataclass
from typing import Final

import numpy as np

from ibe100.minitsp.chain.plugin import Packets
from ibe100.mpegts import packet
from ibe100.mpegts.constants import NULL_PID, PACKET_SIZE, PAT_PID
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.pes import NO_TIMESTAMP
from ibe100.mpegts.service_map import SectionSeen, ServiceMap
from ibe100.mpegts.timestamps import PCR_HZ, pcr_difference

_H264: Final = "H.264"
_HEVC: Final = "HEVC"
_START_CODE: Final = b"\x00\x00\x01"
_H264_INTRA: Final = frozenset((5, 7))  # IDR slice, sequence parameter set
_HEVC_INTRA: Final = frozenset((*range(16, 24), 32, 33))  # IRAP pictures, video and sequence parameter sets
_HEVC_IDR: Final = frozenset((19, 20))
_MPEG2_SEQUENCE_HEADER: Final = 0xB3
_MPEG2_GROUP_START: Final = 0xB8
_LEAST_PCR_STEP_S: Final = 0.2
_FIRST_PCR_STEP_S: Final = 1.5
_LONGEST_TABLE_PACKETS: Final = 1 + 1024 // (PACKET_SIZE - 4)


@dataclass(frozen=True, slots=True)
class Picture:
    """The packet at which a picture begins; `pts` and `dts` in 90 kHz ticks, equal where there is one only.

    `intra` if decoding can start there, `closed` if it is told that no picture after it needs one before it.
    `clock_s`: time that the PCR has counted so far.
    """

    row: int
    pts: int
    dts: int
    intra: bool
    closed: bool = False
    clock_s: float = 0.0


class PictureFinder:
    """Finds the pictures of the first service that has video; of the first sound, where none has."""

    def __init__(self) -> None:
        self.tables = ServiceMap()
        self.sections: list[SectionSeen] = []
        self.clock = PcrClock()
        self._version = -1
        self._pid: int | None = None
        self._codec = ""

    def feed(self, packets: Packets) -> list[Picture]:
        """The pictures that begin in a block, in order; `sections` are those that end in it."""
        headers = PacketHeaders(packets)
        self.sections = self.tables.feed(packets, headers.pids)
        if self.tables.version != self._version:
            self._version = self.tables.version
            self._choose_pid()
        if self._pid is None:
            return []
        return self._pictures(headers, self._pid)

    def _choose_pid(self) -> None:
        services = [self.tables.pmts[number] for number in sorted(self.tables.pmts)]
        codecs = [(pmt, pid, codec) for pmt in services for pid, codec in self.tables.codecs(pmt).items()]
        for kind in (StreamKind.VIDEO, StreamKind.AUDIO):
            for pmt, pid, codec in codecs:
                if codec.kind is kind:
                    self._pid, self._codec = pid, codec.name if kind is StreamKind.VIDEO else ""
                    self.clock.pid = pmt.pcr_pid
                    return
        if services:
            self._pid = None

    def _pictures(self, headers: PacketHeaders, pid: int) -> list[Picture]:
        starts = headers.pes
        mine = np.flatnonzero((starts.pids == pid) & (starts.pts != NO_TIMESTAMP))
        if not mine.size:
            self.clock.count(headers, len(headers))
            return []
        rows, pts, dts = starts.rows[mine], starts.pts[mine], starts.dts[mine]
        random_access = packet.random_access_flags(headers.packets[rows])
        pictures = []
        for row, shown, decoded, flag in zip(
            rows.tolist(),
            pts.tolist(),
            np.where(dts == NO_TIMESTAMP, pts, dts).tolist(),
            random_access.tolist(),
            strict=True,
        ):
            intra, closed = self._entry(headers.packets[row].tobytes())
            clock_s = self.clock.count(headers, row)
            pictures.append(Picture(row, shown, decoded, intra or flag, closed, clock_s))
        self.clock.count(headers, len(headers))
        return pictures

    def _entry(self, first_packet: bytes) -> tuple[bool, bool]:
        """(`intra`, `closed`) of a picture by the start codes in its first packet; both true for sound."""
        if not self._codec:
            return True, True
        payload = packet.payload(first_packet)
        intra = closed = False
        position = payload.find(_START_CODE, 9)
        while 0 <= position < len(payload) - 3:
            unit = payload[position + 3]
            if self._codec == _H264:
                intra |= unit & 0x1F in _H264_INTRA
            elif self._codec == _HEVC:
                intra |= unit >> 1 & 0x3F in _HEVC_INTRA
                closed |= unit >> 1 & 0x3F in _HEVC_IDR
            else:
                intra |= unit == _MPEG2_SEQUENCE_HEADER
                # closed_gop (ISO/IEC 13818-2 clause 6.2.2.6) comes after the 25 bits of the time code.
                time_code = payload[position + 4 : position + 8]
                closed |= unit == _MPEG2_GROUP_START and len(time_code) == 4 and bool(time_code[3] & 0x40)
            position = payload.find(_START_CODE, position + 3)
        return intra, closed


class PcrClock:
    """Time that the PCR of one PID counts, without its leaps: a leap is no time that passed."""

    def __init__(self) -> None:
        self.pid = NULL_PID
        self.step_s = 0.0
        """The usual time from one PCR to the next."""
        self._last: int | None = None
        self._counted_s = 0.0
        self._headers: PacketHeaders | None = None
        self._done = 0

    def count(self, headers: PacketHeaders, end: int) -> float:
        """Seconds counted up to the packet `end` of a block; blocks and their packets come in order."""
        if headers is not self._headers:
            self._headers, self._done = headers, 0
        rows, values = headers.pcr
        while self._done < len(rows) and rows[self._done] < end:
            if int(headers.pids[rows[self._done]]) == self.pid:
                self._step(int(values[self._done]))
            self._done += 1
        return self._counted_s

    def _step(self, pcr: int) -> None:
        if self._last is not None:
            step_s = pcr_difference(pcr, self._last) / PCR_HZ
            most_s = max(_LEAST_PCR_STEP_S, 3 * self.step_s) if self.step_s else _FIRST_PCR_STEP_S
            if 0 <= step_s <= most_s:
                self._counted_s += step_s
                self.step_s = step_s
        self._last = pcr


class TableCopies:
    """Packets of the last PAT and PMTs, for the beginning of each segment."""

    def __init__(self) -> None:
        self._packets: dict[int, list[bytes]] = {}

    def feed(self, packets: Packets, tables: ServiceMap) -> None:
        """Keep the packets of the tables that a block holds, from the one that starts a table on."""
        pids = packet.pids(packets)
        wanted = [PAT_PID, *tables.pmt_pids.values()]
        for pid in self._packets.keys() - set(wanted):
            del self._packets[pid]
        for row in np.flatnonzero(np.isin(pids, wanted)).tolist():
            pid = int(pids[row])
            if packets[row, 1] & 0x40:
                self._packets[pid] = []
            if pid in self._packets and len(self._packets[pid]) < _LONGEST_TABLE_PACKETS:
                self._packets[pid].append(packets[row].tobytes())

    def copies(self) -> bytes:
        """PAT first; repeated packets keep their continuity_counter (ISO/IEC 13818-1 clause 2.4.3.3)."""
        pids = sorted(self._packets)
        return b"".join(b"".join(self._packets[pid]) for pid in pids)
