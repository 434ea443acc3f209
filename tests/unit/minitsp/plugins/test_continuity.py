"""continuity --fix: counters that count on, as a real tsp writes them."""

import json

import numpy as np
import pytest

from ibe100.minitsp.plugins.continuity import Continuity
from ibe100.mpegts.constants import PACKET_SIZE
from plugin_rig import build, process

PAYLOAD, ADAPTATION_ONLY, BOTH = 1, 2, 3


def packet(
    counter: int, content: int = 0, control: int = PAYLOAD, jumps: bool = False, pid: int = 100
) -> bytes:
    """A packet whose payload is one byte over and over; `jumps`: discontinuity_indicator."""
    field = b""
    if control & ADAPTATION_ONLY:
        size = 10 if control & PAYLOAD else 183
        field = bytes((size, 0x80 if jumps else 0)) + b"\xff" * (size - 1)
    head = bytes((0x47, pid >> 8, pid & 0xFF, control << 4 | counter)) + field
    return head.ljust(PACKET_SIZE, bytes((content,)))


CASES = {
    "a gap is closed": ([packet(1, 1), packet(2, 2), packet(5, 3), packet(6, 4)], [1, 2, 3, 4]),
    "a duplicate stays one": (
        [packet(1, 1), packet(1, 1), packet(2, 2), packet(7, 3), packet(7, 3), packet(8, 9)],
        [1, 1, 2, 3, 3, 4],
    ),
    "the same counter with another content is none": ([packet(1, 1), packet(1, 2), packet(2, 2)], [1, 2, 3]),
    "a packet without payload does not count": (
        [packet(1, 1), packet(1, 0, ADAPTATION_ONLY), packet(2, 2), packet(9, 0, ADAPTATION_ONLY), packet(3)],
        [1, 1, 2, 2, 3],
    ),
    "an announced jump is kept": (
        [
            packet(1),
            packet(9, 2, BOTH, jumps=True),
            packet(10, 3),
            packet(3, 4),
            packet(8, 5, BOTH, jumps=True),
        ],
        [1, 9, 10, 11, 8],
    ),
    "each PID has a count of its own": (
        [packet(1), packet(5, pid=200), packet(3), packet(9, pid=200), packet(0, pid=0x1FFF)],
        [1, 5, 2, 6, 0],
    ),
}


@pytest.mark.parametrize("size", [1, 2, 100])
@pytest.mark.parametrize("case", CASES)
def test_counters_are_written_as_tsp_does(case: str, size: int) -> None:
    packets, expected = CASES[case]
    plugin, log = build(Continuity, "--fix")
    stream = np.frombuffer(b"".join(packets), np.uint8).reshape(-1, PACKET_SIZE)
    passed = process(plugin, stream, size)
    assert (passed[:, 3] & 0x0F).tolist() == expected
    assert log.lines == []


def test_duplicates_are_numbered_when_asked_for() -> None:
    plugin, _ = build(Continuity, "--fix", "--no-replicate-duplicated")
    stream = np.frombuffer(packet(1, 1) * 3 + packet(2, 2), np.uint8).reshape(-1, PACKET_SIZE)
    assert (process(plugin, stream, 100)[:, 3] & 0x0F).tolist() == [1, 2, 3, 4]


def test_only_named_pids_are_touched() -> None:
    plugin, _ = build(Continuity, "--fix", "--pid", "100")
    stream = [packet(1), packet(1, pid=200), packet(5), packet(5, pid=200)]
    passed = process(plugin, np.frombuffer(b"".join(stream), np.uint8).reshape(-1, PACKET_SIZE), 100)
    assert (passed[:, 3] & 0x0F).tolist() == [1, 1, 2, 5]


def test_a_counter_that_goes_on_without_payload_is_no_lost_packet() -> None:
    packets = [packet(1), packet(2, 0, ADAPTATION_ONLY), packet(4, 0, ADAPTATION_ONLY), packet(4, 7)]
    stream = np.frombuffer(b"".join(packets), np.uint8).reshape(-1, PACKET_SIZE)
    plugin, log = build(Continuity)
    process(plugin, stream, 100)
    assert [line.partition("(100), ")[2] for line in log.lines] == [
        "incorrect CC increment without payload",
        "missing 1 packets",
        "missing 15 packets",
    ]
    plugin, log = build(Continuity, "--json-line=J:")
    process(plugin, stream, 100)
    told = [json.loads(line.partition("J:")[2]) for line in log.lines]
    assert told[0] == {"index": 1, "pid": 100, "type": "increment-without-payload"}
    assert told[1] == {"index": 2, "packets": 1, "pid": 100, "type": "missing"}
