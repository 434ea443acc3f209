"""Room taken on the disk beforehand, in which journal lines that a full disk refuses outlive their runner."""

import contextlib
import os
from collections.abc import Iterable
from pathlib import Path

FILE = "journal.reserve"
RESERVE_BYTES = 256 << 10


class Reserve:
    """A file of one length for ever, written in place: lines at its beginning, zeros after them."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE
        self._fd: int | None = None
        self._used = 0
        self.last_seq = 0
        """The last line that is kept here; 0 while there is none."""

    def open(self) -> None:
        """Take the room, if the disk has it; what is in it stays. May be called again."""
        if self._fd is None:
            with contextlib.suppress(OSError):
                self._fd = _taken(self._path)
                self._used = len(_content(self._path))

    def keep(self, lines: Iterable[tuple[int, bytes]]) -> None:
        """Keep lines and their numbers, those that are not here yet, as far as there is room."""
        for seq, line in lines:
            if self._fd is None or self._used + len(line) >= RESERVE_BYTES:
                return
            if seq > self.last_seq:
                with contextlib.suppress(OSError):
                    os.pwrite(self._fd, line + b"\n", self._used)
                    self._used += len(line) + 1
                    self.last_seq = seq

    def clear(self) -> None:
        """Forget the lines: they are in the journal."""
        if self._fd is not None and self._used:
            with contextlib.suppress(OSError):
                os.pwrite(self._fd, bytes(self._used), 0)
                self._used = 0

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None


def reserved_lines(folder: Path) -> list[bytes]:
    """The lines in a folder's reserve, without newline; some may be in its journal by now. Blocks."""
    return _content(folder / FILE).splitlines()


def _content(path: Path) -> bytes:
    try:
        return path.read_bytes().rstrip(b"\0")
    except OSError:
        return b""


def _taken(path: Path) -> int:
    """A descriptor of the file at its whole length. OSError: the disk has no room for it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        missing = RESERVE_BYTES - os.fstat(descriptor).st_size
        # True zeros, for a hole takes no room; all or none of them.
        if missing > 0 and os.pwrite(descriptor, bytes(missing), RESERVE_BYTES - missing) < missing:
            raise OSError(28, "No space left on device")
    except OSError:
        os.close(descriptor)
        path.unlink(missing_ok=True)
        raise
    return descriptor
