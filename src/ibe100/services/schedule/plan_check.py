"""Conflicts that a plan or a file of plans would make, told before it is stored."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from ibe100.models.cues.recurrence import DAY_S, Every, Weekly
from ibe100.models.cues.schedule import (
    BreakPlan,
    Finding,
    ImportPreview,
    ImportRow,
    ScheduledBreak,
    due_times,
)
from ibe100.models.messages import StreamView
from ibe100.models.stream_config import Scte35Options
from ibe100.services.schedule.cache import ScheduleCache
from ibe100.services.schedule.conflicts import HORIZON_S, conflicts
from ibe100.services.schedule.import_rows import read_rows
from ibe100.services.streams.which_stream import StreamNames
from ibe100.utils.long_work import Turns

BESIDE_S = 120.0
"""Breaks that are this far off cannot meet: longer than any cue takes to get ready."""
WEEK_S = 8 * DAY_S
"""Time for which a rule of weekdays is compared: each of its days, and the night after the last."""


def conflicts_of(
    draft: ScheduledBreak, planned: Sequence[ScheduledBreak], options: Scte35Options
) -> tuple[Finding, ...]:
    """Conflicts of `draft` with what else is planned, its own former plan and what it made left out."""
    others = [
        one
        for one in planned
        if one.stream_id == draft.stream_id and draft.break_id not in (one.break_id, one.series_id)
    ]
    begins = draft.planned_at or due_times({one.break_id: one for one in (*others, draft)})[draft.break_id]
    if begins is None:
        return ()
    draft = draft.model_copy(update={"planned_at": begins, "enabled": True, "accepted": ""})
    first = begins - BESIDE_S
    match draft.when:
        case Weekly():
            horizon_s = WEEK_S
        case Every():
            horizon_s = HORIZON_S
        case _:
            horizon_s = draft.duration_s + 2 * BESIDE_S
    found = conflicts([*others, draft], {draft.stream_id: options}, first, horizon_s)
    return tuple(one for one in found if draft.break_id in one.break_ids)


def preview_file(
    turns: Turns,
    path: Path,
    time_zone: str,
    streams: StreamNames[StreamView],
    planned: ScheduleCache,
    refusal: Callable[[BreakPlan, int, dict[int, BreakPlan], set[int]], str | None],
    new: Callable[[int, BreakPlan], ScheduledBreak],
    findings: Callable[[Sequence[ScheduledBreak]], tuple[Finding, ...]],
) -> ImportPreview:
    """Plans in a file and the conflicts that they make among each other and with `planned`; see `read_rows`.

    `refusal` says why a plan cannot be, `new` makes its break, `findings` are the conflicts of many.
    """
    own: dict[int, BreakPlan] = {}
    sound: set[int] = set()
    rows = []
    for row in read_rows(path, time_zone, streams, turns):
        if row.plan is not None and (why := refusal(row.plan, -row.line, own, sound)):
            row = ImportRow(line=row.line, error=why)
        if row.plan is not None:
            own[-row.line] = row.plan
        rows.append(row)
    cache = ScheduleCache()
    cache.put([*planned.snapshot, *(new(draft_id, plan) for draft_id, plan in turns.each(own.items()))])
    found = tuple(
        one for one in findings(cache.snapshot) if not one.break_ids or own.keys() & set(one.break_ids)
    )
    return ImportPreview(source=path.name, rows=tuple(rows), findings=found)
