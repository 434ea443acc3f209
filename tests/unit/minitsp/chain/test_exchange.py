"""A chain under a runner goes on by other processors: every packet passes, before, meanwhile and after."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

import numpy as np

from ibe100.minitsp.chain.chain import Chain
from ibe100.minitsp.chain.options import OptionTable
from ibe100.minitsp.chain.plugin import (
    Context,
    GlobalOptions,
    PacketInput,
    PacketOutput,
    PacketProcessor,
    Packets,
)
from ibe100.minitsp.plugins.pmt import PmtEditor
from ibe100.mpegts import packet
from plugin_rig import Log, media

BLOCK = 70
SPLICE_PID = 500


class Given(PacketInput):
    """Gives packets in blocks; `then` is called before the block of that number."""

    name: ClassVar[str] = "given"
    options: ClassVar[OptionTable] = OptionTable()

    def __init__(self, context: Context, packets: Packets, then: dict[int, Callable[[], None]]) -> None:
        super().__init__(self.options.parse(()), context)
        self._blocks = [packets[at : at + BLOCK] for at in range(0, len(packets), BLOCK)]
        self._then = then
        self._number = 0

    def receive(self, max_packets: int, timeout_s: float) -> Packets | None:
        if self._number in self._then:
            self._then.pop(self._number)()
            return None  # so that the chain looks about before the next block
        if self._number == len(self._blocks):
            return self._blocks[0][:0]
        self._number += 1
        return self._blocks[self._number - 1].copy()


class Taken(PacketOutput):
    """Keeps what it is given."""

    name: ClassVar[str] = "taken"
    options: ClassVar[OptionTable] = OptionTable()

    def __init__(self, context: Context) -> None:
        super().__init__(self.options.parse(()), context)
        self.blocks: list[Packets] = []

    def send(self, packets: Packets) -> None:
        self.blocks.append(packets.copy())


def pmt(context: Context, service: int) -> list[PacketProcessor]:
    words = ("--service", str(service), "--add-pid", f"{SPLICE_PID}/0x86")
    return [PmtEditor(PmtEditor.options.parse(words), context)]


def run(guided: bool, first: int, then: Sequence[int]) -> tuple[Packets, Packets, list[str], int]:
    """What went in and what came out, the log and the exit code, of a chain with the PMT of `first`."""
    log = Log()
    context = Context(GlobalOptions(), log, attended=guided, guided=guided)
    packets, output = media("ott_with_scte35.ts")[: 20 * BLOCK], Taken(context)
    asked: dict[int, Callable[[], None]] = {
        5 * (turn + 1): lambda service=service: chain.exchange(lambda: pmt(context, service), GlobalOptions())
        for turn, service in enumerate(then)
    }
    chain = Chain(context, Given(context, packets, asked), pmt(context, first), output)
    code = chain.run()
    return packets, np.concatenate(output.blocks or [packets[:0]]), log.lines, code


def test_what_does_not_fit_the_input_passes_it_on_until_others_come() -> None:
    given, taken, log, code = run(guided=True, first=9, then=[1])
    assert code == 0
    assert "* Error: pmt: service id 0x0009 (9) not found in PAT" in log
    assert len(taken) == len(given)
    assert np.array_equal(packet.pids(taken), packet.pids(given))
    changed = [row for row in range(len(given)) if not np.array_equal(given[row], taken[row])]
    assert changed and min(changed) >= 5 * BLOCK, "the PMT, by the processor that fits"


def test_no_packet_is_left_out_where_others_were_at_work() -> None:
    given, taken, _, code = run(guided=True, first=1, then=[1, 1])
    first_pat = int(np.flatnonzero(packet.pids(given) == 0)[0])
    assert (code, len(taken)) == (0, len(given) - first_pat)


def test_without_a_guide_what_does_not_fit_is_the_end() -> None:
    _, taken, log, code = run(guided=False, first=9, then=[])
    assert code == 1
    assert not len(taken)
    assert "* Error: pmt: service id 0x0009 (9) not found in PAT" in log
