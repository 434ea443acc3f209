"""What the runner finds in the packets between two posts, as judgements of the same conditions. Pure."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping

from ibe100.mpegts.packet import NULL_PID, PAT_PID
from ibe100.services.alarms.board import Judgements
from ibe100.services.streams.runner_samples import PacketFaults
from ibe100.services.watches.pids import PidWatch
from ibe100.tsduck.plan import StreamPlan

NEWS_S = 2.0
"""What a runner told longer ago is told again to a console that comes later."""
SECOND_S = 1.0
"""The thresholds of rules are errors per second."""
CLEAR_S = 0.5
"""A post's interval is so much off at most."""


class FaultWatch:
    """Of one processor's life. It only says that something is true: that it is over is said by the posts."""

    def __init__(self, plan: StreamPlan, pids: PidWatch, least_per_s: Callable[[str], int]) -> None:
        self._plan = plan
        self._pids = pids
        self._least_per_s = least_per_s
        self._counts: dict[str, deque[tuple[float, int]]] = {}

    def judge(self, faults: PacketFaults) -> tuple[Judgements, Mapping[str, float]]:
        """What is true, and since when where that is before now."""
        found: dict[str, str] = {}
        since: dict[str, float] = {}
        for condition, count in (
            ("continuity_error", sum(faults.lost.values())),
            ("transport_error", faults.damaged),
        ):
            in_a_second = self._in_a_second(condition, count, faults.mono_s)
            if count and in_a_second >= self._least_per_s(condition):
                found[condition] = f"{in_a_second} per s"
        if scrambled := self._pids.newly_scrambled(faults.scrambled):
            found["scrambled_pid"] = ", ".join(scrambled)
        jump_s = faults.jumps_s.get(self._plan.time_pid) if self._plan.time_pid is not None else None
        if jump_s is not None:
            found["pts_jump"] = f"jumped {'ahead' if jump_s > 0 else 'back'} {abs(jump_s):.1f} s"
        changes = [words for one in faults.versions if (words := self._pids.version_change(*one))]
        if changes:
            found["pmt_changed"] = ", ".join(changes)
        for condition, pid in (("pat_error", PAT_PID), ("pmt_error", self._plan.pmt_pid)):
            # What we pace comes in portions: its gaps are ours.
            if pid in faults.missing_s and not self._plan.regulate:
                found[condition] = f"none for {faults.missing_s[pid]:.1f} s"
                since[condition] = faults.mono_s - faults.missing_s[pid]
        return {condition: (True, words) for condition, words in found.items()}, since

    def _in_a_second(self, condition: str, count: int, now_s: float) -> int:
        counts = self._counts.setdefault(condition, deque())
        counts.append((now_s, count))
        while now_s - counts[0][0] >= SECOND_S:
            counts.popleft()
        return sum(one for _, one in counts)


class Absences:
    """What the runner says is absent, all of it each time; that something is not, is said by the posts."""

    def __init__(self, plan: StreamPlan) -> None:
        self._plan = plan
        self._since: dict[str, tuple[float, str]] = {}
        """When it came last, and the value in words, by the condition that misses it."""
        self._came_after: dict[str, float] = {}
        """Proved by a post."""

    def told(self, faults: PacketFaults) -> None:
        """What is absent from now on, until it is told again."""
        pcr, pts = ("pcr", self._plan.pcr_pid), ("pts", self._plan.time_pid)
        self._since = {
            condition: (faults.mono_s - age_s, words)
            for condition, key, words in (
                ("pcr_repetition_error", pcr, f"no PCR on PID 0x{pcr[1] or 0:04X}"),
                ("pts_error", pts, f"no PTS on PID 0x{pts[1] or 0:04X}"),
                ("no_null_packets", ("null", NULL_PID), ""),
            )
            for what, age_s in faults.absent_s.items()
            if what == key
        }

    def disproved(self, judgements: Judgements, began_s: float) -> None:
        """A post says what is not so, or not all through its interval, which began then."""
        for condition, (is_true, _) in judgements.items():
            if condition in self._since and not is_true:
                self._came_after[condition] = began_s - CLEAR_S

    def judge(self, settled_s: float) -> tuple[Judgements, Mapping[str, float]]:
        """What is true, and since when; nothing is missed before the stream had settled."""
        found = {
            condition: (since_s, words)
            for condition, (since_s, words) in self._since.items()
            if since_s >= self._came_after.get(condition, since_s)
        }
        return (
            {condition: (True, words) for condition, (_, words) in found.items()},
            {condition: max(since_s, settled_s) for condition, (since_s, _) in found.items()},
        )
