"""A ring on disk: files of ten seconds, each a row of records of packets with the time at which they came.

Records begin with a head of 24 bytes: `IBR1`, wall time, packets lost before it, flags, bytes that
follow. A record that was cut off (power, full disk, kill) ends its file; the others are as good as before.
"""

import contextlib
import os
import struct
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

SEGMENT_S = 10.0
LATEST_TIME = 1e11
"""A wall time beyond it is no head of ours."""
BEGUN = 1
"""Flag of the first record of a recorder: what came before it was not heard."""
ANOTHER = 2
"""Flag of the first record of another processor, whose datagrams are counted anew."""
_HEAD = struct.Struct("<4sdIII")
_MAGIC = b"IBR1"
_LARGEST = 1 << 26
_SUFFIX = ".ring"
_LOOK_S = 1.0


class DiskFull(OSError):
    """The disk is left with less room than the recorder may take; `strerror` says so."""


@dataclass(frozen=True, slots=True)
class Record:
    """Packets of some 100 ms: where they lie, when they came, how many were lost right before."""

    path: Path
    offset: int
    length: int
    at: float
    """Wall time."""
    lost: int
    begun: bool
    another: bool


class Ring:
    """Writes a ring; used by one thread. All methods may block on the disk."""

    def __init__(self, folder: Path, seconds: float, keep_free_bytes: int) -> None:
        """Keep at least `seconds`, and leave the disk so many bytes of room."""
        self._folder = folder
        self._most_files = int(-(-seconds // SEGMENT_S)) + 1
        self._keep_free_bytes = keep_free_bytes
        self._file = -1
        self._opened_s = self._looked_s = float("-inf")

    def write(self, pieces: Sequence[bytes], at: float, lost: int, flags: int) -> None:
        """Append a record. Raises OSError; the next call begins another file."""
        now_s = time.monotonic()
        try:
            if self._file < 0 or now_s - self._opened_s > SEGMENT_S:
                self._begin_file(now_s)
            elif now_s - self._looked_s > _LOOK_S:
                self._check_room(now_s)
            length = sum(map(len, pieces))
            head = _HEAD.pack(_MAGIC, at, min(lost, 0xFFFFFFFF), flags, length)
            if os.writev(self._file, [head, *pieces]) != len(head) + length:
                raise OSError(0, "the disk took a part only")
        except OSError:
            self.close()
            raise

    def close(self) -> None:
        """Close the present file."""
        if self._file >= 0:
            with contextlib.suppress(OSError):  # what it could not take was told by the write
                os.close(self._file)
            self._file = -1

    def _begin_file(self, now_s: float) -> None:
        self.close()
        if not self._folder.is_dir():
            # Its parent is the operator's, who may have moved it away: a new one would hide that.
            if not self._folder.parents[1].is_dir():
                raise FileNotFoundError(2, f"{self._folder.parents[1]} is gone")
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        files = ring_files(self._folder)
        for old in files[: max(0, len(files) - self._most_files + 1)]:
            old.unlink(missing_ok=True)
        self._check_room(now_s)
        number = int(files[-1].stem) + 1 if files else 1
        path = self._folder / f"{number:012d}{_SUFFIX}"
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._opened_s = now_s

    def _check_room(self, now_s: float) -> None:
        self._looked_s = now_s
        facts = os.statvfs(self._folder)
        if facts.f_bavail * facts.f_frsize < self._keep_free_bytes:
            raise DiskFull(28, f"the disk has less than {self._keep_free_bytes >> 20} MB left")


def ring_files(folder: Path) -> list[Path]:
    """The files of a ring, oldest first; none where there is no ring."""
    try:
        return sorted(path for path in folder.iterdir() if path.suffix == _SUFFIX and path.stem.isdigit())
    except (FileNotFoundError, NotADirectoryError):
        return []


def read_records(folder: Path) -> Iterator[Record]:
    """The records of a ring, oldest first, also while it is written. Raises OSError."""
    for path in ring_files(folder):
        with contextlib.suppress(FileNotFoundError):  # its turn to go had come
            yield from records_of(path)


def records_of(path: Path) -> Iterator[Record]:
    """The records of one file of a ring. Raises OSError."""
    with path.open("rb") as file:
        yield from _records_in(path, file.fileno())


def _records_in(path: Path, file: int) -> Iterator[Record]:
    size, at = os.fstat(file).st_size, 0
    while len(head := os.pread(file, _HEAD.size, at)) == _HEAD.size:
        magic, came_at, lost, flags, length = _HEAD.unpack(head)
        at += _HEAD.size
        if (
            magic != _MAGIC
            or not 0 < length <= _LARGEST
            or at + length > size
            or not 0 < came_at < LATEST_TIME
        ):
            return
        yield Record(path, at, length, came_at, lost, bool(flags & BEGUN), bool(flags & ANOTHER))
        at += length
