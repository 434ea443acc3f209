"""Samples that real processors sent, played to the alarms under a clock of the test's own."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any, TypeAlias, cast

from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.messages import AlarmChanged, Message
from ibe100.models.stream_state import StreamState
from ibe100.mpegts.pts_clock import PtsClock
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.catalogue import RULES
from ibe100.services.alarms.rule import Judgement
from ibe100.services.streams.run import Runs, StreamRun
from ibe100.services.streams.run_facts import RunFacts
from ibe100.services.watches.feed import AlarmFeed
from ibe100.services.watches.signal import SignalWatch
from ibe100.tsduck.telemetry import AnalyzeSample, InfluxSample, parse_analysis, parse_influx
from places import DATA

CAPTURES = DATA / "captures"
STREAM = ("one", "Channel 1")
Sample: TypeAlias = InfluxSample | AnalyzeSample
Fault: TypeAlias = Callable[[Any], Any]
"""Makes of a sample what it would be under the fault; leaves the other kind of sample alone."""


@dataclass(frozen=True, slots=True)
class Capture:
    """What was captured from one run: seconds since its first sample, sample."""

    facts: RunFacts
    samples: tuple[tuple[float, Sample], ...]


@functools.cache
def capture(name: str) -> Capture:
    """`tsduck_pattern`, `builtin_ott`, ...; zeroes and counters by service are left out of the lines."""
    rows = [
        json.loads(line)
        for line in gzip.decompress((CAPTURES / f"{name}.jsonl.gz").read_bytes()).splitlines()
    ]
    return Capture(
        RunFacts.model_validate(rows[0]["facts"]),
        tuple(
            (row["mono"], parse_influx(row["lines"]) if "lines" in row else parse_analysis(row["json"]))
            for row in rows[1:]
        ),
    )


class Kept:
    """Storage that remembers nothing, for tests of what is raised and not of what is on record."""

    def __init__(self) -> None:
        self.alarms = self

    async def save(self, alarm: Alarm) -> None:
        """Forget it."""


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm as it was published, and when."""

    at_s: float
    alarm: Alarm


def run_of(facts: RunFacts) -> StreamRun:
    """The stream as it runs."""
    view = SimpleNamespace(state=StreamState.RUNNING)
    run = SimpleNamespace(stream_id=STREAM[0], name=STREAM[1], facts=facts, view=view, heartbeat_lost="")
    return cast(StreamRun, run)


class Bench:
    """A board, and the watch of one stream, in a time that only the test moves."""

    def __init__(self, storage: Any) -> None:
        self.rules = AlarmRules()
        self.now = 1000.0
        self.told: list[Told] = []
        self.storage = storage
        self.board = self.new_board()

    def new_board(self) -> AlarmBoard:
        """An empty board on the same storage."""
        return AlarmBoard(self.storage, self._hear, lambda: self.now, lambda: self.now, self.rules)

    async def next_console(self) -> AlarmBoard:
        """The board of the console that follows this one, which puts its alarms on record as it closes."""
        await self.board.settled()
        following = self.new_board()
        await following.open()
        return following

    async def on_record(self) -> tuple[Alarm, ...]:
        """Open alarms as the database has them, once all that was shown is written."""
        await self.board.settled()
        open_alarms: tuple[Alarm, ...] = await self.storage.alarms.open()
        return open_alarms

    def _hear(self, message: Message) -> None:
        assert isinstance(message, AlarmChanged)
        self.told.append(Told(self.now, message.alarm))

    async def judge(self, **conditions: bool | str) -> None:
        """By condition: True, False, or its value in words, which is true."""
        judgements = {
            RULES[name]: Judgement(bool(said), said if isinstance(said, str) else "")
            for name, said in conditions.items()
        }
        await self.board.judge(*STREAM, judgements)

    def feed(self) -> AlarmFeed:
        """What leads from samples to the board; nothing else asks it for streams."""
        return AlarmFeed(self.board, cast(Runs, None), lambda message: None, self.rules, lambda: self.now)

    def alarm(self, condition: str) -> Alarm | None:
        """As it stands."""
        return next((one for one in self.board.alarms() if one.condition == condition), None)

    def raised(self) -> set[str]:
        """Conditions that were ever put before the operator."""
        return {
            one.alarm.condition
            for one in self.told
            if one.alarm.is_shown and one.alarm.state is AlarmState.UNACKNOWLEDGED
        }

    def first(self, condition: str, state: AlarmState) -> float:
        """When the alarm was first published in that state, seconds; infinite if never."""
        times = (
            one.at_s for one in self.told if (one.alarm.condition, one.alarm.state) == (condition, state)
        )
        return next(times, float("inf"))

    async def play(
        self,
        captured: Capture,
        fault: Fault = lambda sample: sample,
        between: tuple[float, float] = (0.0, 0.0),
    ) -> None:
        """Play a capture; samples between those seconds go through `fault` first."""
        start = self.now
        plan = captured.facts.plan
        clock = PtsClock(plan.frame_pts or None)
        watch = SignalWatch(captured.facts, start, self.rules.of_stream(STREAM[0]))
        for at_s, original in captured.samples:
            self.now = start + at_s
            sample = fault(original) if between[0] <= at_s < between[1] else original
            if isinstance(sample, InfluxSample):
                pts = sample.pts.get(plan.time_pid) if plan.time_pid is not None else None
                jump = clock.observe(pts, self.now) if pts is not None else None
                judgements = watch.sample(sample, jump, self.now)
            else:
                judgements = watch.report(sample)
            await self.board.judge(*STREAM, {**judgements, **watch.flow(self.now)})
