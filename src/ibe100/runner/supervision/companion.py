"""A companion of a stream ends with it, also while no console is there to say so."""

import json
from collections.abc import Callable
from pathlib import Path

from ibe100.runner.loop import Loop
from ibe100.runner.supervision.identity import ProcessIdentity

LOOK_S = 2.0
PATIENCE_S = 20.0
"""A runner that was killed is started again by the console within this time; then the companion goes on."""


def has_runner(stream_dir: Path) -> bool:
    """Whether the runner that wrote its record there still lives."""
    # The stream's lock is left alone: a runner that starts just now must not find it taken.
    try:
        record = json.loads((stream_dir / "runner.json").read_bytes())
    except (OSError, ValueError):
        return False
    match record:
        case {"pid": int(pid), "start_time": int(start_time)}:
            return ProcessIdentity(pid, start_time).is_alive()
    return False


class Companion:
    """Looks every now and then whether the stream it belongs to still has a runner."""

    def __init__(
        self, loop: Loop, stream_dir: Path, orphaned: Callable[[], None], patience_s: float = PATIENCE_S
    ) -> None:
        self._loop = loop
        self._stream_dir = stream_dir
        self._orphaned = orphaned
        self._patience_s = self._left_s = patience_s
        loop.call_later(LOOK_S, self._look)

    def _look(self) -> None:
        self._left_s = self._patience_s if has_runner(self._stream_dir) else self._left_s - LOOK_S
        if self._left_s <= 0:
            self._orphaned()
        else:
            self._loop.call_later(LOOK_S, self._look)
