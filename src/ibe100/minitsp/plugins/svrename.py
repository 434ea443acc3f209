"""Gives a service a new name, id, provider or type, in all tables (tsp -P svrename)."""

from dataclasses import replace
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.options import (
    Arguments,
    Option,
    OptionError,
    OptionKind,
    OptionTable,
    parse_integer,
)
from ibe100.minitsp.chain.plugin import Context, LogLevel, Packets, PluginError
from ibe100.minitsp.psi.eit_edits import renumbered
from ibe100.minitsp.psi.nit_edits import rename_in_service_lists
from ibe100.minitsp.psi.pat_sections import Programs
from ibe100.minitsp.psi.psi_rewriter import NULL_PACKET, PsiRewriter
from ibe100.minitsp.psi.sdt_edits import ServiceChange, find_service, sdt_sections, services_of, similar
from ibe100.mpegts.constants import (
    BAT_TABLE_ID,
    EIT_PID,
    NIT_ACTUAL_TABLE_ID,
    NIT_PID,
    NULL_PID,
    PAT_PID,
    PAT_TABLE_ID,
    PMT_TABLE_ID,
    SDT_ACTUAL_TABLE_ID,
    SDT_PID,
)
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.packet import Flags
from ibe100.mpegts.psi import Pmt
from ibe100.mpegts.table_assembler import Table


class ServiceRename(PsiRewriter):
    """Rename a service.

    Without a parameter the first service of the PAT. Packets before the PAT become null packets.
    """

    name: ClassVar[str] = "svrename"
    options: ClassVar[OptionTable] = OptionTable(
        Option("free-ca-mode", OptionKind.INTEGER, "f", maximum=1),
        Option("id", OptionKind.INTEGER, "i", maximum=0xFFFF),
        Option("ignore-bat"),
        Option("ignore-eit"),
        Option("ignore-nit"),
        Option("lcn", OptionKind.INTEGER, "l", maximum=0xFFFF),
        Option("name", OptionKind.TEXT, "n"),
        Option("provider", OptionKind.TEXT, "p"),
        Option("running-status", OptionKind.INTEGER, "r", maximum=7),
        Option("type", OptionKind.INTEGER, "t", maximum=0xFF),
        max_parameters=1,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._change = ServiceChange.of(arguments)
        self._new_id = arguments.optional_integer("id")
        self._old_id, self._old_name = _reference(arguments.parameters)
        self._ignore_nit, self._ignore_bat = map(arguments.present, ("ignore-nit", "ignore-bat"))
        self._transport_stream_id = 0
        self._pat_seen = False
        self._sdt: list[bytes] = []

    def start(self) -> None:
        self.follow(SDT_PID if self._old_name else PAT_PID)

    def take(self, table: Table) -> None:
        try:
            if table.pid == PAT_PID and table.table_id == PAT_TABLE_ID:
                self._take_pat(table)
            elif table.table_id == PMT_TABLE_ID and table.extension == self._old_id:
                self._take_pmt(table)
            elif table.pid == SDT_PID and table.table_id == SDT_ACTUAL_TABLE_ID:
                self._take_sdt(table)
            elif table.sections[0][1] & 0x80:
                self._take_other(table)
        except PsiError as error:
            self.verbose(f"table ignored: {error}")

    def treat(self, packets: Packets, pids: npt.NDArray[np.uint16]) -> Flags | None:
        if not self._pat_seen:
            packets[:] = NULL_PACKET
            pids[:] = NULL_PID
        return None

    def _take_pat(self, table: Table) -> None:
        programs = Programs.of(table)
        self._transport_stream_id = programs.transport_stream_id
        if self._old_id is None:
            if not programs.pmt_pids:
                self.fail(PluginError("the PAT contains no service"))
                return
            self._old_id = min(programs.pmt_pids)
        pmt_pid = programs.pmt_pids.get(self._old_id)
        if pmt_pid is None:
            if not self._service_may_be_absent():
                return
        else:
            self.verbose(f"found service id 0x{self._old_id:04X}, PMT PID is 0x{pmt_pid:04X}")
            self.follow(pmt_pid)
            self.packer(pmt_pid)
            programs = replace(programs, pmt_pids=self._renumbered(programs.pmt_pids))
        self.packer(PAT_PID).replace(programs.sections(), PAT_TABLE_ID)
        self._pat_seen = True
        self.follow(SDT_PID)
        self.packer(SDT_PID).replace(self._sdt, SDT_ACTUAL_TABLE_ID)
        if self._new_id is not None and not self.arguments.present("ignore-eit"):
            self.filter_sections(EIT_PID, self._renumbered_eit)
        if not self._ignore_nit:
            nit_pid = NIT_PID if programs.nit_pid is None else programs.nit_pid
            self.follow(nit_pid)
            self.packer(nit_pid)

    def _service_may_be_absent(self) -> bool:
        text = f"service id 0x{self._old_id:04X} not found in PAT"
        if self._ignore_nit and self._ignore_bat:
            self.fail(PluginError(text))
            return False
        self.log(LogLevel.INFO, f"{text}, will still update NIT, BAT, EIT's")
        return True

    def _renumbered(self, pmt_pids: dict[int, int]) -> dict[int, int]:
        """The PMT PIDs with the service under its new number."""
        assert self._old_id is not None
        new_id = self._old_id if self._new_id is None else self._new_id
        return {new_id if number == self._old_id else number: pid for number, pid in pmt_pids.items()}

    def _renumbered_eit(self, section: bytes) -> bytes | None:
        assert self._old_id is not None
        assert self._new_id is not None
        return renumbered(section, self._transport_stream_id, self._old_id, self._new_id)

    def _take_pmt(self, table: Table) -> None:
        pmt = Pmt.parse(table.sections[0])
        packer = self.packer(table.pid)
        if self._new_id is not None:
            packer.remove(PMT_TABLE_ID, self._new_id)
            pmt = replace(pmt, program_number=self._new_id)
        packer.replace([pmt.encode()], PMT_TABLE_ID, table.extension)

    def _take_sdt(self, table: Table) -> None:
        shared, services = services_of(table)
        self._transport_stream_id = shared.transport_stream_id
        if self._old_id is None:
            self._old_id = find_service(services, lambda one: similar(one.name, self._old_name))
            if self._old_id is None:
                self.fail(PluginError(f'service "{self._old_name}" not found in SDT'))
                return
            self.verbose(f'found service "{self._old_name}", service id is 0x{self._old_id:04X}')
            self.follow(PAT_PID)
        service = services.pop(self._old_id, None)
        if service is None:
            self.verbose(f"service 0x{self._old_id:04X} ({self._old_id}) not found in SDT")
        else:
            number = self._old_id if self._new_id is None else self._new_id
            services[number] = replace(self._change.apply(service), service_id=number)
        self._sdt = sdt_sections(shared, services)
        if self._pat_seen:
            self.packer(SDT_PID).replace(self._sdt, SDT_ACTUAL_TABLE_ID, table.extension)

    def _take_other(self, table: Table) -> None:
        """NIT and BAT with the service's new number, type and channel; the rest as it is."""
        sections = table.sections
        nit = table.table_id == NIT_ACTUAL_TABLE_ID and not self._ignore_nit
        bat = table.table_id == BAT_TABLE_ID and not self._ignore_bat
        if (nit or bat) and self._old_id is None:
            self.forget(table.pid)
            return
        if nit or bat:
            sections = tuple(map(self._renamed, sections))
        self.packer(table.pid).replace(sections, table.table_id, table.extension)

    def _renamed(self, section: bytes) -> bytes:
        assert self._old_id is not None
        return rename_in_service_lists(
            section,
            self._transport_stream_id,
            self._old_id,
            new_id=self._new_id,
            service_type=self._change.service_type,
            channel_number=self.arguments.optional_integer("lcn"),
        )


def _reference(parameters: tuple[str, ...]) -> tuple[int | None, str]:
    """The service by id or by name; (None, "") for the first one."""
    if not parameters:
        return None, ""
    try:
        return parse_integer(parameters[0], "service"), ""
    except OptionError:
        return None, parameters[0]
