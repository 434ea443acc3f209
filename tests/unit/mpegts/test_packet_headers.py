"""Headers that are read once say what each packet says by itself, also after packets were replaced."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ibe100.mpegts import packet
from ibe100.mpegts.constants import SYNC_BYTE
from ibe100.mpegts.continuity import ContinuityTracker
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.pes import NO_TIMESTAMP, pes_starts
from ibe100.mpegts.timestamps import parse_pes_timestamps
from packet_fields import pcr_values

Block = packet.PacketBlock


def made(seed: int, count: int) -> Block:
    """Random packets of few PIDs, many with adaptation fields, time stamps and PES starts."""
    random = np.random.default_rng(seed)
    block = random.integers(0, 256, (count, 188), np.uint8)
    block[:, 0] = np.where(random.random(count) < 0.95, 0x47, 0x46)
    block[:, 1] &= 0xC1
    block[:, 2] = random.choice([0, 1, 7, 0xFF], count)
    block[random.random(count) < 0.1, 1] |= 0x1F
    block[:, 4] = random.choice([0, 1, 7, 20, 183, 255], count)
    start = np.where(block[:, 3] & 0x20, np.minimum(5 + block[:, 4].astype(int), 184), 4)
    block[np.arange(count)[:, None], start[:, None] + np.arange(3)] = (0, 0, 1)
    stamped = np.flatnonzero((random.random(count) < 0.5) & (start < 165))
    block[stamped, start[stamped] + 6] = 0x80
    both = random.random(len(stamped)) < 0.5
    block[stamped, start[stamped] + 7] = np.where(both, 0xC0, 0x80)
    block[stamped, start[stamped] + 9] = np.where(both, 0x31, 0x21)
    block[stamped, start[stamped] + 14] = 0x11
    for marker in (11, 13, 16, 18):
        block[stamped, start[stamped] + marker] |= 1
    return block


def single_pes_starts(block: Block) -> list[tuple[int, int, int, int]]:
    """(row, stream_id, PTS, DTS) of each undamaged packet that starts a PES packet in clear."""
    found = []
    for row, one in enumerate(map(bytes, block)):
        body = packet.payload(one)
        readable = one[0] == 0x47 and one[1] & 0xC0 == 0x40 and one[3] < 0x40
        if readable and len(body) >= 6 and body[:3] == b"\0\0\1":
            stamps = (NO_TIMESTAMP if stamp is None else stamp for stamp in parse_pes_timestamps(body))
            found.append((row, body[3], *stamps))
    return found


@given(st.integers(0, 1 << 32), st.integers(1, 700))
@settings(max_examples=60)
def test_every_field_is_that_of_the_single_packets(seed: int, count: int) -> None:
    block = made(seed, count)
    headers = PacketHeaders(block)
    pids, in_sync = packet.pids(block), block[:, 0] == SYNC_BYTE
    assert headers.pids.tolist() == pids.tolist()
    assert headers.present == set(pids.tolist())
    assert headers.lost_sync.tolist() == np.flatnonzero(~in_sync).tolist()
    good = in_sync & ~packet.transport_errors(block)
    assert headers.good.tolist() == np.flatnonzero(good).tolist()
    assert headers.unit_starts.tolist() == packet.payload_unit_starts(block).tolist()
    assert tuple(one.tolist() for one in headers.pcr) == pcr_values(block)
    stamps = headers.pes
    found = zip(
        stamps.rows.tolist(),
        stamps.stream_ids.tolist(),
        stamps.pts.tolist(),
        stamps.dts.tolist(),
        strict=True,
    )
    assert list(found) == single_pes_starts(block)
    assert stamps.pts.tolist() == pes_starts(block, pids).pts.tolist()
    for pid in (0, 1, 0x1FFF, 5):
        rows = np.flatnonzero(pids == pid)
        assert headers.rows_of(pid) == rows.tolist()
        starts = good & packet.payload_unit_starts(block) & (block[:, 3] < 0x40)
        assert headers.clear_starts_of(pid) == rows[starts[rows]].tolist()
        clocks = zip(*pcr_values(block), strict=True)
        assert headers.pcrs_of(pid) == [(row, clock) for row, clock in clocks if pids[row] == pid]


@given(st.integers(0, 1 << 32), st.integers(1, 300))
@settings(max_examples=40)
def test_rows_are_sorted_out_by_pid(seed: int, count: int) -> None:
    headers = PacketHeaders(made(seed, count))
    by_pid = headers.by_pid
    found = {}
    for pid, first, last in zip(by_pid.pids.tolist(), by_pid.first, by_pid.last, strict=True):
        found[pid] = by_pid.rows[first : last + 1].tolist()
    assert found == {pid: headers.rows_of(pid) for pid in headers.present}


def test_packets_that_were_replaced_are_read_anew() -> None:
    block = made(1, 50)
    headers = PacketHeaders(block)
    assert headers.words.size
    assert headers.pcr
    assert headers.present
    assert headers.rows_of(7)
    block[7] = np.frombuffer(packet.null_packet(), np.uint8)
    block[9] = np.frombuffer(packet.packetize_section(b"\x00" * 20, 0x123, 5)[0], np.uint8)
    headers.replaced([7, 9])
    fresh = PacketHeaders(block)
    assert headers.words.tolist() == fresh.words.tolist()
    assert headers.pids.tolist() == fresh.pids.tolist()
    assert headers.present == fresh.present
    assert headers.pcr[0].tolist() == fresh.pcr[0].tolist()
    assert headers.rows_of(0x123) == [9]


@given(st.integers(0, 1 << 32), st.lists(st.integers(1, 60), min_size=1, max_size=12))
@settings(max_examples=40)
def test_continuity_is_the_same_however_the_stream_is_cut(seed: int, sizes: list[int]) -> None:
    block = made(seed, sum(sizes))
    block[::3] = block[0]  # some packets repeat
    whole = [(one.row, one.pid, one.packets, one.duplicate) for one in _faults(block)]
    tracker, cut, start = ContinuityTracker(), [], 0
    for size in sizes:
        for one in tracker.feed(PacketHeaders(block[start : start + size])):
            cut.append((start + one.row, one.pid, one.packets, one.duplicate))
        start += size
    assert cut == whole


def _faults(block: Block) -> list[object]:
    return list(ContinuityTracker().feed(PacketHeaders(block)))


def test_repeats_are_told_by_pid_and_follow_what_is_replaced() -> None:
    table, other = (section_packet(0x30, number, b"\x02" * 184) for number in range(2))
    block = np.frombuffer(bytearray(table + section_packet(0x31, 0, b"\x03" * 184) + other), np.uint8)
    headers = PacketHeaders(block.reshape(-1, 188))
    assert headers.repeats(0, b"\x02" * 184).tolist() == [True, True]
    assert headers.repeats(1, b"\x02" * 184).tolist() == [False]
    headers.packets[2] = np.frombuffer(section_packet(0x30, 1, b"\x04" * 184), np.uint8)
    headers.replaced([2])
    assert headers.repeats(0, b"\x02" * 184).tolist() == [True, False]
    assert headers.by_pid.counts.tolist() == [2, 1]
    headers.packets[2] = np.frombuffer(section_packet(0x31, 1, b"\x03" * 184), np.uint8)
    headers.replaced([2])
    assert headers.by_pid.counts.tolist() == [1, 2]
    assert headers.repeats(1, b"\x03" * 184).tolist() == [True, True]


def section_packet(pid: int, cc: int, payload: bytes) -> bytes:
    return bytes((0x47, 0x40 | pid >> 8, pid & 0xFF, 0x10 | cc)) + payload
