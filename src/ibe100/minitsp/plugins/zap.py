"""Keeps some services and removes all others (tsp -P zap)."""

from dataclasses import dataclass, field, replace
from typing import ClassVar, Final

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
from ibe100.minitsp.chain.plugin import Context, Packets, PluginError
from ibe100.minitsp.psi.eit_edits import of_services
from ibe100.minitsp.psi.pat_sections import Programs
from ibe100.minitsp.psi.psi_rewriter import NULL_PACKET, PsiRewriter
from ibe100.minitsp.psi.sdt_edits import Services, find_service, sdt_sections, services_of, similar
from ibe100.mpegts.constants import (
    CA_TAG,
    CAT_PID,
    CAT_TABLE_ID,
    EIT_PID,
    NULL_PID,
    PAT_PID,
    PAT_TABLE_ID,
    PID_COUNT,
    PMT_TABLE_ID,
    SDT_ACTUAL_TABLE_ID,
    SDT_PID,
    TDT_PID,
)
from ibe100.mpegts.descriptors import Descriptor, PsiError, ca_references, iterate_descriptors, languages
from ibe100.mpegts.elementary.codings import StreamKind, codec_of
from ibe100.mpegts.packet import Flags
from ibe100.mpegts.psi import Pmt, PmtStream
from ibe100.mpegts.table_assembler import Table

_PSIP_PID: Final = 0x1FFB
_CA_TAGS: Final = (CA_TAG, 0xF6)
_DROP, _PASS, _PES = 0, 1, 2


@dataclass(slots=True)
class _Wanted:
    """A service to keep, by number or by name; `service_id` None until the SDT has told it."""

    reference: str
    by_name: bool
    service_id: int | None = None
    pmt_pid: int | None = None
    pids: set[int] = field(default_factory=set)


class Zap(PsiRewriter):
    """Zap on one or more services, remove all other services.

    PAT, SDT and PMTs are rewritten; BAT, NIT and, without --eit, EIT go. A service that is absent ends the
    chain, unless --ignore-absent waits for it.
    """

    name: ClassVar[str] = "zap"
    options: ClassVar[OptionTable] = OptionTable(
        Option("audio", OptionKind.TEXT, "a", repeatable=True),
        Option("audio-pid", OptionKind.PID_RANGE, repeatable=True),
        Option("cas", short="c"),
        Option("eit"),
        Option("ignore-absent", short="i"),
        Option("no-ecm", short="e"),
        Option("no-subtitles", short="n"),
        Option("pes-only", short="p"),
        Option("stuffing", short="s"),
        Option("subtitles", OptionKind.TEXT, "t", repeatable=True),
        Option("subtitles-pid", OptionKind.PID_RANGE, repeatable=True),
        max_parameters=None,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        arguments.parameter("service")
        if arguments.present("no-subtitles") and (
            arguments.present("subtitles") or arguments.present("subtitles-pid")
        ):
            raise OptionError("option --no-subtitles is incompatible with --subtitles and --subtitles-pid")
        self._wanted = [_wanted(parameter) for parameter in arguments.parameters]
        self._pes_only = arguments.present("pes-only")
        self._action = np.full(PID_COUNT, _DROP, np.uint8)
        self._action[[PAT_PID, SDT_PID, TDT_PID, _PSIP_PID]] = _PASS
        self._emm_pids: set[int] = set()
        self._programs: Programs | None = None
        self._pat_version = self._sdt_version = 0
        for pid in (PAT_PID, SDT_PID):
            self.packer(pid)
        self.follow(SDT_PID)
        if not any(one.by_name for one in self._wanted):
            self.follow(PAT_PID)
        if arguments.present("eit"):
            self.filter_sections(EIT_PID, self._wanted_eit)
            self._action[EIT_PID] = _PASS
        if arguments.present("cas"):
            self.follow(CAT_PID)
            self._action[CAT_PID] = _PASS

    def take(self, table: Table) -> None:
        try:
            if table.pid == PAT_PID and table.table_id == PAT_TABLE_ID:
                self._programs = Programs.of(table)
                self._take_pat()
            elif table.pid == CAT_PID and table.table_id == CAT_TABLE_ID:
                self._take_cat(table)
            elif table.pid == SDT_PID and table.table_id == SDT_ACTUAL_TABLE_ID:
                self._take_sdt(table)
            elif table.table_id == PMT_TABLE_ID:
                self._take_pmt(table.pid, Pmt.parse(table.sections[0]))
        except PsiError as error:
            self.verbose(f"table ignored: {error}")

    def treat(self, packets: Packets, pids: npt.NDArray[np.uint16]) -> Flags | None:
        passing: Flags = self._action[pids] >= (_PES if self._pes_only else _PASS)
        if not self.arguments.present("stuffing"):
            return passing
        packets[~passing] = NULL_PACKET
        return None

    def _take_pat(self) -> None:
        assert self._programs is not None
        changed = False
        for one in self._wanted:
            if one.service_id is None:
                continue
            pmt_pid = self._programs.pmt_pids.get(one.service_id)
            if pmt_pid is None:
                self._absent(one, "PAT")
            elif pmt_pid != one.pmt_pid:
                if one.pmt_pid is not None:
                    self._forget_pids(one)
                one.pmt_pid = pmt_pid
                self.follow(pmt_pid)
                self.verbose(f"found service id 0x{one.service_id:04X}, PMT PID is 0x{pmt_pid:04X}")
                changed = True
        if changed:
            self._send_pat()

    def _send_pat(self) -> None:
        self._pat_version = (self._pat_version + 1) & 0x1F
        stream_id = self._programs.transport_stream_id if self._programs else 0
        known = {
            one.service_id: one.pmt_pid
            for one in self._wanted
            if one.service_id is not None and one.pmt_pid is not None
        }
        pat = Programs(stream_id, self._pat_version, known)
        self.packer(PAT_PID).replace(pat.sections(), PAT_TABLE_ID)

    def _absent(self, one: _Wanted, table: str) -> None:
        if not self.arguments.present("ignore-absent"):
            self.fail(PluginError(f"service {one.reference} not found in {table}"))
            return
        self.verbose(f"service {one.reference} not found in {table}, waiting for the service...")
        if one.pmt_pid is not None:
            self.forget(one.pmt_pid)
            one.pmt_pid = None
        self._forget_pids(one)
        if one.by_name:
            one.service_id = None
        self._send_pat()

    def _forget_pids(self, one: _Wanted) -> None:
        """Drop the PIDs of a service that no other one shares."""
        shared = {pid for other in self._wanted if other is not one for pid in other.pids}
        self._action[list(one.pids - shared)] = _DROP
        one.pids.clear()

    def _take_sdt(self, table: Table) -> None:
        shared, services = services_of(table)
        for one in self._wanted:
            if one.by_name:
                self._find_by_name(one, services)
        kept = {
            number: service for number, service in services.items() if self._is_wanted(number, service.name)
        }
        self._sdt_version = (self._sdt_version + 1) & 0x1F
        sections = sdt_sections(replace(shared, version=self._sdt_version), kept)
        packer = self.packer(SDT_PID)
        packer.clear()
        packer.replace(sections, SDT_ACTUAL_TABLE_ID)

    def _is_wanted(self, number: int, name: str) -> bool:
        return any(
            similar(name, one.reference) if one.by_name else number == one.service_id for one in self._wanted
        )

    def _find_by_name(self, one: _Wanted, services: Services) -> None:
        found = find_service(services, lambda service: similar(service.name, one.reference))
        if found is None:
            self._absent(one, "SDT")
        elif found != one.service_id:
            self.verbose(f"found service {one.reference}, service id 0x{found:04X} ({found})")
            one.pmt_pid = None
            self._forget_pids(one)
            one.service_id = found
            self.follow(PAT_PID)
            if self._programs is not None:
                self._take_pat()

    def _take_pmt(self, pid: int, pmt: Pmt) -> None:
        one = next((one for one in self._wanted if one.service_id == pmt.program_number), None)
        if one is None:
            return
        if one.pmt_pid != pid:
            one.pmt_pid = pid
            self._send_pat()
        self._forget_pids(one)
        streams = tuple(stream for stream in pmt.streams if self._keeps(pmt, stream))
        if pmt.pcr_pid != NULL_PID:
            self._let_pass(one, pmt.pcr_pid, _PES)
        for stream in streams:
            self._let_pass(one, stream.pid, _PES if codec_of(stream, pmt.descriptors).pes else _PASS)
        pmt = replace(
            pmt,
            descriptors=self._with_ecm(one, pmt.descriptors),
            streams=tuple(
                replace(stream, descriptors=self._with_ecm(one, stream.descriptors)) for stream in streams
            ),
        )
        self.packer(pid).replace([pmt.encode()], PMT_TABLE_ID, pmt.program_number)
        self._let_pass(one, pid, _PASS)

    def _let_pass(self, one: _Wanted, pid: int, action: int) -> None:
        one.pids.add(pid)
        self._action[pid] = action

    def _keeps(self, pmt: Pmt, stream: PmtStream) -> bool:
        kind = codec_of(stream, pmt.descriptors).kind
        if kind is StreamKind.AUDIO:
            return self._is_chosen(stream, "audio")
        if kind is StreamKind.SUBTITLES:
            return not self.arguments.present("no-subtitles") and self._is_chosen(stream, "subtitles")
        return True

    def _is_chosen(self, stream: PmtStream, option: str) -> bool:
        """True if the stream is chosen by language or PID, or neither is asked for."""
        wanted, pids = self.arguments.texts(option), self.arguments.pids(f"{option}-pid")
        if not wanted and not pids:
            return True
        carried = {language.lower() for language in languages(stream.descriptors)}
        return stream.pid in pids or any(language.lower() in carried for language in wanted)

    def _with_ecm(self, one: _Wanted, descriptors: tuple[Descriptor, ...]) -> tuple[Descriptor, ...]:
        """Let the ECMs pass that the CA_descriptors name, or remove those with --no-ecm."""
        if self.arguments.present("no-ecm"):
            return tuple(descriptor for descriptor in descriptors if descriptor.tag not in _CA_TAGS)
        for pid, _ in ca_references(descriptors, _CA_TAGS):
            self._let_pass(one, pid, _PASS)
        return descriptors

    def _wanted_eit(self, section: bytes) -> bytes | None:
        return of_services(section, {one.service_id for one in self._wanted if one.service_id is not None})

    def _take_cat(self, table: Table) -> None:
        self._action[list(self._emm_pids)] = _DROP
        self._emm_pids = {
            pid
            for section in table.sections
            for pid, _ in ca_references(iterate_descriptors(section[8:-4]), _CA_TAGS)
        }
        self._action[list(self._emm_pids)] = _PASS


def _wanted(reference: str) -> _Wanted:
    try:
        return _Wanted(reference, False, parse_integer(reference, "service"))
    except OptionError:
        return _Wanted(reference, True)
