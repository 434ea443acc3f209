"""Tables that repeat are told for a whole block at once, as if each of their packets had been looked at."""

import random

import numpy as np
import pytest

from ibe100.mpegts import packet
from ibe100.mpegts.constants import PAT_PID
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.service_map import ServiceMap

PROGRAMS = tuple((number, 0x100 + number) for number in range(1, 7))


def pmt(number: int, version: int, *, streams: int = 1) -> bytes:
    """The table of a service, of one packet or, with forty streams, of two."""
    first_pid = 0x200 + 50 * number
    parts = tuple(PmtStream(0x1B, first_pid + one) for one in range(streams))
    return Pmt(number, first_pid, parts, version=version).encode()


class Tables:
    """Packets of PAT, PMTs and pictures in a random order, whose tables change and whose packets get lost."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._counters: dict[int, int] = {}
        self._versions = dict.fromkeys((0, *dict(PROGRAMS)), 1)
        self._programs = PROGRAMS

    def block(self, count: int, *, changes: float, faults: float) -> packet.PacketBlock:
        """About `count` packets; `changes` and `faults` are the chances of each table to have one."""
        made: list[bytes] = []
        while len(made) < count:
            number = self._random.randrange(len(PROGRAMS) + 1)
            if self._random.random() < changes:
                self._versions[number] = (self._versions[number] + 1) % 32
                self._programs = PROGRAMS if self._random.random() < 0.5 else PROGRAMS[:3]
            packets = self._table(number)
            if self._random.random() < faults:
                packets = self._damaged(packets)
            made += packets
            made.append(packet.null_packet())
        return packet.as_block(b"".join(made)).copy()

    def _table(self, number: int) -> list[bytes]:
        version = self._versions[number]
        if number:
            section, pid = pmt(number, version, streams=40 if number == 6 else 1), dict(PROGRAMS)[number]
        else:
            section, pid = Pat(7, self._programs, version=version).encode(), PAT_PID
        made = packet.packetize_section(section, pid, self._counters.get(pid, 0))
        self._counters[pid] = (self._counters.get(pid, 0) + len(made)) & 0x0F
        return made

    def _damaged(self, packets: list[bytes]) -> list[bytes]:
        kind = self._random.randrange(4)
        if kind == 0:
            return []
        if kind == 1:
            return [packets[0], *packets]
        broken = bytearray(packets[0])
        broken[1 if kind == 2 else 30] ^= 0x80
        return [bytes(broken), *packets[1:]]


def state(tables: ServiceMap) -> object:
    return tables.pmt_pids, tables.pmts, tables.version, tables.crc_errors, tables.syntax_errors


@pytest.mark.parametrize("seed", range(12))
def test_a_block_brings_the_sections_that_its_packets_bring_one_by_one(seed: int) -> None:
    made, at_once, one_by_one = Tables(seed), ServiceMap(), ServiceMap()
    for number in range(12):
        quiet = number % 3 == 0
        block = made.block(400, changes=0 if quiet else 0.01, faults=0 if quiet else 0.02)
        headers = PacketHeaders(block)
        expected: dict[int, list[tuple[int, bytes]]] = {}
        for row, pid, section in one_by_one.feed(block, headers.pids):
            expected.setdefault(pid, []).append((row, section))
        found: dict[int, list[tuple[int, bytes]]] = {}
        for pid, section, rows in at_once.feed_headers(headers):
            found.setdefault(pid, []).extend((row, section) for row in rows)
        assert found == expected
        assert state(at_once) == state(one_by_one)


def test_a_table_that_repeats_is_told_in_one_run() -> None:
    made, tables = Tables(1), ServiceMap()
    tables.feed_headers(PacketHeaders(made.block(400, changes=0, faults=0)))
    headers = PacketHeaders(made.block(400, changes=0, faults=0))
    runs = tables.feed_headers(headers)
    assert [run.rows for run in runs if run.pid == PAT_PID] == [headers.rows_of(PAT_PID)]


def test_packets_of_each_pid_are_counted_by_a_bit() -> None:
    block = Tables(2).block(300, changes=0, faults=0.1)
    by_pid = PacketHeaders(block).by_pid
    starts = packet.payload_unit_starts(block)
    found = dict(zip(by_pid.pids.tolist(), by_pid.sums(0x40_0000).tolist(), strict=True))
    assert found == {pid: int(starts[packet.pids(block) == pid].sum()) for pid in found}
    assert int(by_pid.counts.sum()) == len(block) == np.unique(by_pid.rows).size
