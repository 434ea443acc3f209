"""Pictures at which decoding can begin, found in the packets of the pulses."""

from __future__ import annotations

import itertools
from collections.abc import Iterable

import pytest

from ibe100.mpegts.psi import Pmt, PmtStream
from ibe100.runner.telemetry.packet_watch import PacketWatch
from made_heads import ENCODER_SETTINGS, H264_AUD, H264_IDR, H264_OPEN, H264_OTHER
from packet_fields import pes_header

VIDEO, PMT = 0x100, 0x1000
FRAME = 3600


class Output:
    """Packets of one H.264 video, a look every tenth of a second."""

    def __init__(self) -> None:
        self.watch = PacketWatch()
        self.now = 100.0
        self._sequence = self._counter = 0
        self.pts = (1 << 33) - 3 * FRAME
        """Begins a little before the PTS wrap."""
        self.look([])
        pmt = Pmt(1, VIDEO, (PmtStream(0x1B, VIDEO),)).encode()
        self.look([bytes([0x47, 0x40 | PMT >> 8, PMT & 0xFF, 0x10]) + (b"\x00" + pmt).ljust(184, b"\xff")])

    def picture(self, head: bytes, *, flags: int = 0x80) -> list[bytes]:
        """Packets of the next picture; flags of the second byte of the PES header's fixed part."""
        self.pts = (self.pts + FRAME) % (1 << 33)
        header = bytearray(pes_header(self.pts))
        header[6] = flags
        data = bytes(header) + head + b"\x11" * 200
        packets = []
        for at in range(0, len(data), 184):
            self._counter = (self._counter + 1) % 16
            start = 0x40 if not at else 0
            fields = bytes([0x47, start | VIDEO >> 8, VIDEO & 0xFF, 0x10 | self._counter])
            packets.append(fields + data[at : at + 184].ljust(184, b"\x11"))
        return packets

    def look(self, packets: Iterable[bytes]) -> None:
        self.now += 0.1
        header = bytes([0x80, 33]) + self._sequence.to_bytes(2, "big") + bytes(8)
        self._sequence += 1
        self.watch.look([header + b"".join(packets)], self.now)

    def show(self, *heads: bytes) -> None:
        """Put these pictures out, a look each."""
        for head in heads:
            self.look(self.picture(head))

    @property
    def points(self) -> list[tuple[int, bool, bool]]:
        """Points, counted in frames from the last frame before the wrap."""
        shift = 3 * FRAME
        return [
            ((pts + shift) % (1 << 33) // FRAME, is_open, follows)
            for pts, is_open, follows in self.watch.pictures.points(VIDEO)
        ]


@pytest.fixture
def output() -> Output:
    return Output()


def test_idr_and_open_gop_are_told_with_their_pts_over_the_wrap(output: Output) -> None:
    output.show(H264_IDR, H264_OTHER, H264_OTHER, H264_OPEN, H264_OTHER, H264_IDR)
    assert output.points == [(1, False, False), (4, True, True), (6, False, True)]
    facts = output.watch.pictures.told(output.now)
    assert facts is not None
    video = facts["pids"][str(VIDEO)]  # type: ignore[index]
    assert (video["codec"], video["scrambled"], video["age_s"]) == ("H.264", False, 0.0)
    assert output.watch.pictures.told(output.now + 1) is None


def test_a_slice_that_begins_packets_later_is_found(output: Output) -> None:
    output.show(H264_OTHER, H264_AUD + ENCODER_SETTINGS + H264_IDR, H264_OTHER)
    assert output.points == [(2, False, False)]


def test_after_a_lost_packet_a_point_may_have_been_missed(output: Output) -> None:
    output.show(H264_IDR, H264_OTHER)
    output.picture(H264_OTHER)
    output.show(H264_IDR, H264_IDR)
    assert [follows for *_, follows in output.points] == [False, False, True]


def test_after_lost_datagrams_a_point_may_have_been_missed(output: Output) -> None:
    output.show(H264_IDR, H264_OTHER)
    output._sequence += 1
    output.show(H264_OTHER, H264_IDR)
    assert [follows for *_, follows in output.points] == [False, False]


def test_a_head_with_a_hole_is_not_read(output: Output) -> None:
    first, *_, last = output.picture(H264_AUD + ENCODER_SETTINGS + H264_IDR)
    output.look([first, last])
    output.show(H264_OTHER, H264_IDR)
    assert output.points == [(3, False, False)]


def test_a_packet_that_comes_twice_is_one_point(output: Output) -> None:
    output.show(H264_IDR)
    start, *rest = output.picture(H264_IDR)
    output.look([start, start, *rest])
    output.show(H264_IDR)
    assert [number for number, *_ in output.points] == [1, 2, 3]


@pytest.mark.parametrize("of_packets", [True, False])
def test_scrambled_pictures_are_unknown(output: Output, of_packets: bool) -> None:
    output.show(H264_IDR, H264_OTHER)
    for _ in range(5):
        packets = output.picture(H264_IDR, flags=0x80 if of_packets else 0xA0)
        if of_packets:
            packets = [one[:3] + bytes([one[3] | 0x80]) + one[4:] for one in packets]
        output.look(packets)
    facts = output.watch.pictures.told(output.now)
    assert facts is not None and facts["pids"][str(VIDEO)]["scrambled"]  # type: ignore[index]
    output.show(H264_IDR)
    assert output.points == [(1, False, False), (8, False, False)]
    facts = output.watch.pictures.told(output.now + 1)
    assert facts is not None and not facts["pids"][str(VIDEO)]["scrambled"]  # type: ignore[index]


def test_points_of_another_timeline_are_forgotten(output: Output) -> None:
    output.show(H264_IDR, H264_OTHER, H264_IDR)
    output.pts -= 500 * FRAME
    output.show(H264_IDR, H264_IDR)
    assert [follows for *_, follows in output.points] == [False, True]


def test_news_come_three_times_a_second_at_most(output: Output) -> None:
    told = 0
    for _ in itertools.repeat(None, 30):
        output.show(H264_IDR)
        told += output.watch.pictures.told(output.now) is not None
    assert told <= 10
