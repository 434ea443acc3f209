"""Segments of an HLS output as players need them: key pictures, true durations and dates, leaps told."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hls_rig import Written, dates_in, write
from ibe100.minitsp.chain.plugin import Context, GlobalOptions
from ibe100.minitsp.outputs.hls import HlsOutput
from ibe100.mpegts.packet import as_block, null_packet
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO
from made_pictures import AAC, MPEG2, Frame, begins_with_key, frames, pcr_packet, stream
from plugin_rig import Log

DISCONTINUITY = "#EXT-X-DISCONTINUITY\n"
INDEPENDENT = "#EXT-X-INDEPENDENT-SEGMENTS\n"
LIVE = "--live=100"


def check_players_can_start_anywhere(written: Written, seconds: float) -> None:
    assert all(map(begins_with_key, written.segments))
    (target,) = written.targets
    assert max(written.durations_s) < int(target) + 0.5
    assert sum(written.durations_s) == pytest.approx(seconds, abs=0.01)
    assert DISCONTINUITY not in written.text


@pytest.mark.parametrize(
    ("group", "rate", "duration_s", "segment_s", "target"),
    [
        (12, 25, 6, 6.24, 8),
        (50, 25, 6, 6.0, 8),
        (70, 25, 6, 5.6, 8),
        (100, 25, 6, 8.0, 8),
        (125, 25, 6, 5.0, 8),
        (145, 25, 6, 5.8, 8),
        (225, 25, 6, 9.0, 9),
        (250, 25, 6, 10.0, 10),
        (235, 25, 2, 9.4, 10),
        (30, 30000 / 1001, 2, 2.002, 4),
        (240, 30000 / 1001, 6, 8.008, 8),
        (250, 50, 6, 5.0, 8),
    ],
)
@pytest.mark.parametrize("leading", [0, 2])
def test_segments_begin_with_key_pictures_however_long_the_groups_are(
    group: int, rate: float, duration_s: int, segment_s: float, target: int, leading: int, tmp_path: Path
) -> None:
    seconds = math.ceil(35 * rate / group) * group / rate
    made = stream(frames(seconds, rate, group, first_pts=PTS_MODULO - 15 * PTS_HZ, leading=leading))
    written = write(tmp_path, made, LIVE, f"--duration={duration_s}")
    check_players_can_start_anywhere(written, seconds)
    assert written.targets == {str(target)}
    assert written.durations_s[:-1] == pytest.approx([segment_s] * (len(written.durations_s) - 1), abs=0.001)
    assert (INDEPENDENT in written.text) is (not leading)


@pytest.mark.parametrize("duration_s", [1, 6])
def test_a_stream_that_begins_inside_a_long_group_still_announces_the_length_of_whole_ones(
    duration_s: int, tmp_path: Path
) -> None:
    written = write(tmp_path, stream(frames(50, group=250)[175:]), LIVE, f"--duration={duration_s}")
    assert written.durations_s == pytest.approx([3.0, 10.0, 10.0, 10.0, 10.0])
    assert written.targets == {"10"}
    assert INDEPENDENT not in written.text


def test_a_segment_ends_at_the_key_picture_before_when_the_next_comes_too_late(tmp_path: Path) -> None:
    keys = {0, 40, 75, 160, 330, 360}
    made = [Frame(one.pts, one.dts, number in keys) for number, one in enumerate(frames(16, group=1))]
    written = write(tmp_path, stream(made), LIVE, "--duration=4")
    assert written.durations_s == pytest.approx([3.0, 3.4, 6.08, 3.52])
    assert [begins_with_key(one) for one in written.segments] == [True, True, True, False]
    assert written.targets == {"6"}
    assert written.log == (
        "* hls: segments end at key pictures: one has 3.0 s instead of 4 s",
        "* Warning: hls: no key picture for 6.1 s: segments begin where players cannot start to decode",
    )


def test_the_target_duration_stays_when_groups_grow(tmp_path: Path) -> None:
    short = frames(20, group=25)
    long = frames(40, group=165, first_pts=short[-1].pts + 3600)
    written = write(tmp_path, stream([*short, *long]), "--live=4", "--duration=3")
    assert written.targets == {"5"}
    assert max(written.durations_s) < 5.5


@pytest.mark.parametrize("leap_s", [0.8, 1.5, 8.8, 600.0, -0.8, -3.0, -600.0])
@pytest.mark.parametrize("pcr", [True, False])
def test_a_leap_of_the_time_stamps_is_a_discontinuity_and_no_time(
    leap_s: float, pcr: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ibe100.minitsp.outputs.hls.time.time", lambda: 1_795_000_000.0)
    before = frames(11, group=25)
    after = frames(14, group=25, first_pts=before[-1].pts + 3600 + round(leap_s * PTS_HZ))
    written = write(tmp_path, stream([*before, *after], pcr=pcr), LIVE, "--duration=6")
    assert written.text.count(DISCONTINUITY) == 1
    assert written.durations_s == pytest.approx([6.0, 5.0, 6.0, 6.0, 2.0])
    assert written.dates_s == pytest.approx([1_795_000_000 + at for at in (0, 6, 0, 6, 12)])
    assert written.targets == {"8"}


def test_pictures_that_pause_while_the_pcr_counts_on_are_no_discontinuity(tmp_path: Path) -> None:
    before = frames(8, group=25)
    ticks = [pcr_packet(before[-1].pts + 3600 * number) for number in range(1, 100)]
    after = frames(8, group=25, first_pts=before[-1].pts + 3600 * 100)
    written = write(tmp_path, stream([*before, *ticks, *after]), LIVE, "--duration=6")
    assert DISCONTINUITY not in written.text
    assert sum(written.durations_s) == pytest.approx(20)


def test_pictures_that_are_far_apart_or_out_of_order_without_a_dts_are_no_leaps(tmp_path: Path) -> None:
    slow = frames(60, rate=0.5, group=1)
    reordered = [Frame(one.pts, None, one.key) for one in frames(30, group=24, leading=7)]
    for number, made in enumerate((slow, reordered)):
        folder = tmp_path / str(number)
        folder.mkdir()
        assert DISCONTINUITY not in write(folder, stream(made, pcr=False), LIVE, "--duration=6").text


@pytest.mark.parametrize(("closed_gop", "claimed"), [(b"\x40", True), (b"\x00", False)])
def test_leading_pictures_of_a_closed_group_do_not_need_the_segment_before(
    closed_gop: bytes, claimed: bool, tmp_path: Path
) -> None:
    start = b"\0\0\1\xb3" + b"\x11" * 8 + b"\0\0\1\xb8\0\x08\0" + closed_gop
    made = [Frame(one.pts, one.dts, False, start if one.key else b"") for one in frames(20, leading=2)]
    written = write(tmp_path, stream(made, MPEG2), LIVE, "--duration=6")
    assert (INDEPENDENT in written.text) is claimed
    assert written.durations_s[:-1] == pytest.approx([6.0] * 3)


def test_sound_alone_is_cut_evenly(tmp_path: Path) -> None:
    rate = 48_000 / 1024 / 8
    written = write(tmp_path, stream(frames(30, rate, group=1), AAC), LIVE, "--duration=6")
    assert all(6 <= one <= 6.2 for one in written.durations_s[:-1])
    assert sum(written.durations_s) == pytest.approx(30, abs=0.2)
    assert INDEPENDENT in written.text


def test_dates_follow_the_pictures_in_segments_that_ended_early(tmp_path: Path) -> None:
    dates = write(tmp_path, stream(frames(30, group=125)), LIVE, "--duration=6").dates_s
    assert [after - before for before, after in pairwise(dates)] == pytest.approx([5.0] * 5, abs=0.002)


def test_the_first_date_is_that_of_the_first_picture_not_of_what_comes_before_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = iter(range(1_795_000_000, 1_796_000_000))
    monkeypatch.setattr("ibe100.minitsp.outputs.hls.time.time", lambda: float(next(now_s)))
    nulls = as_block(null_packet() * 500)
    written = write(tmp_path, np.concatenate([nulls, stream(frames(13))]), LIVE, "--duration=6")
    first, second = written.dates_s[:2]
    assert second - first == pytest.approx(written.durations_s[0], abs=1.001)


def test_dates_follow_the_clock_of_the_machine_where_the_source_has_another(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s, fast = 1_795_000_000.0, 1.0005
    monkeypatch.setattr("ibe100.minitsp.outputs.hls.time.time", lambda: now_s)
    words = [LIVE, "--duration=60", f"--playlist={tmp_path / 'v.m3u8'}", str(tmp_path / "s.ts")]
    output = HlsOutput(HlsOutput.options.parse(words), Context(GlobalOptions(realtime=True), Log()))
    for packet in stream(frames(5000, rate=0.2, group=1)):
        output.send(packet[None])
        now_s += 5 * fast
    output.stop()
    dates_s = dates_in((tmp_path / "v.m3u8").read_text())
    assert dates_s[-1] - dates_s[0] == pytest.approx(4980 * fast, abs=0.6)
