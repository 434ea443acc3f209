"""The command line's way to the schedule, beside `local_control`: `schedule_…` commands."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ibe100.models.cues.schedule import ImportPreview
from ibe100.models.errors import ConfigurationError
from ibe100.models.messages import StreamView
from ibe100.services.ports import Services
from ibe100.services.schedule.export_rows import rows_of
from ibe100.services.schedule.import_rows import plan_of
from ibe100.services.schedule.raw_rows import check_columns
from ibe100.services.streams.which_stream import StreamNames

PAGE = 500
"""So many breaks fit well into one reply."""
MOST_ERRORS = 200


async def schedule_command(services: Services, command: str, request: Mapping[str, Any]) -> Any:
    """The result of one command, ready for JSON. Raises OperatorError."""
    schedule = services.schedule
    match command:
        case "schedule_list":
            return _page([one.model_dump(mode="json") for one in schedule.list()], request)
        case "schedule_conflicts":
            found = await asyncio.to_thread(schedule.conflicts)
            return _page([finding.model_dump(mode="json") for finding in found], request)
        case "schedule_export":
            return _page(list(rows_of(schedule.list(), _names(services))), request)
        case "schedule_add":
            row = _row(request.get("row"))
            plan = plan_of(row, {}, row.get("time_zone", ""), _names(services))
            return (await schedule.add(plan)).model_dump(mode="json")
        case "schedule_remove":
            await schedule.remove(_ids(request.get("ids")))
            return None
        case "schedule_import":
            path = Path(str(request.get("path", "")))
            preview = await schedule.preview_import(path, str(request.get("time_zone", "")))
            stored = 0
            if not request.get("dry_run") and (not preview.bad or request.get("skip_bad")):
                stored = len(await schedule.import_rows(preview))
            return _outcome(preview, stored, _names(services))
        case other:
            raise ConfigurationError(f"command {other!r} is not known")


def _names(services: Services) -> StreamNames[StreamView]:
    return StreamNames(services.streams.streams())


def _page(items: list[Any], request: Mapping[str, Any]) -> dict[str, Any]:
    offset = request.get("offset", 0)
    if not isinstance(offset, int) or offset < 0:
        raise ConfigurationError(f"offset {offset!r} is no count")
    return {"total": len(items), "items": items[offset : offset + PAGE]}


def _row(values: object) -> dict[str, str]:
    if not isinstance(values, dict) or not all(isinstance(value, str) for value in values.values()):
        raise ConfigurationError("row: an object of texts is expected")
    check_columns(values, "row")
    return values


def _ids(values: object) -> list[int]:
    if not isinstance(values, list) or not all(type(value) is int for value in values):
        raise ConfigurationError("ids: a list of numbers is expected")
    return values


def _outcome(preview: ImportPreview, stored: int, streams: StreamNames[StreamView]) -> dict[str, Any]:
    return {
        "source": preview.source,
        "good": len(preview.good),
        "bad": len(preview.bad),
        "errors": [{"line": row.line, "error": row.error} for row in preview.bad[:MOST_ERRORS]],
        "understood": [
            {
                "line": row.line,
                "stream": streams.reference_to(row.plan.stream_id),
                "plan": row.plan.model_dump(mode="json"),
            }
            for row in preview.good[:MOST_ERRORS]
            if row.plan is not None
        ],
        "findings": [finding.text for finding in preview.findings[:MOST_ERRORS]],
        "stored": stored,
    }
