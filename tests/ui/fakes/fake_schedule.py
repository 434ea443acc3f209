"""A schedule in memory."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fake_bus import FakeBus
from fake_values import planned
from ibe100.models.cues.schedule import BreakPlan, Finding, ImportPreview, ScheduledBreak
from ibe100.models.errors import StreamError
from ibe100.models.messages import ScheduleChanged


class FakeSchedule:
    """Plans breaks as asked, unless their title says otherwise."""

    def __init__(self, bus: FakeBus) -> None:
        self._bus = bus
        self.breaks: dict[int, ScheduledBreak] = {}
        self.findings: tuple[Finding, ...] = ()
        self.preview = ImportPreview(source="none", rows=())

    def list(self) -> tuple[ScheduledBreak, ...]:
        return tuple(self.breaks.values())

    def conflicts(self) -> tuple[Finding, ...]:
        return self.findings

    def put(self, one: ScheduledBreak) -> ScheduledBreak:
        self.breaks[one.break_id] = one
        self._bus.publish(ScheduleChanged(changed=(one,)))
        return one

    async def add(self, plan: BreakPlan) -> ScheduledBreak:
        if plan.title == "Too late":
            raise StreamError("Too late is due in the past: choose a later moment")
        return self.put(planned(max(self.breaks, default=0) + 1, plan))

    async def change(self, break_id: int, plan: BreakPlan) -> ScheduledBreak:
        return self.put(planned(break_id, plan))

    async def remove(self, break_ids: Sequence[int]) -> None:
        for break_id in break_ids:
            del self.breaks[break_id]
        self._bus.publish(ScheduleChanged(removed=tuple(break_ids)))

    async def preview_import(self, path: Path, time_zone: str = "") -> ImportPreview:
        return self.preview

    async def import_rows(self, preview: ImportPreview) -> tuple[ScheduledBreak, ...]:
        return tuple([await self.add(row.plan) for row in preview.good if row.plan is not None])
