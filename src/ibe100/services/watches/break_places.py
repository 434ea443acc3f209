"""Breaks on the input and on the output of a stream: paired, in time, and passed on."""

from __future__ import annotations

import base64
import binascii
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping

from ibe100.scte35.break_track import BreakFault, BreakTrack, FoundFault
from ibe100.scte35.comparison import is_splice_null
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.splices import event_pts
from ibe100.services.alarms.alarm_rules import StreamRules
from ibe100.services.alarms.break_catalogue import (
    CUE_NOT_PASSED,
    IN_WITHOUT_OUT,
    INPUT_BREAK_OVERRUN,
    INPUT_IN_WITHOUT_OUT,
    INPUT_OUT_WITHOUT_IN,
    NO_CUE,
    OUT_WITHOUT_IN,
    OpenEndedRule,
)
from ibe100.services.alarms.rule import FALSE, AlarmRule, Judgement, Judgements
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import AttemptStarted, CueOnInput, CueOnOutput
from ibe100.services.streams.runner_samples import FlowChanged
from ibe100.services.watches.watch import News, Watch
from ibe100.utils.units import format_pid

PASSES_IN_S = 0.9
"""Time for a section of the input to be told of on the output."""
MOST_AWAITED = 64


class BreakPlaces(Watch):
    """Follows the sections of the input by PID, and those on our cue PID of the output."""

    def __init__(self, run: StreamRun, rules: StreamRules, wall: Callable[[], float] = time.time) -> None:
        self._run = run
        self._rules = rules
        self._wall = wall
        self._began_at = wall()
        self._input: dict[int, BreakTrack] = defaultdict(BreakTrack)
        self._output = BreakTrack()
        self._awaited: dict[tuple[int, str], float] = {}
        """Sections of the input that are passed on, and since when they are not on the output."""
        self._lost: FoundFault | None = None

    def take(self, news: News, now_s: float) -> Judgements:
        """Follow a section; after an interruption begin anew, for nobody knows what came meanwhile."""
        match news:
            case AttemptStarted():
                self._forget()
            case FlowChanged(flows=False):
                self._forget()
            case CueOnInput():
                self._take(self._input[news.splice_pid], news)
                self._await(news)
            case CueOnOutput():
                if self._awaited.pop((news.splice_pid, news.section_base64), None) is not None:
                    self._lost = None
                if self._is_ours(news):
                    self._take(self._output, news)
        return {}

    def _forget(self) -> None:
        for track in (*self._input.values(), self._output):
            track.forget()
        self._awaited.clear()

    def _is_ours(self, news: CueOnOutput) -> bool:
        return self._run.record is not None and news.splice_pid == self._run.record.plan.splice_pid

    def _take(self, track: BreakTrack, news: CueOnInput | CueOnOutput) -> None:
        try:
            raw = base64.b64decode(news.section_base64, validate=True)
            pts = event_pts(decode(raw))
        except (SpliceDecodeError, binascii.Error):
            return  # a damaged section begins and ends nothing
        clock, ahead_s = self._run.clock, 0.0
        if pts is not None and clock is not None and clock.is_known(news.mono_s):
            ahead_s = clock.ms_until(pts, news.mono_s) / 1000
        track.take(raw, news.at, ahead_s)

    def _await(self, news: CueOnInput) -> None:
        """Await a section on a PID that is passed on; several of the same bytes are one."""
        record = self._run.record
        is_passed = record is not None and news.splice_pid in record.plan.passing_pids
        if not is_passed or self._run.passes or is_splice_null(news.section_base64):
            return
        if len(self._awaited) < MOST_AWAITED:
            self._awaited.setdefault((news.splice_pid, news.section_base64), news.at)

    def judge(self, now_s: float) -> Judgements:
        """Judge by the wall clock; what began in the past has begun then."""
        now = self._wall()
        judgements: dict[AlarmRule, Judgement] = {}
        to_mono_s = now_s - now
        longest_s = self._longest_s(INPUT_OUT_WITHOUT_IN)
        on_input = _together(track.judge(now, longest_s) for track in self._input.values())
        on_output = self._output.judge(now, self._longest_s(OUT_WITHOUT_IN))
        for rule, fault in (
            (INPUT_BREAK_OVERRUN, on_input.get(BreakFault.OVERRUN)),
            (INPUT_OUT_WITHOUT_IN, on_input.get(BreakFault.OUT_WITHOUT_IN)),
            (INPUT_IN_WITHOUT_OUT, on_input.get(BreakFault.IN_WITHOUT_OUT)),
            (OUT_WITHOUT_IN, on_output.get(BreakFault.OUT_WITHOUT_IN)),
            (IN_WITHOUT_OUT, on_output.get(BreakFault.IN_WITHOUT_OUT)),
            (CUE_NOT_PASSED, self._not_passed(now)),
            (NO_CUE, self._no_cue(now)),
        ):
            judgements[rule] = (
                FALSE if fault is None else Judgement(True, fault.words, fault.since + to_mono_s)
            )
        return judgements

    def _longest_s(self, rule: OpenEndedRule) -> float:
        return self._rules.rule(rule).longest_s

    def _not_passed(self, now: float) -> FoundFault | None:
        """A section that did not get through; it stands until another does."""
        for awaited, since in tuple(self._awaited.items()):
            if now - since > PASSES_IN_S and not self._run.is_behind():
                del self._awaited[awaited]
                self._lost = FoundFault(f"a cue on PID {format_pid(awaited[0])} did not get through", since)
        return self._lost

    def _no_cue(self, now: float) -> FoundFault | None:
        contract = self._run.contract
        if contract is None or contract.cue_every_min is None:
            return None
        started = self._run.view.started_at or self._began_at
        since = max(started, self._run.cue_seen_at or started) + contract.cue_every_min * 60
        words = f"none for {(now - since) / 60 + contract.cue_every_min:.0f} min; the contract asks one every"
        return FoundFault(f"{words} {contract.cue_every_min:g} min", since) if now > since else None


def _together(pids: Iterable[Mapping[BreakFault, FoundFault]]) -> Mapping[BreakFault, FoundFault]:
    found: dict[BreakFault, FoundFault] = {}
    for faults in pids:
        found.update(faults)
    return found
