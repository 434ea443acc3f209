"""What preview processes say, and what of it is believed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.preview.reports import (
    LevelsReport,
    MediaReport,
    PictureReport,
    Report,
    ReportError,
    decode_report,
    encode_report,
)
from ibe100.preview.sound_decoder import FLOOR_DB, read_levels

decibels = st.floats(-120, 12, allow_nan=False)
reports = st.one_of(
    st.builds(PictureReport, st.integers(1, 4096), st.integers(1, 4096)),
    st.builds(LevelsReport, decibels, st.lists(decibels, max_size=8).map(tuple)),
    st.builds(MediaReport, st.text(), st.text(), st.text(), st.booleans(), st.booleans()),
)


@given(reports)
def test_what_is_said_is_what_is_heard(report: Report) -> None:
    line = encode_report(report)
    assert line.endswith(b"\n") and line.count(b"\n") == 1
    assert decode_report(line) == report


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"null",
        b"[]",
        b'{"report": "weather"}',
        b'{"report": "picture", "width": 0, "height": 180}',
        b'{"report": "picture", "width": 99999, "height": 180}',
        b'{"report": "picture", "width": "320", "height": 180}',
        b'{"report": "levels", "momentary_lufs": "loud", "true_peaks_dbtp": []}',
        b'{"report": "levels", "momentary_lufs": -23.0, "true_peaks_dbtp": ["x"]}',
        b'{"report": "media", "video": 1, "audio": "", "problem": "", "receiving": true}',
    ],
)
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(ReportError):
        decode_report(line)


@given(st.binary(max_size=200))
def test_no_line_does_harm(line: bytes) -> None:
    try:
        decode_report(line)
    except ReportError:
        return


def test_levels_are_read_from_the_meters_log() -> None:
    line = (
        "[Parsed_ebur128_0 @ 0x7f99] [info] t: 0.399979   TARGET:-23 LUFS    M: -21.3 S:-120.7     "
        "I: -21.3 LUFS       LRA:   0.0 LU  FTPK: -20.9 0.4 dBFS  TPK: -20.8 0.5 dBFS"
    )
    assert read_levels(line) == LevelsReport(-21.3, (-20.9, 0.4))


def test_digital_silence_has_a_floor() -> None:
    line = "[info] t: 0.4 TARGET:-23 LUFS M:-163.2 S:-120.7 I: -70.0 LUFS FTPK:  -inf  -inf dBFS TPK: -inf"
    assert read_levels(line) == LevelsReport(FLOOR_DB, (FLOOR_DB, FLOOR_DB))


def test_other_lines_of_the_log_hold_no_levels() -> None:
    assert read_levels("[error] M: there is no frame") is None
    assert read_levels("    Integrated loudness:") is None
