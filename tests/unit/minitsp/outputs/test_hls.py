"""Where an HLS output ends its segments, and what its playlist claims of them."""

import re
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import m3u8
import numpy as np
import pytest

from ibe100.minitsp.chain.plugin import Context, GlobalOptions
from ibe100.minitsp.outputs.hls import HlsOutput
from ibe100.mpegts import packet
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO
from packet_fields import payload_offset, pes_header
from plugin_rig import Log, media

VIDEO_PID, PMT_PID, SERVICE = 256, 4096, 2
H264 = 0x1B
STREAM = media("ott_with_scte35.ts")
"""80 s, a picture that stands alone every second."""
STREAM_S = 80
BITRATE_BPS = round(STREAM.nbytes * 8 / STREAM_S)
BLOCK = 100


@dataclass(frozen=True, slots=True)
class Written:
    """The playlist and what it lists."""

    text: str
    sizes: tuple[int, ...]

    @property
    def durations_s(self) -> list[float]:
        return [float(one) for one in re.findall(r"#EXTINF:([\d.]+),", self.text)]

    @property
    def dates_s(self) -> list[float]:
        found = re.findall(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", self.text)
        return [datetime.fromisoformat(one).timestamp() for one in found]


def write(
    folder: Path, packets: packet.PacketBlock, *options: str, bitrate_bps: int = BITRATE_BPS
) -> Written:
    """Send packets in blocks to an HLS output, and end it."""
    words = [*options, f"--playlist={folder / 'v.m3u8'}", str(folder / "s.ts")]
    context = Context(GlobalOptions(bitrate_bps=bitrate_bps), Log())
    output = HlsOutput(HlsOutput.options.parse(words), context)
    output.start()
    for start in range(0, len(packets), BLOCK):
        output.send(packets[start : start + BLOCK])
    output.stop()
    text = (folder / "v.m3u8").read_text()
    sizes = tuple((folder / one.uri).stat().st_size for one in m3u8.loads(text).segments)
    return Written(text, sizes)


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
    written = write(tmp_path, np.concatenate([short] * 4), "--duration=4")
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
    written = write(tmp_path, packets, "--duration=4", "--slice-only")
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
        assert (tag in write(folder, packets, *options).text) is claimed, name


def pictures(count: int, step_s: float, first_pts: int, intra_every: int) -> packet.PacketBlock:
    """A stream of nothing but tables and pictures so far apart, in the second of two services."""
    pat = Pat(1, ((SERVICE - 1, PMT_PID + 1), (SERVICE, PMT_PID)))
    made = packet.packetize_section(pat.encode(), 0, 0)
    data_only = Pmt(SERVICE - 1, 0x1FFF, (PmtStream(0x05, VIDEO_PID + 1),))
    made += packet.packetize_section(data_only.encode(), PMT_PID + 1, 0)
    pmt = Pmt(SERVICE, VIDEO_PID, (PmtStream(H264, VIDEO_PID),))
    made += packet.packetize_section(pmt.encode(), PMT_PID, 0)
    for number in range(count):
        pts = (first_pts + round(number * step_s * PTS_HZ)) % PTS_MODULO
        random_access = 0x40 if number % intra_every == 0 else 0
        head = bytes((0x47, 0x40 | VIDEO_PID >> 8, VIDEO_PID & 0xFF, 0x30 | number & 15, 1, random_access))
        body = pes_header(pts)
        made.append((head + body).ljust(188, b"\xaa"))
    return packet.as_block(b"".join(made))


def test_dates_go_on_over_days_and_over_the_wrap_of_the_pts(tmp_path: Path) -> None:
    long = pictures(30 * 450, 8.0, PTS_MODULO - 3600 * PTS_HZ, 1)
    dates = write(tmp_path, long, "--event", "--duration=3000").dates_s
    steps = [after - before for before, after in pairwise(dates)]
    assert dates[-1] - dates[0] > 28 * 3600
    assert steps == pytest.approx([3000.0] * len(steps), abs=8)


def test_long_groups_of_pictures_are_cut_and_not_called_independent(tmp_path: Path) -> None:
    written = write(tmp_path, pictures(1000, 0.04, 0, 250), "--duration=2", "--max-extra-duration=1")
    assert written.durations_s[:3] == pytest.approx([3.0] * 3)
    assert "INDEPENDENT" not in written.text
