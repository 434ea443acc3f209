"""Second copy of the schedule, a file beside the database: a line for each change, synced before it is told.

A line is `+` and a planned break as stored JSON, or `-` and the number of one that was removed; a later line
about a break holds. Torn or damaged lines are left out.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from ibe100.models.cues.schedule import ScheduledBreak
from ibe100.models.stored import DamagedDocument, read_stored, write_stored
from ibe100.utils.atomic_write import atomic_write

LONGEST_BYTES = 8 << 20
"""A longer file is written anew, with one line for each break."""
_MODE = 0o600

_log = logging.getLogger(__name__)


@dataclass(slots=True)
class Copied:
    """The last that a copy tells of each break."""

    breaks: dict[int, ScheduledBreak] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)


def read_copy(path: Path) -> Copied:
    """What a copy tells; nothing where there is none, or none that can be read. Blocks."""
    found = Copied()
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return found
    except OSError as error:
        _log.error("the second copy of the schedule %s cannot be read: %s", path, error.strerror)
        return found
    for line in lines:
        with suppress(DamagedDocument, ValueError):
            if line[:1] == b"+":
                one = read_stored(ScheduledBreak, line[1:])
                found.breaks[one.break_id] = one
                found.removed.discard(one.break_id)
            elif line[:1] == b"-":
                gone = int(line[1:])
                found.breaks.pop(gone, None)
                found.removed.add(gone)
    return found


class SecondCopy:
    """Writes the copy; all methods block on the disk, one at a time, and raise OSError.

    A copy must never be older than the database: one that cannot be written is removed.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._bytes: int | None = None
        """Length of the file as it was left; None where it is to be written anew."""

    @property
    def is_due(self) -> bool:
        """True where all of it has to be written: it could not be, it is long, or somebody changed it."""
        with suppress(OSError):
            size = self.path.stat().st_size
            return size != self._bytes or size > LONGEST_BYTES
        return True

    def write(self, breaks: Iterable[ScheduledBreak]) -> None:
        """Replace it by these."""
        content = b"".join(_line(one) for one in breaks)
        try:
            atomic_write(self.path, content, _MODE)
        except OSError:
            self._remove()
            raise
        self._bytes = len(content)

    def append(self, changed: Iterable[ScheduledBreak], removed: Collection[int]) -> None:
        """Note a change of some."""
        assert self._bytes is not None
        content = b"".join([*(_line(one) for one in changed), *(b"-%d\n" % gone for gone in removed)])
        try:
            descriptor = os.open(self.path, os.O_WRONLY | os.O_APPEND)
            try:
                if os.write(descriptor, content) < len(content):
                    raise OSError(28, "No space left on device")
                os.fsync(descriptor)
            finally:
                os.close(descriptor)
        except OSError:
            self._remove()
            raise
        self._bytes += len(content)

    def _remove(self) -> None:
        self._bytes = None
        try:
            self.path.unlink(missing_ok=True)
        except OSError as error:
            _log.error("the old second copy %s cannot be removed: %s", self.path, error.strerror)


def _line(one: ScheduledBreak) -> bytes:
    return b"+" + write_stored(one) + b"\n"
