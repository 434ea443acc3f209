"""A schedule on a real database, with streams and cues in memory and clocks that are moved by hand."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ibe100.database.database import Database
from ibe100.models.cues.schedule import At, BreakPlan, ScheduledBreak
from ibe100.models.errors import CueRefused
from ibe100.models.messages import Message, ScheduleChanged, StreamView
from ibe100.models.scte35_marker import Cue, CueAction, CueRequest, CueState, Readiness
from ibe100.models.stream_config import Scte35Options, StreamConfig
from ibe100.models.stream_state import StreamState, Tally
from ibe100.services.audit_trail import acting
from ibe100.services.schedule.schedule_service import ScheduleService

NOON = 1_795_348_800.0
"""2026-11-22 12:00:00Z."""
LEAST_LEAD_S = 6.5
"""start_delay of the streams here, and the half second that spliceinject gets the cue before it."""


class Clocks:
    """Wall and monotonic clock, both by hand."""

    def __init__(self, wall_s: float = NOON) -> None:
        self.wall_s = wall_s
        self.monotonic_s = 1000.0

    def wall(self) -> float:
        return self.wall_s

    def monotonic(self) -> float:
        return self.monotonic_s

    def pass_by(self, seconds: float) -> None:
        self.wall_s += seconds
        self.monotonic_s += seconds


class Streams:
    """Two streams on air."""

    def __init__(self) -> None:
        self.views = {
            name: StreamView(
                stream_id=name,
                number=number,
                config=StreamConfig(name=name.title()),
                state=StreamState.RUNNING,
                tally=Tally.ON_AIR,
            )
            for number, name in enumerate(("news", "sport"), start=1)
        }

    def streams(self) -> tuple[StreamView, ...]:
        return tuple(self.views.values())

    def options_of(self, stream_id: str) -> Scte35Options | None:
        view = self.views.get(stream_id)
        return None if view is None else view.config.scte35

    def update(self, stream_id: str, **changes: object) -> None:
        self.views[stream_id] = self.views[stream_id].model_copy(update=changes)


class Cues:
    """Takes every cue, on record in the real database, and splices it at its time; or refuses it."""

    def __init__(self, database: Database, clocks: Clocks) -> None:
        self.database = database
        self._clocks = clocks
        self.fired: list[tuple[float, CueRequest]] = []
        self.previewed: list[tuple[float, CueRequest]] = []
        self.cues: list[Cue] = []
        self.refusal = ""
        self.unready = ""

    def readiness(self, stream_id: str, action: CueAction) -> Readiness:
        return Readiness(ready=not self.unready, reasons=(self.unready,) if self.unready else ())

    async def preview(self, request: CueRequest) -> None:
        self.previewed.append((self._clocks.wall_s, request))
        if self.refusal:
            raise CueRefused(self.refusal)

    async def fire(self, request: CueRequest) -> Cue:
        self.fired.append((self._clocks.wall_s, request))
        draft = Cue(
            cue_id=0,
            stream_id=request.stream_id,
            session_id=None,
            action=request.action,
            state=CueState.REQUESTED,
            requested_by=acting().name,
            requested_at=self._clocks.wall_s,
            duration_s=request.duration_s,
            splice_at=request.splice_at,
            scheduled_at=request.splice_at,
            pts_time=1,
        )
        if self.refusal:
            raise CueRefused(self.refusal)
        cue = await self.database.cues.create(draft, None, lambda numbered: numbered.moved_to(CueState.ARMED))
        self.cues.insert(0, cue)
        return cue

    def end(self, cue_id: int, state: CueState, reason: str = "") -> None:
        """The cue takes its last step."""
        changes = {"state": state, "reason": reason}
        self.cues = [cue.model_copy(update=changes) if cue.cue_id == cue_id else cue for cue in self.cues]

    def splice_what_is_due(self) -> None:
        for cue in self.cues:
            if not cue.state.is_final and (cue.splice_at or 0) <= self._clocks.wall_s:
                self.end(cue.cue_id, CueState.SPLICED)

    def recent(self, stream_id: str) -> tuple[Cue, ...]:
        return tuple(cue for cue in self.cues if cue.stream_id == stream_id)[:50]

    def announced_end(self, out: Cue) -> float | None:
        return out.announced_end

    def of(self, action: CueAction) -> list[tuple[float, CueRequest]]:
        return [(at, request) for at, request in self.fired if request.action is action]


class Rig:
    """A schedule that is looked at whenever a second has passed."""

    def __init__(self, database: Database, clocks: Clocks, copy: Path) -> None:
        self.database = database
        self.clocks = clocks
        self.copy = copy
        self.streams = Streams()
        self.cues = Cues(database, clocks)
        self.messages: list[Message] = []
        self.schedule = self.another_console()

    def another_console(self) -> ScheduleService:
        """The schedule as a console that is started now takes it up."""
        return ScheduleService(
            self.database,
            self.streams,  # type: ignore[arg-type]
            self.cues,  # type: ignore[arg-type]
            self.streams.options_of,
            self.messages.append,
            self.copy,
            wall=self.clocks.wall,
            monotonic=self.clocks.monotonic,
        )

    async def restart(self, after_s: float = 0.0) -> None:
        """The console ends, time passes, another one takes the schedule up."""
        self.clocks.pass_by(after_s)
        self.schedule = self.another_console()
        await self.take_up()

    async def lose_database(self, older: Path | None = None) -> None:
        """The console ends; an empty database, or an older copy, is in its place; another takes it up."""
        await self.database.close()
        path = self.copy.with_name("ibe100.db")
        for suffix in ("", "-wal", "-shm"):
            path.with_name(path.name + suffix).unlink(missing_ok=True)
        if older is not None:
            older.replace(path)
        self.database = self.cues.database = await Database.open(path, wall=self.clocks.wall)
        self.schedule = self.another_console()
        await self.take_up()

    async def take_up(self) -> None:
        """What `open` does, but for the task: the tests themselves say when to look."""
        await self.schedule.open()
        await self.schedule.close()

    async def until(self, wall_s: float) -> None:
        """Let time pass, from look to look as the schedule itself asks for it."""
        while self.clocks.wall_s < wall_s:
            self.clocks.pass_by(min(await self.schedule.look(), wall_s - self.clocks.wall_s))
            self.cues.splice_what_is_due()
        await self.schedule.look()

    def now(self, one: ScheduledBreak) -> ScheduledBreak:
        return next(other for other in self.schedule.list() if other.break_id == one.break_id)

    def changes(self) -> list[ScheduledBreak]:
        """Every break as it was published, in order."""
        said = (message for message in self.messages if isinstance(message, ScheduleChanged))
        return [one for message in said for one in message.changed]


@asynccontextmanager
async def schedule_rig(folder: Path, wall_s: float = NOON) -> AsyncIterator[Rig]:
    clocks = Clocks(wall_s)
    database = await Database.open(folder / "ibe100.db", wall=clocks.wall)
    rig = Rig(database, clocks, folder / "schedule.copy")
    await rig.take_up()
    yield rig
    await rig.database.close()


def at(after_s: float, duration_s: float = 30.0, **values: object) -> BreakPlan:
    """A break so many seconds after noon."""
    plan = {"stream_id": "news", "when": At(at=NOON + after_s), "duration_s": duration_s}
    return BreakPlan.model_validate({**plan, **values})
