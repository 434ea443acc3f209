"""Port of the schedule, with what front ends may ask of it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Protocol

from ibe100.models.cues.schedule import BreakPlan, Finding, ImportPreview, PlanCheck, ScheduledBreak


class SchedulePort(Protocol):
    """Planned breaks: all that is planned, what of it conflicts, change it, import it."""

    def list(self) -> tuple[ScheduledBreak, ...]:
        """Planned breaks by due time, those over since two days ago as well; safe from any thread."""

    async def conflicts(self) -> tuple[Finding, ...]:
        """Conflicts: breaks that cannot be aired as planned within the next day."""

    async def check(self, plan: BreakPlan, break_id: int | None = None) -> PlanCheck:
        """Say what stands against `plan`, for a new break or for `break_id`; nothing is stored."""

    async def add(self, plan: BreakPlan) -> ScheduledBreak: ...
    async def change(self, break_id: int, plan: BreakPlan) -> ScheduledBreak:
        """Plan it otherwise. Refused once its cue is made or it is over.

        A break of a rule of weekdays is one by itself from then on.
        """

    async def send_early(self, break_id: int) -> ScheduledBreak:
        """Plan it for the first moment at which its pre-roll is still whole."""

    async def accept_conflict(self, break_id: int, text: str) -> ScheduledBreak:
        """Keep a break in spite of the conflict that `text` tells; another conflict is told again."""

    async def export(
        self, path: Path, first: float, end: float, break_ids: Collection[int] | None = None
    ) -> int:
        """Write the breaks due from `first` to before `end`, of `break_ids` if given; returns how many.

        `.json` by the suffix of `path`, else CSV, such that an import takes it. Raises OperatorError.
        """

    async def remove(self, break_ids: Sequence[int]) -> None:
        """Refused once a cue is made or it is over, or while another break follows one of them."""

    async def preview_import(self, path: Path, time_zone: str = "") -> ImportPreview:
        """Read CSV, JSON or XMLTV by its suffix; times without an offset are those of `time_zone`.

        Nothing is stored. Raises ConfigurationError when the file as a whole cannot be read.
        """

    async def import_rows(self, preview: ImportPreview) -> tuple[ScheduledBreak, ...]:
        """Store the good rows of a preview, all or none."""
