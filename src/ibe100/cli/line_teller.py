"""Lines to standard output from a thread of their own: a held terminal or a full pipe holds nothing else."""

from __future__ import annotations

import logging
import os
import queue
import sys
import threading
import time
from types import TracebackType
from typing import Self

from ibe100.utils.timecode import format_clock

MOST_LINES = 1000
LAST_LINES_S = 1.0

_log = logging.getLogger(__name__)


class LineTeller:
    """Prints lines from a thread; those that nobody takes are left out in the end, and counted in the log."""

    def __init__(self) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue(MOST_LINES)
        self._lost = 0
        # A daemon that writes to the descriptor itself: neither can hold the end of the process.
        self._thread = threading.Thread(target=self._write, name="ibe100-lines", daemon=True)

    def say(self, text: str) -> None:
        """Print a line with the time in UTC; never blocks."""
        try:
            self._lines.put_nowait(f"{format_clock(time.time())} {text}\n")
        except queue.Full:
            self._lost += 1

    def _write(self) -> None:
        descriptor = sys.stdout.fileno()
        while (line := self._lines.get()) is not None:
            rest = line.encode("utf-8", "replace")
            try:
                while rest:
                    rest = rest[os.write(descriptor, rest) :]
            except OSError as error:
                _log.info("nobody reads standard output any more: %s", error.strerror)
                return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._lost:
            _log.info("%d lines were not told: standard output was not read", self._lost)
        try:
            self._lines.put(None, timeout=LAST_LINES_S)
        except queue.Full:
            return
        self._thread.join(LAST_LINES_S)
