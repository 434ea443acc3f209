from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.utils.timecode import (
    format_clock,
    format_countdown,
    format_date,
    format_day,
    format_latency,
    format_pts,
    format_span,
    format_utc,
    utc_stamp,
)
from ibe100.utils.units import (
    format_bitrate,
    format_bytes,
    format_event_id,
    format_pid,
)

AT = 1_795_331_402.96  # 2026-11-22 07:10:02.96 UTC


@pytest.mark.parametrize(
    ("bitrate_bps", "text"),
    [
        (0, "0 b/s"),
        (999, "999 b/s"),
        (128_000, "128.0 kb/s"),
        (999_949, "999.9 kb/s"),
        (999_960, "1.000 Mb/s"),
        (5_012_345, "5.012 Mb/s"),
        (38_014_706, "38.01 Mb/s"),
        (1_250_000_000, "1.250 Gb/s"),
    ],
)
def test_bitrates_have_four_digits_and_decimal_prefixes(bitrate_bps: float, text: str) -> None:
    assert format_bitrate(bitrate_bps) == text


@given(st.floats(min_value=1000, max_value=999_000_000_000))
def test_a_bitrate_never_changes_its_width_within_a_unit(bitrate_bps: float) -> None:
    number = format_bitrate(bitrate_bps).split()[0]
    assert len(number.replace(".", "")) == 4


def test_pids_are_hexadecimal() -> None:
    assert (format_pid(500), format_pid(0), format_pid(0x1FFF)) == ("0x01F4", "0x0000", "0x1FFF")


def test_event_ids_have_all_their_digits() -> None:
    assert (format_event_id(0x60000001), format_event_id(1), format_event_id(None)) == (
        "0x60000001",
        "0x00000001",
        "–",
    )


def test_sizes_have_decimal_prefixes() -> None:
    assert [format_bytes(value) for value in (188, 1_500_000, 999_960, 2_000_000_000_000)] == [
        "188 B",
        "1.5 MB",
        "1.0 MB",
        "2.0 TB",
    ]


def test_utc_as_text() -> None:
    assert format_utc(AT) == "2026-11-22 07:10:02Z"
    assert (format_date(AT), format_day(AT)) == ("2026-11-22 07:10:02", "22 Nov 07:10:02")
    assert (format_clock(AT), format_clock(AT, milliseconds=True)) == ("07:10:02", "07:10:02.960")
    assert utc_stamp(AT) == "20261122T071002Z"
    assert {write(None) for write in (format_utc, format_date, format_day, format_clock)} == {"–"}


def test_spans_keep_the_units_that_matter() -> None:
    assert [format_span(seconds) for seconds in (0, 42.9, 727, 11_045, 183_600)] == [
        "00:00",
        "00:42",
        "12:07",
        "3:04:05",
        "2 d 03 h",
    ]


def test_a_countdown_has_tenths_below_ten_seconds_and_never_goes_below_zero() -> None:
    assert [format_countdown(left) for left in (72.9, 10, 9.99, 3.44, -1)] == [
        "01:12",
        "00:10",
        "00:09.9",
        "00:03.4",
        "00:00.0",
    ]


def test_a_latency_is_in_milliseconds_below_a_second() -> None:
    assert [format_latency(ms) for ms in (None, 23.4, 5934)] == ["–", "23 ms", "5.93 s"]


def test_pts_as_a_clock() -> None:
    assert format_pts(2**33 - 1) == "26:30:43.717 (8589934591)"
    assert format_pts(90_000) == "00:00:01.000 (90000)"
    assert format_pts(None) == "–"
