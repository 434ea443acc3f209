"""Input from files, or from standard input, in any of the packet formats."""

import os
from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import (
    MAX_BLOCK_PACKETS,
    PREVIEW_PACKETS,
    Context,
    LogLevel,
    Packets,
    PluginError,
)
from ibe100.minitsp.chain.stuffing import null_packets
from ibe100.minitsp.chain.threaded_input import ThreadedInput
from ibe100.minitsp.packets.file_writer import is_pipe
from ibe100.minitsp.packets.packet_format import (
    CHUNK_BYTES,
    FORMAT_OPTION,
    TS,
    find_first_packet,
    input_format,
)
from ibe100.minitsp.packets.packet_reader import PacketReader, SyncListener
from ibe100.mpegts.constants import PACKET_SIZE, SYNC_BYTE

_STDIN: Final = 0


class FileInput(ThreadedInput):
    """Reads files one after the other, each as often as --repeat says (tsp -I file). `-` or no name is
    standard input; a named pipe is read like that.

    Each file's packet format is found out from its beginning, unless --format names it. Where it loses
    synchronisation, or begins within a packet, tsp ends; this goes on where packets begin.
    """

    name: ClassVar[str] = "file"
    live: ClassVar[bool] = False
    leave_s: ClassVar[float] = 0.05
    ring_bytes: ClassVar[int] = MAX_BLOCK_PACKETS * PACKET_SIZE
    options: ClassVar[OptionTable] = OptionTable(
        Option("add-start-stuffing", OptionKind.INTEGER, repeatable=True),
        Option("add-stop-stuffing", OptionKind.INTEGER, repeatable=True),
        Option("byte-offset", OptionKind.INTEGER, "b"),
        FORMAT_OPTION,
        Option("infinite", short="i"),
        Option("packet-offset", OptionKind.INTEGER, "p"),
        Option("repeat", OptionKind.INTEGER, "r", minimum=1),
        max_parameters=None,
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._paths = [path for path in arguments.parameters if path != "-"]
        self._endless = arguments.present("infinite")
        self._rounds = self._rounds_left = arguments.integer("repeat", 1)
        arguments.exclude("infinite", "repeat")
        if not self._paths and (self._endless or self._rounds_left > 1):
            raise OptionError("standard input cannot be repeated")
        if self._endless and len(self._paths) > 1:
            raise OptionError("specifying --infinite is meaningless with more than one file")
        self._forced_format = input_format(arguments)
        self._format = self._forced_format or TS
        self._leading_bytes = 0
        self._position = 0
        self._descriptor = _STDIN
        self._pipe = ""
        self._head = super().preview()
        self._read_packets = self._received_packets = 0
        self._first_round: int | None = None
        self._listener = SyncListener(self._sync_lost, self._sync_regained)

    def start(self) -> None:
        if any(map(is_pipe, self._paths)):
            if len(self._paths) > 1 or self._endless or self._rounds_left > 1:
                raise PluginError("a named pipe cannot be repeated, nor read with other files")
            self._pipe = self._paths.pop()
        if self._paths:
            for path in self._paths[1:]:
                self._open(path)
                os.close(self._descriptor)
            self._open(self._paths[0])
            head = os.pread(self._descriptor, PREVIEW_PACKETS * self._format.size, self._offset)
            self._head = self._format.packets(bytearray(head))
        super().start()

    def preview(self) -> Packets:
        head, self._head = self._head, self._head[:0]
        return head

    def receive(self, max_packets: int, timeout_s: float) -> Packets | None:
        packets = super().receive(max_packets, timeout_s)
        # The thread reads ahead: what counts is what the chain has had.
        self.repeating = self._first_round is not None and self._received_packets >= self._first_round
        self._received_packets += 0 if packets is None else len(packets)
        return packets

    def fetch(self) -> None:
        try:
            if self._paths:
                self._stuff("add-start-stuffing")
                while self._relay(PacketReader(self._descriptor, self._format, self._listener)):
                    if not self._next_file():
                        return
            else:
                if self._pipe:
                    self._descriptor = os.open(self._pipe, os.O_RDONLY | os.O_CLOEXEC)
                self._relay_pipe()
        except OSError as error:
            raise PluginError(f"error reading input: {error.strerror}") from error
        finally:
            if self._descriptor > _STDIN:
                os.close(self._descriptor)

    def _relay(self, reader: PacketReader) -> bool:
        """Queue what is read until the end; False if the chain is ending."""
        while not self.closing.is_set():
            packets = reader.read()
            if packets is None:
                return True
            self._read_packets += len(packets)
            if not self.queue.put(packets):
                break
        return False

    def _relay_pipe(self) -> None:
        held = self._judge()
        self._relay(PacketReader(self._descriptor, self._format, self._listener, held))

    def _sync_lost(self, packets: int, found: int) -> None:
        self.error(
            f"synchronization lost after {packets:,} packets, got 0x{found:02X} instead of 0x{SYNC_BYTE:02X}"
        )

    def _sync_regained(self, skipped_bytes: int) -> None:
        self.log(LogLevel.WARNING, f"synchronized again, {skipped_bytes:,} bytes skipped")

    def _open(self, path: str) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            os.lseek(self._descriptor, self.arguments.integer("byte-offset"), os.SEEK_SET)
            self._judge()
            os.lseek(self._descriptor, self._offset, os.SEEK_SET)
        except OSError as error:
            raise PluginError(f"cannot open file {path}: {error.strerror}") from error

    def _judge(self) -> bytes:
        """Learn the format and where it begins; returns what was read of it. Refuses what is none."""
        self._leading_bytes = 0
        if self._forced_format is not None:
            self._format = self._forced_format
            return b""
        first = find_first_packet(lambda: os.read(self._descriptor, CHUNK_BYTES))
        if first is None:
            raise PluginError("cannot detect TS file format")
        self._format, self._leading_bytes = first.format, first.leading_bytes
        if self._leading_bytes:
            skipped = f"{self._leading_bytes:,} bytes before the first packet skipped"
            self.log(LogLevel.WARNING, skipped)
        return first.held

    @property
    def _offset(self) -> int:
        """Offset of the first packet to read in a file, in bytes."""
        packets = self.arguments.integer("packet-offset")
        before = self.arguments.integer("byte-offset") + self._leading_bytes
        return before + packets * self._format.size

    def _next_file(self) -> bool:
        """Go on with the next round or the next file; False when all is read."""
        if self._first_round is None and len(self._paths) == 1:
            self._first_round = self._read_packets
        self._rounds_left -= 1
        if self._endless or self._rounds_left > 0:
            os.lseek(self._descriptor, self._offset, os.SEEK_SET)
            return True
        self._stuff("add-stop-stuffing")
        self._position += 1
        if self._position == len(self._paths):
            return False
        self._rounds_left = self._rounds
        descriptor, self._descriptor = self._descriptor, _STDIN
        os.close(descriptor)
        self._open(self._paths[self._position])
        self._stuff("add-start-stuffing")
        return True

    def _stuff(self, option: str) -> None:
        """Queue the null packets wanted at this end of the file; the last value holds for further files."""
        counts = self.arguments.integers(option) or [0]
        count = counts[min(self._position, len(counts) - 1)]
        if count:
            self._read_packets += count
            self.queue.put(null_packets(count))
