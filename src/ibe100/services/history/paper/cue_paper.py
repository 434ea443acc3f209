"""The as-run log by cue as a document: a summary, then each cue with its receipt and its bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from ibe100.models.cues.as_run import AsRunLog
from ibe100.models.scte35_marker import shown_state
from ibe100.services.history.as_run_columns import Cell, Record
from ibe100.services.history.paper.break_paper import MOST_NAMED
from ibe100.services.history.paper.document import PaperColumn, PaperRow, Section, made
from ibe100.utils.units import format_event_id

TITLE = "As-run log"
COLUMNS = (
    PaperColumn("Channel", 36),
    PaperColumn("Event id", 20),
    PaperColumn("Action", 37),
    PaperColumn("State", 20),
    PaperColumn("Dur. s", 12, "R"),
    PaperColumn("Scheduled", 20),
    PaperColumn("Requested", 20),
    PaperColumn("Sent", 20),
    PaperColumn("Seen", 20),
    PaperColumn("Aired", 20),
    PaperColumn("Late ms", 14, "R"),
    PaperColumn("Pre-roll ms", 19, "R"),
    PaperColumn("Seen", 11, "R"),
)
TIMES = ("scheduled_at", "requested_at", "sent_at", "seen_at", "aired_at")
COUNT_COLUMNS = (PaperColumn("Channel", 100), PaperColumn("State", 60), PaperColumn("Cues", 30, "R"))


def write_cues(
    log: AsRunLog, records: Sequence[Record], digest: str, facts: Sequence[tuple[str, str]]
) -> bytes:
    """The document; `facts` say who made it and how it is verified."""
    names = sorted({row.stream_name for row in log.rows}) or [log.stream_id or "all streams"]
    counts = Counter((row.stream_name, shown_state(row.cue.action, row.cue.state)) for row in log.rows)
    rows = tuple(map(_row, records))
    sections = (
        Section(
            "Sums",
            COUNT_COLUMNS,
            tuple(PaperRow((name, state, str(count))) for (name, state), count in sorted(counts.items())),
            "No cues on this day.",
        ),
        Section("Cues", COLUMNS, rows, "No cues on this day.", on_new_page=bool(rows)),
    )
    shown = (
        ("Day", f"{log.day}, of time zone {log.time_zone}"),
        ("Times", "UTC; pre-roll is asked/real. Below each cue: what was proved, reasons, the section"),
        *facts,
    )
    subtitle = f"{', '.join(names) if len(names) <= MOST_NAMED else f'{len(names)} channels'} · {log.day}"
    return made(TITLE, subtitle, f"SHA-256 of the rows {digest}", shown, sections)


def _row(record: Record) -> PaperRow:
    event_id = record["splice_event_id"]
    words = [str(record["receipt"])]
    words += [str(record["reason"])] if record["reason"] else []
    words += [f"by {record['requested_by']}"] if record["requested_by"] else []
    words += [f"splice PTS {record['splice_pts']}"] if record["splice_pts"] is not None else []
    words += [f"seen at PTS {record['seen_pts']}"] if record["seen_pts"] is not None else []
    words += [f"return feed: {_return_words(record)}"] if record["return_state"] else []
    return PaperRow(
        (
            str(record["stream_name"]),
            format_event_id(event_id) if isinstance(event_id, int) else "–",
            str(record["action"]),
            shown_state(str(record["action"]), str(record["state"])),
            _text(record["duration_s"]),
            *(_clock(record[name]) for name in TIMES),
            _text(record["lateness_ms"]),
            f"{_whole(record['pre_roll_asked_ms'])}/{_whole(record['pre_roll_real_ms'])}",
            f"{record['seen']}/{record['sent_expected']}",
        ),
        below="; ".join(words),
        code=str(record["section_base64"]),
    )


def _return_words(record: Record) -> str:
    """`SEEN 3/3 +31.2 s`, and what was wrong."""
    words = f"{record['return_state']} {record['return_seen']}/{record['return_expected']}"
    if isinstance(record["return_delay_s"], int | float):
        words += f" {record['return_delay_s']:+.1f} s"
    return f"{words}: {record['return_reason']}" if record["return_reason"] else words


def _clock(moment: Cell) -> str:
    """`14:03:07.024` of `2026-11-22T14:03:07.024Z`."""
    return _text(moment).partition("T")[2].removesuffix("Z") or _text(moment)


def _text(value: Cell) -> str:
    return "–" if value in (None, "") else str(value)


def _whole(number: Cell) -> str:
    return f"{number:.0f}" if isinstance(number, int | float) else "–"
