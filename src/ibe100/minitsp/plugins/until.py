"""Ends the stream when a condition is met (tsp -P until)."""

import time
from typing import ClassVar

import numpy as np

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor
from ibe100.minitsp.pacing.playout_clock import PlayoutClock
from ibe100.mpegts.constants import NULL_PID, PACKET_SIZE


class Until(PacketProcessor):
    """Copy packets until one of the specified conditions is met.

    The packet that meets it is the last one, or with --exclude-last the first one that does not pass.
    """

    name: ClassVar[str] = "until"
    options: ClassVar[OptionTable] = OptionTable(
        Option("bytes", OptionKind.INTEGER, "b"),
        Option("exclude-last", short="e"),
        Option("milli-seconds", OptionKind.INTEGER, "m"),
        Option("null-sequence-count", OptionKind.INTEGER, "n"),
        Option("packets", OptionKind.INTEGER, "p"),
        Option("pcr-based"),
        Option("seconds", OptionKind.INTEGER, "s"),
        Option("unit-start-count", OptionKind.INTEGER, "u"),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        size = arguments.integer("bytes")
        self._packets = arguments.integer("packets", (size + PACKET_SIZE - 1) // PACKET_SIZE)
        self._limit_ms = max(arguments.integer("seconds") * 1000, arguments.integer("milli-seconds"))
        self._null_runs = arguments.integer("null-sequence-count")
        self._unit_starts = arguments.integer("unit-start-count")
        self._clock = PlayoutClock(context) if arguments.present("pcr-based") else None
        self._first_s: float | None = None
        self._null_before = False
        self._null_runs_seen = self._unit_starts_seen = 0

    def process(self, block: Block) -> Block:
        ends = [self._packets - 1 - block.first_index] if self._packets else []
        ends += [self._row_of_null_run(block), self._row_of_unit_start(block), self._row_of_time(block)]
        met = [row for row in ends if 0 <= row < len(block)]
        if not met:
            return block
        self.context.stop()
        end = min(met) + (0 if self.arguments.present("exclude-last") else 1)
        return Block(block.packets[:end], block.first_index)

    def _row_of_null_run(self, block: Block) -> int:
        null = block.pids == NULL_PID
        begins = null & ~np.concatenate(([self._null_before], null[:-1]))
        self._null_before = bool(null[-1])
        row = _row_of_count(begins, self._null_runs - self._null_runs_seen) if self._null_runs else -1
        self._null_runs_seen += int(np.count_nonzero(begins))
        return row

    def _row_of_unit_start(self, block: Block) -> int:
        starts = block.headers.unit_starts
        row = _row_of_count(starts, self._unit_starts - self._unit_starts_seen) if self._unit_starts else -1
        self._unit_starts_seen += int(np.count_nonzero(starts))
        return row

    def _row_of_time(self, block: Block) -> int:
        if not self._limit_ms:
            return -1
        if self._clock is not None:
            return self._clock.row_reaching(block, self._limit_ms)
        now_s = time.monotonic()
        self._first_s = now_s if self._first_s is None else self._first_s
        return 0 if now_s - self._first_s >= self._limit_ms / 1000 else -1


def _row_of_count(flags: np.ndarray[tuple[int], np.dtype[np.bool_]], count: int) -> int:
    """The row of the flag number `count`, -1 if there are fewer."""
    rows = np.flatnonzero(flags)
    return int(rows[count - 1]) if 0 < count <= rows.size else -1
