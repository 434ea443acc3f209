"""Changes of the schedule as the undo stack takes them: each is undone by the one that makes it again."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING

from ibe100.models.cues.schedule import BreakPlan, ScheduledBreak
from ibe100.ui.qt_models.undo_stack import Change, Superseded
from ibe100.ui.service_client import ServiceClient

if TYPE_CHECKING:
    from ibe100.services.ports import Services

Outcome = Change | Superseded


def replanned(client: ServiceClient, words: str, before: BreakPlan, after: ScheduledBreak) -> Change:
    """Break that was planned otherwise."""

    async def take_back(services: Services) -> Outcome:
        if differs := _differs(services, (after,)):
            return Superseded(differs)
        changed = await services.schedule.change(after.break_id, before)
        return replanned(client, words, after.plan, changed)

    return _change(client, words, take_back)


def planned(client: ServiceClient, words: str, stored: Sequence[ScheduledBreak]) -> Change:
    """Breaks that are new in the schedule."""

    async def take_back(services: Services) -> Outcome:
        if differs := _differs(services, stored):
            return Superseded(differs)
        await services.schedule.remove([one.break_id for one in stored])
        return removed(client, words, [one.plan for one in stored])

    return _change(client, words, take_back)


def removed(client: ServiceClient, words: str, plans: Sequence[BreakPlan]) -> Change:
    """Breaks that were taken off the schedule."""

    async def take_back(services: Services) -> Outcome:
        return planned(client, words, [await services.schedule.add(plan) for plan in plans])

    return _change(client, words, take_back)


def _change(
    client: ServiceClient, words: str, take_back: Callable[[Services], Coroutine[None, None, Outcome]]
) -> Change:
    return Change(words, lambda: client.ask("Undo: schedule", take_back))


def _differs(services: Services, expected: Sequence[ScheduledBreak]) -> str:
    """Words where a break is not as this console planned it; empty where all are."""
    now = {one.break_id: one for one in services.schedule.list()}
    for one in expected:
        present = now.get(one.break_id)
        if present is None:
            return f"{one.title} is not in the schedule any more."
        if present.plan != one.plan:
            return f"{one.title} was planned otherwise since by somebody else."
    return ""
