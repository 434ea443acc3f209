"""Base of processors that change tables, and treat packets as the tables say."""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.options import Arguments
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor, Packets
from ibe100.minitsp.psi.section_packer import SectionFifo, SectionPacker
from ibe100.mpegts.constants import NULL_PID, PID_COUNT
from ibe100.mpegts.packet import Flags, as_block, null_packet
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.mpegts.table_assembler import Table, TableAssembler

NULL_PACKET: Final = as_block(null_packet())[0]


@dataclass(frozen=True, slots=True)
class _SectionFilter:
    assembler: SectionAssembler
    edit: Callable[[bytes], bytes | None]

    def feed(self, packet: bytes) -> list[bytes]:
        edited = (self.edit(section) for section in self.assembler.feed(packet))
        return [section for section in edited if section is not None]


class PsiRewriter(PacketProcessor):
    """Takes tables out of some PIDs and puts others in their place, packet for packet.

    A packet of a PID that has a packer becomes that packer's next packet, or a null packet where it has none.
    What a table changes holds for the packets after the one that completed it.
    """

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._assemblers: dict[int, TableAssembler] = {}
        self._packers: dict[int, SectionPacker] = {}
        self._filters: dict[int, _SectionFilter] = {}
        self._touched = np.zeros(PID_COUNT, np.bool_)

    def follow(self, pid: int) -> None:
        """Hand the tables of this PID to `take` from now on."""
        if pid not in self._assemblers:
            self._assemblers[pid] = TableAssembler(pid)
            self._touched[pid] = True

    def leave(self, pid: int) -> None:
        """Hand no more tables of this PID to `take`."""
        if self._assemblers.pop(pid, None) is not None:
            self._touched[pid] = False

    def forget(self, pid: int) -> None:
        """Hand every table of this PID to `take` anew, as if none had been seen."""
        if pid in self._assemblers:
            self._assemblers[pid] = TableAssembler(pid)

    def packer(self, pid: int, *, packed: bool = False, sent_on: int | None = None) -> SectionPacker:
        """The packer that replaces the packets of this PID from now on; `packed` is for a new one.

        What it packs has the same PID, or is `sent_on` another.
        """
        if pid not in self._packers:
            self._packers[pid] = SectionPacker(pid if sent_on is None else sent_on, packed=packed)
            self._touched[pid] = True
        return self._packers[pid]

    def pass_unchanged(self, pid: int) -> None:
        """Replace the packets of this PID no more."""
        if self._packers.pop(pid, None) is not None and pid not in self._assemblers:
            self._touched[pid] = False

    def filter_sections(self, pid: int, edit: Callable[[bytes], bytes | None]) -> None:
        """Send the sections of this PID on as `edit` returns them, in order; None leaves one out."""
        if pid not in self._filters:
            self._filters[pid] = _SectionFilter(SectionAssembler(), edit)
            self._packers[pid] = SectionFifo(pid)
            self._touched[pid] = True

    @abstractmethod
    def take(self, table: Table) -> None:
        """Act on a table that is new or has changed."""

    def treat(self, packets: Packets, pids: npt.NDArray[np.uint16]) -> Flags | None:
        """Change packets in place, by the tables known so far; returns which of them pass, None for all.

        `pids` are those of the packets, NULL_PID where a null packet took the place of a table's packet.
        """
        return None

    def process(self, block: Block) -> Block:
        pids = block.pids.copy()
        kept: list[Packets] = []
        start = position = 0
        while position < len(block) and not self._ended():
            rows = np.flatnonzero(self._touched[block.pids[position:]]) + position
            position = len(block)
            for row in rows.tolist():
                tables = self._tables(block, row)
                if tables:
                    kept.append(self._treated(block, pids, start, row))
                    start, position = row, row + 1
                    for table in tables:
                        self.take(table)
                    if self._ended():
                        break
                self._replace(block.packets[row], pids, row)
                if tables:
                    break
        if not self._ended():
            kept.append(self._treated(block, pids, start, len(block)))
        packets = kept[0] if len(kept) == 1 else np.concatenate([block.packets[:0], *kept])
        return Block(packets, block.first_index)

    def _ended(self) -> bool:
        return self.context.stopping

    def _tables(self, block: Block, row: int) -> list[Table]:
        assembler = self._assemblers.get(int(block.pids[row]))
        if assembler is None:
            return []
        return assembler.feed(block.packets[row].tobytes(), block.first_index + row)

    def _replace(self, packet: npt.NDArray[np.uint8], pids: npt.NDArray[np.uint16], row: int) -> None:
        packer = self._packers.get(int(pids[row]))
        if packer is None:
            return
        if isinstance(packer, SectionFifo):
            for section in self._filters[packer.pid].feed(packet.tobytes()):
                packer.put(section)
        replacement = packer.next_packet()
        if replacement is None:
            packet[:] = NULL_PACKET
            pids[row] = NULL_PID
        else:
            packet[:] = as_block(replacement)[0]

    def _treated(self, block: Block, pids: npt.NDArray[np.uint16], start: int, end: int) -> Packets:
        packets = block.packets[start:end]
        passing = self.treat(packets, pids[start:end])
        return packets if passing is None or passing.all() else packets[passing]
