"""Rows of an as-run log, as tests of it begin."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, date, datetime

from ibe100.models.cues.as_run import AsRunLog, AsRunRow
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.services.history.as_run import day_range

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC).timestamp()


SPLICED = Cue(
    cue_id=1,
    stream_id="one",
    session_id=7,
    action=CueAction.TO_BREAK,
    state=CueState.SPLICED,
    requested_by="anna",
    requested_at=NOON,
    splice_event_id=100023,
    duration_s=600.0,
    pre_roll_s=8.0,
    pts_time=8_589_934_000,
    splice_at=NOON + 8.3,
    section_base64="/DAA",
    sent=3,
    sent_expected=3,
    sent_at=NOON + 0.004,
    seen=3,
    seen_base64="/DAA",
    seen_at=NOON + 0.36,
    pre_roll_ms=7940.5,
    seen_pts=8_589_219_355,
    frame_pts=3600.0,
)


def row(**changes: object) -> AsRunRow:
    return AsRunRow(SPLICED.model_copy(update=changes), "One")


def log(*rows: AsRunRow) -> AsRunLog:
    begins_at, ends_at = day_range(date(2026, 11, 22))
    return AsRunLog("2026-11-22", "UTC", begins_at, ends_at, None, rows)


def text_of(pdf: bytes) -> str:
    """The page contents as they are written, one after another."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    pages = [zlib.decompress(stream) for stream in streams if stream[:1] == b"\x78"]
    return b"\n".join(pages).decode("latin-1").replace("\\(", "(").replace("\\)", ")")
