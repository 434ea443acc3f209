"""The log on standard error, in tsp's shape, written by a thread so that a blocked reader stalls nothing."""

import os
import queue
import threading
import time
from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel

_QUEUE_LINES: Final = 16_384
"""Lines that may wait: one block of a badly damaged stream gives thousands before any can be read."""
_LINES_AT_ONCE: Final = 256
_CLOSE_TIMEOUT_S: Final = 1.0
_HASTE_S: Final = 0.05
_PREFIX: Final = {LogLevel.ERROR: "Error: ", LogLevel.WARNING: "Warning: ", LogLevel.DEBUG: "Debug: "}
_STDERR: Final = 2


def format_line(level: LogLevel, plugin: str, text: str, local_time: time.struct_time | None) -> str:
    """`* [yyyy/mm/dd hh:mm:ss - ][Error: ]plugin: text`; no time when `local_time` is None."""
    stamp = "" if local_time is None else time.strftime("%Y/%m/%d %H:%M:%S - ", local_time)
    return f"* {stamp}{_PREFIX.get(level, '')}{plugin + ': ' if plugin else ''}{text}"


class LogOutput:
    """Prints log lines up to a level; a reader that does not keep up loses lines, never the stream.

    The number of lines lost is printed in their place. `waits` (--synchronous-log): whoever writes waits for
    the reader, and no line is lost.
    """

    def __init__(self, max_level: LogLevel, timed: bool, *, waits: bool = False) -> None:
        self._max_level = max_level
        self._waits = waits
        self._timed = timed
        self._lost = 0
        self._lines: queue.Queue[str | None] = queue.Queue(_QUEUE_LINES)
        self._writer = threading.Thread(target=self._write_all, name="minitsp-log", daemon=True)
        self._writer.start()

    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        """Queue one line."""
        if level > self._max_level:
            return
        line = format_line(level, plugin, text, time.localtime() if self._timed else None)
        try:
            self._lines.put(line, block=self._waits)
        except queue.Full:
            self._lost += 1

    def close(self, hastily: bool = False) -> None:
        """Print what is queued, for at most a second, or a twentieth of one; all of it if writers wait."""
        timeout_s = _HASTE_S if hastily else None if self._waits else _CLOSE_TIMEOUT_S
        try:
            self._lines.put(None, timeout=timeout_s)
        except queue.Full:
            return
        self._writer.join(timeout_s)

    def _loss(self, lines: int) -> str:
        local_time = time.localtime() if self._timed else None
        return format_line(
            LogLevel.WARNING, "tsp", f"{lines:,} log lines lost, nobody read in time", local_time
        )

    def _write_all(self) -> None:
        broken = closing = False
        while not closing:
            lines = [self._lines.get()]
            while len(lines) < _LINES_AT_ONCE and not self._lines.empty():
                lines.append(self._lines.get())
            closing = None in lines
            text = "".join(f"{line}\n" for line in lines if line is not None)
            try:
                if not broken:
                    _write_fully(text.encode(errors="backslashreplace"))
                if not broken and self._lost and not self._lines.full():
                    lost, self._lost = self._lost, 0
                    _write_fully(f"{self._loss(lost)}\n".encode())
            except OSError:  # nobody reads any more; the stream goes on
                broken = True


def _write_fully(data: bytes) -> None:
    while data:
        data = data[os.write(_STDERR, data) :]
