"""As-run rows, the day they belong to, and files that prove themselves by a digest."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from as_run_rig import NOON, SPLICED, log, row, text_of
from ibe100.models.cues.as_run import AsRunFormat, AsRunRow
from ibe100.models.errors import ConfigurationError
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.services.history.as_run import day_range, digest_of, rows_of
from ibe100.services.history.as_run_columns import COLUMNS, records_of, utc_text
from ibe100.services.history.as_run_export import export, verify


def test_lateness_of_a_pre_rolled_cue_is_its_splice_less_the_pre_roll_that_was_asked() -> None:
    one = row()
    assert (one.due_at, one.aired_at) == (NOON + 8.0, NOON + 8.3)
    assert (one.lateness_ms, one.lateness_frames) == (300.0, 7.5)
    assert one.pre_roll_asked_ms == 8000.0


def test_lateness_of_a_planned_cue_is_against_the_plan() -> None:
    one = row(scheduled_at=NOON + 8.28, pre_roll_s=0.0)
    assert (one.lateness_ms, one.lateness_frames) == (20.0, 0.5)
    assert one.pre_roll_asked_ms is None


def test_an_immediate_cue_airs_when_it_is_first_seen() -> None:
    one = row(pts_time=None, splice_at=None, pre_roll_s=0.0, seen_at=NOON + 0.08, frame_pts=None)
    assert (one.aired_at, one.lateness_ms, one.lateness_frames) == (NOON + 0.08, 80.0, None)


@pytest.mark.parametrize(("after_s", "aired_s"), [(-2.0, 0.0), (3.0, 3.0)])
def test_a_cue_that_aired_late_is_logged_as_aired(after_s: float, aired_s: float) -> None:
    splice_at = row().aired_at
    assert splice_at is not None
    one = row(state=CueState.AIRED_LATE, seen_at=splice_at + after_s)
    assert one.aired_at == splice_at + aired_s
    assert one.receipt.startswith("seen on the output byte for byte")


@pytest.mark.parametrize("state", [state for state in CueState if not state.has_aired])
def test_a_cue_that_was_not_spliced_was_not_aired(state: CueState) -> None:
    one = row(state=state)
    assert (one.aired_at, one.lateness_ms, one.lateness_frames) == (None, None, None)


@pytest.mark.parametrize(
    ("changes", "receipt"),
    [
        ({}, "seen on the output byte for byte, 3 of 3"),
        ({"seen": 1}, "seen on the output byte for byte, 1 of 3"),
        ({"seen_base64": "/DAB"}, "seen on the output with other bytes, 3 of 3"),
        ({"seen": 0, "seen_base64": ""}, "not seen on the output"),
        ({"seen": 0, "sent": 0}, "not sent"),
    ],
)
def test_a_receipt_says_what_is_proved(changes: dict[str, object], receipt: str) -> None:
    assert row(**changes).receipt == receipt


def test_a_row_is_named_as_its_stream_was_and_by_its_id_where_that_is_unknown() -> None:
    other = SPLICED.model_copy(update={"cue_id": 2})
    assert [one.stream_name for one in rows_of((SPLICED, other), {1: "Olé"})] == ["Olé", "one"]


def test_times_are_utc_with_milliseconds_and_no_time_fails() -> None:
    assert utc_text(NOON + 0.0239996) == "2026-11-22T12:00:00.024Z"
    assert utc_text(None) == ""
    assert utc_text(1e300) == "beyond the calendar"


ZONES = st.sampled_from(
    ["UTC", "local", "Europe/Berlin", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia", "Africa/Cairo"]
)


@given(st.dates(date(1990, 1, 1), date(2037, 12, 30)), ZONES)
def test_days_follow_each_other_without_gap_or_overlap(day: date, time_zone: str) -> None:
    begins_at, ends_at = day_range(day, time_zone)
    assert ends_at == day_range(day + timedelta(days=1), time_zone)[0]
    # Samoa left out a whole day when it crossed the date line.
    assert 23 * 3600 <= ends_at - begins_at <= 25 * 3600 or (time_zone, day.year) == ("Pacific/Apia", 2011)


def test_a_day_has_23_or_25_hours_when_the_clocks_change() -> None:
    for day, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 7, 1), 24)):
        begins_at, ends_at = day_range(day, "Europe/Berlin")
        assert (ends_at - begins_at) / 3600 == hours
        assert datetime.fromtimestamp(begins_at, ZoneInfo("Europe/Berlin")).hour == 0


@pytest.mark.parametrize("time_zone", ["Mars", "", "../UTC", "/etc/passwd", "Europe"])
def test_a_wrong_time_zone_is_refused_in_words(time_zone: str) -> None:
    with pytest.raises(ConfigurationError, match="is no time zone; write UTC, local"):
        day_range(date(2026, 11, 22), time_zone)


def test_the_last_day_of_the_calendar_is_refused_in_words() -> None:
    with pytest.raises(ConfigurationError, match="no day that can be logged"):
        day_range(date.max)


TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TIME = st.floats(0, 4e9)
CUES = st.builds(
    Cue,
    cue_id=st.integers(1, 2**53),
    stream_id=TEXT,
    session_id=st.none(),
    action=st.sampled_from(CueAction),
    state=st.sampled_from(CueState),
    requested_by=TEXT,
    requested_at=TIME,
    splice_event_id=st.none() | st.integers(1, 2**32 - 2),
    duration_s=st.none() | st.floats(0.001, 86_400),
    pre_roll_s=st.floats(0, 60),
    pts_time=st.none() | st.integers(0, 2**33 - 1),
    splice_at=st.none() | TIME,
    section_base64=TEXT,
    sent=st.integers(0, 10),
    sent_at=st.none() | TIME,
    seen=st.integers(0, 10),
    seen_base64=TEXT,
    seen_at=st.none() | TIME,
    pre_roll_ms=st.none() | st.floats(-1e6, 1e6),
    reason=TEXT,
    scheduled_at=st.none() | TIME,
    seen_pts=st.none() | st.integers(0, 2**33 - 1),
    frame_pts=st.none() | st.floats(1, 10_000),
)


@given(st.lists(st.tuples(CUES, TEXT), max_size=4), st.sampled_from([AsRunFormat.CSV, AsRunFormat.JSON]))
def test_what_is_exported_reads_back_intact(cues: list[tuple[Cue, str]], kind: AsRunFormat) -> None:
    content, digest = export(log(*(AsRunRow(cue, name) for cue, name in cues)), kind)
    check = verify(content)
    assert not check.is_changed
    assert (check.named, check.computed, check.rows) == (digest, digest, len(cues))


@pytest.mark.parametrize("kind", [AsRunFormat.CSV, AsRunFormat.JSON])
@pytest.mark.parametrize(
    ("old", "new"), [("12:00:08.300", "12:00:08.000"), ("SPLICED", "FAILED"), ("100023", "100024")]
)
def test_a_copy_that_was_changed_is_found_out(kind: AsRunFormat, old: str, new: str) -> None:
    content, _ = export(log(row()), kind)
    assert old.encode() in content
    check = verify(content.replace(old.encode(), new.encode()))
    assert check.is_changed
    assert check.rows == 1


def test_every_format_names_the_same_digest_over_the_rows_and_nothing_else() -> None:
    rows = (row(), row(cue_id=2, stream_id="two"))
    digest = digest_of(records_of(rows, COLUMNS))
    later = replace(log(*rows), time_zone="Europe/Berlin")
    assert {export(one, kind)[1] for one in (log(*rows), later) for kind in AsRunFormat} == {digest}
    assert digest != digest_of(records_of(reversed(rows), COLUMNS))


def test_the_digest_can_be_computed_by_anyone_from_the_json() -> None:
    content, digest = export(log(row(), row(cue_id=2, reason="späť")), AsRunFormat.JSON)
    rows = json.loads(content)["rows"]
    canonical = json.dumps(rows, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(canonical.encode()).hexdigest() == digest


def test_csv_has_a_line_per_cue_and_no_cell_that_a_spreadsheet_runs() -> None:
    one = AsRunRow(SPLICED.model_copy(update={"requested_by": '=HYPERLINK("x")', "reason": "'a"}), "+1")
    content, _ = export(log(one), AsRunFormat.CSV)
    head, line, *notes = csv.reader(io.StringIO(content.decode(), newline=""))
    cells = dict(zip(head, line, strict=True))
    assert head == [column.name for column in COLUMNS]
    assert cells["requested_by"] == '\'=HYPERLINK("x")'
    assert (cells["stream_name"], cells["reason"]) == ("'+1", "''a")
    assert (cells["splice_pts"], cells["lateness_ms"]) == ("8589934000", "300.0")
    assert notes[1] == ["# day", "2026-11-22"]


@pytest.mark.parametrize(
    "content", [b"", b"{}", b'{"rows": 1, "sha256": ""}', b"a,b\r\n1,2\r\n", b"\xff\xfe", b"%PDF-1.3", b"[]"]
)
def test_what_is_no_export_is_refused_in_words(content: bytes) -> None:
    with pytest.raises(ConfigurationError, match=r"no as-run log|PDF cannot be read back"):
        verify(content)


def test_paper_shows_every_cue_the_digest_and_names_in_any_script() -> None:
    rows = [
        AsRunRow(SPLICED.model_copy(update={"cue_id": n, "splice_event_id": n}), "Олé") for n in range(90)
    ]
    failed = AsRunRow(SPLICED.model_copy(update={"state": CueState.FAILED, "reason": "x" * 500}), "(a)\\")
    content, digest = export(log(*rows, failed), AsRunFormat.PDF)
    text = text_of(content)
    pages = content.count(b"/Type /Page\n")
    assert pages > 2
    assert text.count(digest) == pages + 1, "on each page, and whole on the first"
    assert all(f"0x{number:08X}" in text for number in range(90))
    assert text.count("byte for byte") == 91
    assert text.count("x" * 100) >= 3
    assert "Олé" in text
    assert f"Page {pages} of " in text


def test_paper_of_a_day_without_cues_says_so() -> None:
    content, digest = export(log(), AsRunFormat.PDF)
    text = text_of(content)
    assert "No cues on this day." in text
    assert digest in text
