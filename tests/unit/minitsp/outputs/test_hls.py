"""Where an HLS output ends its segments, and what its playlist claims of them."""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hls_rig import BLOCK, Written, write
from ibe100.mpegts import packet
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO
from made_pictures import VIDEO_PID, Frame, stream
from packet_fields import payload_offset
from plugin_rig import media

STREAM = media("ott_with_scte35.ts")
"""80 s, a picture that stands alone every second."""
STREAM_S = 80
BITRATE_BPS = round(STREAM.nbytes * 8 / STREAM_S)


def write_stream(folder: Path, packets: packet.PacketBlock, *options: str) -> Written:
    return write(folder, packets, *options, bitrate_bps=BITRATE_BPS)


def scrambled(packets: packet.PacketBlock) -> packet.PacketBlock:
    """The same stream with its elementary streams scrambled, as a receiver without rights has it."""
    packets = packets.copy()
    rows = np.flatnonzero((packet.pids(packets) >= 256) & (packet.pids(packets) < 4096))
    for row in rows[packet.has_payload(packets)[rows]].tolist():
        start = payload_offset(packets[row])
        packets[row, 3] |= 0x80
        packets[row, start:] ^= 0x5A
    return packets


def test_a_loop_shorter_than_ten_seconds_is_cut_at_its_seams(tmp_path: Path) -> None:
    short = STREAM[: len(STREAM) * 7 // STREAM_S]
    written = write_stream(tmp_path, np.concatenate([short] * 4), "--duration=4")
    assert written.text.count("#EXT-X-DISCONTINUITY\n") == 3
    assert max(written.durations_s) < 5
    assert sum(written.durations_s) == pytest.approx(4 * 7, abs=2.5)


@pytest.mark.parametrize("bitrate_bps", [BITRATE_BPS, 4 * BITRATE_BPS])
def test_segments_of_a_scrambled_stream_end_by_the_bitrate(bitrate_bps: int, tmp_path: Path) -> None:
    packets = scrambled(STREAM)
    written = write(tmp_path, packets, "--duration=4", "--slice-only", bitrate_bps=bitrate_bps)
    seconds = packets.nbytes * 8 / bitrate_bps
    assert written.durations_s[:-1] == pytest.approx([6.0] * (len(written.durations_s) - 1), abs=0.1)
    assert sum(written.durations_s) == pytest.approx(seconds, rel=0.01)
    assert sum(written.sizes) == packets.nbytes
    assert "#EXT-X-TARGETDURATION:6\n" in written.text


def test_pictures_that_are_lost_for_a_while_are_no_end_to_segments(tmp_path: Path) -> None:
    third = len(STREAM) // 3
    packets = np.concatenate([STREAM[:third], scrambled(STREAM[third : 2 * third]), STREAM[2 * third :]])
    written = write_stream(tmp_path, packets, "--duration=4", "--slice-only")
    assert max(written.durations_s) < 4 + 6 + 1
    assert sum(written.durations_s) == pytest.approx(STREAM_S, rel=0.03)
    assert sum(written.sizes) == packets.nbytes


def test_a_stream_without_a_clock_does_not_fill_one_segment_for_ever(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 100_000, 3))
    monkeypatch.setattr("ibe100.minitsp.outputs.hls.time.monotonic", lambda: float(next(clock)))
    nulls = packet.as_block(packet.null_packet() * 200 * BLOCK)
    assert len(write(tmp_path, nulls, "--duration=4", bitrate_bps=0).sizes) > 2


def test_segments_are_called_independent_only_while_each_begins_with_a_picture_that_stands_alone(
    tmp_path: Path,
) -> None:
    tag = "#EXT-X-INDEPENDENT-SEGMENTS\n"
    starts = packet.random_access_flags(STREAM) & (packet.pids(STREAM) == VIDEO_PID)
    start = int(np.flatnonzero(starts)[0])
    for name, packets, options, claimed in (
        ("whole", STREAM[start:], ["--duration=4"], True),
        ("cut anywhere", STREAM[start:], ["--duration=1", "--max-extra-duration=0"], True),
        ("scrambled", scrambled(STREAM), ["--duration=4"], False),
    ):
        folder = tmp_path / name
        folder.mkdir()
        assert (tag in write_stream(folder, packets, *options).text) is claimed, name


def evenly(count: int, step_s: float, first_pts: int, intra_every: int) -> packet.PacketBlock:
    """Pictures so far apart, without a PCR."""
    at = [(first_pts + round(number * step_s * PTS_HZ)) % PTS_MODULO for number in range(count)]
    keys = [Frame(pts, key=number % intra_every == 0) for number, pts in enumerate(at)]
    return stream(keys, pcr=False)


def test_dates_go_on_over_days_and_over_the_wrap_of_the_pts(tmp_path: Path) -> None:
    long = evenly(30 * 450, 8.0, PTS_MODULO - 3600 * PTS_HZ, 1)
    dates = write_stream(tmp_path, long, "--event", "--duration=3000").dates_s
    steps = [after - before for before, after in pairwise(dates)]
    assert dates[-1] - dates[0] > 28 * 3600
    assert steps == pytest.approx([3000.0] * len(steps), abs=8)


def test_long_groups_of_pictures_are_cut_and_not_called_independent(tmp_path: Path) -> None:
    written = write_stream(tmp_path, evenly(1000, 0.04, 0, 250), "--duration=2", "--max-extra-duration=1")
    assert written.durations_s[:3] == pytest.approx([3.0] * 3)
    assert "INDEPENDENT" not in written.text
