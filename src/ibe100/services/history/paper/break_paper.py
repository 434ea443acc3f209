"""The as-run log by break as a document."""

from __future__ import annotations

from collections.abc import Sequence

from ibe100.models.cues.break_log import CHANNEL, AsRunBreak, BreakLog, BreakSums
from ibe100.models.cues.time_zone import local_time
from ibe100.services.history.paper.document import PaperColumn, PaperRow, Section, made
from ibe100.utils.units import format_event_id

TITLE = "As-run log by break"
NOTHING = "No break was planned or aired in these days."
MOST_NAMED = 3
"""Channels that the title names."""
COLUMNS = (
    PaperColumn("Planned", 35),
    PaperColumn("Aired", 41),
    PaperColumn("Channel", 39),
    PaperColumn("Break", 31),
    PaperColumn("Event id", 21),
    PaperColumn("Outcome", 26),
    PaperColumn("Late s", 12, "R"),
    PaperColumn("Announced s", 20, "R"),
    PaperColumn("Actual s", 16, "R"),
    PaperColumn("Over s", 14, "R"),
    PaperColumn("IDR ms", 14, "R"),
)
SUM_COLUMNS = (
    PaperColumn("", 72),
    PaperColumn("Breaks", 20, "R"),
    PaperColumn("Aired", 20, "R"),
    PaperColumn("Called off", 22, "R"),
    PaperColumn("Right", 30, "R"),
    PaperColumn("Success", 22, "R"),
    PaperColumn("Announced", 26, "R"),
    PaperColumn("Actual", 26, "R"),
    PaperColumn("Over s", 15, "R"),
    PaperColumn("Short s", 16, "R"),
)
REASON_COLUMNS = (PaperColumn("Breaks", 20, "R"), PaperColumn("Outcome", 40), PaperColumn("Reason", 209))


def write_breaks(log: BreakLog, digest: str, facts: Sequence[tuple[str, str]]) -> bytes:
    """The document; `facts` say who made it and how it is verified."""
    names = [one.name for one in log.channels]
    zones = sorted({one.time_zone for one in log.rows}) if log.time_zone == CHANNEL else [log.time_zone]
    who = ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} channels"
    subtitle = f"{who or 'no channel'} · {log.day.replace('/', ' to ')}"
    rows = tuple(map(_row, log.rows))
    reasons = tuple(
        PaperRow((str(one.count), str(one.outcome), one.reason or "no reason is on record"))
        for one in log.all.reasons
    )
    sections = [
        Section("Sums", SUM_COLUMNS, _sums((log.all,))),
        *(
            Section(heading, SUM_COLUMNS, _sums(sums))
            for heading, sums in (
                ("By channel", log.channels),
                ("By distributor", log.distributors),
                ("By day", log.days),
            )
            if sums
        ),
        Section("Reasons", REASON_COLUMNS, reasons, "Every break that was wanted aired in time and ended."),
        Section("Breaks", COLUMNS, rows, NOTHING, on_new_page=bool(rows)),
    ]
    shown = (
        ("Days", f"{log.day.replace('/', ' to ')}, of time zone {', '.join(zones) or log.time_zone}"),
        ("Times", "On the clocks of the channel, with the offset from UTC"),
        *facts,
    )
    return made(TITLE, subtitle, f"SHA-256 of the rows {digest}", shown, sections)


def _row(one: AsRunBreak) -> PaperRow:
    proofs = (one.output_proof, one.return_proof, one.ending and f"ended {one.ending}", one.reason)
    return PaperRow(
        (
            _moment(one, one.planned_at, decimals=0),
            _moment(one, one.aired_at, decimals=3),
            one.stream_name,
            one.title,
            "" if one.splice_event_id is None else format_event_id(one.splice_event_id),
            str(one.outcome),
            _signed(one.late_s),
            _seconds(one.announced_s),
            _seconds(one.actual_s),
            _signed(one.over_s),
            "" if one.idr_offset_ms is None else f"{one.idr_offset_ms:+.0f}",
        ),
        below="; ".join(words for words in proofs if words),
    )


def _moment(one: AsRunBreak, at: float | None, decimals: int) -> str:
    """`22 Nov 15:03:07.024 +01:00`."""
    if at is None:
        return ""
    local = local_time(round(at, decimals or None), one.time_zone)
    parts = f".{local.microsecond // 1000:03d}" if decimals else ""
    offset = local.strftime("%z")
    return f"{local:%d %b %H:%M:%S}{parts} {offset[:3]}:{offset[3:5]}"


def _sums(sums: Sequence[BreakSums]) -> tuple[PaperRow, ...]:
    return tuple(
        PaperRow(
            (
                one.name,
                str(one.breaks),
                str(one.aired),
                str(one.called_off),
                f"{one.right} of {one.judged}",
                "–" if one.success is None else f"{one.success * 100:.1f} %",
                _clock(one.announced_s),
                _clock(one.actual_s),
                f"{one.over_s:.1f}",
                f"{one.short_s:.1f}",
            )
        )
        for one in sums
    )


def _clock(seconds: float) -> str:
    """`1:04:30.0`."""
    minutes, left = divmod(round(seconds, 1), 60)
    return f"{int(minutes) // 60}:{int(minutes) % 60:02d}:{left:04.1f}"


def _seconds(seconds: float | None) -> str:
    return "" if seconds is None else f"{seconds:.1f}"


def _signed(seconds: float | None) -> str:
    # Without the sign of a zero that is a little less.
    return "" if seconds is None else f"{round(seconds, 1) + 0.0:+.1f}"
