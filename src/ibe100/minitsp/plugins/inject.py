"""Puts tables into the stream, on a PID of their own or in place of another one's packets (tsp -P inject)."""

from pathlib import Path
from typing import ClassVar, Final

import numpy as np

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor, PluginError
from ibe100.minitsp.psi.section_packer import SectionRounds
from ibe100.minitsp.psi.xml_tables import sections_of_xml
from ibe100.minitsp.splice.messages import MessageError, binary_sections
from ibe100.mpegts.constants import NULL_PID
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.packet import null_packet
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.utils.crc import has_right_crc32

_SYNTAX: Final = 0x80
_BINARY, _XML = ".bin", ".xml"


class Inject(PacketProcessor):
    """Inject tables and sections.

    Files hold binary sections, or tables in TSDuck's XML (PAT, CAT, PMT, SCTE 35, any as bytes). The sections
    go round, one after the other, in place of null packets at --bitrate or every --inter-packet, or of a
    PID's packets (--replace).
    """

    name: ClassVar[str] = "inject"
    options: ClassVar[OptionTable] = OptionTable(
        Option("binary"),
        Option("bitrate", OptionKind.DECIMAL, "b"),
        Option("inter-packet", OptionKind.INTEGER, "i", minimum=1),
        Option("pid", OptionKind.PID, "p"),
        Option("repeat", OptionKind.INTEGER, minimum=1),
        Option("replace", short="r"),
        Option("stuffing", short="s"),
        Option("terminate", short="t"),
        Option("xml"),
        max_parameters=None,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        if not arguments.present("pid"):
            raise OptionError("missing option --pid")
        if sum(map(arguments.present, ("replace", "bitrate", "inter-packet"))) != 1:
            raise OptionError("specify exactly one of --replace, --bitrate, --inter-packet")
        arguments.exclude("binary", "xml")
        arguments.parameter("input-file")
        if any("=" in name for name in arguments.parameters):
            raise OptionError("a repetition rate for one file needs TSDuck")
        self._pid = arguments.integer("pid")
        self._replaces = arguments.present("replace")
        self._bitrate_bps = arguments.decimal("bitrate")
        self._due = 0
        self._packer: SectionRounds | None = None

    def start(self) -> None:
        sections = [section for name in self.arguments.parameters for section in self._load(name)]
        self._packer = SectionRounds(
            self._pid,
            sections,
            rounds=self.arguments.integer("repeat"),
            packed=not self.arguments.present("stuffing"),
        )

    def process(self, block: Block) -> Block:
        placed: dict[int, bytes] = {}
        own = block.headers.rows_of(self._pid)
        if own and not self._replaces:
            self.fail(
                PluginError(f"PID conflict: PID 0x{self._pid:04X} ({self._pid}) is in the input already")
            )
            return block
        interval = self._interval()
        for row in own if self._replaces else np.flatnonzero(block.pids == NULL_PID).tolist():
            if not self._replaces and (not interval or block.first_index + row + 1 < self._due):
                continue
            packet = self._packer.next_packet() if self._packer is not None else None
            if packet is not None:
                placed[row] = packet
            elif self.arguments.present("terminate"):
                self.context.stop()
                block.replace(placed)
                return Block(block.packets[:row], block.first_index)
            elif self._replaces:
                placed[row] = null_packet()
            self._due += interval
        if placed:
            block.replace(placed)
        return block

    def _interval(self) -> int:
        """Packets from one of ours to the next; 0 while the bitrate of the stream is unknown."""
        if self._bitrate_bps:
            return (
                max(1, int(self.context.bitrate_bps / self._bitrate_bps)) if self.context.bitrate_bps else 0
            )
        return self.arguments.integer("inter-packet")

    def _load(self, name: str) -> list[bytes]:
        kind = Path(name).suffix.lower()
        is_binary = self.arguments.present("binary") or (
            kind == _BINARY and not self.arguments.present("xml")
        )
        if not is_binary and kind != _XML and not self.arguments.present("xml"):
            raise PluginError(f"cannot tell the type of {name}, use --binary or --xml")
        try:
            content = Path(name).read_bytes()
            sections = binary_sections(content) if is_binary else sections_of_xml(content.decode("utf-8-sig"))
        except OSError as error:
            raise PluginError(f"cannot open {name}: {error.strerror}") from error
        except (MessageError, SpliceDecodeError, PsiError, UnicodeDecodeError) as error:
            raise PluginError(f"{name}: {error}") from error
        for section in sections:
            if section[1] & _SYNTAX and not has_right_crc32(section):
                raise PluginError(f"{name}: a section with a wrong CRC_32")
        self.verbose(f"loaded {len(sections)} sections from {name}")
        return sections
