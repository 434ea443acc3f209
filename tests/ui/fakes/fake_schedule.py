"""A schedule in memory."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from pathlib import Path

from fake_bus import FakeBus
from fake_values import planned
from ibe100.models.cues.schedule import At, BreakPlan, Finding, ImportPreview, PlanCheck, ScheduledBreak
from ibe100.models.errors import StreamError
from ibe100.models.messages import ScheduleChanged


class FakeSchedule:
    """Plans breaks as asked, unless their title says otherwise."""

    def __init__(self, bus: FakeBus) -> None:
        self._bus = bus
        self.breaks: dict[int, ScheduledBreak] = {}
        self.findings: tuple[Finding, ...] = ()
        self.checks: dict[str, PlanCheck] = {}
        """Answers to `check`, by title."""
        self.preview = ImportPreview(source="none", rows=())

    def list(self) -> tuple[ScheduledBreak, ...]:
        return tuple(self.breaks.values())

    async def conflicts(self) -> tuple[Finding, ...]:
        return self.findings

    def put(self, one: ScheduledBreak) -> ScheduledBreak:
        self.breaks[one.break_id] = one
        self._bus.publish(ScheduleChanged(changed=(one,)))
        return one

    async def check(self, plan: BreakPlan, break_id: int | None = None) -> PlanCheck:
        return self.checks.get(plan.title, PlanCheck())

    async def send_early(self, break_id: int) -> ScheduledBreak:
        plan = self.breaks[break_id].plan
        return await self.change(break_id, plan.model_copy(update={"when": At(at=time.time() + 10)}))

    async def accept_conflict(self, break_id: int, text: str) -> ScheduledBreak:
        self.findings = tuple(
            one.model_copy(update={"accepted": text == one.text}) if one.subject == break_id else one
            for one in self.findings
        )
        return self.put(self.breaks[break_id].model_copy(update={"accepted": text}))

    async def export(
        self, path: Path, first: float, end: float, break_ids: Collection[int] | None = None
    ) -> int:
        due = [one for one in self.breaks.values() if first <= (one.planned_at or 0) < end]
        written = [one.title for one in due if break_ids is None or one.break_id in break_ids]
        path.write_text("\n".join(written))
        return len(written)

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
