"""Changes the SDT, or makes one (tsp -P sdt)."""

from dataclasses import replace
from typing import ClassVar, Final

import numpy as np

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, LogLevel, PluginError
from ibe100.minitsp.psi.psi_rewriter import PsiRewriter
from ibe100.minitsp.psi.sdt_edits import ServiceChange, new_service, sdt_sections, services_of
from ibe100.mpegts.constants import NULL_PID, PACKET_BITS, SDT_ACTUAL_TABLE_ID, SDT_OTHER_TABLE_ID, SDT_PID
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.packet import as_block
from ibe100.mpegts.psi import Sdt
from ibe100.mpegts.table_assembler import Table

_DEFAULT_BITRATE_BPS: Final = 3000.0
_PROPERTIES: Final = ("eit-pf", "eit-schedule", "free-ca-mode", "name", "provider", "running-status", "type")


class SdtEditor(PsiRewriter):
    """Perform various transformations on the SDT.

    With --create a stream without an SDT gets one, in null packets, a second after it began.
    """

    name: ClassVar[str] = "sdt"
    options: ClassVar[OptionTable] = OptionTable(
        Option("bitrate", OptionKind.DECIMAL, "b"),
        Option("create", short="c"),
        Option("create-after", OptionKind.INTEGER),
        Option("eit-pf", OptionKind.INTEGER, maximum=1),
        Option("eit-schedule", OptionKind.INTEGER, maximum=1),
        Option("free-ca-mode", OptionKind.INTEGER, "f", maximum=1),
        Option("increment-version", short="i"),
        Option("inter-packet", OptionKind.INTEGER, minimum=1),
        Option("name", OptionKind.TEXT, "n"),
        Option("new-version", OptionKind.INTEGER, "v", maximum=31),
        Option("original-network-id", OptionKind.INTEGER, maximum=0xFFFF),
        Option("other", OptionKind.INTEGER, "o", maximum=0xFFFF),
        Option("provider", OptionKind.TEXT, "p"),
        Option("remove-service", OptionKind.INTEGER_RANGE, repeatable=True, maximum=0xFFFF),
        Option("running-status", OptionKind.INTEGER, "r", maximum=7),
        Option("service-id", OptionKind.INTEGER, "s", maximum=0xFFFF),
        Option("ts-id", OptionKind.INTEGER, maximum=0xFFFF),
        Option("type", OptionKind.INTEGER, "t", maximum=0xFF),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        if any(map(arguments.present, _PROPERTIES)) and not arguments.present("service-id"):
            raise OptionError("specify --service-id when changing service properties")
        arguments.exclude("create", "create-after")
        self._change = ServiceChange.of(arguments)
        self._create_after_ms = arguments.integer("create-after", 1000 if arguments.present("create") else 0)
        self._bitrate_bps = arguments.decimal("bitrate", _DEFAULT_BITRATE_BPS)
        self._pid_seen = self._table_seen = False
        self._create_at: int | None = None
        self._insert_at: int | None = None
        self.follow(SDT_PID)
        self.packer(SDT_PID, packed=True)

    def take(self, table: Table) -> None:
        packer = self.packer(SDT_PID, packed=True)
        if not self._is_target(table):
            extension = table.extension if table.sections[0][1] & 0x80 else None
            packer.replace(table.sections, table.table_id, extension)
            return
        try:
            sections = self._edit(table)
        except PsiError as error:
            self.log(LogLevel.WARNING, f"found invalid SDT: {error}")
            return
        self._table_seen = True
        packer.replace(
            sections, table.table_id, None if table.table_id == SDT_ACTUAL_TABLE_ID else table.extension
        )

    def process(self, block: Block) -> Block:
        if not self._create_after_ms:
            return super().process(block)
        self._pid_seen |= bool((block.pids == SDT_PID).any())
        if self._create_at is None and self.context.bitrate_bps:
            self._create_at = self.context.bitrate_bps * self._create_after_ms // 1000 // PACKET_BITS
        before = len(block) if self._create_at is None else max(self._create_at - block.first_index, 0)
        if self._table_seen or before >= len(block):
            self._insert(block)
            return super().process(block)
        head = super().process(Block(block.packets[:before], block.first_index)).packets
        if not self._table_seen:
            self._create()
        rest = Block(block.packets[before:], block.first_index + before)
        self._insert(rest)
        return Block(np.concatenate([head, super().process(rest).packets]), block.first_index)

    def _is_target(self, table: Table) -> bool:
        if not self.arguments.present("other"):
            return table.table_id == SDT_ACTUAL_TABLE_ID
        return table.table_id == SDT_OTHER_TABLE_ID and table.extension == self.arguments.integer("other")

    def _edit(self, table: Table) -> list[bytes]:
        arguments = self.arguments
        shared, services = services_of(table)
        if arguments.present("service-id"):
            number = arguments.integer("service-id")
            services[number] = self._change.apply(services.get(number, new_service(number)))
        for number in arguments.pids("remove-service"):
            services.pop(number, None)
        self.verbose(f"SDT version {shared.version} modified")
        version = arguments.integer("new-version", shared.version)
        if arguments.present("increment-version"):
            version = (shared.version + 1) & 0x1F
        shared = replace(
            shared,
            transport_stream_id=arguments.integer("ts-id", shared.transport_stream_id),
            original_network_id=arguments.integer("original-network-id", shared.original_network_id),
            version=version,
        )
        return sdt_sections(shared, services)

    def _create(self) -> None:
        """Take an empty table as if it had come."""
        other = self.arguments.present("other")
        empty = Sdt(self.arguments.integer("other"), 0, (), actual=not other)
        table_id = SDT_OTHER_TABLE_ID if other else SDT_ACTUAL_TABLE_ID
        self.take(Table(SDT_PID, table_id, empty.transport_stream_id, (empty.encode(),)))
        self._insert_at = self._create_at

    def _insert(self, block: Block) -> None:
        """Put a table that was made into null packets, as long as no packet of its PID comes."""
        if self._insert_at is None or self._pid_seen:
            return
        bitrate_bps = self.context.bitrate_bps
        if not self.arguments.present("inter-packet") and bitrate_bps < self._bitrate_bps:
            reason = "input bitrate unknown or too low, specify --inter-packet instead of --bitrate"
            self.fail(PluginError(reason))
            return
        interval = self.arguments.integer("inter-packet", int(bitrate_bps / self._bitrate_bps))
        packer = self.packer(SDT_PID, packed=True)
        for row in block.headers.rows_of(NULL_PID):
            packet = packer.next_packet() if block.first_index + row >= self._insert_at else None
            if packet is not None:
                block.packets[row] = as_block(packet)[0]
                self._insert_at += interval
