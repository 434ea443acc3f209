"""Planned breaks of a server on another machine."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from ibe100.models.cues.schedule import (
    BreakPlan,
    Finding,
    ImportPreview,
    ImportRow,
    PlanCheck,
    ScheduledBreak,
)
from ibe100.models.errors import StorageError
from ibe100.remote.connection import Connection
from ibe100.remote.files import read_file, write_file
from ibe100.remote.mirror import Mirror
from ibe100_client import schedule

_ROWS = TypeAdapter(tuple[ImportRow, ...])
_FINDINGS = TypeAdapter(tuple[Finding, ...])
_BREAKS = TypeAdapter(tuple[ScheduledBreak, ...])


class RemoteSchedule:
    """The port of the schedule; files are those of this machine."""

    def __init__(self, connection: Connection, mirror: Mirror) -> None:
        self._connection, self._mirror = connection, mirror
        self._looked_through: tuple[ImportPreview, str, bytes, str] | None = None
        """The last file that was looked through: its preview, name, content and time zone."""

    def list(self) -> tuple[ScheduledBreak, ...]:
        """Planned breaks by due time, as the events told them."""
        return self._mirror.breaks

    async def conflicts(self) -> tuple[Finding, ...]:
        """Breaks that cannot be aired as planned within the next day."""
        return await self._connection.many(schedule.conflicts(), Finding)

    async def check(self, plan: BreakPlan, break_id: int | None = None) -> PlanCheck:
        """Say what stands against a plan."""
        return await self._connection.one(schedule.check(_values(plan), break_id), PlanCheck)

    async def add(self, plan: BreakPlan) -> ScheduledBreak:
        """Plan a break."""
        return await self._connection.one(schedule.add(_values(plan)), ScheduledBreak)

    async def change(self, break_id: int, plan: BreakPlan) -> ScheduledBreak:
        """Plan it otherwise."""
        return await self._connection.one(schedule.change(break_id, _values(plan)), ScheduledBreak)

    async def send_early(self, break_id: int) -> ScheduledBreak:
        """Plan it for the first moment at which its pre-roll is still whole."""
        return await self._connection.one(schedule.send_early(break_id), ScheduledBreak)

    async def accept_conflict(self, break_id: int, text: str) -> ScheduledBreak:
        """Keep a break in spite of a conflict."""
        return await self._connection.one(schedule.accept_conflict(break_id, text), ScheduledBreak)

    async def export(
        self, path: Path, first: float, end: float, break_ids: Collection[int] | None = None
    ) -> int:
        """Write breaks to a file of this machine; returns how many. Raises StorageError."""
        kind = "json" if path.suffix.lower() == ".json" else "csv"
        wanted = None if break_ids is None else tuple(break_ids)
        answer = await self._connection.answer(schedule.export(first, end, kind, wanted))
        await write_file(path, answer.body)
        return int(answer.headers.get("x-rows", "0"))

    async def remove(self, break_ids: Sequence[int]) -> None:
        """Take planned breaks off the schedule, all or none."""
        await self._connection.do(schedule.remove_all(break_ids))

    async def preview_import(self, path: Path, time_zone: str = "") -> ImportPreview:
        """Have the server look through a file of this machine; the first thousand rows are shown."""
        content = await read_file(path)
        found = await self._connection.json(schedule.preview_import(_sent_name(path), content, time_zone))
        preview = ImportPreview(
            source=path.name,
            rows=self._connection.read(_ROWS, found["rows"]),
            findings=self._connection.read(_FINDINGS, found["findings"]),
        )
        self._looked_through = preview, _sent_name(path), content, time_zone
        return preview

    async def import_rows(self, preview: ImportPreview) -> tuple[ScheduledBreak, ...]:
        """Store the good rows of the file that was looked through last, all or none."""
        if self._looked_through is None or self._looked_through[0] is not preview:
            raise StorageError(f"{preview.source} is to be looked through again: another file came between")
        _, name, content, time_zone = self._looked_through
        call = schedule.import_file(name, content, time_zone, skip_bad=True)
        found: dict[str, Any] = await self._connection.json(call)
        return self._connection.read(_BREAKS, found["breaks"])


def _values(plan: BreakPlan) -> dict[str, Any]:
    return plan.model_dump(mode="json")


def _sent_name(path: Path) -> str:
    """A name by which the server knows the format: those that mean CSV or XMLTV are many."""
    suffix = {".tsv": ".csv", ".txt": ".csv"}.get(path.suffix.lower(), path.suffix.lower())
    return f"breaks{suffix}"
