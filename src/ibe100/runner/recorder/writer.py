"""Writes records in a thread: what a slow disk does not take in time is left out, and nobody waits for it."""

import threading
import time
from collections import deque
from dataclasses import dataclass

from ibe100.runner.recorder.ring import Ring

MOST_WAITING_BYTES = 16 << 20
"""Bound of what waits for the disk: 13 s at 10 Mb/s."""
AGAIN_S = 0.5
"""After a write that failed; the disk is not asked for each record of a flood."""
SLOW_S = 2.0
"""A write that takes longer is told while it lasts."""


@dataclass(frozen=True, slots=True)
class Batch:
    """A record to be written."""

    pieces: list[bytes]
    packets: int
    at: float
    lost: int
    flags: int


@dataclass(frozen=True, slots=True)
class WriterState:
    """How a writer stands: wall time of the newest record on disk, bytes and losses so far, what is wrong."""

    at: float = 0.0
    written: int = 0
    lost: int = 0
    error: str = ""


class BackgroundWriter:
    """`put` never blocks; the state may be read by any thread."""

    def __init__(self, ring: Ring, most_bytes: int = MOST_WAITING_BYTES) -> None:
        self._ring = ring
        self._most_bytes = most_bytes
        self._waiting: deque[Batch] = deque()
        self._waiting_bytes = 0
        self._changed = threading.Condition()
        self._is_closing = False
        self._at = 0.0
        self._written = self._lost = 0
        self._untold = self._untold_flags = 0
        """Lost packets that no record tells of yet, and the flags of records among them."""
        self._error = ""
        self._writing_since_s: float | None = None
        self._again_at_s = float("-inf")
        self._thread = threading.Thread(target=self._write_all, daemon=True)
        self._thread.start()

    def put(self, batch: Batch) -> None:
        """Have a record written, or count its packets as lost where too many wait already."""
        size = sum(map(len, batch.pieces))
        with self._changed:
            self._lost += batch.lost
            if self._waiting_bytes + size > self._most_bytes:
                self._lose(batch)
                return
            self._waiting.append(batch)
            self._waiting_bytes += size
            self._changed.notify()

    def state(self) -> WriterState:
        """State as it is now."""
        with self._changed:
            since_s, error = self._writing_since_s, self._error
            if since_s is not None and (lasts_s := time.monotonic() - since_s) > SLOW_S:
                error = f"the disk has taken nothing for {lasts_s:.0f} s"
            return WriterState(self._at, self._written, self._lost, error)

    def close(self, patience_s: float) -> None:
        """Write what waits, for so long at most; a disk that hangs is left behind."""
        with self._changed:
            self._is_closing = True
            self._changed.notify()
        self._thread.join(patience_s)

    def _lose(self, batch: Batch) -> None:
        self._lost += batch.packets
        self._untold += batch.lost + batch.packets
        self._untold_flags |= batch.flags

    def _write_all(self) -> None:
        while (batch := self._next()) is not None:
            now_s = time.monotonic()
            if now_s < self._again_at_s:
                with self._changed:
                    self._lose(batch)
                continue
            with self._changed:
                lost, self._untold = batch.lost + self._untold, 0
                flags, self._untold_flags = batch.flags | self._untold_flags, 0
                self._writing_since_s = now_s
            error = ""
            try:
                self._ring.write(batch.pieces, batch.at, lost, flags)
            except OSError as fault:
                error = fault.strerror or str(fault)
            with self._changed:
                self._writing_since_s = None
                self._error = error
                if error:
                    self._again_at_s = time.monotonic() + AGAIN_S
                    self._lost += batch.packets
                    self._untold += lost + batch.packets
                    self._untold_flags |= flags
                else:
                    self._at = batch.at
                    self._written += sum(map(len, batch.pieces))
        self._ring.close()

    def _next(self) -> Batch | None:
        with self._changed:
            while not self._waiting:
                if self._is_closing:
                    return None
                self._changed.wait()
            batch = self._waiting.popleft()
            self._waiting_bytes -= sum(map(len, batch.pieces))
            return batch
