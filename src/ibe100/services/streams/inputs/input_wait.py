"""Streams whose live input is not there yet: it is looked for until it comes or they are stopped."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import TypeAlias

from ibe100.services.streams.run import StreamRun
from ibe100.utils.tasks import keep_running

PAUSES_S = (1.0, 2.0, 4.0, 8.0)
"""Between two looks; a look at an input that stays silent lasts some 12 s by itself."""

Look: TypeAlias = Callable[[], Awaitable[bool]]
"""Tries to bring the stream on air; false while there is still no input. It must not raise OperatorError."""


class InputWait:
    """Tasks of the waiting streams, one each. All methods belong to the loop."""

    def __init__(self) -> None:
        self._tasks: dict[str, asyncio.Task[None]] = {}
        self._hurried: dict[str, asyncio.Event] = {}

    def begin(self, run: StreamRun, look: Look) -> None:
        """Look again and again; the first time after a pause."""
        hurried = self._hurried[run.stream_id] = asyncio.Event()
        task = keep_running(lambda: _until_found(run, look, hurried), f"input of {run.stream_id}")
        self._tasks[run.stream_id] = task

    def hurry(self, run: StreamRun) -> None:
        """Look now, not after the pause; without effect for a stream that does not wait."""
        if (hurried := self._hurried.get(run.stream_id)) is not None:
            hurried.set()

    async def end(self, run: StreamRun) -> None:
        """Stop looking; without effect for a stream that does not wait."""
        if (task := self._tasks.pop(run.stream_id, None)) is not None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def close(self) -> None:
        """Stop looking for all streams."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()


async def _until_found(run: StreamRun, look: Look, hurried: asyncio.Event) -> None:
    looks = 0
    while True:
        pause_s = PAUSES_S[min(looks, len(PAUSES_S) - 1)]
        run.look_at(time.time() + pause_s)
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await hurried.wait()
        hurried.clear()
        run.look_at(None)
        looks += 1
        if await look():
            return
