"""Reports PSI sections as they change (tsp -P tables)."""

import socket
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor, PluginError
from ibe100.minitsp.reports.tables_log import SYSTEM_PIDS, TablesLog
from ibe100.mpegts.constants import NULL_PID, PAT_PID, PAT_TABLE_ID
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.psi import Pat
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.runner.local_socket import LocalSender

_MAX_TABLE_ID: Final = 0xFF


class Tables(PacketProcessor):
    """Sends sections over UDP, one per datagram; or logs tables as JSON, or writes them (see TablesLog).

    `--psi-si` takes the PIDs from the PAT. With `--no-duplicate` a section is left out while it is, byte for
    byte, the one before it on its PID.
    """

    name: ClassVar[str] = "tables"
    options: ClassVar[OptionTable] = OptionTable(
        Option("all-sections", short="a"),
        Option("binary-output", OptionKind.TEXT, "b"),
        Option("ip-udp", OptionKind.LOCAL_ADDRESS, "i"),
        Option("log-json-line", OptionKind.TEXT, value_optional=True),
        Option("max-tables", OptionKind.INTEGER, "x"),
        Option("meta-base64-sections"),
        Option("meta-sections"),
        Option("no-duplicate"),
        Option("no-encapsulation"),
        Option("packet-index"),
        Option("pid", OptionKind.PID_RANGE, "p", repeatable=True),
        Option("psi-si"),
        Option("tid", OptionKind.INTEGER_RANGE, "t", repeatable=True, maximum=_MAX_TABLE_ID),
        Option("xml-output", OptionKind.TEXT),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        whole = any(map(arguments.present, ("log-json-line", "binary-output", "xml-output")))
        self._log = TablesLog(arguments, context) if whole else None
        for wanted in ("all-sections", "ip-udp", "no-encapsulation"):
            if self._log is None and not arguments.present(wanted):
                raise OptionError(
                    "only raw sections by UDP, --log-json-line, --xml-output and --binary-output are "
                    f"built in: add --{wanted}"
                )
        self._pids = set(arguments.pids("pid"))
        self._follows_pat = arguments.present("psi-si")
        if self._follows_pat:
            self._pids |= SYSTEM_PIDS
        self._table_ids = arguments.pids("tid")
        self._no_duplicate = arguments.present("no-duplicate")
        self._assemblers: dict[int, SectionAssembler] = {}
        self._last: dict[int, bytes] = {}
        self._socket: socket.socket | None = None
        self._local: LocalSender | None = None
        self._destination = ("", 0)

    def start(self) -> None:
        if self._log is not None:
            self._log.start()
            return
        if path := self.arguments.socket("ip-udp"):
            self._local = LocalSender(path, patient=True)
            return
        host, port = self.arguments.address("ip-udp")
        try:
            self._destination = (socket.gethostbyname(host), port)
        except OSError as error:
            raise PluginError(f"cannot send sections to {host}:{port}: {error.strerror or error}") from error
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def stop(self) -> None:
        if self._log is not None:
            self._log.stop()
        if self._local is not None:
            self._local.close()
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def process(self, block: Block) -> Block:
        if self._log is not None:
            return self._log.process(block)
        # The PAT first: it may name a PMT of this very block.
        if PAT_PID in self._pids:
            self._feed(block, block.pids == PAT_PID)
        others = np.fromiter(self._pids - {PAT_PID}, np.uint16)
        self._feed(block, np.isin(block.pids, others))
        return block

    def _feed(self, block: Block, wanted: npt.NDArray[np.bool_]) -> None:
        for row in np.flatnonzero(wanted).tolist():
            pid = int(block.pids[row])
            assembler = self._assemblers.setdefault(pid, SectionAssembler())
            for section in assembler.feed(block.packets[row].tobytes()):
                self._take(pid, section)

    def _take(self, pid: int, section: bytes) -> None:
        if pid == PAT_PID and self._follows_pat and section[0] == PAT_TABLE_ID:
            self._follow(section)
        if self._table_ids and section[0] not in self._table_ids:
            return
        if self._no_duplicate and self._last.get(pid) == section:
            return
        self._last[pid] = section
        self._send(section)

    def _follow(self, section: bytes) -> None:
        try:
            pat = Pat.parse(section)
        except PsiError as error:
            self.verbose(f"PAT ignored: {error}")
            return
        if pat.current:
            self._pids |= {pid for _, pid in pat.programs if pid != NULL_PID}
            if pat.nit_pid is not None:
                self._pids.add(pat.nit_pid)

    def _send(self, section: bytes) -> None:
        try:
            if self._local is not None:
                self._local.send(section)
            elif self._socket is not None:
                self._socket.sendto(section, self._destination)
        except OSError as error:
            self.error(f"error sending UDP message: {error.strerror}")
