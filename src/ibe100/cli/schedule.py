"""`ibe100 schedule`: the planned breaks of a running console or server."""

from __future__ import annotations

import csv
import json
import re
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer

from ibe100.cli.options import AsJson, DataDir, print_table
from ibe100.cli.running_instance import running
from ibe100.models.cues.recurrence import Every, Weekly
from ibe100.models.cues.schedule import After, At, BreakPlan, Finding, ReturnPolicy, ScheduledBreak
from ibe100.models.errors import ConfigurationError
from ibe100.services.schedule.raw_rows import COLUMNS
from ibe100.services.schedule.times import format_moment
from ibe100.services.streams.which_stream import StreamNames
from ibe100_client import Call, Client, schedule, streams
from ibe100_client.values import ImportOutcome, Stream

EXIT_BAD_ROWS = 1
LONGEST_STEM = 40
_NOT_IN_A_NAME = re.compile(r"[^\w]+")

app = typer.Typer(help="The planned breaks of a running console or server.")

TimeZone = Annotated[str, typer.Option(help="IANA name; for times without an offset, and to show them.")]

BreakId = Annotated[int, typer.Argument(metavar="ID", help="As in the list.")]


@app.command("list")
def list_breaks(as_json: AsJson = False, time_zone: TimeZone = "", data_dir: DataDir = None) -> None:
    """Show planned breaks, those over since two days ago, and conflicts within the next day."""
    with running(data_dir) as console:
        breaks = _all(console, schedule.page, "breaks")
        findings = console.json(schedule.conflicts())
    if as_json:
        typer.echo(json.dumps({"breaks": breaks, "conflicts": findings}))
        return
    print_table(
        ("Id", "Due", "Stream", "Title", "Seconds", "Return", "State", "Cue", "Reason"),
        (_row(ScheduledBreak.model_validate(values), time_zone) for values in breaks),
    )
    for finding in findings:
        typer.echo(f"conflict: {finding['text']}")


@app.command()
def add(
    stream: Annotated[str, typer.Argument(metavar="STREAM", help="Number, id or name.")],
    duration: Annotated[str, typer.Option(help="Seconds, 00:01:30 or PT1M30S.")],
    start: Annotated[str, typer.Option(help="2026-11-22T20:15:00+01:00, or local with --time-zone.")] = "",
    after: Annotated[str, typer.Option(help="Id of the break it follows.", show_default=False)] = "",
    offset: Annotated[str, typer.Option(help="From the end of that break.", show_default=False)] = "",
    every: Annotated[str, typer.Option(help="Minutes: a series.", show_default=False)] = "",
    until: Annotated[str, typer.Option(help="The series begins none from then on.", show_default=False)] = "",
    weekdays: Annotated[
        str, typer.Option(help="A rule: mon-fri, 'sat sun', daily.", show_default=False)
    ] = "",
    local_time: Annotated[
        str,
        typer.Option(help="Of the rule, as 20:15, in --time-zone whatever clocks do.", show_default=False),
    ] = "",
    from_date: Annotated[str, typer.Option(help="First day of the rule.", show_default="today")] = "",
    until_date: Annotated[str, typer.Option(help="Last day of the rule.", show_default=False)] = "",
    except_dates: Annotated[str, typer.Option(help="Days without a break.", show_default=False)] = "",
    title: Annotated[str, typer.Option(help="What operators call it.")] = "Break",
    pre_roll: Annotated[str, typer.Option(help="Seconds it must have.", show_default=False)] = "",
    returns: Annotated[ReturnPolicy, typer.Option(help="How it ends.")] = ReturnPolicy.AUTO,
    time_zone: TimeZone = "",
    data_dir: DataDir = None,
) -> None:
    """Plan a break."""
    values = {
        "stream": stream,
        "duration": duration,
        "start": start,
        "after": after and f"#{after.removeprefix('#')}",
        "offset": offset,
        "every_minutes": every,
        "until": until,
        "weekdays": weekdays,
        "local_time": local_time,
        "from_date": from_date,
        "until_date": until_date,
        "except_dates": except_dates,
        "title": title,
        "pre_roll": pre_roll,
        "returns": returns.value,
        "time_zone": time_zone,
    }
    row = {name: value for name, value in values.items() if value}
    with running(data_dir) as console:
        one = ScheduledBreak.model_validate(console.json(schedule.add_row(row)))
    typer.echo(f"{one.break_id} {_when(one, time_zone)} {one.title}")


@app.command()
def remove(
    break_ids: Annotated[list[int], typer.Argument(metavar="ID...", help="As in the list.")],
    data_dir: DataDir = None,
) -> None:
    """Take planned breaks off the schedule, all or none."""
    with running(data_dir) as console:
        console.do(schedule.remove_all(break_ids))


@app.command("send-early")
def send_early(break_id: BreakId, time_zone: TimeZone = "", data_dir: DataDir = None) -> None:
    """Plan a break for the first moment at which its pre-roll is still whole."""
    with running(data_dir) as console:
        one = ScheduledBreak.model_validate(console.json(schedule.send_early(break_id)))
    typer.echo(f"{one.break_id} {_when(one, time_zone)} {one.title}")


@app.command()
def accept(break_id: BreakId, data_dir: DataDir = None) -> None:
    """Keep a break in spite of the conflicts that the list tells of it now."""
    with running(data_dir) as console:
        console.do(schedule.one(break_id))
        found = map(Finding.model_validate, console.json(schedule.conflicts()))
        told = [one for one in found if break_id in one.break_ids and not one.accepted]
        for finding in told:
            console.do(schedule.accept_conflict(break_id, finding.text))
            typer.echo(f"accepted: {finding.text}")
    if not told:
        typer.echo(f"Break {break_id} has no conflict.")


@app.command("import")
def import_file(
    file: Annotated[
        Path, typer.Argument(help=".csv (.tsv, .txt), .json or .xml (XMLTV); see docs/schedule.md.")
    ],
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Show what would be planned; store nothing.")
    ] = False,
    skip_bad: Annotated[
        bool, typer.Option("--skip-bad", help="Store the good rows beside bad ones.")
    ] = False,
    time_zone: TimeZone = "",
    data_dir: DataDir = None,
) -> None:
    """Plan what a file says. With a bad row nothing is stored, unless --skip-bad."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{file} cannot be read: {error.strerror}") from error
    name = _NOT_IN_A_NAME.sub("_", file.stem)[:LONGEST_STEM] + file.suffix
    with running(data_dir) as console:
        if dry_run:
            outcome = console.do(schedule.preview_import(name, content, time_zone))
            _tell_understood(outcome, _names(console), time_zone)
        else:
            outcome = console.do(schedule.import_file(name, content, time_zone, skip_bad=skip_bad))
    errors = [row for row in outcome.rows if row.error]
    for row in errors:
        typer.echo(f"row {row.line}: {row.error}", err=True)
    if outcome.bad > len(errors):
        typer.echo(f"and {outcome.bad - len(errors)} more", err=True)
    for finding in outcome.findings:
        typer.echo(f"conflict: {finding.text}", err=True)
    typer.echo(f"{file.name}: {outcome.good} good, {outcome.bad} bad, {outcome.stored} stored")
    if outcome.bad:
        raise typer.Exit(EXIT_BAD_ROWS)


@app.command()
def export(
    as_json: AsJson = False,
    data_dir: DataDir = None,
) -> None:
    """Print what is still planned as CSV, or as JSON, such that import takes it back."""
    with running(data_dir) as console:
        rows = _all(console, schedule.rows, "rows")
    if as_json:
        typer.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    writer = csv.DictWriter(sys.stdout, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)


def _all(console: Client, page_from: Callable[..., Call[Any]], field: str) -> list[dict[str, Any]]:
    """Read all pages of a listing, whose items stand under `field`."""
    items: list[dict[str, Any]] = []
    while True:
        page = console.json(page_from(offset=len(items)))
        items += page[field]
        if not page[field] or len(items) >= page["total"]:
            return items


def _names(console: Client) -> StreamNames[Stream]:
    found = console.do(streams.listed())
    return StreamNames(found)


def _tell_understood(outcome: ImportOutcome, names: StreamNames[Stream], time_zone: str) -> None:
    understood = [(row.line, BreakPlan.model_validate(row.plan)) for row in outcome.rows if row.plan]
    for line, plan in understood:
        typer.echo(f"row {line}: {_understood(plan, names.reference_to(plan.stream_id), time_zone)}")
    if outcome.good > len(understood):
        typer.echo(f"and {outcome.good - len(understood)} more")


def _row(one: ScheduledBreak, time_zone: str) -> tuple[str, ...]:
    state = one.state.value if one.enabled else f"{one.state.value} (disabled)"
    cue = "" if one.cue_id is None else str(one.cue_id)
    planned = one.title, f"{one.duration_s:g}", one.returns.value
    return str(one.break_id), _when(one, time_zone), one.stream_id, *planned, state, cue, one.reason


def _understood(plan: BreakPlan, stream: str, time_zone: str) -> str:
    """A plan of a file as it was read; a leader in the same file is named by its row."""
    match plan.when:
        case At(at=at):
            due = format_moment(at, time_zone)
        case Every(start=start, minutes=minutes, until=until):
            due = f"{format_moment(start, time_zone)}, every {minutes:g} min"
            due += "" if until is None else f" until {format_moment(until, time_zone)}"
        case Weekly() as rule:
            due = rule.words()
        case After(break_id=leader, offset_s=offset_s):
            due = f"{offset_s:g} s after {f'row {-leader}' if leader < 0 else f'#{leader}'}"
    said = [due, f"stream {stream}", f"{plan.duration_s:g} s", f"returns {plan.returns.value}", plan.title]
    said += [] if plan.pre_roll_s is None else [f"pre-roll {plan.pre_roll_s:g} s"]
    said += [] if plan.enabled else ["disabled"]
    return " · ".join(said)


def _when(one: ScheduledBreak, time_zone: str) -> str:
    due = "–" if one.planned_at is None else format_moment(one.planned_at, time_zone)
    match one.when:
        case Every(minutes=minutes):
            return f"{due}, every {minutes:g} min"
        case Weekly() as rule:
            return f"{due}, {rule.words()}"
        case After(break_id=leader):
            return f"{due}, after {leader}"
        case _:
            return due
