"""Input from files of 188-byte packets, or from standard input."""

import os
import select
from typing import ClassVar, Final

import numpy as np

from ibe100.minitsp.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.plugin import PACKET_SIZE, Context, PacketInput, Packets, PluginError
from ibe100.mpegts.packet import SYNC_BYTE

_STDIN: Final = 0
_PACKETS_TO_JUDGE: Final = 8


class FileInput(PacketInput):
    """Reads files one after the other (tsp -I file). `-` or no name is standard input."""

    name: ClassVar[str] = "file"
    live: ClassVar[bool] = False
    options: ClassVar[OptionTable] = OptionTable(
        Option("byte-offset", OptionKind.INTEGER, "b"),
        Option("infinite", short="i"),
        Option("packet-offset", OptionKind.INTEGER, "p"),
        Option("repeat", OptionKind.INTEGER, "r", minimum=1),
        max_parameters=None,
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
        self._offset = arguments.integer("byte-offset") + PACKET_SIZE * arguments.integer("packet-offset")
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
        data = os.pread(self._descriptor, max_packets * PACKET_SIZE, self._offset)
        return _whole_packets(bytearray(data))

    def receive(self, max_packets: int, timeout_s: float) -> Packets | None:
        if not self._paths:
            return self._receive_standard_input(max_packets, timeout_s)
        while True:
            data = self._read(max_packets * PACKET_SIZE)
            packets = _whole_packets(bytearray(data))
            if len(packets) or not self._next_file():
                return packets

    def _open(self, path: str) -> None:
        try:
            self._descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            self._judge(os.read(self._descriptor, _PACKETS_TO_JUDGE * PACKET_SIZE))
            os.lseek(self._descriptor, self._offset, os.SEEK_SET)
        except OSError as error:
            raise PluginError(f"cannot open file {path}: {error.strerror}") from error

    def _judge(self, head: bytes) -> None:
        """Refuse what does not begin as a transport stream; a file shorter than one packet as well."""
        if len(head) < PACKET_SIZE or any(byte != SYNC_BYTE for byte in head[::PACKET_SIZE]):
            raise PluginError("cannot detect TS file format")

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
        data = self._carry + self._read(max_packets * PACKET_SIZE - len(self._carry))
        if len(data) == len(self._carry):
            if not self._judged:
                raise PluginError("cannot detect TS file format")
            return np.empty((0, PACKET_SIZE), np.uint8)
        packets = _whole_packets(bytearray(data))
        self._carry = data[len(packets) * PACKET_SIZE :]
        if not len(packets):
            return None
        if not self._judged:
            self._judge(data)
            self._judged = True
        return packets


def _whole_packets(data: bytearray) -> Packets:
    """A writable block of the whole packets in `data`."""
    count = len(data) // PACKET_SIZE
    return np.frombuffer(data, np.uint8, count * PACKET_SIZE).reshape(count, PACKET_SIZE)
