"""The bitrate is read off the stream's own clocks, and a loop's seam does not disturb it."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.chain.bitrate import BitrateEstimator
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.timestamps import PCR_MODULO
from independent_parser import parse_file
from packet_fields import pes_header

PID = 0x100


def packet(*, pcr: int | None = None, pts: int | None = None, dts: int | None = None) -> bytes:
    """A packet of PID with a PCR, or the start of a PES packet with time stamps, or plain payload."""
    head = bytearray((0x47, PID >> 8, PID & 0xFF, 0x10))
    body = b""
    if pcr is not None:
        head[3] = 0x30
        base, extension = divmod(pcr % PCR_MODULO, 300)
        body = b"\x07\x10" + (base << 15 | 0x7E00 | extension).to_bytes(6, "big")
    elif pts is not None:
        head[1] |= 0x40
        body = pes_header(pts, dts)
    return bytes(head + body).ljust(188, b"\xff")


def block(packets: list[bytes]) -> PacketHeaders:
    return PacketHeaders(np.frombuffer(b"".join(packets), np.uint8).reshape(-1, 188))


def cbr(seconds: float, bitrate_bps: int, start_pcr: int = 0) -> list[bytes]:
    """A constant bitrate with a PCR in every 20th packet."""
    count = int(seconds * bitrate_bps / 1504)
    return [
        packet(pcr=start_pcr + index * 1504 * 27_000_000 // bitrate_bps) if index % 20 == 0 else packet()
        for index in range(count)
    ]


@given(st.integers(1, 97), st.integers(200_000, 40_000_000), st.integers(0, PCR_MODULO - 1))
def test_a_constant_bitrate_is_found_across_a_wrap(size: int, bitrate_bps: int, start_pcr: int) -> None:
    packets = cbr(0.01 + 400 * 1504 / bitrate_bps, bitrate_bps, start_pcr)[:400]
    estimator = BitrateEstimator(None)
    for start in range(0, len(packets), size):
        estimator.feed(block(packets[start : start + size]))
    assert estimator.bitrate_bps == pytest.approx(bitrate_bps, rel=1e-4)


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(-(400 * 27_000_000), 400 * 27_000_000)), max_size=300)
)
def test_a_large_block_counts_as_its_packets_do_one_by_one(steps: list[tuple[int, int]]) -> None:
    """Of several PIDs, whose clocks jump."""
    clock, packets = 0, []
    for offset, step in steps:
        clock += step // 100 if step % 3 else step
        one = bytearray(packet(pcr=clock))
        one[2] += offset
        packets.append(bytes(one))
    together, alone = BitrateEstimator(None), BitrateEstimator(None)
    if packets:
        together.feed(block(packets))
    for one_packet in packets:
        alone.feed(block([one_packet]))
    assert together.bitrate_bps == pytest.approx(alone.bitrate_bps)


def test_the_bitrate_is_the_mean_of_the_rates_between_two_pcrs() -> None:
    estimator = BitrateEstimator(None)
    gap = [packet()] * 9
    seconds = (0, 1, 3)
    estimator.feed(block([one for at in seconds for one in (packet(pcr=at * 27_000_000), *gap)]))
    assert estimator.bitrate_bps == pytest.approx((10 * 1504 + 5 * 1504) / 2)


def test_the_seam_of_a_loop_changes_nothing() -> None:
    once = block(cbr(2, 1_000_000, 900_000_000))
    estimator = BitrateEstimator(20)
    for _ in range(30):
        estimator.feed(once)
        assert estimator.bitrate_bps == pytest.approx(1_000_000, rel=1e-4)


def test_a_live_input_is_followed_when_its_bitrate_changes() -> None:
    estimator = BitrateEstimator(2)
    estimator.feed(block(cbr(10, 1_000_000)))
    estimator.feed(block(cbr(20, 3_000_000, 10 * 27_000_000)))
    assert estimator.bitrate_bps == pytest.approx(3_000_000, rel=0.02)


def test_without_pcr_the_dts_serve() -> None:
    packets = []
    for frame in range(100):
        packets += [packet(pts=90_000 + frame * 3600 + 7200, dts=90_000 + frame * 3600), *[packet()] * 9]
    estimator = BitrateEstimator(None)
    estimator.feed(block(packets))
    assert estimator.bitrate_bps == pytest.approx(10 * 1504 * 25)


def test_nothing_is_claimed_without_clocks() -> None:
    estimator = BitrateEstimator(None)
    estimator.feed(block([packet()] * 50))
    assert estimator.bitrate_bps == 0


def test_a_real_stream_whose_pmt_names_no_pcr_pid(media: Path) -> None:
    path = media / "sat_no_sdt.ts"
    estimator = BitrateEstimator(None)
    estimator.feed(PacketHeaders(np.fromfile(path, np.uint8).reshape(-1, 188)))
    assert round(estimator.bitrate_bps) == parse_file(path).bitrate_bps(101)
