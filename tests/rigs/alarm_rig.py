"""Samples that real processors sent, played to the alarms under a clock of the test's own."""

from __future__ import annotations

import functools
import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from ibe100.database.sql.custody import Custody
from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.messages import AlarmChanged, Message, StreamView
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import StreamState
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.catalogue import RULES
from ibe100.services.alarms.rule import Judgement
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.run_record import RunRecord
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.services.streams.runner_samples import AnalyzeReport, InfluxPost, Measurement
from ibe100.services.watches.feed import AlarmFeed
from ibe100.services.watches.stream_watch import StreamWatch
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

    facts: RunRecord
    samples: tuple[tuple[float, Sample], ...]


@functools.cache
def capture(name: str) -> Capture:
    """`tsduck_pattern`, `builtin_ott`, ...; zeroes and counters by service are left out of the lines."""
    rows = [
        json.loads(line)
        for line in gzip.decompress((CAPTURES / f"{name}.jsonl.gz").read_bytes()).splitlines()
    ]
    return Capture(
        RunRecord.model_validate(rows[0]["facts"]),
        tuple(
            (row["mono"], parse_influx(row["lines"]) if "lines" in row else parse_analysis(row["json"]))
            for row in rows[1:]
        ),
    )


class Kept:
    """Storage that remembers nothing, for tests of what is raised and not of what is on record."""

    def __init__(self) -> None:
        self.alarms = self
        self.custody = Custody()

    async def save(self, alarm: Alarm) -> None:
        """Forget it."""


class Listed:
    """Streams that are only on the list: nothing of their runners is asked for."""

    def __init__(self, *configs: StreamConfig) -> None:
        self._views = tuple(
            StreamView(stream_id=f"stream-{number}", number=number, config=config, state=StreamState.RUNNING)
            for number, config in enumerate(configs, 1)
        )

    def streams(self) -> tuple[StreamView, ...]:
        return self._views

    def run_of(self, stream_id: str) -> StreamRun:
        raise AssertionError("no run is asked for")


@dataclass(frozen=True, slots=True)
class Told:
    """An alarm as it was published, and when."""

    at_s: float
    alarm: Alarm


def running(facts: RunRecord) -> StreamRun:
    """The stream as it runs, with a clock of its own."""
    config = facts.config.model_copy(update={"name": STREAM[1]})
    entry = StreamEntry(stream_id=STREAM[0], number=1, config=config)
    run = StreamRun(entry, RunnerLink(Path("nowhere")), lambda view: None)
    run.begin(facts)
    run.enter(StreamState.RUNNING, "")
    return run


def news_of(run: StreamRun, sample: Sample, at_s: float) -> Measurement | AnalyzeReport:
    """The sample as observers get it."""
    if isinstance(sample, InfluxSample):
        return run.measure(InfluxPost(sample.time_ms / 1000, at_s, sample))
    return AnalyzeReport(0.0, at_s, sample)


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
        return AlarmFeed(self.board, Listed(), lambda message: None, self.rules, lambda: self.now)

    def alarm(self, condition: str) -> Alarm | None:
        """As it stands."""
        return next((one for one in self.board.standing() if one.condition == condition), None)

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
        run = running(captured.facts)
        watch = StreamWatch(run, captured.facts, self.rules.of_stream(STREAM[0]), start)
        for at_s, original in captured.samples:
            self.now = start + at_s
            sample = fault(original) if between[0] <= at_s < between[1] else original
            judgements = watch.take(news_of(run, sample, self.now), self.now)
            await self.board.judge(*STREAM, {**judgements, **watch.judge(self.now)})
