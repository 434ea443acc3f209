"""Feeds the alarm board: with what runners and samples say, what other services publish, and time itself."""

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
from ibe100.models.scte35_marker import CueState
from ibe100.models.stream_state import StreamState
from ibe100.mpegts.pts_clock import ClockJump
from ibe100.services.alarms.alarm_rules import AlarmRules
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.catalogue import BREAK_MISSED, CLEARING, CUE_FAILED, HEARTBEAT_LOST, MEASURED
from ibe100.services.alarms.rule import FALSE, AlarmRule, Judgement, Judgements, true_if
from ibe100.services.alarms.signal_catalogue import CONTENT, PMT_CHANGED
from ibe100.services.alarms.stream_catalogue import (
    INPUT_LOST,
    NOTHING_FLOWS,
    PROCESSOR_RESTARTING,
    STREAM_FAILED,
)
from ibe100.services.streams.run import Runs, StreamRun
from ibe100.services.streams.run_facts import RunFacts
from ibe100.services.streams.runner_facts import AttemptEnded, AttemptStarted, Fact, LogLine, StateEntered
from ibe100.services.streams.runner_samples import FlowChanged, PacketFaults, SrtSide, StrayDatagrams
from ibe100.services.watches import packet_faults
from ibe100.services.watches.attempts import AttemptWatch, ended_itself
from ibe100.services.watches.signal import SignalWatch
from ibe100.services.watches.srt_peers import SrtPeers
from ibe100.services.watches.sync import SyncWatch
from ibe100.tsduck.fault_words import INPUT_SILENT
from ibe100.tsduck.telemetry import AnalyzeSample, InfluxSample
from ibe100.utils.tasks import log_fault
from ibe100.utils.timecode import format_utc

NEWS_S = 3600.0
"""A cue that failed longer ago is history, not an alarm."""
LOOK_S = 0.1
LATE_S = 0.15
"""A loop that was held up this long has not read the samples that came meanwhile."""


class AlarmFeed:
    """Used on the loop, between `start` and `close`."""

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
        self._signals: dict[str, SignalWatch] = {}
        self._attempts: dict[str, AttemptWatch] = {}
        self._followed: dict[str, StreamRun] = {}
        self._srt_peers: dict[str, SrtPeers] = {}
        self._syncs: dict[str, SyncWatch] = {}
        self._awaiting_input: set[str] = set()
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to notice what does not come."""
        self._looking = asyncio.create_task(self._look_again(), name="alarm feed")
        self._looking.add_done_callback(log_fault)

    async def close(self) -> None:
        """Judge no more."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)

    async def settle(self) -> None:
        """Alarms on record of streams that do not run any more: whatever was true of them is over."""
        states = {view.stream_id: view.state for view in self._runs.streams()}
        for stream_id in {alarm.stream_id for alarm in self._board.alarms() if alarm.stream_id}:
            state = states.get(stream_id, StreamState.OFF)
            if state.is_ended:
                kept = STREAM_FAILED if state is StreamState.FAILED else None
                await self._board.clear_now(stream_id, [rule for rule in CLEARING if rule is not kept])

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """A change of state may raise or clear an alarm."""
        match fact:
            case AttemptStarted() if run.facts is not None:
                self._attempts.setdefault(run.stream_id, AttemptWatch())
                self._signals[run.stream_id] = self._new_watch(run.stream_id, run.facts)
                self._followed[run.stream_id] = run
            case AttemptEnded() if ended_itself(fact.outcome):
                self._attempts.setdefault(run.stream_id, AttemptWatch()).ended(fact.at)
            case StateEntered():
                await self._on_state(run)
            case LogLine():
                sync = self._syncs.setdefault(run.stream_id, SyncWatch())
                sync.line(fact.text, fact.at, time.time(), self._clock())

    async def _on_state(self, run: StreamRun) -> None:
        state, reason = run.view.state, run.view.reason
        # RETRYING follows STALLED, and STARTING that: an alarm stands until packets flow or the stream ends.
        over = state is StreamState.RUNNING or state.is_ended
        judgements = {
            rule: Judgement(state is cause, reason)
            for rule, cause in (
                (INPUT_LOST, StreamState.STALLED),
                (PROCESSOR_RESTARTING, StreamState.RETRYING),
            )
            if over or state is cause
        }
        if state is StreamState.RETRYING and INPUT_SILENT in reason:
            judgements = {INPUT_LOST: Judgement(True, "no packets any more"), **judgements}
        judgements[STREAM_FAILED] = Judgement(state is StreamState.FAILED, reason)
        if state.is_ended:
            for watched in (self._signals, self._attempts, self._srt_peers, self._syncs, self._followed):
                watched.pop(run.stream_id, None)
            await self._board.clear_now(run.stream_id, MEASURED)
        await self._board.judge(run.stream_id, run.name, judgements)

    def sample(self, run: StreamRun, influx: InfluxSample, jump: ClockJump | None, at_s: float) -> None:
        """A post of `-P influx`, measured at a monotonic time; `jump` is what it proved of the PTS."""
        watch = self._signal(run)
        if watch is not None:
            lost = {HEARTBEAT_LOST: true_if(run.heartbeat_lost)}
            self._judge_later(run, {**watch.sample(influx, jump, at_s), **lost})

    def report(self, run: StreamRun, analysis: AnalyzeSample) -> None:
        """A report of `-P analyze`."""
        watch = self._signal(run)
        if watch is None:
            return
        judgements = watch.report(analysis)
        if (changed := judgements.get(PMT_CHANGED, FALSE)).is_true:
            text = f"{run.name}: {changed.value}"
            self._publish(NoticePosted(at=time.time(), level="info", text=text, stream_id=run.stream_id))
        self._judge_later(run, judgements)

    def pulse(self, run: StreamRun, sample: FlowChanged) -> None:
        """The runner noticed that nothing comes out of the processor any more, or something again."""
        watch = self._signal(run)
        if watch is not None:
            watch.pulse(sample.flows, sample.mono_s - sample.quiet_s)
            if run.view.state is StreamState.RUNNING:
                self._judge_later(run, watch.flow(self._clock()))

    def packet_faults(self, run: StreamRun, faults: PacketFaults) -> None:
        """What the runner found in the packets between two posts."""
        watch = self._signal(run)
        if watch is None:
            return
        watch.absences(faults)
        if self._clock() - faults.mono_s < packet_faults.NEWS_S:
            self._judge_later(run, watch.packet_faults(faults))

    def strays(self, run: StreamRun, sample: StrayDatagrams) -> None:
        """The runner: datagrams come in that hold no packets, and nothing comes out."""
        now = self._clock()
        if self._signal(run) is None or now - sample.mono_s >= packet_faults.NEWS_S:
            return
        sync = self._syncs.setdefault(run.stream_id, SyncWatch())
        sync.strays(sample.count, sample.over_s, now)
        self._judge_later(run, sync.judge(now, is_quiet=True))

    def srt(self, run: StreamRun, sample: SrtSide) -> None:
        """What the runner says of an SRT input or output."""
        if not run.view.state.is_ended:
            self._followed[run.stream_id] = run
            self._srt_peers.setdefault(run.stream_id, SrtPeers()).observe(sample.side, sample.link)

    def content(self, stream_id: str, judgements: Judgements) -> None:
        """What a preview found in picture and sound."""
        run = self._runs.run_of(stream_id)
        if not run.view.state.is_ended:
            self._judge_later(run, judgements)

    def content_unwatched(self, stream_id: str) -> None:
        """Picture and sound are not looked at any more."""
        self._board.clear_later(stream_id, CONTENT)

    def _new_watch(self, stream_id: str, facts: RunFacts) -> SignalWatch:
        return SignalWatch(facts, self._clock(), self._rules.of_stream(stream_id))

    def _signal(self, run: StreamRun) -> SignalWatch | None:
        """None before the stream is known and after its end, when a last sample may still come."""
        if run.facts is None or run.view.state.is_ended:
            return None
        self._followed[run.stream_id] = run
        if run.stream_id not in self._signals:
            self._signals[run.stream_id] = self._new_watch(run.stream_id, run.facts)
        return self._signals[run.stream_id]

    async def _look_again(self) -> None:
        while True:
            due = self._clock() + LOOK_S
            await asyncio.sleep(LOOK_S)
            if self._clock() - due < LATE_S:
                await self.look()

    async def look(self) -> None:
        """Judge what only time tells."""
        await self._board.unshelve_expired()
        for stream_id, run in tuple(self._followed.items()):
            if run.view.state.is_ended:
                continue
            judgements: dict[AlarmRule, Judgement] = {}
            signal = self._signals.get(stream_id)
            # Called otherwise, it is that state's alarm, which hides this one until packets come.
            if signal is not None and run.view.state is StreamState.RUNNING:
                judgements.update(signal.flow(self._clock()))
                judgements.update(signal.between_posts(self._clock()))
            flows = judgements.get(NOTHING_FLOWS) == FALSE
            sync = self._syncs.setdefault(stream_id, SyncWatch())
            judgements = {**sync.judge(self._clock(), is_quiet=not flows), **judgements}
            if (peers := self._srt_peers.get(stream_id)) is not None and run.facts is not None:
                judgements.update(peers.judge(run.facts.config))
            if (attempts := self._attempts.get(stream_id)) is not None:
                judgements.update(attempts.judge(time.time()))
            await self._board.judge(stream_id, run.name, judgements)

    def hear(self, message: Message) -> None:
        """What other services publish; a failed cue is an alarm, and so is a break that was missed."""
        match message:
            case StreamStateChanged(stream=view):
                self._hear_of_input(view)
            case CueChanged(cue=cue) if cue.state is CueState.FAILED:
                if time.time() - cue.requested_at < NEWS_S:
                    value = f"{cue.action} event {cue.splice_event_id}: {cue.reason}"
                    self._happened(cue.stream_id, CUE_FAILED, value)
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
        """Also on a stream that was removed meanwhile: somebody has to be told."""
        names = {view.stream_id: view.config.name for view in self._runs.streams()}
        self._board.judge_later(stream_id, names.get(stream_id, stream_id), {rule: Judgement(True, value)})

    def _judge_later(self, run: StreamRun, judgements: Judgements) -> None:
        self._board.judge_later(run.stream_id, run.name, judgements)
