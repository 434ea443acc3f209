"""Services and their PIDs, by the PAT, PMTs and SDT seen."""

from bisect import bisect_left
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ibe100.mpegts.constants import (
    CAT_PID,
    DIT_PID,
    EIT_PID,
    NIT_PID,
    PACKET_SIZE,
    PAT_PID,
    PAT_TABLE_ID,
    PID_COUNT,
    PMT_TABLE_ID,
    RST_PID,
    SDT_ACTUAL_TABLE_ID,
    SDT_PID,
    SIT_PID,
    SPLICE_TABLE_ID,
    TDT_PID,
)
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.elementary.codings import Codec, StreamKind, codec_of
from ibe100.mpegts.elementary.splice_streams import Carried, DoubtfulPids
from ibe100.mpegts.packet import PacketBlock
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.psi import Pat, Pmt, PmtStream, Sdt, SdtService
from ibe100.mpegts.repeated_sections import Stretch, repeated_sections
from ibe100.mpegts.section_assembler import SectionAssembler, starts_pes

_FOLLOWED_TABLES = (PAT_TABLE_ID, PMT_TABLE_ID, SDT_ACTUAL_TABLE_ID)
_SHORTEST_TABLE = 12
_HEADER_BYTES = 4
# From so many packets of tables on it is cheaper to look for those that repeat than to take each by itself.
_MANY_PACKETS = 64
# What is kept of a stream whose tables change without end; no real one has nearly as much.
_MOST_SECTIONS = 4096
_MOST_SERVICES = 4096
SYSTEM_SECTION_PIDS = frozenset(
    {PAT_PID, CAT_PID, NIT_PID, SDT_PID, EIT_PID, RST_PID, TDT_PID, DIT_PID, SIT_PID}
)


class SectionSeen(NamedTuple):
    """A whole section whose CRC_32 is right; `row` is the packet of the block that completed it."""

    row: int
    pid: int
    section: bytes


class SectionRun(NamedTuple):
    """A whole section whose CRC_32 is right; `rows` are the packets that completed it, each time it came."""

    pid: int
    section: bytes
    rows: list[int]


class ServiceMap:
    """Follows the tables of one stream.

    `pmts` by program_number, `services` (of the SDT) by service_id; `version` rises with every change.
    Only packets of `followed_pids` matter. `table_pids`: those of PSI and SI; ISO/IEC 13818-1 lets a PMT put
    elementary streams on those of DVB's tables too, and then they are none.
    With `keeps_first` the PAT and PMTs that came first stay: of a file or a playlist, which begins with them.
    """

    def __init__(self, *, keeps_first: bool = False) -> None:
        self._keeps_first = keeps_first
        self.transport_stream_id: int | None = None
        self.original_network_id: int | None = None
        self.pmt_pids: dict[int, int] = {}
        self.pmts: dict[int, Pmt] = {}
        self.services: dict[int, SdtService] = {}
        self.version = 0
        self.syntax_errors: dict[int, int] = {}
        self._pat_sections: dict[int, Pat] = {}
        self._assemblers: dict[int, SectionAssembler] = {}
        self.table_pids = self.followed_pids = SYSTEM_SECTION_PIDS
        self._wanted = np.zeros(PID_COUNT, np.bool_)
        self._wanted[list(SYSTEM_SECTION_PIDS)] = True
        self.doubtful_pids = DoubtfulPids()
        self._codecs: dict[int, Codec] = {}
        self._known: dict[tuple[int, int, int], bytes] = {}
        # The very objects that were found to be known: assemblers hand out the same one while it repeats.
        self._latest: dict[int, bytes] = {}

    @property
    def crc_errors(self) -> dict[int, int]:
        """Sections whose CRC_32 was wrong, so far, by PID."""
        return {pid: one.crc_errors for pid, one in self._assemblers.items() if one.crc_errors}

    def feed(self, block: PacketBlock, pids: npt.NDArray[np.uint16]) -> list[SectionSeen]:
        """Follow the tables in a block; returns every section on system, PMT and SCTE 35 PIDs."""
        runs: list[SectionRun] = []
        self._feed_singly(block, pids, 0, runs)
        return [SectionSeen(run.rows[0], run.pid, run.section) for run in runs]

    def feed_headers(self, headers: PacketHeaders) -> list[SectionRun]:
        """The same for packets whose headers others look at too; the sections of each PID are in order."""
        runs: list[SectionRun] = []
        start = 0
        if np.count_nonzero(self._wanted[headers.pids]) >= _MANY_PACKETS:
            start = self._feed_repeated(headers, runs)
        self._feed_singly(headers.packets, headers.pids, start, runs)
        return runs

    def streams(self) -> Iterator[tuple[Pmt, PmtStream]]:
        """Every stream of every PMT seen."""
        for pmt in self.pmts.values():
            for stream in pmt.streams:
                yield pmt, stream

    def codecs(self, pmt: Pmt) -> dict[int, Codec]:
        """Codings of a PMT's streams, by PID; what the packets of stream_type 0x86 held is heeded."""
        carried = self.doubtful_pids.carried
        return {one.pid: codec_of(one, pmt.descriptors, carried(one.pid)) for one in pmt.streams}

    def all_codecs(self) -> dict[int, Codec]:
        """The same for every PMT seen; not to be edited."""
        return self._codecs

    def splice_pids(self, pmt: Pmt) -> set[int]:
        """PIDs of SCTE 35 in a PMT."""
        return {pid for pid, codec in self.codecs(pmt).items() if codec.kind is StreamKind.SPLICE}

    def _feed_repeated(self, headers: PacketHeaders, runs: list[SectionRun]) -> int:
        """Take together the packets that only repeat known tables, the others one by one.

        Returns the row to go on from: all of that ends where the tables change.
        """
        known = {pid: one for pid, one in self._assemblers.items() if self._knows(pid, one.repeated)}
        stretches = repeated_sections(headers, known)
        alone = self._wanted[headers.pids]
        alone[[row for many in stretches.values() for one in many for row in one.rows]] = False
        resuming = {one.after: one for many in stretches.values() for one in many}
        waiting = {pid: many[0] for pid, many in stretches.items() if many and many[0].after is None}
        rows, end, before = alone.nonzero()[0], len(headers), self.version
        for row, pid in zip(rows.tolist(), headers.pids[rows].tolist(), strict=True):
            if pid in waiting:
                _take_stretch(pid, waiting.pop(pid), end, runs)
            self._feed_packet(pid, headers.packets[row].tobytes(), row, runs)
            following = resuming.get(row)
            if following is not None and self._still_fits(headers, pid, following, known):
                waiting[pid] = following
            elif following is not None or self.version != before:
                end = row + 1
                break
        for pid, stretch in waiting.items():
            _take_stretch(pid, stretch, end, runs)
        return end

    def _still_fits(
        self, headers: PacketHeaders, pid: int, stretch: Stretch, known: dict[int, SectionAssembler]
    ) -> bool:
        """True if the packet before a stretch has left the assembler as the stretch needs it."""
        assembler, row = stretch.assembler, stretch.rows[0]
        return (
            self._assemblers.get(pid) is assembler
            and assembler.repeated_payload == headers.packets[row, _HEADER_BYTES:].tobytes()
            and assembler.is_next(int(headers.words[row]))
            and self._knows(pid, assembler.repeated)
        )

    def _knows(self, pid: int, sections: list[bytes]) -> bool:
        """True for a single section which, if it came again, would change nothing."""
        if len(sections) != 1:
            return False
        matters = sections[0][0] in _FOLLOWED_TABLES and len(sections[0]) >= _SHORTEST_TABLE
        return not matters or self._latest.get(pid) is sections[0]

    def _feed_singly(
        self, block: PacketBlock, pids: npt.NDArray[np.uint16], start: int, runs: list[SectionRun]
    ) -> None:
        """Take the packets from a row on one by one."""
        while start < len(block):
            start = self._feed_from(block, pids, start, runs)

    def _feed_from(
        self, block: PacketBlock, pids: npt.NDArray[np.uint16], start: int, runs: list[SectionRun]
    ) -> int:
        """Go on until the set of wanted PIDs changes; returns the row to go on from."""
        rows = self._wanted[pids[start:]].nonzero()[0] + start
        before = self.version
        packets = block[rows].tobytes()
        for at, (row, pid) in enumerate(zip(rows.tolist(), pids[rows].tolist(), strict=True)):
            self._feed_packet(pid, packets[at * PACKET_SIZE : (at + 1) * PACKET_SIZE], row, runs)
            if self.version != before:
                return row + 1
        return len(block)

    def _feed_packet(self, pid: int, one: bytes, row: int, runs: list[SectionRun]) -> None:
        if self.doubtful_pids.is_open(pid) and starts_pes(one):
            self._settle(pid, Carried.PES)
            return
        assembler = self._assemblers.get(pid)
        if assembler is None:
            assembler = self._assemblers[pid] = SectionAssembler()
        for section in assembler.feed(one):
            runs.append(SectionRun(pid, section, [row]))
            if self._latest.get(pid) is not section:
                self._take(pid, section)

    def _take(self, pid: int, section: bytes) -> None:
        table_id = section[0]
        if table_id == SPLICE_TABLE_ID and self.doubtful_pids.is_open(pid):
            self._settle(pid, Carried.SPLICE_SECTIONS)
        if table_id not in _FOLLOWED_TABLES or len(section) < _SHORTEST_TABLE:
            return
        key = pid, table_id, int.from_bytes(section[3:5], "big") << 8 | section[6]
        if self._known.get(key) == section:
            self._latest[pid] = section
            return
        try:
            if pid == PAT_PID and table_id == PAT_TABLE_ID:
                self._take_pat(Pat.parse(section))
            elif table_id == PMT_TABLE_ID and pid in self.pmt_pids.values():
                self._take_pmt(pid, Pmt.parse(section))
            elif pid == SDT_PID and table_id == SDT_ACTUAL_TABLE_ID:
                self._take_sdt(Sdt.parse(section))
            else:
                return
        except PsiError:
            self.syntax_errors[pid] = self.syntax_errors.get(pid, 0) + 1
            return
        if len(self._known) >= _MOST_SECTIONS:
            self._known.clear()
        self._known[key] = section
        self._latest.clear()
        self.version += 1

    def _take_pat(self, pat: Pat) -> None:
        if not pat.current or (self._keeps_first and self._has_pat_of(pat)):
            return
        first = next(iter(self._pat_sections.values()), None)
        if first and (first.version, first.transport_stream_id) != (pat.version, pat.transport_stream_id):
            self._pat_sections.clear()
        self._pat_sections[pat.section_number] = pat
        self.transport_stream_id = pat.transport_stream_id
        self.pmt_pids = {number: pid for one in self._pat_sections.values() for number, pid in one.programs}
        for gone in self.pmts.keys() - self.pmt_pids.keys():
            del self.pmts[gone]
        self._known = {key: section for key, section in self._known.items() if key[1] != PMT_TABLE_ID}
        self._choose_pids()

    def _has_pat_of(self, pat: Pat) -> bool:
        first = next(iter(self._pat_sections.values()), None)
        # A PAT of no service is that of a sender that has not begun.
        return (
            first is not None
            and any(one.programs for one in self._pat_sections.values())
            and (first.version != pat.version or pat.section_number in self._pat_sections)
        )

    def _take_pmt(self, pid: int, pmt: Pmt) -> None:
        if self._keeps_first and pmt.program_number in self.pmts:
            return
        if pmt.current and self.pmt_pids.get(pmt.program_number) == pid:
            self.pmts[pmt.program_number] = pmt
            self._choose_pids()

    def _take_sdt(self, sdt: Sdt) -> None:
        if sdt.current:
            self.original_network_id = sdt.original_network_id
            if len(self.services) >= _MOST_SERVICES:
                self.services.clear()
            self.services.update((service.service_id, service) for service in sdt.services)

    def _settle(self, pid: int, carried: Carried) -> None:
        self.doubtful_pids.settle(pid, carried)
        self._choose_pids()
        self.version += 1

    def _choose_pids(self) -> None:
        self.doubtful_pids.follow(stream for _, stream in self.streams())
        self._codecs = {pid: codec for pmt in self.pmts.values() for pid, codec in self.codecs(pmt).items()}
        elementary = {pid for pid, codec in self._codecs.items() if codec.pes} - {PAT_PID}
        self.table_pids = SYSTEM_SECTION_PIDS - elementary | set(self.pmt_pids.values())
        self.followed_pids = self.table_pids | self.doubtful_pids.without_pes
        self._wanted[:] = False
        self._wanted[list(self.followed_pids)] = True
        for pid in self._assemblers.keys() - self.followed_pids:
            del self._assemblers[pid]


def _take_stretch(pid: int, stretch: Stretch, end: int, runs: list[SectionRun]) -> None:
    """Take what comes before the row `end`."""
    rows = stretch.rows[: bisect_left(stretch.rows, end)]
    if rows:
        stretch.assembler.repeat(len(rows))
        runs.append(SectionRun(pid, stretch.assembler.repeated[0], rows))
