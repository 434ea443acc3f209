"""Tables that repeat are told for a whole block at once, as if each of their packets had been looked at."""

import numpy as np
import pytest

from ibe100.mpegts import packet
from ibe100.mpegts.constants import PAT_PID
from ibe100.mpegts.packet_headers import PacketHeaders
from ibe100.mpegts.service_map import ServiceMap
from made_tables import Tables


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
