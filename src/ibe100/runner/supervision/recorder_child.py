"""The recorder of a stream as the runner's child: kept alive for as long as recorder.json asks for one."""

import contextlib
import dataclasses
import json
import signal
from collections.abc import Callable, Mapping
from pathlib import Path

from ibe100.runner.loop import Loop, Timer
from ibe100.runner.recorder.order import ORDER, with_ports
from ibe100.runner.spec import Command, Ports
from ibe100.runner.supervision.backoff import Backoff, system_fraction
from ibe100.runner.supervision.process import Child

STEADY_S = 10.0
TERM_S = 3.0
_BASE_S, _MOST_S = 0.5, 15.0
_SIZE_LIMIT = 1 << 16


class RecorderChild:
    """Starts, watches and ends it. Nothing that happens to it concerns the stream."""

    def __init__(
        self,
        loop: Loop,
        folder: Path,
        tell: Callable[[Mapping[str, object]], None],
        log: Callable[[str, str], None],
        fraction: Callable[[], float] = system_fraction,
    ) -> None:
        """`tell` gets how it stands, `log` a level and a text."""
        self._loop = loop
        self._path = folder / ORDER
        self._tell = tell
        self._log = log
        self._backoff = Backoff(_BASE_S, _MOST_S, fraction)
        self._wanted: Command | None = None
        self._retry: Timer | None = None
        self._is_replaced = False
        self.child: Child | None = None

    def look(self, ports: Ports) -> str:
        """Do as recorder.json says now; returns what is wrong with it, empty where nothing is."""
        try:
            wanted = _read_order(self._path, ports)
        except ValueError as error:
            return f"{ORDER} is not understood: {error}"
        except OSError as error:
            return f"{ORDER} cannot be read: {error.strerror}"
        if wanted == self._wanted:
            return ""
        self._wanted = wanted
        self._cancel_retry()
        self._backoff.reset()
        if self.child is not None:
            self._is_replaced = True
            self._end(self.child)
        else:
            self._start()
        return ""

    def poll(self) -> None:
        """Look whether it has ended; to be called when some child may have."""
        ended = None if self.child is None else self.child.poll()
        if ended is None:
            return
        self.child = None
        if self._wanted is None:
            self._tell({})
            return
        if self._is_replaced or ended.seconds >= STEADY_S:
            self._backoff.reset()
        if not self._is_replaced:
            self._log("warning", f"the recorder of clips ended ({ended.words()}); it is started again")
            self._tell({"error": f"the recorder ended ({ended.words()})"})
        self._is_replaced = False
        self._start_later()

    def stop(self) -> None:
        """End it for good; `child` is None when it has ended."""
        self._wanted = None
        self._cancel_retry()
        if self.child is not None:
            self._end(self.child)

    def _start_later(self) -> None:
        self._retry = self._loop.call_later(self._backoff.next_delay_s(), self._start)

    def _start(self) -> None:
        self._retry = None
        if self._wanted is None:
            return
        try:
            self.child = Child(self._loop, self._wanted, {}, self._line)
        except OSError as error:
            self._tell({"error": f"the recorder cannot be started: {error.strerror}"})
            self._start_later()

    def _line(self, raw: bytes) -> None:
        """A line of JSON says how it stands; any other is what Python prints of a fault."""
        with contextlib.suppress(ValueError, RecursionError):
            sides = json.loads(raw)
            if isinstance(sides, dict):
                self._tell({"sides": sides})
                return
        self._log("warning", f"recorder of clips: {raw.decode('utf-8', 'replace')}")

    def _end(self, child: Child) -> None:
        child.end((signal.SIGTERM, TERM_S), (signal.SIGKILL, 0.0))

    def _cancel_retry(self) -> None:
        if self._retry is not None:
            self._retry.cancel()
            self._retry = None


def _read_order(path: Path, ports: Ports) -> Command | None:
    """The command in recorder.json; None without the file. Raises OSError, ValueError."""
    try:
        with path.open("rb") as file:
            order = json.loads(file.read(_SIZE_LIMIT))
    except FileNotFoundError:
        return None
    except RecursionError:
        raise ValueError("it is no JSON") from None
    argv = order.get("argv") if isinstance(order, dict) else None
    if not isinstance(argv, list) or not argv or not all(isinstance(one, str) for one in argv):
        raise ValueError("it must hold argv, a list of texts")
    words = with_ports(argv, dataclasses.asdict(ports))
    if not words:
        raise ValueError("the run of this stream was begun by a version that sends no copy to record")
    return Command(words, {})
