"""Faults that the runner finds in the packets between two posts, judged as the same conditions. Pure."""

from __future__ import annotations

from collections import deque

from ibe100.mpegts.constants import NULL_PID, PAT_PID
from ibe100.services.alarms.alarm_rules import StreamRules
from ibe100.services.alarms.rule import AlarmRule, CountedRule, Judgement, Judgements
from ibe100.services.alarms.signal_catalogue import (
    CONTINUITY_ERROR,
    NO_NULL_PACKETS,
    PAT_ERROR,
    PCR_REPETITION_ERROR,
    PMT_CHANGED,
    PMT_ERROR,
    PTS_ERROR,
    PTS_JUMP,
    SCRAMBLED_PID,
    TRANSPORT_ERROR,
)
from ibe100.services.streams.runner_samples import PacketFaults
from ibe100.services.watches.pids import PidWatch
from ibe100.services.watches.watch import NEWS_S, News, Watch
from ibe100.tsduck.plan import StreamPlan

SECOND_S = 1.0
"""Interval of counting: thresholds of rules are errors per second."""
CLEAR_S = 0.5
"""Most by which a post's interval is off."""


class FaultWatch(Watch):
    """Says only that something is true; that it is over is said by the posts."""

    def __init__(self, plan: StreamPlan, pids: PidWatch, rules: StreamRules) -> None:
        self._plan = plan
        self._pids = pids
        self._rules = rules
        self._counts: dict[AlarmRule, deque[tuple[float, int]]] = {}

    def take(self, news: News, now_s: float) -> Judgements:
        """Judge the faults, unless they are old."""
        if not isinstance(news, PacketFaults) or now_s - news.mono_s >= NEWS_S:
            return {}
        return self._judge(news)

    def _judge(self, faults: PacketFaults) -> Judgements:
        found: dict[AlarmRule, Judgement] = {}
        for counted, count in (
            (CONTINUITY_ERROR, sum(faults.lost.values())),
            (TRANSPORT_ERROR, faults.damaged),
        ):
            in_a_second = self._in_a_second(counted, count, faults.mono_s)
            if count and in_a_second >= self._rules.rule(counted).least_per_s:
                found[counted] = Judgement(True, f"{in_a_second} per s")
        if scrambled := self._pids.newly_scrambled(faults.scrambled):
            found[SCRAMBLED_PID] = Judgement(True, ", ".join(scrambled))
        jump_s = faults.jumps_s.get(self._plan.time_pid) if self._plan.time_pid is not None else None
        if jump_s is not None:
            found[PTS_JUMP] = Judgement(
                True, f"jumped {'ahead' if jump_s > 0 else 'back'} {abs(jump_s):.1f} s"
            )
        changes = [words for one in faults.versions if (words := self._pids.version_change(*one))]
        if changes:
            found[PMT_CHANGED] = Judgement(True, ", ".join(changes))
        for rule, pid in ((PAT_ERROR, PAT_PID), (PMT_ERROR, self._plan.pmt_pid)):
            # What we pace comes in portions: its gaps are ours.
            if pid in faults.missing_s and not self._plan.regulate:
                missing_s = faults.missing_s[pid]
                found[rule] = Judgement(True, f"none for {missing_s:.1f} s", faults.mono_s - missing_s)
        return found

    def _in_a_second(self, rule: CountedRule, count: int, now_s: float) -> int:
        counts = self._counts.setdefault(rule, deque())
        counts.append((now_s, count))
        while now_s - counts[0][0] >= SECOND_S:
            counts.popleft()
        return sum(one for _, one in counts)


class Absences:
    """Keeps what the runner misses, all of it each time; that something is there is said by the posts."""

    def __init__(self, plan: StreamPlan) -> None:
        self._plan = plan
        self._since: dict[AlarmRule, tuple[float, str]] = {}
        """Time at which it came last, and the value, by the condition that misses it."""
        self._came_after: dict[AlarmRule, float] = {}
        """Time from which it was there, proved by a post."""

    def told(self, faults: PacketFaults) -> None:
        """Take all that is absent from now on, until it is told again."""
        pcr, pts = ("pcr", self._plan.pcr_pid), ("pts", self._plan.time_pid)
        self._since = {
            rule: (faults.mono_s - age_s, value)
            for rule, key, value in (
                (PCR_REPETITION_ERROR, pcr, f"no PCR on PID 0x{pcr[1] or 0:04X}"),
                (PTS_ERROR, pts, f"no PTS on PID 0x{pts[1] or 0:04X}"),
                (NO_NULL_PACKETS, ("null", NULL_PID), ""),
            )
            for what, age_s in faults.absent_s.items()
            if what == key
        }

    def disproved(self, judgements: Judgements, began_s: float) -> None:
        """Note what a post disproves for its interval, which began then."""
        for rule, judgement in judgements.items():
            if rule in self._since and not judgement.is_true:
                self._came_after[rule] = began_s - CLEAR_S

    def judge(self, settled_s: float) -> Judgements:
        """Judge what is absent, and since when; nothing is missed before the stream had settled."""
        return {
            rule: Judgement(True, value, max(since_s, settled_s))
            for rule, (since_s, value) in self._since.items()
            if since_s >= self._came_after.get(rule, since_s)
        }
