"""Whole tables, in the order of the stream, as JSON in the log, or XML or bytes in files (tsp -P tables)."""

from pathlib import Path
from typing import BinaryIO, ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, OptionError, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, LogLevel, PluginError
from ibe100.minitsp.psi.psi_rewriter import PsiRewriter
from ibe100.minitsp.reports.json_report import to_json
from ibe100.minitsp.reports.psi_json import TableMetadata, table_json, table_node
from ibe100.minitsp.reports.table_nodes import XML_BEGIN, XML_END, xml_lines
from ibe100.minitsp.reports.text_file import TextFile
from ibe100.mpegts.constants import NULL_PID, PAT_PID, PAT_TABLE_ID, TSDT_PID
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.psi import Pat
from ibe100.mpegts.service_map import SYSTEM_SECTION_PIDS
from ibe100.mpegts.table_assembler import Table

SYSTEM_PIDS: Final = SYSTEM_SECTION_PIDS | {TSDT_PID}


class TablesLog(PsiRewriter):
    """Reports each table once until it changes, on behalf of the plugin `tables`; no packet is touched.

    --log-json-line logs it, --xml-output writes a document of all of them, --binary-output their sections one
    after the other.

    Without --pid and --psi-si it follows every PID on which no PES packet starts.
    """

    name: ClassVar[str] = "tables"
    options: ClassVar[OptionTable] = OptionTable()

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        if arguments.present("all-sections"):
            raise OptionError(
                "filtering sections (--all-sections or --all-once) is incompatible with XML or JSON output"
            )
        self._prefix = arguments.optional_text("log-json-line")
        self._path = arguments.text("binary-output")
        path = arguments.optional_text("xml-output")
        self._xml = None if path is None else TextFile("" if path == "-" else path)
        self._told = TableMetadata(
            base64_sections=arguments.present("meta-base64-sections"),
            hex_sections=arguments.present("meta-sections"),
            packet_index=arguments.present("packet-index"),
        )
        self._file: BinaryIO | None = None
        self._table_ids = arguments.pids("tid")
        self._left = arguments.integer("max-tables")
        self._last: dict[int, tuple[bytes, ...]] = {}
        pids = arguments.pids("pid")
        self._follows_pat = arguments.present("psi-si")
        self._follows_all = not pids and not self._follows_pat
        for pid in pids | SYSTEM_PIDS if self._follows_pat else pids:
            self.follow(pid)

    def start(self) -> None:
        if self._path:
            try:
                self._file = Path(self._path).open("wb")  # noqa: SIM115 - see stop
            except OSError as error:
                raise PluginError(f"cannot create file {self._path}: {error.strerror}") from error
        if self._xml is not None:
            self._xml.open()

    def stop(self) -> None:
        if self._file is not None:
            self._file.close()
            self._file = None
        if self._xml is not None:
            if self._last:
                self._xml.write(XML_END)
            self._xml.close()

    def process(self, block: Block) -> Block:
        if self._follows_all:
            with_pes = set(block.headers.pes.pids.tolist())
            for pid in block.headers.present - {NULL_PID} - with_pes:
                self.follow(pid)
            for pid in with_pes:
                self.leave(pid)
        return super().process(block)

    def take(self, table: Table) -> None:
        if self._follows_pat:
            try:
                self._follow_what_it_names(table)
            except PsiError as error:
                self.verbose(f"table ignored: {error}")
                return
        if self._table_ids and table.table_id not in self._table_ids:
            return
        if self.arguments.present("no-duplicate") and self._last.get(table.pid) == table.sections:
            return
        if self._xml is not None and not self._last:
            self._xml.write(XML_BEGIN)
        self._last[table.pid] = table.sections
        if self._file is not None:
            self._write(self._file, b"".join(table.sections))
        if self._prefix is not None:
            self.log(LogLevel.INFO, self._prefix + to_json(table_json(table, self._told)))
        if self._xml is not None:
            self._xml.write("\n".join(xml_lines(table_node(table, self._told))))
        if self._left:
            self._left -= 1
            if not self._left:
                self.context.stop()

    def _write(self, file: BinaryIO, sections: bytes) -> None:
        try:
            file.write(sections)
            file.flush()
        except OSError as error:
            raise PluginError(f"error writing {self._path}: {error.strerror}") from error

    def _follow_what_it_names(self, table: Table) -> None:
        if table.table_id == PAT_TABLE_ID and table.pid == PAT_PID:
            for pat in map(Pat.parse, table.sections):
                for _, pid in pat.programs:
                    if pid != NULL_PID:
                        self.follow(pid)
                if pat.nit_pid is not None:
                    self.follow(pat.nit_pid)
