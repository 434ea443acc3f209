"""Long work on a thread: it lets the loop have its turns, and stops when nobody waits for it any more."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from typing import Concatenate, ParamSpec, TypeVar

STRETCH_S = 0.001
PAUSE_S = 0.0005
"""A thread that computes keeps the interpreter for 5 ms whenever the loop wants it, which is often."""

T = TypeVar("T")
P = ParamSpec("P")


class WorkStopped(Exception):
    """Nobody waits for the work any more."""


class Turns:
    """Given to the work, which calls it for each step, of less than a millisecond where that can be."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._begun_s = time.perf_counter()

    def stop(self) -> None:
        """End the work at its next step; from any thread."""
        self._stop.set()

    def step(self) -> None:
        """Pause, when it is time to. Raises WorkStopped."""
        if self._stop.is_set():
            raise WorkStopped
        if time.perf_counter() - self._begun_s > STRETCH_S:
            time.sleep(PAUSE_S)
            self._begun_s = time.perf_counter()

    def each(self, items: Iterable[T]) -> Iterator[T]:
        """The items, with a step before each."""
        for item in items:
            self.step()
            yield item


async def on_thread(work: Callable[Concatenate[Turns, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of `work(turns, …)`; cancelled, the work ends with its next step."""
    turns = Turns()
    try:
        return await asyncio.to_thread(work, turns, *args, **kwargs)
    finally:
        turns.stop()
