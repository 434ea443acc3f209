"""Brings to the alarm board what the watches find, what other services publish, and what only time tells."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ibe100.models.cues.schedule import BreakState
from ibe100.models.messages import (
    CueChanged,
    Message,
    NoticePosted,
    ScheduleChanged,
    StreamRemoved,
    StreamStateChanged,
    StreamView,
)
from ibe100.models.scte35_marker import Cue, CueState, Direction
from ibe100.models.stream_state import StreamState
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.catalogue import (
    ALARM_RULES_WRONG,
    BREAK_MISSED,
    CLEARING,
    CUE_AIRED_LATE,
    CUE_FAILED,
    FOREIGN_CUE,
    MEASURED,
)
from ibe100.services.alarms.rule import FALSE, AlarmRule, Judgement, Judgements, true_if
from ibe100.services.alarms.signal_catalogue import PMT_CHANGED
from ibe100.services.alarms.stream_catalogue import INPUT_LOST, PROCESSOR_RESTARTING, STREAM_FAILED
from ibe100.services.streams.run import Runs, StreamRun
from ibe100.services.streams.runner_facts import Fact, StateEntered
from ibe100.services.streams.runner_samples import AnalyzeReport, Sample
from ibe100.services.watches.stream_watch import StreamWatch
from ibe100.utils.tasks import keep_running
from ibe100.utils.timecode import format_utc
from ibe100.utils.units import format_event_id

CUE_ALARMS = {CueState.FAILED: CUE_FAILED, CueState.AIRED_LATE: CUE_AIRED_LATE}
FAILURE_NEWS_S = 3600.0
"""Age at which a cue that failed is history, not an alarm."""
LOOK_S = 0.1
LATE_S = 0.15
"""Delay at which the loop has not yet read the samples that came meanwhile."""
RULES_S = 1.0
"""Interval at which the file of rules is looked at."""


class AlarmFeed:
    """Observes the runners and hears the bus; used on the loop, between `start` and `close`."""

    def __init__(
        self,
        board: AlarmBoard,
        runs: Runs,
        publish: Callable[[Message], None],
        rules: AlarmRules,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`clock` is monotonic, in seconds."""
        self._rules = rules
        self._board = board
        self._runs = runs
        self._publish = publish
        self._clock = clock
        self._watches: dict[str, StreamWatch] = {}
        self._awaiting_input: set[str] = set()
        self._newest_foreign = 0
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to notice what does not come."""
        self._looking = keep_running(self._look_again, "alarm feed")

    async def close(self) -> None:
        """Judge no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def settle(self) -> None:
        """Clear alarms on record of streams that do not run any more."""
        states = {view.stream_id: view.state for view in self._runs.streams()}
        for stream_id in {alarm.stream_id for alarm in self._board.standing() if alarm.stream_id}:
            state = states.get(stream_id, StreamState.OFF)
            if state.is_ended:
                kept = STREAM_FAILED if state is StreamState.FAILED else None
                await self._board.clear_now(stream_id, [rule for rule in CLEARING if rule is not kept])

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """Judge a change of state, or what the processor prints."""
        if isinstance(fact, StateEntered):
            self._judge_state(run)
        elif (watch := self._watch(run)) is not None:
            self._judge(run, watch.take(fact, self._clock()))

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """Judge what was measured."""
        watch = self._watch(run)
        if watch is None:
            return
        judgements = watch.take(sample, self._clock())
        changed = judgements.get(PMT_CHANGED, FALSE)
        if isinstance(sample, AnalyzeReport) and changed.is_true:
            text = f"{run.name}: {changed.value}"
            self._publish(NoticePosted(at=time.time(), level="info", text=text, stream_id=run.stream_id))
        self._judge(run, judgements)

    def _watch(self, run: StreamRun) -> StreamWatch | None:
        """Find or make the watch; None before the stream is known and after its end."""
        if run.record is None or run.view.state.is_ended:
            return None
        if run.stream_id not in self._watches:
            rules = self._rules.of_stream(run.stream_id)
            self._watches[run.stream_id] = StreamWatch(run, run.record, rules, self._clock())
        return self._watches[run.stream_id]

    def _judge_state(self, run: StreamRun) -> None:
        state, reason = run.view.state, run.view.reason
        is_lost = run.view.input_lost_at is not None
        value = reason if state is StreamState.STALLED else "no packets any more" if is_lost else ""
        judgements = {INPUT_LOST: Judgement(is_lost, value)}
        # STARTING follows RETRYING: the alarm stands until packets flow or the stream ends.
        if state in (StreamState.RETRYING, StreamState.RUNNING) or state.is_ended:
            judgements[PROCESSOR_RESTARTING] = Judgement(state is StreamState.RETRYING, reason)
        judgements[STREAM_FAILED] = Judgement(state is StreamState.FAILED, reason)
        if state.is_ended:
            self._watches.pop(run.stream_id, None)
            self._board.clear_later(run.stream_id, MEASURED)
        self._judge(run, judgements)

    async def _look_again(self) -> None:
        rules_read_at = self._clock()
        while True:
            due = self._clock() + LOOK_S
            await asyncio.sleep(LOOK_S)
            if self._clock() - due < LATE_S:
                await self.look()
            if self._clock() - rules_read_at >= RULES_S:
                rules_read_at = self._clock()
                await self._rules.read_if_changed()
                await self._board.judge_machine({ALARM_RULES_WRONG: true_if(self._rules.fault)})

    async def look(self) -> None:
        """Judge what only time tells."""
        await self._board.unshelve_expired()
        for watch in tuple(self._watches.values()):
            run = watch.run
            await self._board.judge(run.stream_id, run.name, watch.judge(self._clock()))

    def hear(self, message: Message) -> None:
        """Take a message of the bus: a failed cue is an alarm, and so is a break that was missed."""
        match message:
            case StreamStateChanged(stream=view):
                self._hear_of_input(view)
            case CueChanged(cue=cue) if (rule := CUE_ALARMS.get(cue.state)) is not None:
                if _is_news(cue):
                    value = f"{cue.action} event {format_event_id(cue.splice_event_id)}: {cue.reason}"
                    self._happened(cue.stream_id, rule, value)
            case CueChanged(cue=cue) if cue.is_foreign and cue.cue_id > self._newest_foreign:
                self._newest_foreign = cue.cue_id
                if _is_news(cue):
                    self._happened(cue.stream_id, FOREIGN_CUE, _foreign_words(cue))
            case StreamRemoved(stream_id=stream_id):
                self._board.clear_later(stream_id, CLEARING)
            case ScheduleChanged(changed=changed):
                for one in changed:
                    if one.state is BreakState.MISSED:
                        value = f"{one.title} of {format_utc(one.planned_at)}: {one.reason}"
                        self._happened(one.stream_id, BREAK_MISSED, value)

    def _hear_of_input(self, view: StreamView) -> None:
        """A stream that waits for its input has no runner that could tell of it."""
        if view.state is StreamState.WAITING:
            self._awaiting_input.add(view.stream_id)
            lost = {INPUT_LOST: Judgement(True, view.reason)}
        elif view.stream_id in self._awaiting_input and view.state.is_ended:
            lost = {INPUT_LOST: Judgement(False, view.reason)}
            self._awaiting_input.discard(view.stream_id)
        else:
            return
        self._board.judge_later(view.stream_id, view.config.name, lost)

    def _happened(self, stream_id: str, rule: AlarmRule, value: str) -> None:
        """Raise an alarm, also on a stream that was removed meanwhile: somebody has to be told."""
        names = {view.stream_id: view.config.name for view in self._runs.streams()}
        self._board.judge_later(stream_id, names.get(stream_id, stream_id), {rule: Judgement(True, value)})

    def _judge(self, run: StreamRun, judgements: Judgements) -> None:
        self._board.judge_later(run.stream_id, run.name, judgements)


def _is_news(cue: Cue) -> bool:
    return time.time() - cue.requested_at < FAILURE_NEWS_S


def _foreign_words(cue: Cue) -> str:
    effects = {Direction.OUT: "out to a break", Direction.IN: "back to programme"}
    length = "" if cue.duration_s is None else f", {cue.duration_s:g} s"
    return f"{effects.get(cue.direction, 'a section')}, event {format_event_id(cue.splice_event_id)}{length}"
