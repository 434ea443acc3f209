"""Adoption of what runs, or has run, when a console begins."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Literal, Protocol

from ibe100.models.profile import StreamEntry
from ibe100.models.stream_state import StreamState
from ibe100.services.streams.journal_follower import JournalFollower
from ibe100.services.streams.launch_plan import why_not_understood
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.run_record import read_record
from ibe100.services.streams.runner_link import RunnerLink, RunnerSilent
from ibe100.services.streams.stream_list import StreamList
from ibe100.services.streams.wish import read_wish

_log = logging.getLogger(__name__)


class Notice(Protocol):
    """Tells the operator."""

    def __call__(self, level: Literal["warning", "error"], text: str, stream_id: str = "") -> None: ...


class Adoption:
    """Finds the runners of the streams. All coroutines run on the loop."""

    def __init__(self, streams: StreamList, follower: JournalFollower, notice: Notice) -> None:
        self._list = streams
        self._follower = follower
        self._notice = notice

    async def adopt_unlisted(
        self, streams_dir: Path, keep_wish: Callable[[StreamRun], Awaitable[None]]
    ) -> None:
        """List a stream again that runs and is not in the list (its database is lost); it stays on air."""
        folders = sorted(streams_dir.iterdir()) if streams_dir.is_dir() else []
        known = {run.stream_id for run in self._list.runs()}
        for folder in folders:
            record = read_record(folder)
            if folder.name in known or record is None:
                continue
            try:
                alive = await RunnerLink(folder).is_alive()
            except RunnerSilent:
                alive = True
            if alive or read_wish(folder) == "run":
                number = self._list.free_number(record.number)
                run = self._list.place(
                    StreamEntry(stream_id=folder.name, number=number, config=record.config)
                )
                run.want(read_wish(folder) or "run")
                await keep_wish(run)
                self._notice("warning", f"{run.name} was found here and is listed again", run.stream_id)

    async def take_up(self, run: StreamRun) -> None:
        """Adopt the runner of a stream, or see how the last one ended. What it meets stays its own."""
        try:
            await self._take_up(run)
        except Exception as error:  # noqa: BLE001 - one bad file of one stream must not keep the rest off the air
            _log.exception("%s could not be taken up", run.name)
            self._notice("error", f"{run.name} could not be taken up: {error}", run.stream_id)
            if not run.view.state.is_active:
                run.enter(StreamState.FAILED, f"it could not be taken up: {error}")
        if not run.view.state.is_active and (reason := why_not_understood(run.entry.config)):
            run.enter(StreamState.FAILED, reason)

    async def _take_up(self, run: StreamRun) -> None:
        record = read_record(run.link.stream_dir)
        if record is not None:
            run.begin(record)
        try:
            status = await run.link.status()
        except RunnerSilent as error:
            self._notice("error", f"{run.name}: {error}", run.stream_id)
            await self._follower.resume_unreached(run, str(error))
            return
        if status is not None and (status.state is None or record is None):
            # It waits for the processor that a console which is gone would have given it, or nobody knows
            # what it runs: a new start plans anew.
            await run.link.end("its console is gone" if status.state is None else "what it runs is not known")
            status = None
        if record is not None:
            await self._follower.resume(run, status)
        if status is None:
            await self._see_to_the_rest(run)

    async def _see_to_the_rest(self, run: StreamRun) -> None:
        """A runner that died leaves its processor on air: the next runner takes over by the same spec."""
        spec = run.link.read_spec()
        if not run.is_wanted():
            await run.link.end_left_behind()
            return
        if run.record is None or spec is None or spec.get("processor") is None:
            return
        # One that has ended left nothing on air, and would fail by its spec again: it is planned anew.
        ended = run.view.state in (StreamState.COMPLETED, StreamState.FAILED)
        if not why_not_understood(run.entry.config) and not ended:
            run.enter(StreamState.RETRYING, "its runner is gone")
            self._follower.follow(run)
