"""Writes packets into a file or standard output, for tsp's -O file and -P file."""

import os
import stat
from pathlib import Path
from typing import Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind
from ibe100.minitsp.chain.plugin import Packets, PluginError
from ibe100.minitsp.chain.stuffing import null_packets
from ibe100.minitsp.packets.packet_format import FORMAT_OPTION, PacketFormatter, output_format
from ibe100.utils.exact_files import begins_as_transport_stream, open_exact

_STDOUT: Final = 1

FILE_OPTIONS: Final = (
    Option("add-start-stuffing", OptionKind.INTEGER),
    Option("add-stop-stuffing", OptionKind.INTEGER),
    Option("append", short="a"),
    FORMAT_OPTION,
    Option("keep", short="k"),
)


class FileWriter:
    """Writes one file; every block is written at once, nothing is buffered here. "" is standard output.

    A named pipe is opened with the first packets: that waits until somebody reads it. `exact`: the path was
    checked, so no part of it may be a link by now, and only a transport stream is gone on with.
    """

    def __init__(self, arguments: Arguments, *, exact: bool = False) -> None:
        self._exact = exact
        self._path = arguments.parameters[0] if arguments.parameters else ""
        arguments.exclude("append", "keep")
        self._arguments = arguments
        self._formatter = PacketFormatter(output_format(arguments))
        self._descriptor: int | None = None

    @property
    def waits_for_reader(self) -> bool:
        """True for a named pipe that nobody reads yet."""
        return self._descriptor is None and is_pipe(self._path)

    def open(self) -> None:
        """Create the file, or go on at its end. PluginError where that cannot be."""
        if not is_pipe(self._path):
            self._begin()

    def write(self, packets: Packets) -> None:
        """Write packets (n, 188). PluginError where they cannot be written."""
        if self._descriptor is None:
            self._begin()
        assert self._descriptor is not None
        data = self._formatter.format(packets).data.cast("B")
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError as error:
            raise self._failure(error) from error

    def close(self) -> None:
        """Close the file; does nothing if it was never opened. PluginError where the last bytes are lost."""
        if self._descriptor is None:
            return
        try:
            self._write_stuffing("add-stop-stuffing")
        finally:
            descriptor, self._descriptor = self._descriptor, None
            if descriptor != _STDOUT:
                self._close(descriptor)

    def _begin(self) -> None:
        self._descriptor = self._create() if self._path else _STDOUT
        self._write_stuffing("add-start-stuffing")

    def _create(self) -> int:
        flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC
        if self._arguments.present("append"):
            flags |= os.O_APPEND
        elif self._arguments.present("keep"):
            flags |= os.O_EXCL
        else:
            flags |= os.O_TRUNC
        try:
            return self._open_exact(flags) if self._exact else os.open(self._path, flags, 0o666)
        except OSError as error:
            raise PluginError(f"cannot create file {self._path}: {error.strerror}") from error

    def _open_exact(self, flags: int) -> int:
        path = Path(self._path).absolute()
        if is_pipe(self._path):
            return open_exact(path, flags)
        descriptor = open_exact(path, flags & ~os.O_WRONLY | os.O_RDWR)
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
        if is_file and not begins_as_transport_stream(descriptor):
            os.close(descriptor)
            raise PluginError(f"{self._path} holds something else than a transport stream: it stays as it is")
        return descriptor

    def _write_stuffing(self, option: str) -> None:
        count = self._arguments.integer(option)
        if count:
            self.write(null_packets(count))

    def _close(self, descriptor: int) -> None:
        try:
            os.close(descriptor)
        except OSError as error:
            raise self._failure(error) from error

    def _failure(self, error: OSError) -> PluginError:
        return PluginError(f"error writing {self._path or 'standard output'}: {error.strerror}")


def is_pipe(path: str) -> bool:
    """True for a named pipe."""
    return Path(path).is_fifo()
