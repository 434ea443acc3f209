"""Finds one service in a stream: by id, by name, or the first of the PAT, which is that of the lowest id."""

from ibe100.minitsp.chain.options import OptionError, parse_integer
from ibe100.minitsp.chain.plugin import Block, Plugin
from ibe100.mpegts.constants import PAT_PID, PMT_TABLE_ID, SDT_ACTUAL_TABLE_ID, SDT_PID
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.psi import Pat, Pmt, Sdt
from ibe100.mpegts.repeated_sections import new_rows
from ibe100.mpegts.section_assembler import SectionAssembler


class ServiceFinder:
    """Follows PAT, SDT and PMT for one service, on behalf of a plugin.

    `found_row` is the packet of the last block fed that told the PMT PID for the first time, 0 in later ones.
    `service_id` and `pmt_pid` are None until the PAT has told them, `pmt` until its PMT came. A service that
    is absent from a PAT with others ends the chain with exit 1 (in tsp with 0).
    """

    def __init__(self, plugin: Plugin, reference: str) -> None:
        self._plugin = plugin
        self._name = ""
        self.service_id: int | None = None
        self.pmt_pid: int | None = None
        self.pmt: Pmt | None = None
        try:
            self.service_id = parse_integer(reference, "service") if reference else None
        except OptionError:
            self._name = reference
        self.found_row = 0
        self._assemblers: dict[int, SectionAssembler] = {}
        self._pat_sections: dict[int, Pat] = {}
        self._last_section: dict[int, bytes] = {}

    def feed(self, block: Block) -> None:
        """Look at the tables in a block."""
        self.found_row = 0
        self._feed_pid(block, PAT_PID)
        if self._name and self.service_id is None:
            self._feed_pid(block, SDT_PID)
        if self.pmt_pid is not None:
            self._feed_pid(block, self.pmt_pid)

    def _feed_pid(self, block: Block, pid: int) -> None:
        if not block.headers.rows_of(pid):
            return
        assembler = self._assemblers.get(pid)
        if assembler is None:
            assembler = self._assemblers[pid] = SectionAssembler()
        for row in new_rows(block.headers, pid, assembler):
            for section in assembler.feed(block.packets[row].tobytes()):
                if self._last_section.get(pid) != section:
                    known = self.pmt_pid is not None
                    self._last_section[pid] = section
                    self._take(pid, section)
                    if not known and self.pmt_pid is not None:
                        self.found_row = row

    def _take(self, pid: int, section: bytes) -> None:
        try:
            if pid == PAT_PID:
                self._take_pat(Pat.parse(section))
            elif pid == SDT_PID and section[0] == SDT_ACTUAL_TABLE_ID:
                self._take_sdt(Sdt.parse(section))
            elif pid == self.pmt_pid and section[0] == PMT_TABLE_ID:
                pmt = Pmt.parse(section)
                if pmt.current and pmt.program_number == self.service_id:
                    self.pmt = pmt
        except PsiError as error:
            self._plugin.verbose(f"table ignored: {error}")

    def _take_pat(self, pat: Pat) -> None:
        if not pat.current:
            return
        if any(other.version != pat.version for other in self._pat_sections.values()):
            self._pat_sections.clear()
        self._pat_sections[pat.section_number] = pat
        self._look_up(complete=len(self._pat_sections) > pat.last_section_number)

    def _look_up(self, complete: bool) -> None:
        """Take the service's PMT PID from the PAT seen so far."""
        programs = [program for pat in self._pat_sections.values() for program in pat.programs]
        if self.service_id is None and not self._name and programs and complete:
            self.service_id = min(programs)[0]
        if self.service_id is None:
            return
        pmt_pid = dict(programs).get(self.service_id)
        identity = f"service id 0x{self.service_id:04X} ({self.service_id})"
        if pmt_pid is None:
            if complete and programs:  # a PAT of no service is that of a sender that has not begun
                self._plugin.misfit(f"{identity} not found in PAT")
        elif pmt_pid != self.pmt_pid:
            self.pmt_pid = pmt_pid
            self._plugin.verbose(f"found {identity}, PMT PID is 0x{pmt_pid:04X} ({pmt_pid})")

    def _take_sdt(self, sdt: Sdt) -> None:
        wanted = self._name.casefold().split()
        for service in sdt.services:
            if service.name.casefold().split() == wanted:
                self.service_id = service.service_id
                self._look_up(complete=False)
                return
        if sdt.last_section_number == 0:
            self._plugin.misfit(f'service "{self._name}" not found in SDT')
