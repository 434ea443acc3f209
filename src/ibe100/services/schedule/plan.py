"""Rules of planning: reasons against a plan, a change or a removal, and when a plan is first due. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from ibe100.models.cues.recurrence import MOST_EXCEPTIONS, Every, Series, Weekly
from ibe100.models.cues.schedule import After, At, BreakPlan, BreakState, ScheduledBreak
from ibe100.models.stream_config import Scte35Options
from ibe100.services.cues.readiness import send_lead_s
from ibe100.services.schedule.cache import ScheduleCache
from ibe100.utils.timecode import format_utc

MOST_PLANNED = 50_000


def first_due(plan: BreakPlan, now: float) -> float | None:
    """Wall clock it is due at, for a series from now on; None for a follower, or when all of it is past."""
    match plan.when:
        case At(at=at):
            return at
        case After():
            return None
        case Every(start=start) if start >= now:
            return start
        case series:
            return series.first_after(now)


def refusal_of_plan(
    plan: BreakPlan,
    break_id: int,
    own: Mapping[int, BreakPlan],
    cache: ScheduleCache,
    options: Scte35Options | None,
    now: float,
    sound: set[int] | None = None,
) -> str | None:
    """Reason why `plan` cannot be that of `break_id`, or None. `own` are plans stored along with it.

    `sound` collects breaks whose leaders are no circle, from one plan of many to the next: each is then
    looked at once.
    """
    if options is None:
        return f"there is no stream {plan.stream_id}"
    if break_id <= 0 and len(cache.snapshot) + len(own) > MOST_PLANNED:
        return f"more than {MOST_PLANNED} breaks would be planned: take some off the schedule first"
    if isinstance(plan.when, After):
        return _refusal_of_following(plan, plan.when, break_id, own, cache, set() if sound is None else sound)
    due = first_due(plan, now)
    if due is None:
        return f"{plan.title}: its last break is past already"
    needed_s = send_lead_s(options)
    if isinstance(plan.when, At) and due < now + needed_s:
        when = f"{format_utc(due)} is past" if due < now else f"{format_utc(due)} is {due - now:.1f} s away"
        return f"{plan.title}: {when}, and a cue with the stream's pre-roll takes {needed_s:g} s"
    return None


def _refusal_of_following(
    plan: BreakPlan,
    when: After,
    break_id: int,
    own: Mapping[int, BreakPlan],
    cache: ScheduleCache,
    sound: set[int],
) -> str | None:
    leader: BreakPlan | None = own.get(when.break_id) or cache.get(when.break_id)
    if leader is None:
        which = f"in row {-when.break_id}" if when.break_id < 0 else str(when.break_id)
        return f"{plan.title}: there is no planned break {which} to follow"
    if leader.stream_id != plan.stream_id:
        return f"{plan.title}: it can only follow a break of its own stream"
    if isinstance(leader.when, Series):
        return f"{plan.title}: it cannot follow a series, only a single break"
    if isinstance(leader, ScheduledBreak) and leader.state.is_final:
        return f"{plan.title}: {leader.title}, which it is to follow, is {leader.state} already"
    if when.break_id == break_id:
        return f"{plan.title}: a break cannot follow itself"
    passed, leader_id = {break_id}, when.break_id
    while leader is not None and leader_id not in sound:
        if leader_id in passed:
            return f"{plan.title}: the breaks would follow each other in a circle"
        passed.add(leader_id)
        if not isinstance(leader.when, After):
            break
        leader_id = leader.when.break_id
        leader = own.get(leader_id) or cache.get(leader_id)
    sound |= passed
    return None


def refusal_of_change(one: ScheduledBreak, plan: BreakPlan) -> str | None:
    """Reason why the plan of a break cannot be changed; None when it can."""
    if one.state is BreakState.ARMED:
        return f"{one.title} is ARMED: disarm its cue first, or let it air"
    if one.state.is_final and not one.is_series:
        return f"{one.title} is {one.state}, and that stays on record: plan a new one"
    if one.is_series != isinstance(plan.when, Series):
        return f"{one.title}: a series cannot become a single break, nor the other way round; plan a new one"
    return None


def refusal_of_removal(one: ScheduledBreak) -> str | None:
    """Reason why a break cannot be taken off the schedule; None when it can."""
    if one.state is BreakState.ARMED:
        return f"{one.title} is ARMED: disarm its cue first, or let it air"
    if one.state.is_final and not one.is_series:
        return f"{one.title} is {one.state}, and that stays on record"
    return None


def refusal_of_losing(lost: Iterable[int], gone: Collection[int], cache: ScheduleCache) -> str | None:
    """Reason why `lost` cannot go, for a break that is not `gone` follows one of them; None when they can."""
    followed = {
        one.when.break_id: one
        for one in reversed(cache.snapshot)
        if isinstance(one.when, After) and not one.state.is_final and one.break_id not in gone
    }
    for break_id in lost:
        one, follower = cache.get(break_id), followed.get(break_id)
        if one is not None and follower is not None:
            return f"{one.title} is followed by {follower.title}: take that off as well, or plan it otherwise"
    return None


def pending_of(series: ScheduledBreak, cache: ScheduleCache) -> tuple[int, ...]:
    """Breaks that `series` has made and that are not on their way."""
    made = cache.made_by(series.break_id)
    return tuple(one.break_id for one in made if one.state is BreakState.PLANNED)


def rules_without(breaks: Iterable[ScheduledBreak], cache: ScheduleCache) -> tuple[ScheduledBreak, ...]:
    """Rules of weekdays that made some of `breaks`, with these as exceptions: they are not made again."""
    changed: dict[int, ScheduledBreak] = {}
    for one in breaks:
        series_id = one.series_id or 0
        rule = changed.get(series_id) or cache.get(series_id)
        if rule is None or not isinstance(rule.when, Weekly) or one.planned_at is None:
            continue
        day = rule.when.date_of(one.planned_at)
        if day is not None and len(rule.when.except_dates) < MOST_EXCEPTIONS:
            changed[series_id] = rule.model_copy(update={"when": rule.when.without(day)})
    return tuple(changed.values())
