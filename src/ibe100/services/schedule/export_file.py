"""Planned breaks of a span of time as a file that an import takes back."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ibe100.models.cues.recurrence import Series
from ibe100.models.cues.schedule import At, ScheduledBreak
from ibe100.models.errors import StorageError
from ibe100.models.messages import StreamView
from ibe100.services.schedule.export_rows import row_of
from ibe100.services.schedule.raw_rows import COLUMNS
from ibe100.services.streams.which_stream import StreamNames
from ibe100.utils.atomic_write import atomic_write


def day_rows(
    breaks: Iterable[ScheduledBreak],
    streams: StreamNames[StreamView],
    first: float,
    end: float,
    wanted: frozenset[int] | None = None,
) -> list[dict[str, str]]:
    """A row per break due from `first` to before `end`, each at its moment, by time; what series are still to
    make as well. `wanted` leaves out other breaks and series.
    """
    shown = [one for one in breaks if wanted is None or one.break_id in wanted]
    due: list[tuple[float, ScheduledBreak]] = []
    for one in shown:
        if isinstance(one.when, Series):
            begin = first if one.planned_at is None else max(first, one.planned_at)
            moments = () if one.state.is_final or not one.enabled else one.when.between(begin, end)
            due += [(moment, one) for moment in moments]
        elif one.planned_at is not None and first <= one.planned_at < end:
            due.append((one.planned_at, one))
    due.sort(key=lambda found: (found[0], found[1].break_id))
    singles = (one.model_copy(update={"when": At(at=moment)}) for moment, one in due)
    return [{**row_of(one, set(), streams), "ref": ""} for one in singles]


def write_rows(rows: Sequence[Mapping[str, str]], path: Path) -> None:
    """Write `rows` as JSON where `path` ends in `.json`, else as CSV; whole or not at all.

    Raises StorageError.
    """
    if path.suffix.lower() == ".json":
        filled = [{name: value for name, value in row.items() if value} for row in rows]
        text = json.dumps(filled, indent=1, ensure_ascii=False)
    else:
        sheet = io.StringIO()
        writer = csv.DictWriter(sheet, COLUMNS, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        text = sheet.getvalue()
    try:
        atomic_write(path, text.encode())
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror}.") from error
