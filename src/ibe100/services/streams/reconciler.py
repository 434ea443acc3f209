"""The reconciler: compares twice a second, for each stream and for ever, what is wanted with what is.

No state is final while the stream is wanted: FAILED, STOPPED and OFF are tried again, with a plan made anew
from what is in the input by then. Each correction is a task of its own, so that no stream waits for another.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Protocol

from ibe100.models.actor import CONSOLE
from ibe100.models.errors import OperatorError
from ibe100.models.stream_state import StreamState
from ibe100.runner.supervision.ownership import LOCK, is_held
from ibe100.services.audit_trail import act_as
from ibe100.services.streams.inputs.plan_fit import PlanFit
from ibe100.services.streams.launch_plan import why_not_understood
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_spec import awaited_peer
from ibe100.utils.places import Places
from ibe100.utils.tasks import keep_running

LOOK_S = 0.5
PAUSES_S = (0.0, 1.0, 2.0, 4.0, 8.0, 15.0)
"""Before each further try to bring a stream back."""
SOUND_S = 10.0
"""A stream on air for so long has no failures behind it any more."""
STUCK_S = 20.0
"""A processor that does not come on air for so long is given a plan made anew."""

_ENDED = frozenset({StreamState.OFF, StreamState.STOPPED, StreamState.FAILED})
_COMING = frozenset({StreamState.STARTING, StreamState.RETRYING})

_log = logging.getLogger(__name__)


class Corrections(Protocol):
    """Corrections of a difference between wish and state. Each raises OperatorError."""

    def is_busy(self, run: StreamRun) -> bool:
        """True while somebody starts or stops it."""

    async def bring_back(self, run: StreamRun) -> None:
        """Start a wanted stream that does not run, or adopt its runner where there is one."""

    async def plan_anew(self, run: StreamRun) -> None:
        """Stop a processor that does not come on air, and start it by a plan made anew."""

    async def pass_on(self, run: StreamRun) -> None:
        """Have the input passed on without cues, because its plan does not fit it any more."""

    async def replan(self, run: StreamRun) -> None:
        """Find a plan that fits an input which is passed on without cues, and go on by it."""

    async def take_off(self, run: StreamRun) -> None:
        """Stop what runs for a stream that is not wanted."""

    async def keep_wish(self, run: StreamRun) -> None:
        """Put on record what is wanted, where that could not be done so far."""

    async def rest(self, run: StreamRun) -> None:
        """Want a stream no more that is completed."""


@dataclass(slots=True)
class _History:
    failures: int = 0
    next_try_s: float = 0.0
    state: StreamState = StreamState.OFF
    since_s: float = 0.0


class Reconciler:
    """Compares all streams in one task. All methods belong to the loop."""

    def __init__(
        self,
        runs: Callable[[], Iterable[StreamRun]],
        corrections: Corrections,
        fit: PlanFit,
        places: Places,
    ) -> None:
        """`places` are those of the record: while they are not there, another console may own the streams."""
        self._places = places
        self._runs = runs
        self._fit = fit
        self._corrections = corrections
        self._histories: dict[str, _History] = {}
        self._at_work: dict[str, asyncio.Task[None]] = {}
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look twice a second from now on, and at once where a plan does not fit any more."""
        self._looking = keep_running(self._look_for_ever, "reconciler")

    async def _look_for_ever(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_S):
                    await self._fit.news.wait()
            self._fit.news.clear()
            await self.look()

    async def look(self) -> None:
        """Compare all streams once, and begin what is to be done."""
        if self._places.fault:
            return
        now_s = time.monotonic()
        runs = list(self._runs())
        held = await asyncio.to_thread(_held, [run for run in runs if not run.is_wanted()])
        for run in runs:
            if run.stream_id in self._at_work or self._corrections.is_busy(run):
                continue
            history = self._note(run, now_s)
            correction = self._correction(run, history, run.stream_id in held, now_s)
            if correction is not None:
                self._begin(run, correction)
        known = {run.stream_id for run in runs}
        self._histories = {key: one for key, one in self._histories.items() if key in known}

    async def close(self) -> None:
        """Leave what is being corrected."""
        tasks = [*self._at_work.values(), *([] if self._looking is None else [self._looking])]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _note(self, run: StreamRun, now_s: float) -> _History:
        history = self._histories.setdefault(run.stream_id, _History())
        if run.view.state is not history.state:
            # STARTING and RETRYING follow upon each other without the stream coming on air.
            if not {run.view.state, history.state} <= _COMING:
                history.since_s = now_s
            history.state = run.view.state
        if history.state is StreamState.RUNNING and now_s - history.since_s >= SOUND_S:
            history.failures = 0
        return history

    def _correction(
        self, run: StreamRun, history: _History, held: bool, now_s: float
    ) -> Callable[[StreamRun], Awaitable[None]] | None:
        state = run.view.state
        if not run.is_ours:
            return self._corrections.take_off if held else None
        if not run.wish_on_record:
            return self._corrections.keep_wish
        if not run.is_wanted():
            return self._corrections.take_off if held else None
        if state is StreamState.COMPLETED:
            return self._corrections.rest
        if state in (StreamState.STARTING, StreamState.RUNNING) and run.passes:
            return self._corrections.replan
        if state is StreamState.RUNNING and self._fit.misfit(run):
            return self._corrections.pass_on
        if now_s < history.next_try_s:
            return None
        if state in _ENDED and why_not_understood(run.entry.config):
            return None
        if state in _ENDED:
            self._count(history, now_s)
            return self._corrections.bring_back
        if state in _COMING and now_s - history.since_s >= STUCK_S and not _waits(run):
            self._count(history, now_s)
            history.since_s = now_s
            return self._corrections.plan_anew
        return None

    def _count(self, history: _History, now_s: float) -> None:
        history.failures += 1
        history.next_try_s = now_s + PAUSES_S[min(history.failures, len(PAUSES_S) - 1)]

    def _begin(self, run: StreamRun, correction: Callable[[StreamRun], Awaitable[None]]) -> None:
        async def corrected() -> None:
            act_as(CONSOLE)
            try:
                await correction(run)
            except OperatorError as error:
                _log.warning("%s is not as wanted yet: %s", run.name, error)
            except Exception:  # noqa: BLE001 - a bug about one stream must not end the looks at all
                _log.exception("%s could not be set right", run.name)
            finally:
                self._at_work.pop(run.stream_id, None)

        self._at_work[run.stream_id] = asyncio.create_task(corrected(), name=f"set right {run.stream_id}")


def _waits(run: StreamRun) -> bool:
    """True while a peer or the input is waited for: no plan could change that."""
    return bool(awaited_peer(run.entry.config)) or run.view.input_lost_at is not None


def _held(unwanted: list[StreamRun]) -> set[str]:
    """The streams that a runner holds; blocks shortly."""
    folders = {run.stream_id: run.link.stream_dir for run in unwanted}
    return {key for key, folder in folders.items() if (folder / LOCK).exists() and is_held(folder)}
