"""The as-run log by break on the terminal."""

from __future__ import annotations

from collections.abc import Iterable

from rich.table import Table

from ibe100.cli.options import terminal
from ibe100.models.cues.break_log import AsRunBreak, BreakLog, BreakSums
from ibe100.models.cues.time_zone import local_time
from ibe100.utils.units import counted, format_event_id

COLUMNS = (
    "Planned",
    "Aired",
    "Stream",
    "Event id",
    "Outcome",
    "Announced",
    "Actual",
    "Over",
    "Proof, reason",
)
SUMS = ("", "Breaks", "Aired", "Right", "Success", "Announced", "Actual", "Over", "Short")


def print_breaks(log: BreakLog) -> None:
    """Print the rows, then the sums per day, channel and distributor, then the reasons."""
    table = Table(title=f"As-run log by break, {log.day}; times are local to each channel")
    for column in COLUMNS:
        table.add_column(column, overflow="fold")
    for one in log.rows:
        table.add_row(*_cells(one))
    terminal().print(table)
    for title, sums in (
        ("Days", log.days),
        ("Channels", log.channels),
        ("Distributors", log.distributors),
        ("All", (log.all,)),
    ):
        _print_sums(title, sums)
    for reason in log.all.reasons:
        print(f"{reason.count} × {reason.outcome}: {reason.reason or 'no reason is on record'}")
    print(counted(len(log.rows), "break"))


def clock_of(one: AsRunBreak, at: float | None) -> str:
    """`2026-11-22 15:03:07.0` on the clocks of the channel; empty if unknown."""
    if at is None:
        return ""
    local = local_time(round(at, 1), one.time_zone)
    return f"{local:%Y-%m-%d %H:%M:%S}.{local.microsecond // 100_000}"


def success_text(sums: BreakSums) -> str:
    """`98.5 %`; a dash where nothing is judged."""
    return "–" if sums.success is None else f"{sums.success * 100:.1f} %"


def _cells(one: AsRunBreak) -> tuple[str, ...]:
    proofs = (one.output_proof, one.return_proof, str(one.ending), one.reason)
    return (
        clock_of(one, one.planned_at),
        clock_of(one, one.aired_at),
        one.stream_name,
        "" if one.splice_event_id is None else format_event_id(one.splice_event_id),
        one.outcome,
        _seconds(one.announced_s),
        _seconds(one.actual_s),
        "" if one.over_s is None else f"{one.over_s:+.1f}",
        "; ".join(words for words in proofs if words),
    )


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"


def _print_sums(title: str, sums: Iterable[BreakSums]) -> None:
    table = Table(title=title)
    for column in SUMS:
        table.add_column(column)
    for one in sums:
        table.add_row(
            one.name,
            str(one.breaks),
            str(one.aired),
            f"{one.right} of {one.judged}",
            success_text(one),
            *(_seconds(seconds) for seconds in (one.announced_s, one.actual_s, one.over_s, one.short_s)),
        )
    terminal().print(table)
