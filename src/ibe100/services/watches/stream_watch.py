"""Joins the watches of one stream while it is on."""

from __future__ import annotations

from collections.abc import Callable

from ibe100.services.alarms.alarm_rules import StreamRules
from ibe100.services.alarms.catalogue import HEARTBEAT_LOST
from ibe100.services.alarms.rule import AlarmRule, Judgement, Judgements, true_if
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.run_record import RunRecord
from ibe100.services.streams.runner_facts import AttemptStarted
from ibe100.services.streams.runner_samples import Measurement
from ibe100.services.watches.attempts import AttemptWatch
from ibe100.services.watches.break_length import BreakLengthWatch
from ibe100.services.watches.break_places import BreakPlaces
from ibe100.services.watches.flow import FlowWatch
from ibe100.services.watches.input_switch import InputSwitchWatch
from ibe100.services.watches.output import OutputWatch
from ibe100.services.watches.signal import SignalWatch
from ibe100.services.watches.srt_peers import SrtPeers
from ibe100.services.watches.sync import SyncWatch
from ibe100.services.watches.watch import News, Watch


class StreamWatch(Watch):
    """Asks each watch in turn; what explains others comes first."""

    def __init__(self, run: StreamRun, record: RunRecord, rules: StreamRules, now_s: float) -> None:
        self.run = run
        self._record = record
        self._rules = rules
        self._flow = FlowWatch(run, now_s)
        self._lasting: tuple[Watch, ...] = (
            SyncWatch(self._flow),
            SrtPeers(record.config),
            OutputWatch(record.config),
            InputSwitchWatch(record.config),
            AttemptWatch(),
            HeartbeatWatch(run),
            BreakLengthWatch(run),
            BreakPlaces(run, rules),
            self._flow,
        )
        self._signal = self._new_signal()

    def _new_signal(self) -> SignalWatch:
        return SignalWatch(self.run, self.run.record or self._record, self._flow, self._rules)

    def take(self, news: News, now_s: float) -> Judgements:
        """Ask every watch; another attempt is another signal, the rest lasts until the stream ends."""
        if isinstance(news, AttemptStarted):
            self._signal = self._new_signal()
        return self._together(lambda watch: watch.take(news, now_s))

    def judge(self, now_s: float) -> Judgements:
        """Judge what only time tells."""
        return self._together(lambda watch: watch.judge(now_s))

    def _together(self, asked: Callable[[Watch], Judgements]) -> Judgements:
        judgements: dict[AlarmRule, Judgement] = {}
        # What is planned for is not there to be watched while the input is passed on as it is.
        watches = self._lasting if self.run.passes else (*self._lasting, self._signal)
        for watch in watches:
            judgements.update(asked(watch))
        return judgements


class HeartbeatWatch(Watch):
    """Says whether our own heartbeats are seen on the output."""

    def __init__(self, run: StreamRun) -> None:
        self._run = run

    def take(self, news: News, now_s: float) -> Judgements:
        """Judge with each measurement."""
        return {HEARTBEAT_LOST: true_if(self._run.heartbeat_lost)} if isinstance(news, Measurement) else {}
