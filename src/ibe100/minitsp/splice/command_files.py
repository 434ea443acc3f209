"""Files with splice commands that appear in a folder (tsp -P spliceinject --files)."""

import glob
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, Full, Queue
from typing import Final

from ibe100.minitsp.chain.plugin import LogLevel, Plugin

_MOST_WAITING: Final = 64
_PUT_POLL_S: Final = 0.1


@dataclass(slots=True)
class _Seen:
    """A file as it was found: time of change and size, since when it is so, and whether it was dealt with."""

    version: tuple[int, int]
    since_s: float
    done: bool = False


class CommandFiles:
    """Loads each file that matches a pattern once, and again when it changes; a thread looks every `poll_s`.

    A file is loaded when it has not changed for `stable_s`. One larger than `max_bytes` is left out with a
    warning. `delete`: a file goes once it is loaded.
    """

    def __init__(
        self, plugin: Plugin, pattern: str, *, poll_s: float, stable_s: float, max_bytes: int, delete: bool
    ) -> None:
        self._plugin = plugin
        self._pattern = pattern
        self._poll_s = poll_s
        self._stable_s = stable_s
        self._max_bytes = max_bytes
        self._delete = delete
        self._seen: dict[str, _Seen] = {}
        self._messages: Queue[bytes] = Queue(_MOST_WAITING)
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="splice-files", daemon=True)

    def start(self) -> None:
        """Start to look for files."""
        self._thread.start()

    def stop(self) -> None:
        """Look no more; a folder that hangs is left to the end of the process."""
        self._closing.set()
        if self._thread.ident is not None:
            self._thread.join(self._poll_s)

    def take(self) -> bytes | None:
        """The content of the next loaded file, None while there is none."""
        try:
            return self._messages.get_nowait()
        except Empty:
            return None

    def _run(self) -> None:
        while not self._closing.is_set():
            self._poll()
            self._closing.wait(self._poll_s)

    def _poll(self) -> None:
        found = sorted(glob.glob(self._pattern))  # noqa: PTH207 - wildcards may stand in folders too
        for gone in self._seen.keys() - set(found):
            del self._seen[gone]
        for name in found:
            path = Path(name)
            try:
                if path.is_file():
                    self._look_at(path)
            except OSError as error:
                self._plugin.error(f"cannot read file {name}: {error.strerror or error}")

    def _look_at(self, path: Path) -> None:
        status = path.stat()
        version, now_s = (status.st_mtime_ns, status.st_size), time.monotonic()
        seen = self._seen.get(str(path))
        if seen is None or seen.version != version:
            # A file that was there long before needs no second look.
            age_s = max(0.0, time.time() - status.st_mtime)
            seen = self._seen[str(path)] = _Seen(version, now_s - age_s)
        if seen.done or now_s - seen.since_s < self._stable_s:
            return
        seen.done = True
        if status.st_size > self._max_bytes:
            text = f"file {path} is too large, {status.st_size:,} bytes, ignored"
            self._plugin.log(LogLevel.WARNING, text)
            return
        content = path.read_bytes()
        self._plugin.verbose(f"loaded file {path}, {len(content):,} bytes")
        if self._delete:
            path.unlink()
        self._put(content)

    def _put(self, content: bytes) -> None:
        waits = True
        while waits and not self._closing.is_set():
            try:
                self._messages.put(content, timeout=_PUT_POLL_S)
                waits = False
            except Full:
                continue
