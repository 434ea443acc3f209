"""An as-run log on paper: some lines per cue on A4 across, the digest on each page."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from fpdf import FPDF
from fpdf.enums import XPos, YPos

from ibe100.models.cues.as_run import AsRunLog
from ibe100.models.scte35_marker import shown_state
from ibe100.services.history.as_run_columns import Cell, Record

FONT = "Courier"
SIZE_PT = 6.5
LINE_MM = 3.0
MARGIN_MM = 10
COLUMNS = (
    ("Event id", 10),
    ("Action", 18),
    ("State", 9),
    ("Dur. s", 8),
    ("Scheduled", 12),
    ("Requested", 12),
    ("Sent", 12),
    ("Seen", 12),
    ("Aired", 12),
    ("Late ms", 9),
    ("frames", 7),
    ("Splice PTS", 10),
    ("Seen PTS", 10),
    ("Pre-roll ms", 13),
    ("Seen n/N", 8),
    ("By", 12),
)
"""Heading and width in characters."""
TIMES = ("scheduled_at", "requested_at", "sent_at", "seen_at", "aired_at")
INDENT = "    "
LINE_CHARACTERS = sum(width + 1 for _, width in COLUMNS)


class _Pages(FPDF):
    """Pages with a head that says which log it is, and a foot with its digest."""

    def __init__(self, log: AsRunLog, digest: str) -> None:
        super().__init__(orientation="landscape", format="A4")
        self._log = log
        self._digest = digest
        self.set_margin(MARGIN_MM)
        self.set_auto_page_break(True, margin=MARGIN_MM + 2 * LINE_MM)
        self.alias_nb_pages()

    def header(self) -> None:
        """The day, the streams and the columns."""
        streams = "all streams" if self._log.stream_id is None else f"stream {self._log.stream_id}"
        self.set_font(FONT, "B", 10)
        title = f"As-run log  {self._log.day} ({self._log.time_zone})  {streams}"
        self._line(title, 5.0)
        self.set_font(FONT, "B", SIZE_PT)
        self._line(
            "Times of day are UTC; pre-roll is asked/real. Below each cue: its stream, what was proved, "
            "the reason of a failure, what the return feed said, the section in base64."
        )
        self._line(_columns(tuple(name for name, _ in COLUMNS)))
        self.set_font(FONT, "", SIZE_PT)

    def footer(self) -> None:
        """The digest and the page."""
        self.set_y(-MARGIN_MM - LINE_MM)
        self.set_font(FONT, "", SIZE_PT)
        self._line(f"SHA-256 of the rows: {self._digest}   page {self.page_no()} of {{nb}}")

    def _line(self, text: str, height_mm: float = LINE_MM) -> None:
        self.cell(w=0, h=height_mm, text=printable(text), new_x=XPos.LMARGIN, new_y=YPos.NEXT)

    def cue(self, record: Record) -> None:
        """One cue, its lines on one page."""
        words = f"{record['stream_name']}: {record['receipt']}"
        if record["reason"]:
            words += f"; {record['reason']}"
        if record["return_state"]:
            words += f"; return feed: {_return_words(record)}"
        lines = [_columns(_cells(record)), *_wrapped(f"{words}  {record['section_base64']}")]
        if self.will_page_break(len(lines) * LINE_MM):
            self.add_page()
        for line in lines:
            self._line(line)


def write_pdf(log: AsRunLog, records: Sequence[Record], digest: str) -> bytes:
    """The file. Text that Latin-1 lacks is written as escapes: CSV and JSON have it as it is."""
    pages = _Pages(log, digest)
    pages.set_title(f"As-run log {log.day}")
    pages.set_subject(f"SHA-256 of the rows: {digest}")
    pages.set_creator("IBE-100")
    pages.add_page()
    for record in records:
        pages.cue(record)
    if not records:
        pages.cell(text="No cues on this day.")
    return bytes(pages.output())


def printable(text: str) -> str:
    """`text` in characters that the built-in fonts of PDF have."""
    return text.encode("latin-1", "backslashreplace").decode("latin-1")


def _cells(record: Record) -> tuple[str, ...]:
    return (
        _text(record["splice_event_id"]),
        _text(record["action"]),
        _text(shown_state(str(record["action"]), str(record["state"]))),
        _text(record["duration_s"]),
        *(_clock(record[name]) for name in TIMES),
        _text(record["lateness_ms"]),
        _text(record["lateness_frames"]),
        _text(record["splice_pts"]),
        _text(record["seen_pts"]),
        f"{_whole(record['pre_roll_asked_ms'])}/{_whole(record['pre_roll_real_ms'])}",
        f"{record['seen']}/{record['sent_expected']}",
        _text(record["requested_by"]),
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
    return "-" if value in (None, "") else str(value)


def _whole(number: Cell) -> str:
    return f"{number:.0f}" if isinstance(number, int | float) else "-"


def _wrapped(text: str) -> list[str]:
    """Lines that fit the page; nothing of a reason or a section is left out."""
    return textwrap.wrap(printable(text), LINE_CHARACTERS, initial_indent=INDENT, subsequent_indent=INDENT)


def _columns(cells: tuple[str, ...]) -> str:
    parts = (
        _cut(printable(cell), width).ljust(width) for cell, (_, width) in zip(cells, COLUMNS, strict=True)
    )
    return " ".join(parts)


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "~"
