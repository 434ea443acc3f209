"""The planned breaks in memory, in the order in which they come near."""

from __future__ import annotations

import heapq
import math
from collections.abc import Collection, Iterable, Sequence

from ibe100.models.cues.recurrence import Series
from ibe100.models.cues.schedule import After, BreakState, ScheduledBreak, due_times

NEAR_S = 65.0
"""A break is looked at from this long before it is due: longer than any stream's pre-roll."""


def first_step_at(one: ScheduledBreak) -> float | None:
    """Wall clock of what it does first: its splice, or the making of a break ahead of its time."""
    if one.planned_at is None or not one.enabled or not isinstance(one.when, Series):
        return one.planned_at
    return one.planned_at - one.when.ahead_s


class ScheduleCache:
    """Written by the loop; `snapshot` may be read from any thread, for it is a finished tuple."""

    def __init__(self) -> None:
        self._breaks: dict[int, ScheduledBreak] = {}
        self._coming: list[tuple[float, int]] = []
        self._near: set[int] = set()
        self.snapshot: tuple[ScheduledBreak, ...] = ()
        """All of them by the time they are due."""

    def get(self, break_id: int) -> ScheduledBreak | None:
        """A break by its number."""
        return self._breaks.get(break_id)

    def put(self, breaks: Iterable[ScheduledBreak]) -> tuple[ScheduledBreak, ...]:
        """Keep them as they now are; returns them and those whose time follows from theirs."""
        changed = {one.break_id: one for one in breaks}
        self._breaks |= changed
        changed |= self._followed(changed.keys())
        for one in changed.values():
            if not one.state.is_final:
                self._expect(one)
        self._remember()
        return tuple(self._breaks[break_id] for break_id in changed)

    def drop(self, break_ids: Collection[int]) -> None:
        """Forget them."""
        for break_id in break_ids:
            self._breaks.pop(break_id, None)
        self._near.difference_update(break_ids)
        self._remember()

    def forget_before(self, moment: float) -> None:
        """Let go of what was over by then and that nothing follows any more."""
        followed = {one.when.break_id for one in self._breaks.values() if isinstance(one.when, After)}
        old = [
            one.break_id
            for one in self._breaks.values()
            if one.state.is_final and (one.planned_at or 0) < moment and one.break_id not in followed
        ]
        if old:
            self.drop(old)

    def near(self, now: float) -> Sequence[ScheduledBreak]:
        """Breaks that may have to do something now, by the time they are due."""
        candidates, self._near = self._near, set()
        while self._coming and self._coming[0][0] <= now + NEAR_S:
            candidates.add(heapq.heappop(self._coming)[1])
        for break_id in candidates:
            if not self._is_over(break_id):
                self._expect(self._breaks[break_id], now)
        near = [self._breaks[break_id] for break_id in self._near]
        return sorted(near, key=lambda one: (one.planned_at or 0, one.break_id))

    def next_near_at(self) -> float | None:
        """Wall clock at which the next one comes near; None where nothing is planned."""
        return self._coming[0][0] - NEAR_S if self._coming else None

    def made_by(self, series_id: int) -> tuple[ScheduledBreak, ...]:
        """The breaks that a series has made."""
        return tuple(one for one in self._breaks.values() if one.series_id == series_id)

    def _is_over(self, break_id: int) -> bool:
        one = self._breaks.get(break_id)
        return one is None or one.state.is_final

    def _expect(self, one: ScheduledBreak, now: float = -math.inf) -> None:
        acts_at = first_step_at(one)
        if one.state is BreakState.PLANNED and acts_at is not None and acts_at > now + NEAR_S:
            # An entry of before stays: a look too many does no harm.
            heapq.heappush(self._coming, (acts_at, one.break_id))
        else:
            self._near.add(one.break_id)

    def _followed(self, changed: Collection[int]) -> dict[int, ScheduledBreak]:
        """Breaks that follow others by their plan and are now due at another time."""
        followers = [one for one in self._breaks.values() if isinstance(one.when, After)]
        chained = {one.when.break_id for one in followers if isinstance(one.when, After)}
        chained.update(one.break_id for one in followers)
        if chained.isdisjoint(changed):
            return {}
        due = due_times(self._breaks)
        moved = {
            one.break_id: one.model_copy(update={"planned_at": due[one.break_id]})
            for one in followers
            if one.state is BreakState.PLANNED and due[one.break_id] != one.planned_at
        }
        self._breaks |= moved
        return moved

    def _remember(self) -> None:
        order = sorted(self._breaks.values(), key=lambda one: (one.planned_at or 0, one.break_id))
        self.snapshot = tuple(order)
