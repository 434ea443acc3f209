"""Gives PIDs other numbers, in the packets and in the tables that name them (tsp -P remap)."""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.options import MAX_PID, Arguments, Option, OptionError, OptionTable, parse_integer
from ibe100.minitsp.chain.plugin import Context, Packets, PluginError
from ibe100.minitsp.psi.pat_sections import Programs
from ibe100.minitsp.psi.psi_rewriter import NULL_PACKET, PsiRewriter
from ibe100.mpegts.constants import (
    CA_TAG,
    CAT_PID,
    CAT_TABLE_ID,
    NULL_PID,
    PAT_PID,
    PAT_TABLE_ID,
    PID_COUNT,
    PMT_TABLE_ID,
)
from ibe100.mpegts.descriptors import Descriptor, PsiError, encode_descriptors, iterate_descriptors
from ibe100.mpegts.packet import Flags
from ibe100.mpegts.psi import Pmt
from ibe100.mpegts.table_assembler import Table
from ibe100.utils.crc import with_crc32

_SHAPE: Final = re.compile(r"(\w+)(?:-(\w+))?=(\w+)")


class Remap(PsiRewriter):
    """Generic PID remapper.

    Parameters are pid=new or pid1-pid2=new. With the tables changed (without --no-psi), packets before the
    first PAT become null packets. A PID that is in the input and also the result of a remapping ends the
    chain.
    """

    name: ClassVar[str] = "remap"
    options: ClassVar[OptionTable] = OptionTable(
        Option("no-psi", short="n"),
        Option("single", short="s"),
        Option("unchecked", short="u"),
        max_parameters=None,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._single = arguments.present("single")
        self._unchecked = self._single or arguments.present("unchecked")
        self._new_pids: dict[int, int] = {}
        for parameter in arguments.parameters:
            self._read(parameter)
        self._table = np.arange(PID_COUNT, dtype=np.uint16)
        self._table[list(self._new_pids)] = list(self._new_pids.values())
        self._taken = np.zeros(PID_COUNT, np.bool_)
        if not self._unchecked:
            self._taken[list(self._new_pids.values())] = True
            self._taken[list(self._new_pids)] = False
        self._ready = arguments.present("no-psi")
        if not self._ready:
            for pid in (PAT_PID, CAT_PID):
                self.follow(pid)
                self.packer(pid)

    def start(self) -> None:
        self.verbose(f"{len(self._new_pids)} PID's remapped")

    def take(self, table: Table) -> None:
        try:
            if table.table_id == PAT_TABLE_ID and table.pid == PAT_PID:
                self._take_pat(table)
            elif table.table_id == CAT_TABLE_ID and table.pid == CAT_PID:
                sections = map(self._cat_section, table.sections)
                self.packer(CAT_PID).replace(list(sections), CAT_TABLE_ID)
            elif table.table_id == PMT_TABLE_ID:
                pmt = self._remapped(Pmt.parse(table.sections[0]))
                self.packer(table.pid).replace([pmt.encode()], PMT_TABLE_ID, table.extension)
        except PsiError as error:
            self.verbose(f"table ignored: {error}")

    def treat(self, packets: Packets, pids: npt.NDArray[np.uint16]) -> Flags | None:
        if not self._ready:
            system = np.isin(pids, (PAT_PID, CAT_PID))
            packets[~system] = NULL_PACKET
            pids[~system] = NULL_PID
        conflicts = np.flatnonzero(self._taken[pids])
        end = int(conflicts[0]) if conflicts.size else len(pids)
        moved = np.flatnonzero(self._table[pids[:end]] != pids[:end])
        new_pids = self._table[pids[moved]]
        packets[moved, 1] = packets[moved, 1] & 0xE0 | new_pids >> 8
        packets[moved, 2] = new_pids & 0xFF
        if end == len(pids):
            return None
        pid = int(pids[end])
        self.fail(PluginError(f"PID conflict: PID 0x{pid:04X} ({pid}) present both in input and remap"))
        return np.arange(len(pids)) < end

    def _read(self, parameter: str) -> None:
        found = _SHAPE.fullmatch(parameter)
        if found is None:
            raise OptionError(f"invalid PID remapping specification: {parameter}")
        first = parse_integer(found[1], "PID")
        last = parse_integer(found[2], "PID") if found[2] else first
        new_pid = parse_integer(found[3], "PID")
        highest = new_pid if self._single else new_pid + last - first
        if first > last or last >= NULL_PID or highest > MAX_PID:
            raise OptionError(f"invalid PID remapping values in {parameter}")
        if first == new_pid and (first == last or not self._single):
            return
        for pid in range(first, last + 1):
            self._add(pid, new_pid if self._single else new_pid + pid - first)

    def _add(self, pid: int, new_pid: int) -> None:
        if self._new_pids.get(pid, new_pid) != new_pid:
            raise OptionError(f"PID 0x{pid:04X} ({pid}) remapped twice")
        if not self._unchecked and new_pid in self._new_pids.values():
            raise OptionError(f"duplicated output PID 0x{new_pid:04X} ({new_pid})")
        self._new_pids[pid] = new_pid

    def _pid(self, pid: int) -> int:
        return self._new_pids.get(pid, pid)

    def _take_pat(self, table: Table) -> None:
        programs = Programs.of(table)
        for pid in programs.pmt_pids.values():
            self.follow(pid)
            self.packer(pid)
        nit_pid = None if programs.nit_pid is None else self._pid(programs.nit_pid)
        pmt_pids = {number: self._pid(pid) for number, pid in programs.pmt_pids.items()}
        remapped = replace(programs, nit_pid=nit_pid, pmt_pids=pmt_pids)
        self.packer(PAT_PID).replace(remapped.sections(), PAT_TABLE_ID)
        self._ready = True

    def _cat_section(self, section: bytes) -> bytes:
        return with_crc32(
            section[:8] + encode_descriptors(self._descriptors(iterate_descriptors(section[8:-4])))
        )

    def _remapped(self, pmt: Pmt) -> Pmt:
        streams = {
            self._pid(one.pid): replace(
                one, pid=self._pid(one.pid), descriptors=self._descriptors(one.descriptors)
            )
            for one in pmt.streams
        }
        return replace(
            pmt,
            pcr_pid=self._pid(pmt.pcr_pid),
            streams=tuple(streams.values()),
            descriptors=self._descriptors(pmt.descriptors),
        )

    def _descriptors(self, descriptors: Iterable[Descriptor]) -> tuple[Descriptor, ...]:
        """The same, with the PIDs of CA_descriptors (ISO/IEC 13818-1 clause 2.6.16) remapped."""
        return tuple(
            self._ca_descriptor(one) if one.tag == CA_TAG and len(one.data) >= 4 else one
            for one in descriptors
        )

    def _ca_descriptor(self, descriptor: Descriptor) -> Descriptor:
        data = descriptor.data
        word = int.from_bytes(data[2:4], "big")
        new_word = word & 0xE000 | self._pid(word & MAX_PID)
        return Descriptor(descriptor.tag, data[:2] + new_word.to_bytes(2, "big") + data[4:])
