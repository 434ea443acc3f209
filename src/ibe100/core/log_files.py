"""Log files that never block the caller and never raise into it."""

from __future__ import annotations

import contextlib
import gzip
import itertools
import logging
import os
import queue
import shutil
import sys
import threading
import time
from logging.handlers import QueueHandler, RotatingFileHandler
from pathlib import Path

from ibe100.utils.timecode import utc_stamp

QUEUE_SIZE = 10_000
STOP_TIMEOUT_S = 10.0
DAY_S = 86_400.0
MOST_ARCHIVED = 200
"""Limit of a log that is flooded, so that it does not fill the disk before its age."""


class LogFile(RotatingFileHandler):
    """A rotated file of finished lines. A full or read-only disk is remembered and tried again each line."""

    def __init__(self, path: Path, max_bytes: int, backups: int) -> None:
        super().__init__(path, maxBytes=max_bytes, backupCount=backups, encoding="utf-8", delay=True)
        self.setFormatter(logging.Formatter("%(message)s"))
        self.problem = ""
        """Reason why lines are being lost; empty while the file can be written."""

    def emit(self, record: logging.LogRecord) -> None:
        before = self.problem
        self.problem = ""
        super().emit(record)
        if self.problem and not before:
            with contextlib.suppress(OSError, ValueError):
                print(self.problem, file=sys.stderr)

    def handleError(self, record: logging.LogRecord) -> None:
        error = sys.exc_info()[1]
        why = (error.strerror if isinstance(error, OSError) else None) or str(error)
        self.problem = f"The log file {self.baseFilename} cannot be written: {why}."
        # What is left in the stream's buffer would fail again with every later line.
        stream, self.stream = self.stream, None
        if stream is not None:
            with contextlib.suppress(OSError, ValueError):
                stream.close()


class ArchivedLogFile(LogFile):
    """A log whose oldest file becomes a gzipped one when it is rotated away.

    Those older than `archive_days` are dropped; None keeps all. With a limit a new day begins a new file.
    """

    def __init__(self, path: Path, max_bytes: int, backups: int, archive_days: int | None = None) -> None:
        super().__init__(path, max_bytes, backups)
        self.archive_days = archive_days

    def shouldRollover(self, record: logging.LogRecord) -> bool:
        is_of_before = self.archive_days is not None and self._is_of_before()
        return is_of_before or bool(super().shouldRollover(record))

    def _is_of_before(self) -> bool:
        """True when the last line was written on an earlier day, UTC."""
        try:
            status = Path(self.baseFilename).stat()
        except OSError:
            return False
        return status.st_size > 0 and status.st_mtime // DAY_S < time.time() // DAY_S

    def doRollover(self) -> None:
        oldest = Path(f"{self.baseFilename}.{self.backupCount}")
        if oldest.exists():
            stem = f"{Path(self.baseFilename).name}.{utc_stamp(time.time())}"
            names = (f"{stem}-{number:03d}.gz" for number in itertools.count())
            _pack(oldest, next(path for name in names if not (path := oldest.with_name(name)).exists()))
        super().doRollover()
        if self.archive_days is not None:
            self._drop_older(time.time() - self.archive_days * DAY_S)

    def _drop_older(self, than: float) -> None:
        folder, name = Path(self.baseFilename).parent, Path(self.baseFilename).name
        archived = sorted(folder.glob(f"{name}.*.gz"), key=lambda path: path.stat().st_mtime, reverse=True)
        for number, path in enumerate(archived):
            if number >= MOST_ARCHIVED or path.stat().st_mtime < than:
                path.unlink()


def _pack(path: Path, archive: Path) -> None:
    """Put the content of `path` into the new file `archive`, on disk when `path` is removed."""
    part = archive.with_name(f".{archive.name}.part")
    with path.open("rb") as content, part.open("wb") as file:
        with gzip.GzipFile("", "wb", fileobj=file) as packed:
            shutil.copyfileobj(content, packed)
        file.flush()
        os.fsync(file.fileno())
    part.rename(archive)
    path.unlink()


class LogQueue(QueueHandler):
    """Renders a record in the caller's thread and queues it; counts what a full queue could not take."""

    def __init__(self, lines: queue.Queue[logging.LogRecord | None]) -> None:
        super().__init__(lines)
        self._dropped = 0
        self._counting = threading.Lock()

    def enqueue(self, record: logging.LogRecord) -> None:
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            with self._counting:
                self._dropped += 1

    def take_dropped(self) -> int:
        """Number of lines lost since the last call."""
        with self._counting:
            dropped, self._dropped = self._dropped, 0
        return dropped
