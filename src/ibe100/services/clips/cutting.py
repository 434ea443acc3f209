"""Cuts a clip out of a ring: the packets as they were, behind the PAT and PMT that went before them."""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from ibe100.runner.recorder.ring import Record, read_records, records_of, ring_files
from ibe100.services.clips.access_points import AccessFinder

LEAD_S = 15.0
"""So far before its beginning a random access point is looked for."""
TOLERANCE_S = 1.0
"""Less is missing at no end of a clip."""
BATCH_S = 0.15
"""Time within which the packets of a record have come."""


class NothingRecorded(Exception):
    """The ring holds nothing of the time; the text says so."""


@dataclass(frozen=True, slots=True)
class Cut:
    """A clip that was cut; times are wall clock, `incomplete` is empty for a whole one."""

    starts_at: float
    ends_at: float
    size: int
    sha256: str
    lost_packets: int
    incomplete: str


def cut(ring: Path, begins_at: float, ends_at: float, to: Path, service_id: int | None, room: int) -> Cut:
    """Cut what came between two wall times into the new file `to`, which begins at a random access point.

    `room` bytes are left free on the disk. Blocks on the disk. Raises NothingRecorded, OSError.
    """
    with _Files() as files:
        lead, window = [], []
        for record in read_records(ring):
            if begins_at <= record.at <= ends_at + BATCH_S:
                window.append(record)
            elif begins_at - LEAD_S <= record.at < begins_at:
                lead.append(record)
            else:
                continue
            files.hold(record.path)
        if not window:
            raise NothingRecorded("nothing was recorded at that time")
        start = _start(files, lead, window, service_id)
        records = [*lead, *window][start.index :]
        pieces = _pieces(files, start, records)
        size, sha256 = _write(to, pieces, room, start.size_of(records))
    lacks = _lacks(start, records, begins_at, ends_at)
    lost = sum(record.lost for record in records[1:])
    return Cut(records[0].at, records[-1].at, size, sha256, lost, "; ".join(lacks))


def newest_at(ring: Path) -> float:
    """Wall time of the newest record of a ring; 0 where there is none. Blocks on the disk."""
    at = 0.0
    for path in ring_files(ring)[-2:]:
        with contextlib.suppress(FileNotFoundError):
            for record in records_of(path):
                at = record.at
    return at


class _Files:
    """The files of a ring, held open: their turn to go may come while a clip is cut."""

    def __init__(self) -> None:
        self._files: dict[Path, int] = {}

    def __enter__(self) -> _Files:
        return self

    def __exit__(self, *_: object) -> None:
        for file in self._files.values():
            os.close(file)

    def hold(self, path: Path) -> None:
        """Open a file, unless it is. OSError: it cannot be."""
        if path not in self._files:
            self._files[path] = os.open(path, os.O_RDONLY | os.O_CLOEXEC)

    def read(self, record: Record) -> bytes:
        """The packets of a record."""
        return os.pread(self._files[record.path], record.length, record.offset)


@dataclass(frozen=True, slots=True)
class _Start:
    """Beginning of a clip: number of its first record, bytes of that which are left out, tables before it."""

    index: int
    skipped: int
    tables: bytes
    is_access_point: bool
    has_video: bool

    def size_of(self, records: Sequence[Record]) -> int:
        return len(self.tables) + sum(record.length for record in records) - self.skipped


def _start(files: _Files, lead: Sequence[Record], window: Sequence[Record], service_id: int | None) -> _Start:
    """The last random access point before the window, else the first in it, else where it begins."""
    finder = AccessFinder(service_id)
    for record in lead:
        finder.feed(files.read(record))
    point, tables = finder.last, finder.tables
    for record in window:
        if point is not None:
            break
        finder.feed(files.read(record))
        point, tables = finder.first, tables or finder.tables
    if point is None:
        return _Start(len(lead), 0, tables, is_access_point=False, has_video=finder.has_video)
    before = 0
    for index, record in enumerate((*lead, *window)):
        if before + record.length > point.offset:
            return _Start(index, point.offset - before, point.tables, is_access_point=True, has_video=True)
        before += record.length
    raise AssertionError("a point lies within what was read")


def _pieces(files: _Files, start: _Start, records: Sequence[Record]) -> Iterator[bytes]:
    yield start.tables
    for number, record in enumerate(records):
        yield files.read(record)[0 if number else start.skipped :]


def _write(to: Path, pieces: Iterator[bytes], room: int, size: int) -> tuple[int, str]:
    """Write the file whole or not at all; returns its size and SHA-256."""
    to.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    facts = os.statvfs(to.parent)
    if facts.f_bavail * facts.f_frsize < room + size:
        raise OSError(28, f"the disk has less than {(room + size) >> 20} MB left")
    part = to.with_suffix(".part")
    part.unlink(missing_ok=True)
    digest, written = hashlib.sha256(), 0
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            for piece in pieces:
                file.write(piece)
                digest.update(piece)
                written += len(piece)
            file.flush()
            os.fsync(file.fileno())
        part.rename(to)
    except BaseException:
        with contextlib.suppress(OSError):  # the first fault is the one to tell
            part.unlink(missing_ok=True)
        raise
    return written, digest.hexdigest()


def _lacks(start: _Start, records: Sequence[Record], begins_at: float, ends_at: float) -> Iterator[str]:
    late_s, early_s = records[0].at - begins_at, ends_at - records[-1].at
    if late_s > TOLERANCE_S:
        yield f"it begins {late_s:.1f} s late"
    if early_s > TOLERANCE_S:
        yield f"it ends {early_s:.1f} s early"
    lost = sum(record.lost for record in records[1:])
    if lost:
        yield f"{lost} packets were lost"
    for before, record in pairwise(records):
        if record.begun:
            yield f"not recorded for {max(0.0, record.at - before.at):.1f} s"
    if not start.tables:
        yield "it begins without PAT and PMT"
    elif start.has_video and not start.is_access_point:
        yield "it has no random access point"
