"""Places to cut HLS segments: pictures of the reference video, best those where decoding can start."""

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.plugin import Packets
from ibe100.mpegts import packet
from ibe100.mpegts.constants import PACKET_SIZE, PAT_PID
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.pes import NO_TIMESTAMP, pes_starts
from ibe100.mpegts.service_map import SectionSeen, ServiceMap

_H264: Final = "H.264"
_HEVC: Final = "HEVC"
_START_CODE: Final = b"\x00\x00\x01"
_H264_INTRA: Final = frozenset((5, 7))  # IDR slice, sequence parameter set
_HEVC_INTRA: Final = frozenset((*range(16, 24), 32, 33))  # IRAP pictures, video and sequence parameter sets
_MPEG2_SEQUENCE_HEADER: Final = 0xB3
_LONGEST_TABLE_PACKETS: Final = 1 + 1024 // (PACKET_SIZE - 4)


@dataclass(frozen=True, slots=True)
class Picture:
    """The packet at which a picture begins; `pts` in 90 kHz ticks, `intra` if decoding can start there."""

    row: int
    pts: int
    intra: bool


class PictureFinder:
    """Finds the pictures of the first service that has video; of the first sound, where none has."""

    def __init__(self) -> None:
        self.tables = ServiceMap()
        self.sections: list[SectionSeen] = []
        self._version = -1
        self._pid: int | None = None
        self._codec = ""

    def feed(self, packets: Packets) -> list[Picture]:
        """The pictures that begin in a block, in order; `sections` are those that end in it."""
        pids = packet.pids(packets)
        self.sections = self.tables.feed(packets, pids)
        if self.tables.version != self._version:
            self._version = self.tables.version
            self._choose_pid()
        if self._pid is None:
            return []
        return self._pictures(packets, pids, self._pid)

    def _choose_pid(self) -> None:
        services = [self.tables.pmts[number] for number in sorted(self.tables.pmts)]
        codecs = [entry for pmt in services for entry in self.tables.codecs(pmt).items()]
        for kind in (StreamKind.VIDEO, StreamKind.AUDIO):
            for pid, codec in codecs:
                if codec.kind is kind:
                    self._pid, self._codec = pid, codec.name if kind is StreamKind.VIDEO else ""
                    return
        if services:
            self._pid = None

    def _pictures(self, packets: Packets, pids: npt.NDArray[np.uint16], pid: int) -> list[Picture]:
        rows = np.flatnonzero((pids == pid) & packet.payload_unit_starts(packets))
        own = packets[rows]
        starts = pes_starts(own, pids[rows])
        random_access = packet.random_access_flags(own)
        return [
            Picture(int(rows[row]), int(pts), bool(random_access[row]) or self._intra(own[row].tobytes()))
            for row, pts in zip(starts.rows.tolist(), starts.pts.tolist(), strict=True)
            if pts != NO_TIMESTAMP
        ]

    def _intra(self, first_packet: bytes) -> bool:
        """True if decoding can start with the picture, by its first packet; always for sound."""
        if not self._codec:
            return True
        payload = packet.payload(first_packet)
        position = payload.find(_START_CODE, 9)
        while 0 <= position < len(payload) - 3:
            unit = payload[position + 3]
            if self._codec == _H264:
                intra = unit & 0x1F in _H264_INTRA
            elif self._codec == _HEVC:
                intra = unit >> 1 & 0x3F in _HEVC_INTRA
            else:
                intra = unit == _MPEG2_SEQUENCE_HEADER
            if intra:
                return True
            position = payload.find(_START_CODE, position + 3)
        return False


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
