"""Removes a service from the stream and from all tables (tsp -P svremove)."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.options import (
    Arguments,
    Option,
    OptionError,
    OptionTable,
    parse_integer,
)
from ibe100.minitsp.chain.plugin import Context, LogLevel, Packets, PluginError
from ibe100.minitsp.psi.eit_edits import without_service
from ibe100.minitsp.psi.nit_edits import remove_from_service_lists
from ibe100.minitsp.psi.pat_sections import Programs
from ibe100.minitsp.psi.psi_rewriter import NULL_PACKET, PsiRewriter
from ibe100.minitsp.psi.sdt_edits import find_service, sdt_sections, services_of, similar
from ibe100.mpegts.constants import (
    BAT_TABLE_ID,
    CA_TAG,
    EIT_PID,
    NIT_ACTUAL_TABLE_ID,
    NIT_PID,
    NULL_PID,
    PAT_PID,
    PAT_TABLE_ID,
    PID_COUNT,
    PMT_TABLE_ID,
    SDT_ACTUAL_TABLE_ID,
    SDT_PID,
)
from ibe100.mpegts.descriptors import PsiError, ca_references
from ibe100.mpegts.packet import Flags
from ibe100.mpegts.psi import Pmt
from ibe100.mpegts.table_assembler import Table


class ServiceRemove(PsiRewriter):
    """Remove a service.

    Its PMT, streams and ECMs go, but those that another service shares. Nothing passes before its PMT has
    told which they are. A service that the PAT does not name is none to remove: everything else passes.
    """

    name: ClassVar[str] = "svremove"
    options: ClassVar[OptionTable] = OptionTable(
        Option("ignore-absent", short="a"),
        Option("ignore-bat", short="b"),
        Option("ignore-eit", short="e"),
        Option("ignore-nit", short="n"),
        Option("stuffing", short="s"),
        max_parameters=1,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._name = arguments.parameter("service")
        self._service_id: int | None = None
        try:
            self._service_id = parse_integer(self._name, "service")
            self._name = ""
        except OptionError:
            self.verbose(f'service "{self._name}" is looked for by name')
        self._stuffing = arguments.present("stuffing")
        self._ready = False
        self._transport_stream_id = 0
        self._pmt_pid: int | None = None
        self._pids_of: dict[int, frozenset[int]] = {}
        self._drop = np.zeros(PID_COUNT, np.bool_)

    def start(self) -> None:
        self.packer(PAT_PID)
        self.packer(SDT_PID)
        self.follow(SDT_PID)
        if not self._name:
            self.follow(PAT_PID)

    def take(self, table: Table) -> None:
        try:
            if table.pid == PAT_PID and table.table_id == PAT_TABLE_ID:
                self._take_pat(table)
            elif table.table_id == PMT_TABLE_ID:
                self._take_pmt(Pmt.parse(table.sections[0]))
            elif table.pid == SDT_PID and table.table_id == SDT_ACTUAL_TABLE_ID:
                self._take_sdt(table)
            elif table.sections[0][1] & 0x80:
                self._take_other(table)
        except PsiError as error:
            self.verbose(f"table ignored: {error}")

    def treat(self, packets: Packets, pids: npt.NDArray[np.uint16]) -> Flags | None:
        removed = self._drop[pids] if self._ready else np.ones(len(pids), np.bool_)
        if not self._stuffing:
            return ~removed
        packets[removed] = NULL_PACKET
        pids[removed] = NULL_PID
        return None

    def _take_pat(self, table: Table) -> None:
        assert self._service_id is not None
        programs = Programs.of(table)
        self._transport_stream_id = programs.transport_stream_id
        kept = dict(programs.pmt_pids)
        self._pmt_pid = kept.pop(self._service_id, None)
        self.packer(PAT_PID).replace(replace(programs, pmt_pids=kept).sections(), PAT_TABLE_ID)
        for number in self._pids_of.keys() - programs.pmt_pids.keys():
            del self._pids_of[number]
        self._choose_pids()
        for pid in programs.pmt_pids.values():
            self.follow(pid)
        if self._pmt_pid is None:
            text = f"service id 0x{self._service_id:04X} not found in PAT, ignoring it"
            self.log(LogLevel.INFO, text)
            self._ready = True
        else:
            identity = f"service id 0x{self._service_id:04X} ({self._service_id})"
            self.verbose(f"found {identity}, PMT PID is 0x{self._pmt_pid:04X} ({self._pmt_pid})")
        if not self.arguments.present("ignore-eit"):
            self.filter_sections(EIT_PID, self._kept_eit)
        if not self.arguments.present("ignore-nit"):
            nit_pid = NIT_PID if programs.nit_pid is None else programs.nit_pid
            self.follow(nit_pid)
            self.packer(nit_pid)

    def _take_pmt(self, pmt: Pmt) -> None:
        loops = (pmt.descriptors, *(stream.descriptors for stream in pmt.streams))
        self._pids_of[pmt.program_number] = frozenset(
            {
                pmt.pcr_pid,
                *(stream.pid for stream in pmt.streams),
                *(pid for loop in loops for pid, _ in ca_references(loop, (CA_TAG,))),
            }
        )
        self._choose_pids()
        self._ready |= pmt.program_number == self._service_id

    def _choose_pids(self) -> None:
        """Drop what belongs to the service and to no other."""
        others = (pids for number, pids in self._pids_of.items() if number != self._service_id)
        shared = frozenset((PAT_PID, NULL_PID)).union(*others)
        removed = set(self._pids_of.get(self._service_id or 0, ()))
        if self._pmt_pid is not None:
            removed.add(self._pmt_pid)
        self._drop[:] = False
        self._drop[list(removed - shared)] = True

    def _take_sdt(self, table: Table) -> None:
        shared, services = services_of(table)
        self._transport_stream_id = shared.transport_stream_id
        if self._service_id is None:
            self._service_id = find_service(services, lambda one: similar(one.name, self._name))
            if self._service_id is None:
                self._absent(table)
                return
            self.follow(PAT_PID)
        if services.pop(self._service_id, None) is None:
            identity = f"0x{self._service_id:04X} ({self._service_id})"
            self.log(LogLevel.INFO, f"service {identity} not found in SDT, ignoring it")
        sections = sdt_sections(shared, services)
        self.packer(SDT_PID).replace(sections, SDT_ACTUAL_TABLE_ID, table.extension)

    def _absent(self, sdt: Table) -> None:
        text = f'service "{self._name}" not found in SDT'
        if not self.arguments.present("ignore-absent"):
            self.fail(PluginError(text))
            return
        self.log(LogLevel.WARNING, f"{text}, ignoring it")
        self.forget(sdt.pid)

    def _take_other(self, table: Table) -> None:
        """NIT and BAT without the service; the rest as it is."""
        nit = table.table_id == NIT_ACTUAL_TABLE_ID and not self.arguments.present("ignore-nit")
        bat = table.table_id == BAT_TABLE_ID and not self.arguments.present("ignore-bat")
        sections = table.sections
        if nit or bat:
            if self._service_id is None or not self._transport_stream_id:
                self.forget(table.pid)
                return
            sections = tuple(map(self._edited, sections))
        self.packer(table.pid).replace(sections, table.table_id, table.extension)

    def _edited(self, section: bytes) -> bytes:
        assert self._service_id is not None
        return remove_from_service_lists(section, self._transport_stream_id, self._service_id)

    def _kept_eit(self, section: bytes) -> bytes | None:
        assert self._service_id is not None
        return without_service(section, self._transport_stream_id, self._service_id)
