"""pcrextract, pcrverify, pcrbitrate and until: what tsp says of the same clocks."""

from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pytest

from ibe100.minitsp.chain.plugin import Block
from ibe100.minitsp.plugins.pcrbitrate import PcrBitrate
from ibe100.minitsp.plugins.pcrextract import PcrExtract
from ibe100.minitsp.plugins.pcrverify import PcrVerify
from ibe100.minitsp.plugins.until import Until
from ibe100.mpegts import packet
from ibe100.mpegts.timestamps import PCR_MODULO, PTS_MODULO
from independent_parser import Parsed, parse_file
from packet_fields import pes_header, set_pids
from places import MEDIA
from plugin_rig import BLOCK_SIZES, build, media, process

BITRATE_BPS = 1_504_000
PCR_PER_PACKET = 188 * 8 * 27_000_000 // BITRATE_BPS


def stream(count: int, *, first_pcr: int = 0, every: int = 10) -> packet.PacketBlock:
    """Packets of PID 256 at 1,504,000 b/s (27,000 PCR ticks each), every tenth with its PCR."""
    block = packet.as_block(packet.null_packet() * count).copy()
    set_pids(block, 256)
    for row in range(0, count, every):
        set_pcr(block, row, first_pcr + row * PCR_PER_PACKET)
    block[:, 3] = block[:, 3] & 0xF0 | (np.arange(count) & 15)
    return block


def set_pcr(block: packet.PacketBlock, row: int, pcr: int) -> None:
    base, extension = divmod(pcr % PCR_MODULO, 300)
    field = (base << 15 | 0x7E00 | extension).to_bytes(6, "big")
    counter = int(block[row, 3]) & 15
    block[row, 3:12] = np.frombuffer(bytes((0x30 | counter, 7, 0x10)) + field, np.uint8)


@pytest.mark.parametrize("size", BLOCK_SIZES)
def test_a_clock_without_jitter_is_verified_across_its_wrap(size: int) -> None:
    plugin, log = build(PcrVerify, "--jitter-max=0", bitrate_bps=BITRATE_BPS)
    packets = stream(1000, first_pcr=PCR_MODULO - 500 * PCR_PER_PACKET)
    assert np.array_equal(process(plugin, packets, size), packets)
    assert log.lines == ["* pcrverify: 99 PCR OK, 0 with jitter > 0 (0 micro-seconds), 1 unchecked"]


def test_jitter_is_told_in_ticks_time_packets_bytes_and_bits() -> None:
    plugin, log = build(PcrVerify, "--bitrate=1,504,000", "--jitter-max=100")
    packets = stream(100)
    set_pcr(packets, 50, 50 * PCR_PER_PACKET + 81_000)
    process(plugin, packets, 100)
    packet_words = "3 packets + 0 bytes + 0 bits (tsp time)"
    assert log.lines == [
        f"* pcrverify: PID 0x0100 (256), PCR jitter: 81,000 = 3,000 micro-seconds = {packet_words}",
        f"* pcrverify: PID 0x0100 (256), PCR jitter: -81,000 = 3,000 micro-seconds = {packet_words}",
        "* pcrverify: 7 PCR OK, 2 with jitter > 2,700 (100 micro-seconds), 1 unchecked",
    ]


def test_a_jump_is_no_jitter_and_without_a_bitrate_nothing_is_checked() -> None:
    packets = stream(100)
    set_pcr(packets, 50, 10**9)
    plugin, log = build(PcrVerify, "--absolute", bitrate_bps=BITRATE_BPS)
    process(plugin, packets, 100)
    assert log.lines == ["* pcrverify: 7 PCR OK, 0 with jitter > 27,000 (1,000 micro-seconds), 3 unchecked"]
    plugin, log = build(PcrVerify)
    process(plugin, packets, 100)
    assert log.lines == ["* pcrverify: 0 PCR OK, 0 with jitter > 27,000 (1,000 micro-seconds), 10 unchecked"]


@pytest.mark.parametrize("size", BLOCK_SIZES)
def test_the_bitrate_is_told_once_while_it_stays(size: int) -> None:
    plugin, log = build(PcrBitrate, "--min-pcr=20")
    process(plugin, stream(1000), size)
    assert log.lines == ["* pcrbitrate: new bitrate from PCR analysis: 1,504,000 b/s"]


@pytest.mark.parametrize(("options", "expected"), [((), 1_504_000), (("--ignore-errors",), 1_482_514)])
def test_lost_packets_count_only_when_errors_are_ignored(options: tuple[str, ...], expected: int) -> None:
    packets = np.delete(stream(300), range(101, 103), axis=0)
    plugin, log = build(PcrBitrate, "--min-pcr=14", *options)
    process(plugin, packets, 7)
    told = [int(line.split()[-2].replace(",", "")) for line in log.lines]
    assert told[0] == pytest.approx(expected, rel=1e-3)


@pytest.mark.parametrize("size", BLOCK_SIZES)
def test_time_stamps_are_listed_as_csv_in_packet_order(size: int, tmp_path: Path) -> None:
    target = tmp_path / "clocks.csv"
    plugin, log = build(PcrExtract, f"--output-file={target}", "--pid=100-101")
    packets = media("sat_no_sdt.ts")
    assert np.array_equal(process(plugin, packets, size), packets)
    header, *rows = target.read_text().splitlines()
    assert header == (
        "PID,Packet index in TS,Packet index in PID,Type,Count in PID,Value,Value offset in PID,"
        "Offset from PCR"
    )
    assert rows == rows_of(parse_file(MEDIA / "sat_no_sdt.ts"))
    assert log.lines == []


def rows_of(parsed: Parsed) -> list[str]:
    """A row for each PCR and PTS of PID 100 and 101, as tsp writes them."""
    rows: list[str] = []
    packets, clock = Counter[int](), dict[int, int]()
    seen: dict[tuple[int, str], list[int]] = defaultdict(list)
    for index, one in enumerate(parsed.packets):
        for kind, value in (("PCR", one.pcr), ("PTS", Parsed.pts_of(one))):
            if one.pid not in (100, 101) or value is None:
                continue
            if kind == "PCR":
                clock[one.pid] = value // 300
            values = seen[one.pid, kind]
            values.append(value)
            late = value - clock[one.pid] if kind == "PTS" and one.pid in clock else ""
            place = f"{one.pid},{index},{packets[one.pid]},{kind}"
            rows.append(f"{place},{len(values)},{value},{value - values[0]},{late}")
        packets[one.pid] += 1
    return rows


def test_good_pts_never_step_back_but_follow_the_wrap(tmp_path: Path) -> None:
    values = [PTS_MODULO - 3000, PTS_MODULO - 6000, 3000, 9000, 6000]
    block = packet.as_block(packet.null_packet() * len(values)).copy()
    set_pids(block, 256)
    for row, pts in enumerate(values):
        pes = pes_header(pts)
        block[row, 1] |= 0x40
        block[row, 4 : 4 + len(pes)] = np.frombuffer(pes, np.uint8)
    target = tmp_path / "pts.csv"
    plugin, _ = build(PcrExtract, "--good-pts-only", "--pts", "-n", "-s", ",", "-o", str(target))
    process(plugin, block, 2)
    kept = [int(line.split(",")[5]) for line in target.read_text().splitlines()]
    assert kept == [PTS_MODULO - 3000, 3000, 9000]


UNTIL = [
    (("--packets=25",), 25),
    (("--bytes=1881",), 11),
    (("--packets=25", "--exclude-last"), 24),
    (("--null-sequence-count=2",), 61),
    (("--unit-start-count=3",), 121),
    (("--unit-start-count=3", "-e"), 120),
    (("--unit-start-count=3", "--null-sequence-count=2"), 61),
    (("--milli-seconds=100", "--pcr-based"), 112),
    (("--packets=5000",), 1000),
]


@pytest.mark.parametrize("size", BLOCK_SIZES)
@pytest.mark.parametrize(("options", "expected"), UNTIL, ids=lambda value: str(value)[:50])
def test_the_stream_ends_at_the_packet_that_meets_the_condition(
    options: tuple[str, ...], expected: int, size: int
) -> None:
    packets = stream(1000, every=1000)
    for row in range(0, 1000, 37):
        set_pcr(packets, row, row * PCR_PER_PACKET)
    packets[30::30, 1] |= 0x40
    for start in (20, 60, 200):
        packets[start : start + 5] = packet.as_block(packet.null_packet())
    plugin, _ = build(Until, *options)
    assert np.array_equal(process(plugin, packets, size), packets[:expected])
    assert (plugin.context.stopping, plugin.context.exit_code) == (expected < 1000, 0)


def test_a_stream_ends_by_the_clock_on_the_wall(monkeypatch: pytest.MonkeyPatch) -> None:
    class Clock:
        now_s = 5.0

        def monotonic(self) -> float:
            return self.now_s

    clock = Clock()
    monkeypatch.setattr("ibe100.minitsp.plugins.until.time", clock)
    plugin, _ = build(Until, "--seconds=2")
    packets = stream(10)
    assert len(plugin.process(Block(packets, 0))) == 10
    clock.now_s += 1.9
    assert len(plugin.process(Block(packets, 10))) == 10
    assert not plugin.context.stopping
    clock.now_s += 0.1
    assert len(plugin.process(Block(packets, 20))) == 1
    assert plugin.context.stopping
