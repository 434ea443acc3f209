"""Keeps packets by PID and by fields of their header (tsp -P filter)."""

from typing import ClassVar

import numpy as np

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor
from ibe100.mpegts.constants import PID_COUNT
from ibe100.mpegts.packet import (
    Flags,
    as_block,
    has_adaptation,
    has_payload,
    null_packet,
    payload_unit_starts,
    scrambling_controls,
    transport_errors,
)


class Filter(PacketProcessor):
    """Filters TS packets according to various conditions.

    A packet that meets any of them passes; --negate turns that round, --stuffing puts a null packet in the
    place of one that does not pass.
    """

    name: ClassVar[str] = "filter"
    options: ClassVar[OptionTable] = OptionTable(
        Option("adaptation-field"),
        Option("clear", short="c"),
        Option("negate", short="n"),
        Option("payload"),
        Option("pcr"),
        Option("pid", OptionKind.PID_RANGE, "p", repeatable=True),
        Option("scrambling-control", OptionKind.INTEGER, maximum=3),
        Option("stuffing", short="s"),
        Option("unit-start"),
        Option("valid", short="v"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._wanted_pids = np.zeros(PID_COUNT, np.bool_)
        self._wanted_pids[list(arguments.pids("pid"))] = True
        self._null = as_block(null_packet())[0]

    def process(self, block: Block) -> Block:
        passes = self._matches(block) != self.arguments.present("negate")
        if passes.all():
            return block
        if self.arguments.present("stuffing"):
            block.packets[~passes] = self._null
            block.changed()
            return block
        return Block(block.packets[passes], block.first_index)

    def _matches(self, block: Block) -> Flags:
        """Flags of the packets that meet at least one of the conditions."""
        packets, wanted = block.packets, self.arguments.present
        matches: Flags = self._wanted_pids[block.pids]
        if wanted("adaptation-field"):
            matches |= has_adaptation(packets)
        if wanted("clear"):
            matches |= scrambling_controls(packets) == 0
        if wanted("payload"):
            matches |= has_payload(packets)
        if wanted("pcr"):
            matches[block.headers.pcr[0]] = True
        if wanted("scrambling-control"):
            matches |= scrambling_controls(packets) == self.arguments.integer("scrambling-control")
        if wanted("unit-start"):
            matches |= payload_unit_starts(packets)
        if wanted("valid"):
            matches |= ~transport_errors(packets)
        return matches
