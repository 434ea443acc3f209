"""The filter keeps what meets any condition, drops the rest or makes it null packets."""

import numpy as np
import pytest

from ibe100.minitsp.chain.plugin import Block, Context, GlobalOptions, LogLevel
from ibe100.minitsp.plugins.filter import Filter
from ibe100.mpegts.packet import pids


class Silence:
    def write(self, level: LogLevel, plugin: str, text: str) -> None:
        return None


def block() -> Block:
    """One packet each of PID 0x100 to 0x103; 0x101 starts a unit, 0x102 is scrambled."""
    packets = np.zeros((4, 188), np.uint8)
    packets[:, 0], packets[:, 1], packets[:, 3] = 0x47, 1, 0x10
    packets[:, 2] = range(4)
    packets[1, 1] |= 0x40
    packets[2, 3] |= 0x80
    return Block(packets, 0)


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        (["--pid=0x100", "-p", "0x102-0x103"], [0x100, 0x102, 0x103]),
        (["--negate", "--pid=0x100"], [0x101, 0x102, 0x103]),
        (["--negate", "--pid=0x100", "--pid=0x103", "--stuffing"], [0x1FFF, 0x101, 0x102, 0x1FFF]),
        (["--unit-start", "--pid=0x103"], [0x101, 0x103]),
        (["--clear"], [0x100, 0x101, 0x103]),
        (["--scrambling-control=2"], [0x102]),
        (["--pcr"], []),
    ],
)
def test_what_passes(options: list[str], kept: list[int]) -> None:
    plugin = Filter(Filter.options.parse(options), Context(GlobalOptions(), Silence()))
    result = plugin.process(block())
    assert pids(result.packets).tolist() == result.pids.tolist() == kept
