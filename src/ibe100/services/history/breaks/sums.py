"""Sums over breaks: per day, channel and distributor. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence

from ibe100.models.cues.break_log import AsRunBreak, BreakOutcome, BreakSums, Reason
from ibe100.models.cues.time_zone import local_time

ALL = "all"
NO_DISTRIBUTOR = "no contract"
MOST_REASONS = 10


def sums_of(name: str, breaks: Sequence[AsRunBreak]) -> BreakSums:
    """The sums over some breaks."""
    aired = [one for one in breaks if one.outcome.has_aired]
    over = [one.over_s for one in aired if one.over_s is not None]
    faults = Counter((one.outcome, one.reason) for one in breaks if one.outcome.is_fault)
    return BreakSums(
        name=name,
        breaks=sum(one.outcome is not BreakOutcome.RETURN_ALONE for one in breaks),
        aired=len(aired),
        called_off=sum(one.outcome is BreakOutcome.CALLED_OFF for one in breaks),
        judged=sum(one.outcome.is_judged for one in breaks),
        right=sum(one.outcome is BreakOutcome.AIRED for one in breaks),
        announced_s=round(sum(one.announced_s or 0.0 for one in aired), 3),
        actual_s=round(sum(one.actual_s or 0.0 for one in aired), 3),
        over_s=round(sum(max(0.0, seconds) for seconds in over), 3),
        short_s=round(sum(max(0.0, -seconds) for seconds in over), 3),
        reasons=tuple(
            Reason(outcome=outcome, reason=reason, count=count)
            for (outcome, reason), count in faults.most_common(MOST_REASONS)
        ),
    )


def sums_by(
    breaks: Iterable[AsRunBreak], key: Callable[[AsRunBreak], tuple[str, str]]
) -> tuple[BreakSums, ...]:
    """Sums per key, in its order; the second part of a key is the name."""
    groups: dict[tuple[str, str], list[AsRunBreak]] = defaultdict(list)
    for one in breaks:
        groups[key(one)].append(one)
    return tuple(sums_of(name, group) for (_, name), group in sorted(groups.items()))


def by_day(one: AsRunBreak) -> tuple[str, str]:
    """Day of a break in the zone of its channel."""
    day = local_time(one.at, one.time_zone).date().isoformat()
    return day, day


def by_channel(breaks: Iterable[AsRunBreak]) -> Callable[[AsRunBreak], tuple[str, str]]:
    """Key of a stream by its id, with the name that the last of its breaks has."""
    names = {one.stream_id: one.stream_name for one in breaks}
    return lambda one: (one.stream_id, names[one.stream_id])


def by_distributor(one: AsRunBreak) -> tuple[str, str]:
    """Distributor of a break."""
    return one.distributor or "\uffff", one.distributor or NO_DISTRIBUTOR
