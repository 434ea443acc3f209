"""Changes the PMT of a service (tsp -P pmt)."""

from typing import ClassVar

import numpy as np

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor, PluginError
from ibe100.minitsp.psi.pmt_edits import PMT_OPTIONS, edit_pmt, order_of_pids
from ibe100.minitsp.psi.section_packer import SectionCycle
from ibe100.minitsp.psi.service_finder import ServiceFinder
from ibe100.mpegts.constants import NULL_PID, PMT_TABLE_ID
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.packet import null_packet
from ibe100.mpegts.psi import Pmt
from ibe100.mpegts.repeated_sections import MOST_SKIPS, skip_repeated
from ibe100.mpegts.section_assembler import SectionAssembler

_MOST_SECTIONS = 64


class PmtEditor(PacketProcessor):
    """Performs various transformations on the PMT.

    Packets before the PAT that tells the PMT's PID are left out, as in tsp, so that no PMT passes unchanged;
    but not where others were at work before, and the picture is on air.
    The packets of the PMT's PID are replaced, one by one, by packets of the changed table. Where it needs
    more packets than there were, the rest of a section goes into null packets.
    """

    name: ClassVar[str] = "pmt"
    options: ClassVar[OptionTable] = OptionTable(
        *PMT_OPTIONS,
        Option("pmt-pid", OptionKind.PID, "p"),
        Option("service", OptionKind.TEXT, "s"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        arguments.exclude("pmt-pid", "service")
        order_of_pids(arguments)
        self._finder = ServiceFinder(self, arguments.text("service"))
        self._pid = arguments.optional_integer("pmt-pid")
        self._follows_pat = self._pid is None
        self._cycle = SectionCycle(self._pid or 0)
        self._assembler = SectionAssembler()
        self._sections: dict[tuple[int, int, int], bytes] = {}
        self._edited: dict[tuple[int, int, int], bytes] = {}
        self._null = null_packet()

    def process(self, block: Block) -> Block:
        if self._follows_pat:
            self._finder.feed(block)
            if self._finder.pmt_pid is None:
                return block if self.context.is_exchanged else Block(block.packets[:0], block.first_index)
            if self._finder.found_row and not self.context.is_exchanged:
                block = Block(block.packets[self._finder.found_row :], block.first_index)
            if self._finder.pmt_pid != self._pid:
                self._move_to(self._finder.pmt_pid)
        assert self._pid is not None
        rows = block.headers.rows_of(self._pid)
        if not rows and not self._cycle.mid_section():
            return block
        placed: dict[int, bytes] = {}
        self._fill_null_packets(block, 0, rows[0] if rows else len(block), placed)
        at = skips = 0
        while at < len(rows):
            if skips < MOST_SKIPS and self._edited and self._cycle.repeats_one:
                skips += 1
                if count := skip_repeated(block.headers, self._pid, at, self._assembler):
                    block.replace_rows(rows[at : at + count], self._cycle.next_packets(count))
                    at += count
                    continue
            row, following = rows[at : at + 2] if at + 1 < len(rows) else (rows[at], len(block))
            placed[row] = self._replacement(block.packets[row].tobytes())
            self._fill_null_packets(block, row + 1, following, placed)
            at += 1
        block.replace(placed)
        return block

    def _move_to(self, pid: int | None) -> None:
        self._pid = pid
        self._cycle = SectionCycle(pid or 0)
        self._assembler = SectionAssembler()
        self._sections.clear()
        self._edited.clear()

    def _replacement(self, original: bytes) -> bytes:
        """The next packet of the changed table, for the place of a packet of the old one."""
        first_time = not self._edited
        for section in self._assembler.feed(original):
            self._take(section)
        begins = bool(original[1] & 0x40)
        packet = None
        if begins or first_time or self._cycle.mid_section():
            packet = self._cycle.next_packet()
        return self._null if packet is None else packet

    def _fill_null_packets(self, block: Block, start: int, end: int, placed: dict[int, bytes]) -> None:
        """Send the rest of a section that has begun in the null packets between two rows."""
        if not self._cycle.mid_section():
            return
        for row in (np.flatnonzero(block.pids[start:end] == NULL_PID) + start).tolist():
            packet = self._cycle.next_packet()
            assert packet is not None
            placed[row] = packet
            if not self._cycle.mid_section():
                return

    def _take(self, section: bytes) -> None:
        """Note one section of the PID: our PMT is changed, anything else passes as it is."""
        extension = int.from_bytes(section[3:5], "big") if len(section) > 6 else 0
        key = section[0], extension, section[6] if len(section) > 6 else 0
        if self._sections.get(key) == section:
            return
        if key not in self._sections and len(self._sections) == _MOST_SECTIONS:
            return
        self._sections[key] = section
        self._edited[key] = self._edit(section) if self._is_ours(section[0], extension) else section
        self._cycle.replace(tuple(self._edited.values()), list(self._edited).index(key))

    def _is_ours(self, table_id: int, program_number: int) -> bool:
        wanted = self._finder.service_id if self._follows_pat else program_number
        return table_id == PMT_TABLE_ID and program_number == wanted

    def _edit(self, section: bytes) -> bytes:
        try:
            pmt = Pmt.parse(section)
        except PsiError as error:
            self.verbose(f"table passed on as it is: {error}")
            return section
        try:
            edited = edit_pmt(pmt, self.arguments)
            encoded = edited.encode()
        except (PsiError, OverflowError) as error:
            raise PluginError(f"cannot make the changed PMT: {error}") from error
        self.verbose(f"PMT version {pmt.version} modified")
        return encoded
