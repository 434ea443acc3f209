"""Output to a file of 188-byte packets, or to standard output."""

import os
from typing import ClassVar, Final

from ibe100.minitsp.options import Arguments, Option, OptionError, OptionTable
from ibe100.minitsp.plugin import Context, PacketOutput, Packets, PluginError

_STDOUT: Final = 1


class FileOutput(PacketOutput):
    """Writes one file (tsp -O file); every block is written at once, nothing is buffered here."""

    name: ClassVar[str] = "file"
    options: ClassVar[OptionTable] = OptionTable(
        Option("append", short="a"), Option("keep", short="k"), max_parameters=1
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._path = arguments.parameters[0] if arguments.parameters else ""
        if arguments.present("append") and arguments.present("keep"):
            raise OptionError("options --append and --keep are mutually exclusive")
        self._descriptor = _STDOUT

    def start(self) -> None:
        if not self._path:
            return
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
        if self.arguments.present("append"):
            flags |= os.O_APPEND
        elif self.arguments.present("keep"):
            flags |= os.O_EXCL
        else:
            flags |= os.O_TRUNC
        try:
            self._descriptor = os.open(self._path, flags, 0o666)
        except OSError as error:
            raise PluginError(f"cannot create file {self._path}: {error.strerror}") from error

    def send(self, packets: Packets) -> None:
        data = packets.data.cast("B")
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            target = self._path or "standard output"
            raise PluginError(f"error writing {target}: {error.strerror}") from error

    def stop(self) -> None:
        if self._descriptor == _STDOUT:
            return
        descriptor, self._descriptor = self._descriptor, _STDOUT
        try:
            os.close(descriptor)
        except OSError as error:
            raise PluginError(f"error writing {self._path}: {error.strerror}") from error
