"""Rows of an as-run log, as tests of it begin."""

from __future__ import annotations

import re
import zlib
from datetime import UTC, date, datetime

from ibe100.models.cues.as_run import AsRunLog, AsRunRow
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.services.history.as_run import day_range

ESCAPED = {b"r": b"\r", b"n": b"\n"}
"""Of the strings of a PDF; other letters stand for themselves."""
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
    """The words of the pages in the order in which they are written, a line each."""
    objects = {
        int(number): content
        for number, content in re.findall(rb"(?:^|\n)(\d+) 0 obj\n(.*?)\nendobj", pdf, re.DOTALL)
    }
    letters = {}
    for name, number in set(re.findall(rb"/(F\d+) (\d+) 0 R", pdf)):
        to_unicode = re.search(rb"/ToUnicode (\d+) 0 R", objects[int(number)])
        assert to_unicode is not None
        table = _stream(objects[int(to_unicode[1])])
        pairs = re.findall(rb"<([0-9A-F]{4})> <([0-9A-F]+)>", table)
        letters[name] = {
            int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be") for code, text in pairs
        }
    lines, font, kept = [], b"", []
    pages = [_stream(one) for one in objects.values() if b"stream" in one and b" Tf " in _stream(one)]
    for page in pages:
        token = rb"/(F\d+) [\d.]+ Tf|\(((?:\\.|[^\\)])*)\)|(?:^|[\s])([qQ])(?=\s)"
        for name, words, state in re.findall(token, page, re.DOTALL):
            if name or state:
                kept += [font] if state == b"q" else []
                font = name or (kept.pop() if state == b"Q" and kept else font)
                continue
            plain = re.sub(
                rb"\\(.)",
                lambda found: {b"r": b"\r", b"n": b"\n"}.get(found[1], found[1]),
                words,
                flags=re.DOTALL,
            )
            codes = zip(plain[::2], plain[1::2], strict=False)
            lines.append("".join(letters[font].get(high * 256 + low, "?") for high, low in codes))
    return "\n".join(lines)


def _stream(content: bytes) -> bytes:
    found = re.search(rb"stream\r?\n(.*)\r?\nendstream", content, re.DOTALL)
    if found is None:
        return b""
    try:
        return zlib.decompress(found[1])
    except zlib.error:
        return found[1]
