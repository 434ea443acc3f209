"""A companion of a stream ends with it, also while no console is there to say so."""

from collections.abc import Callable
from pathlib import Path

from ibe100.runner.loop import Loop
from ibe100.runner.supervision.ownership import is_held

LOOK_S = 2.0
PATIENCE_S = 20.0
"""A runner that was killed is started again by the console within this time; then the companion goes on."""


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
        self._left_s = self._patience_s if is_held(self._stream_dir) else self._left_s - LOOK_S
        if self._left_s <= 0:
            self._orphaned()
        else:
            self._loop.call_later(LOOK_S, self._look)
