"""`ibe100 asrun`: the as-run log of a day, also while a console works on the same folder."""

from __future__ import annotations

import asyncio
import sys
from datetime import date
from pathlib import Path

from rich.table import Table

from ibe100.cli.options import terminal
from ibe100.cli.running_instance import settings_of
from ibe100.core.folders import resolve
from ibe100.database.stores.as_run import open_as_run
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, AsRunRow
from ibe100.models.errors import ConfigurationError
from ibe100.services.history.as_run import today
from ibe100.services.history.as_run_export import export
from ibe100.services.history.as_run_log import AsRunService, verify_file
from ibe100.services.streams.which_stream import which_stream
from ibe100.utils.timecode import format_clock
from ibe100.utils.units import format_event_id

EXIT_CHANGED = 1
COLUMNS = ("Aired", "Stream", "Action", "Event id", "State", "Late ms", "Pre-roll ms", "Receipt")


def run_asrun(
    data_dir: Path | None,
    day: str,
    time_zone: str,
    stream: str,
    format: AsRunFormat | None,
    output: Path | None,
) -> int:
    """Print the log of `day` (empty: today) as a table, or write it as a file. Raises OperatorError."""
    path = resolve(settings_of(data_dir).folders).database_file
    chosen = _day(day) if day else today(time_zone)
    if output is not None and format is None:
        format = _format_of(output)
    if output is None and format is AsRunFormat.PDF and sys.stdout.isatty():
        raise ConfigurationError("a PDF is not for the terminal: name a file with --output")
    asyncio.run(_run(path, chosen, time_zone, stream, format, output))
    return 0


def run_verify(path: Path) -> int:
    """Verify an exported file; returns 1 when its rows were changed since. Raises OperatorError."""
    check = asyncio.run(verify_file(path))
    if check.is_intact:
        print(f"{path}: {check.rows} cues, intact, SHA-256 {check.computed}")
        return 0
    print(f"{path}: CHANGED. It names SHA-256 {check.named}, its {check.rows} cues have {check.computed}")
    return EXIT_CHANGED


async def _run(
    path: Path, day: date, time_zone: str, stream: str, format: AsRunFormat | None, output: Path | None
) -> None:
    async with open_as_run(path) as storage:
        service = AsRunService(storage)
        stream_id = which_stream(await service.streams(), stream).stream_id if stream else None
        log = await service.log(day, time_zone, stream_id)
        if format is None:
            _print_table(log)
        elif output is None:
            content, _ = await asyncio.to_thread(export, log, format)
            sys.stdout.buffer.write(content)
            sys.stdout.buffer.flush()
        else:
            digest = await service.export(log, format, output)
            print(f"{output}: {len(log.rows)} cues, SHA-256 {digest}", file=sys.stderr)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ConfigurationError(f"{text!r} is no day; write it as 2026-11-22") from error


def _format_of(output: Path) -> AsRunFormat:
    try:
        return AsRunFormat(output.suffix.removeprefix(".").lower())
    except ValueError as error:
        raise ConfigurationError(
            f"{output} does not end in .csv, .json or .pdf: say --format as well"
        ) from error


def _print_table(log: AsRunLog) -> None:
    table = Table(title=f"As-run log {log.day} ({log.time_zone}); times are UTC")
    for column in COLUMNS:
        table.add_column(column)
    for row in log.rows:
        cue = row.cue
        table.add_row(
            format_clock(row.aired_at, milliseconds=True),
            row.stream_name,
            cue.action,
            "" if cue.splice_event_id is None else format_event_id(cue.splice_event_id),
            cue.state,
            "" if row.lateness_ms is None else f"{row.lateness_ms:.0f}",
            "" if cue.pre_roll_ms is None else f"{cue.pre_roll_ms:.0f}",
            "; ".join(words for words in (row.receipt, cue.reason, _came_back(row)) if words),
        )
    terminal().print(table)
    print(f"{len(log.rows)} cues")


def _came_back(row: AsRunRow) -> str:
    return row.came_back.words if row.came_back is not None else ""
