"""Feeds the alarm board: with what runners and samples say, what other services publish, and time itself."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Mapping

from ibe100.models.cues.schedule import BreakState, ScheduledBreak
from ibe100.models.messages import (
    CueChanged,
    Message,
    NoticePosted,
    ScheduleChanged,
    StreamRemoved,
    StreamStateChanged,
    StreamView,
)
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.models.stream_state import StreamState
from ibe100.mpegts.pts_clock import ClockJump
from ibe100.services.alarms.board import NOW, AlarmBoard, Judgements
from ibe100.services.alarms.catalogue import CLEARING, MEASURED
from ibe100.services.alarms.content_rules import CONTENT_RULES
from ibe100.services.alarms.rules_in_force import AlarmRules
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
from ibe100.utils.task_faults import log_fault
from ibe100.utils.timecode import format_utc

NEWS_S = 3600.0
"""A cue that failed longer ago is history, not an alarm."""
LOOK_S = 0.1
LATE_S = 0.15
"""A loop that was held up this long has not read the samples that came meanwhile."""


class AlarmFeed:
    """Used on the loop, between `start` and `close`."""

    def __init__(
        self, board: AlarmBoard, runs: Runs, publish: Callable[[Message], None], rules: AlarmRules
    ) -> None:
        self._rules = rules
        self._board = board
        self._runs = runs
        self._publish = publish
        self._signals: dict[str, SignalWatch] = {}
        self._attempts: dict[str, AttemptWatch] = {}
        self._followed: dict[str, StreamRun] = {}
        self._srt_peers: dict[str, SrtPeers] = {}
        self._syncs: dict[str, SyncWatch] = {}
        self._awaiting_input: set[str] = set()
        self._work: set[asyncio.Task[None]] = set()
        self._looking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to notice what does not come."""
        self._looking = asyncio.create_task(self._look_again(), name="alarm feed")
        self._looking.add_done_callback(log_fault)

    async def close(self) -> None:
        """Let alarms that are being written come to their end."""
        if self._looking is not None:
            self._looking.cancel()
            await asyncio.gather(self._looking, return_exceptions=True)
        await asyncio.gather(*self._work, return_exceptions=True)

    async def settle(self) -> None:
        """Alarms on record of streams that do not run any more: whatever was true of them is over."""
        states = {view.stream_id: view.state for view in self._runs.streams()}
        for stream_id in {alarm.stream_id for alarm in self._board.alarms() if alarm.stream_id}:
            state = states.get(stream_id, StreamState.OFF)
            if state.is_ended:
                kept = {"stream_failed"} if state is StreamState.FAILED else set()
                await self._board.clear_now(stream_id, CLEARING - kept)

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
                sync.line(fact.text, fact.at, time.time(), time.monotonic())

    async def _on_state(self, run: StreamRun) -> None:
        state, reason = run.view.state, run.view.reason
        # RETRYING follows STALLED, and STARTING that: an alarm stands until packets flow or the stream ends.
        over = state is StreamState.RUNNING or state.is_ended
        judgements = {
            condition: (state is cause, reason)
            for condition, cause in (
                ("input_lost", StreamState.STALLED),
                ("processor_restarting", StreamState.RETRYING),
            )
            if over or state is cause
        }
        if state is StreamState.RETRYING and INPUT_SILENT in reason:
            judgements = {"input_lost": (True, "no packets any more"), **judgements}
        judgements["stream_failed"] = (state is StreamState.FAILED, reason)
        if state.is_ended:
            for watched in (self._signals, self._attempts, self._srt_peers, self._syncs, self._followed):
                watched.pop(run.stream_id, None)
            await self._board.clear_now(run.stream_id, MEASURED)
        await self._board.judge_all(run.stream_id, run.name, judgements)

    def sample(self, run: StreamRun, influx: InfluxSample, jump: ClockJump | None, at_s: float) -> None:
        """A post of `-P influx`, measured at a monotonic time; `jump` is what it proved of the PTS."""
        watch = self._signal(run)
        if watch is not None:
            lost = {"heartbeat_lost": (bool(run.heartbeat_lost), run.heartbeat_lost)}
            judgements = {**watch.sample(influx, jump, at_s), **lost}
            self._judge_later(run, judgements, watch.since)

    def report(self, run: StreamRun, analysis: AnalyzeSample) -> None:
        """A report of `-P analyze`."""
        watch = self._signal(run)
        if watch is None:
            return
        judgements = watch.report(analysis)
        changed, words = judgements.get("pmt_changed", (False, ""))
        if changed:
            text = f"{run.name}: {words}"
            self._publish(NoticePosted(at=time.time(), level="info", text=text, stream_id=run.stream_id))
        self._judge_later(run, judgements)

    def pulse(self, run: StreamRun, sample: FlowChanged) -> None:
        """The runner noticed that nothing comes out of the processor any more, or something again."""
        watch = self._signal(run)
        if watch is not None:
            watch.pulse(sample.flows, sample.mono_s - sample.quiet_s)
            if run.view.state is StreamState.RUNNING:
                self._judge_later(run, watch.flow(time.monotonic()))

    def packet_faults(self, run: StreamRun, faults: PacketFaults) -> None:
        """What the runner found in the packets between two posts."""
        watch = self._signal(run)
        if watch is None:
            return
        watch.absences(faults)
        if time.monotonic() - faults.mono_s < packet_faults.NEWS_S:
            self._judge_later(run, *watch.packet_faults(faults))

    def strays(self, run: StreamRun, sample: StrayDatagrams) -> None:
        """The runner: datagrams come in that hold no packets, and nothing comes out."""
        now = time.monotonic()
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
        self._start(self._board.clear_now(stream_id, [rule.condition for rule in CONTENT_RULES]))

    def _new_watch(self, stream_id: str, facts: RunFacts) -> SignalWatch:
        return SignalWatch(
            facts, time.monotonic(), lambda condition: self._rules.least_per_s(stream_id, condition)
        )

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
            due = time.monotonic() + LOOK_S
            await asyncio.sleep(LOOK_S)
            if time.monotonic() - due < LATE_S:
                await self.look()

    async def look(self) -> None:
        """Judge what only time tells."""
        await self._board.take_back_expired()
        for stream_id, run in tuple(self._followed.items()):
            if run.view.state.is_ended:
                continue
            judgements: dict[str, tuple[bool, str]] = {}
            since: dict[str, float] = {}
            signal = self._signals.get(stream_id)
            # Called otherwise, it is that state's alarm, which hides this one until packets come.
            if signal is not None and run.view.state is StreamState.RUNNING:
                judgements.update(signal.flow(time.monotonic()))
                lasting, since_s = signal.between_posts(time.monotonic())
                judgements.update(lasting)
                since.update(since_s)
            flows = judgements.get("nothing_flows") == (False, "")
            sync = self._syncs.setdefault(stream_id, SyncWatch())
            judgements = {**sync.judge(time.monotonic(), is_quiet=not flows), **judgements}
            if (peers := self._srt_peers.get(stream_id)) is not None and run.facts is not None:
                judgements.update(peers.judge(run.facts.config))
                since.update(peers.since)
            if (attempts := self._attempts.get(stream_id)) is not None:
                judgements.update(attempts.judge(time.time()))
            await self._board.judge_all(stream_id, run.name, judgements, since)

    def hear(self, message: Message) -> None:
        """What other services publish; a failed cue is an alarm, and so is a break that was missed."""
        match message:
            case StreamStateChanged(stream=view):
                self._hear_of_input(view)
            case CueChanged(cue=cue) if cue.state is CueState.FAILED:
                if time.time() - cue.requested_at < NEWS_S:
                    self._start(self._cue_failed(cue))
            case StreamRemoved(stream_id=stream_id):
                self._start(self._board.clear_now(stream_id, CLEARING))
            case ScheduleChanged(changed=changed):
                for one in changed:
                    if one.state is BreakState.MISSED:
                        self._start(self._break_missed(one))

    def _hear_of_input(self, view: StreamView) -> None:
        """A stream that waits for its input has no runner that could tell of it."""
        if view.state is StreamState.WAITING:
            self._awaiting_input.add(view.stream_id)
            lost = {"input_lost": (True, view.reason)}
        elif view.stream_id in self._awaiting_input and view.state.is_ended:
            lost = {"input_lost": (False, view.reason)}
            self._awaiting_input.discard(view.stream_id)
        else:
            return
        self._start(self._board.judge_all(view.stream_id, view.config.name, lost))

    async def _cue_failed(self, cue: Cue) -> None:
        name = self._runs.run_of(cue.stream_id).name
        value = f"{cue.action} event {cue.splice_event_id}: {cue.reason}"
        await self._board.judge(cue.stream_id, name, "cue_failed", True, value)

    async def _break_missed(self, one: ScheduledBreak) -> None:
        name = self._runs.run_of(one.stream_id).name
        value = f"{one.title} of {format_utc(one.planned_at)}: {one.reason}"
        await self._board.judge(one.stream_id, name, "break_missed", True, value)

    def _judge_later(self, run: StreamRun, judgements: Judgements, since: Mapping[str, float] = NOW) -> None:
        self._start(self._board.judge_all(run.stream_id, run.name, judgements, since))

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(log_fault)
