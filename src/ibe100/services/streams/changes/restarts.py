"""Restarts of streams on air: how long the output is away, and those that wait for the end of a break."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from ibe100.models.errors import OperatorError
from ibe100.models.messages import Message, NoticePosted, StreamRemoved, StreamStateChanged, StreamView
from ibe100.models.stream_config import FileInput, StreamConfig, TestPatternInput
from ibe100.models.stream_state import StreamState
from ibe100.services.streams.run import StreamRun
from ibe100.utils.tasks import log_fault

STOP_AND_START_S = 1.0
LOOK_S = {TestPatternInput: 2.0, FileInput: 0.5}
"""Time for which inputs that are no live ones are looked at; measured, as the next."""
LIVE_LOOK_S = 4.0


MEASURED = frozenset({StreamState.RUNNING, StreamState.FAILED, StreamState.WAITING})
"""States in which a restart is over, or takes as long as its input does."""


@dataclass(frozen=True, slots=True)
class _Waiting:
    run: StreamRun
    task: asyncio.Task[None]
    over: asyncio.Event


class Restarts:
    """Hears what becomes of the streams; `seconds` may be called from any thread."""

    def __init__(
        self,
        restart: Callable[[str], Awaitable[object]],
        publish: Callable[[Message], None],
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._restart = restart
        self._publish = publish
        self._monotonic = monotonic
        self._begun: dict[str, float] = {}
        self._took: dict[str, float] = {}
        self._waiting: dict[str, _Waiting] = {}

    def seconds(self, stream_id: str, config: StreamConfig) -> float:
        """Time without output: that of its last restart, else what its kind of input takes at the least."""
        return self._took.get(stream_id) or STOP_AND_START_S + LOOK_S.get(type(config.input), LIVE_LOOK_S)

    def begin(self, stream_id: str) -> None:
        """Measure from now until the stream runs again."""
        self._begun[stream_id] = self._monotonic()

    def wait(self, run: StreamRun) -> None:
        """Restart it when its break is over, as whoever asks now; a second wait changes nothing."""
        if run.stream_id not in self._waiting:
            over = asyncio.Event()
            task = asyncio.create_task(self._once_over(run, over), name=f"restart of {run.stream_id}")
            task.add_done_callback(log_fault)
            self._waiting[run.stream_id] = _Waiting(run, task, over)

    def call_off(self, stream_id: str) -> None:
        """Leave it running with what it has."""
        waiting = self._waiting.pop(stream_id, None)
        if waiting is not None:
            waiting.task.cancel()

    async def close(self) -> None:
        """Call all off: a restart that nobody sees is not made."""
        tasks = [waiting.task for waiting in self._waiting.values()]
        for stream_id in tuple(self._waiting):
            self.call_off(stream_id)
        await asyncio.gather(*tasks, return_exceptions=True)

    def hear(self, message: Message) -> None:
        """Take a message of the bus."""
        match message:
            case StreamRemoved(stream_id=stream_id):
                for kept in (self._begun, self._took):
                    kept.pop(stream_id, None)
                self.call_off(stream_id)
            case StreamStateChanged(stream=view):
                self._measure(view)
                self._look_at(view)

    def _measure(self, view: StreamView) -> None:
        if view.state in MEASURED:
            begun = self._begun.pop(view.stream_id, None)
            if begun is not None and view.state is StreamState.RUNNING:
                self._took[view.stream_id] = self._monotonic() - begun

    def _look_at(self, view: StreamView) -> None:
        waiting = self._waiting.get(view.stream_id)
        if waiting is None:
            return
        if not view.state.is_active:
            self.call_off(view.stream_id)
            self._say("info", f"{view.name} was stopped: no restart after the break.", view.stream_id)
        elif not waiting.run.has_break:
            waiting.over.set()

    async def _once_over(self, run: StreamRun, over: asyncio.Event) -> None:
        await over.wait()
        self._waiting.pop(run.stream_id, None)  # its own stop must not call it off
        try:
            await self._restart(run.stream_id)
        except OperatorError as error:
            self._say("error", f"{run.name} was not restarted after its break: {error}", run.stream_id)

    def _say(self, level: str, text: str, stream_id: str) -> None:
        notice = {"at": time.time(), "level": level, "text": text, "stream_id": stream_id}
        self._publish(NoticePosted.model_validate(notice))
