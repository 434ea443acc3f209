"""An ffmpeg that is fed through a pipe by a thread of its own, so that it can never hold up the receiver."""

from __future__ import annotations

import io
import queue
import subprocess
import threading
from collections.abc import Callable, Sequence
from typing import IO, cast

MOST_WAITING = 8
"""Portions that may wait for a decoder; more are dropped."""
LAST_LINES = 5


class Decoder:
    """Runs one ffmpeg. `on_output` is called with its standard output, `on_line` with each line of its log.

    Both run on threads of this decoder and return when their stream has ended.
    """

    def __init__(
        self,
        argv: Sequence[str],
        on_output: Callable[[IO[bytes]], None],
        on_line: Callable[[str], bool],
    ) -> None:
        self._on_line = on_line
        self._waiting: queue.Queue[bytes | None] = queue.Queue(MOST_WAITING)
        self._last_lines: list[str] = []
        self.dropped = 0
        """Portions that were dropped because the decoder did not keep up."""
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
        )
        stdin, stdout, stderr = self._process.stdin, self._process.stdout, self._process.stderr
        assert stdin is not None and stdout is not None and stderr is not None
        self._threads = [
            threading.Thread(target=self._write, args=(stdin,), daemon=True),
            threading.Thread(target=on_output, args=(stdout,), daemon=True),
            threading.Thread(target=self._listen, args=(stderr,), daemon=True),
        ]
        for thread in self._threads:
            thread.start()

    def feed(self, portion: bytes) -> None:
        """Queue a portion, without ever waiting."""
        try:
            self._waiting.put_nowait(portion)
        except queue.Full:
            self.dropped += 1

    def is_behind(self) -> bool:
        """True if it does not keep up with its input."""
        return self._waiting.qsize() > MOST_WAITING // 2

    def ended(self) -> str:
        """The reason why ffmpeg has ended; empty while it runs."""
        if self._process.poll() is None:
            return ""
        self._threads[2].join(1.0)
        return "; ".join(self._last_lines) or f"ffmpeg ended with status {self._process.returncode}"

    def close(self) -> None:
        """Kill ffmpeg and wait for its end."""
        self._process.kill()
        self._process.wait()
        while True:
            # Makes room for the word that ends the writer.
            try:
                self._waiting.put_nowait(None)
                break
            except queue.Full:
                try:
                    self._waiting.get_nowait()
                except queue.Empty:
                    continue
        for thread in self._threads:
            thread.join()

    def _write(self, stdin: IO[bytes]) -> None:
        with stdin:
            while (portion := self._waiting.get()) is not None:
                try:
                    _write_all(stdin, portion)
                except OSError:
                    # It is gone: `ended` tells why.
                    return

    def _listen(self, stderr: IO[bytes]) -> None:
        # A pipe without a buffer would be read byte by byte.
        with io.BufferedReader(cast(io.RawIOBase, stderr)) as lines:
            for line in lines:
                text = line.decode(errors="replace").strip()
                if text and not self._on_line(text):
                    self._last_lines = [*self._last_lines, text][-LAST_LINES:]


def _write_all(stdin: IO[bytes], portion: bytes) -> None:
    view = memoryview(portion)
    while view:
        view = view[stdin.write(view) :]
