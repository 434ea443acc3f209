"""Input from files, or from standard input, in any of the packet formats."""

import os
import select
from typing import ClassVar, Final

import numpy as np

from ibe100.minitsp.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.packet_format import BYTES_TO_JUDGE, FORMAT_OPTION, TS, detect, input_format
from ibe100.minitsp.plugin import PACKET_SIZE, Context, PacketInput, Packets, PluginError

_STDIN: Final = 0


class FileInput(PacketInput):
    """Reads files one after the other (tsp -I file). `-` or no name is standard input.

    Each file's packet format is found out from its beginning, unless --format names it.
    """

    name: ClassVar[str] = "file"
    live: ClassVar[bool] = False
    options: ClassVar[OptionTable] = OptionTable(
        Option("byte-offset", OptionKind.INTEGER, "b"),
        FORMAT_OPTION,
        Option("infinite", short="i"),
        Option("packet-offset", OptionKind.INTEGER, "p"),
        Option("repeat", OptionKind.INTEGER, "r", minimum=1),
        max_parameters=None,
        of_tsduck=("add-start-stuffing", "add-stop-stuffing", "first-terminate", "interleave", "label-base"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._paths = [path for path in arguments.parameters if path != "-"]
        self._endless = arguments.present("infinite")
        self._rounds_left = arguments.integer("repeat", 1)
        if self._endless and arguments.present("repeat"):
            raise OptionError("options --infinite and --repeat are mutually exclusive")
        if not self._paths and (self._endless or self._rounds_left > 1):
            raise OptionError("standard input cannot be repeated")
        self._forced_format = input_format(arguments)
        self._format = self._forced_format or TS
        self._position = 0
        self._descriptor = _STDIN
        self._carry = b""
        self._judged = False

    def start(self) -> None:
        if self._paths:
            for path in self._paths[1:]:
                self._open(path)
                os.close(self._descriptor)
            self._open(self._paths[0])

    def stop(self) -> None:
        if self._descriptor > _STDIN:
            os.close(self._descriptor)
            self._descriptor = _STDIN

    def preview(self, max_packets: int) -> Packets:
        if not self._paths:
            return super().preview(max_packets)
        data = os.pread(self._descriptor, max_packets * self._format.size, self._offset)
        return self._format.packets(bytearray(data))

    def receive(self, max_packets: int, timeout_s: float) -> Packets | None:
        if not self._paths:
            return self._receive_standard_input(max_packets, timeout_s)
        while True:
            data = self._read(max_packets * self._format.size)
            packets = self._format.packets(bytearray(data))
            if len(packets) or not self._next_file():
                return packets

    def _open(self, path: str) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self._judge(os.pread(self._descriptor, BYTES_TO_JUDGE, self.arguments.integer("byte-offset")))
            os.lseek(self._descriptor, self._offset, os.SEEK_SET)
        except OSError as error:
            raise PluginError(f"cannot open file {path}: {error.strerror}") from error

    def _judge(self, head: bytes) -> None:
        """Learn the format; refuse what does not begin as a transport stream, or is shorter than a packet."""
        detected = self._forced_format or detect(head)
        if detected is None or len(head) < detected.size:
            raise PluginError("cannot detect TS file format")
        self._format = detected

    @property
    def _offset(self) -> int:
        """Where to begin in a file."""
        packets = self.arguments.integer("packet-offset")
        return self.arguments.integer("byte-offset") + packets * self._format.size

    def _read(self, size: int) -> bytes:
        try:
            return os.read(self._descriptor, size)
        except OSError as error:
            raise PluginError(f"error reading input: {error.strerror}") from error

    def _next_file(self) -> bool:
        """Go on with the next file or the next round; False when all is read."""
        self._position += 1
        if self._position == len(self._paths):
            self._position = 0
            self.repeating = True
            if not self._endless:
                self._rounds_left -= 1
                if self._rounds_left <= 0:
                    return False
        if len(self._paths) == 1:
            os.lseek(self._descriptor, self._offset, os.SEEK_SET)
        else:
            os.close(self._descriptor)
            self._open(self._paths[self._position])
        return True

    def _receive_standard_input(self, max_packets: int, timeout_s: float) -> Packets | None:
        readable, _, _ = select.select([_STDIN], [], [], timeout_s)
        if not readable:
            return None
        data = self._carry + self._read(max_packets * self._format.size)
        if len(data) == len(self._carry):
            return self._end_of_standard_input()
        if not self._judged:
            if len(data) < BYTES_TO_JUDGE:
                self._carry = data
                return None
            self._judge(data[:BYTES_TO_JUDGE])
            self._judged = True
        packets = self._cut(data)
        return packets if len(packets) else None

    def _end_of_standard_input(self) -> Packets:
        """What was too short to be judged before; then the end."""
        if not self._judged:
            self._judge(self._carry)
            self._judged = True
            return self._cut(self._carry)
        return np.empty((0, PACKET_SIZE), np.uint8)

    def _cut(self, data: bytes) -> Packets:
        """The whole packets in `data`; the rest waits for more."""
        packets = self._format.packets(bytearray(data))
        self._carry = data[len(packets) * self._format.size :]
        return packets
