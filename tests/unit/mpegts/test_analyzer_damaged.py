"""What the analyzer makes of losses, damaged packets, jumps and wraps: as tsp's analysis counts them."""

import numpy as np
import pytest

from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.packet import PacketBlock, null_packet, packetize_section
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.stream_analyzer import StreamAnalyzer
from ibe100.mpegts.stream_report import PidReport, StreamReport
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO, PTS_HZ, PTS_MODULO
from packet_fields import pes_header

CLOCK_PID, VIDEO_PID = 0x101, 0x100
TICKS = PCR_HZ // 25


def clock(number: int, pcr: int, flags: int = 0x10) -> bytes:
    """A packet with payload and a PCR; `number` counts the packets of its PID."""
    base, extension = divmod(pcr % PCR_MODULO, 300)
    field = (base << 15 | 0x7E00 | extension).to_bytes(6, "big")
    head = bytes((0x47, CLOCK_PID >> 8, CLOCK_PID & 0xFF, 0x30 | number % 16, 7, flags))
    return (head + field).ljust(PACKET_SIZE, b"\xaa")


def video(number: int, pts: int, dts: int | None = None) -> bytes:
    pes = pes_header(pts % PTS_MODULO, None if dts is None else dts % PTS_MODULO)
    head = bytes((0x47, 0x40 | VIDEO_PID >> 8, VIDEO_PID & 0xFF, 0x10 | number % 16))
    return (head + pes).ljust(PACKET_SIZE, b"\xaa")


def block(*packets: bytes) -> PacketBlock:
    return np.frombuffer(bytearray(b"".join(packets)), np.uint8).reshape(-1, PACKET_SIZE)


def analyze(packets: PacketBlock, chunk: int = 7) -> StreamReport:
    analyzer = StreamAnalyzer()
    for start in range(0, len(packets), chunk):
        analyzer.feed(packets[start : start + chunk])
    return analyzer.report()


def of(report: StreamReport, pid: int) -> PidReport:
    found = report.pid(pid)
    assert found is not None
    return found


def constant(count: int, first_pcr: int = 0, spacing: int = 4) -> list[bytes]:
    """A PCR every 40 ms, `spacing` packets apart."""
    packets: list[bytes] = []
    for number in range(count):
        packets += [clock(number, first_pcr + number * TICKS), *[null_packet()] * (spacing - 1)]
    return packets


RATE = 4 * PACKET_SIZE * 8 * 25


@pytest.mark.parametrize("chunk", [1, 7, 1000])
def test_no_bitrate_is_measured_across_a_loss_or_an_announced_discontinuity(chunk: int) -> None:
    whole = constant(40)
    assert analyze(block(*whole), chunk).bitrate_bps == RATE
    lost = whole[: 4 * 10] + whole[4 * 20 :]
    report = analyze(block(*lost), chunk)
    assert report.bitrate_bps == RATE
    assert of(report, CLOCK_PID).continuity_errors == 1
    bare = bytes((0x47, CLOCK_PID >> 8, CLOCK_PID & 0xFF, 0x20 | 9, 183, 0x80)).ljust(PACKET_SIZE, b"\xff")
    shifted = [clock(at, at * TICKS + (at > 9) * PCR_HZ) for at in range(20)]
    spaced = [one for packet in shifted for one in (packet, *[null_packet()] * 3)]
    spaced[39] = bare
    assert analyze(block(*spaced), chunk).bitrate_bps == RATE, "announced in a packet without a PCR"
    announced = list(whole)
    announced[40] = clock(10, 10 * TICKS + PCR_HZ // 2, flags=0x90)
    announced[44:] = [
        clock(at // 4 + 11, (at // 4 + 11) * TICKS + PCR_HZ // 2) if at % 4 == 0 else null_packet()
        for at in range(len(whole) - 44)
    ]
    report = analyze(block(*announced), chunk)
    assert report.bitrate_bps == RATE
    assert of(report, CLOCK_PID).continuity_errors == 0


@pytest.mark.parametrize("chunk", [3, 1000])
def test_a_wrap_is_a_leap_but_no_jump_and_does_not_bend_the_bitrate(chunk: int) -> None:
    report = analyze(block(*constant(40, PCR_MODULO - 20 * TICKS)), chunk)
    assert report.bitrate_bps == RATE
    assert (of(report, CLOCK_PID).pcr.leaps, of(report, CLOCK_PID).pcr.jumps) == (1, 0)


@pytest.mark.parametrize(
    ("steps_s", "pts_leaps", "dts_leaps"),
    [([0.04, -0.08, 0.04], 0, 1), ([2.9, 2.9], 0, 0), ([3.1], 1, 1), ([-3.1], 1, 1), ([-2.9], 0, 1)],
)
def test_leaps_of_reordered_times_are_far_ones_and_of_decoding_times_all_that_go_back(
    steps_s: list[float], pts_leaps: int, dts_leaps: int
) -> None:
    times = [10 * PTS_HZ]
    for step in steps_s:
        times.append(times[-1] + round(step * PTS_HZ))
    report = of(analyze(block(*(video(n, time, time) for n, time in enumerate(times)))), VIDEO_PID)
    assert (report.pts.leaps, report.dts.leaps) == (pts_leaps, dts_leaps)


@pytest.mark.parametrize(
    ("at", "value", "has_pts", "has_dts"),
    [
        (13, 0x21, False, False),  # the prefix of a PTS that stands alone
        (15, 0x00, False, False),
        (17, 0x00, False, False),
        (18, 0x31, True, False),
        (20, 0x00, True, False),
        (22, 0x00, True, False),
        (1, 0xC1, False, False),  # transport_error_indicator
        (3, 0x90, False, False),  # scrambled
    ],
)
def test_times_with_wrong_marker_bits_and_those_of_damaged_packets_do_not_count(
    at: int, value: int, has_pts: bool, has_dts: bool
) -> None:
    packets = block(video(0, 900_000, 896_400))
    starts = PacketHeaders(packets).pes
    assert (starts.pts.tolist(), starts.dts.tolist()) == ([900_000], [896_400])
    packets[0, at] = value
    starts = PacketHeaders(packets).pes
    assert bool((starts.pts >= 0).any()) is has_pts
    assert bool((starts.dts >= 0).any()) is has_dts


@pytest.mark.parametrize("chunk", [1, 2, 3, 100])
def test_a_pid_that_first_comes_right_after_a_damaged_packet_is_suspected_once(chunk: int) -> None:
    good, stranger = clock(0, 0), video(0, 0)
    damaged = bytes((0x47, 0x80)) + clock(1, TICKS)[2:]
    report = analyze(block(good, damaged, stranger, stranger, damaged, clock(1, TICKS)), chunk)
    assert (report.transport_errors, report.suspect_packets) == (2, 1)
    assert of(report, VIDEO_PID).packets == 1
    assert of(report, CLOCK_PID).packets == 2


def test_a_counter_that_stands_still_is_a_repetition_whatever_the_packets_hold() -> None:
    first, other = clock(3, 0), clock(3, TICKS)[:-1] + b"\xbb"
    report = of(analyze(block(first, other, clock(4, 2 * TICKS))), CLOCK_PID)
    assert (report.duplicated, report.continuity_errors) == (1, 0)


def test_pids_that_a_service_names_are_reported_though_they_carry_nothing() -> None:
    access = Descriptor(0x09, b"\x0b\x00\xe1\xff")
    pmt = Pmt(7, 0x1EE, (PmtStream(0x1B, VIDEO_PID, (access,)),))
    tables = packetize_section(Pat(1, ((7, 0x30),)).encode(), 0, 0) + packetize_section(pmt.encode(), 0x30, 0)
    report = analyze(block(*tables))
    assert [one.pid for one in report.pids] == [0, 0x30, VIDEO_PID, 0x1EE, 0x1FF]
    assert report.services[0].ecm_pids == ((0x1FF, 0x0B00),)


def test_reserved_scrambling_is_told_apart() -> None:
    packets = block(*(video(number, 3600 * number) for number in range(4)))
    packets[1, 3] |= 0x40
    packets[2, 3] |= 0x80
    report = of(analyze(packets), VIDEO_PID)
    assert (report.scrambled, report.reserved_scrambling) == (2, 1)


def test_starts_without_payload_and_scrambled_ones_are_no_invalid_pes_packets() -> None:
    packets = block(*(video(number, 3600 * number) for number in range(4)))
    packets[1, 3] &= 0x0F
    packets[2, 3] |= 0x80
    packets[3, 6] = 0x02
    report = of(analyze(packets), VIDEO_PID)
    assert (report.unit_starts, report.payload_starts) == (4, 3)
    assert (report.pes_packets, report.invalid_starts) == (1, 1)


def test_a_pat_of_no_service_does_not_stand_for_the_one_that_comes_later() -> None:
    pmt = Pmt(7, 0x1FFF, (PmtStream(0x1B, VIDEO_PID),))
    tables = [Pat(1, ()).encode(), Pat(1, ((7, 0x30),)).encode(), Pat(1, ((8, 0x31),)).encode()]
    packets = [packetize_section(table, 0, number)[0] for number, table in enumerate(tables)]
    packets += packetize_section(pmt.encode(), 0x30, 0)
    analyzer = StreamAnalyzer(keeps_first=True)
    analyzer.feed(block(*packets))
    assert [service.service_id for service in analyzer.report().services] == [7]
