"""Reports the bitrate anew from the PCRs or DTSs of the stream as it passes (tsp -P pcrbitrate)."""

from typing import ClassVar, Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor
from ibe100.mpegts.constants import PACKET_BITS
from ibe100.mpegts.continuity import ContinuityTracker
from ibe100.mpegts.pes import NO_TIMESTAMP
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO, pts_to_pcr

_MIN_CLOCKS: Final = 128
_MIN_PIDS: Final = 1
_CHANGE_WORTH_A_LINE: Final = 1 / 500_000


class PcrBitrate(PacketProcessor):
    """Permanently recompute bitrate based on PCR analysis.

    The mean over --min-pcr intervals on each of --min-pid PIDs; then it begins anew. Intervals across a
    loss of packets count only with --ignore-errors. Told with --verbose; the chain keeps its own estimate.
    """

    name: ClassVar[str] = "pcrbitrate"
    options: ClassVar[OptionTable] = OptionTable(
        Option("dts", short="d"),
        Option("ignore-errors", short="i"),
        Option("min-pcr", OptionKind.INTEGER, minimum=1),
        Option("min-pid", OptionKind.INTEGER, minimum=1),
    )

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self._min_clocks = arguments.integer("min-pcr", _MIN_CLOCKS)
        self._min_pids = arguments.integer("min-pid", _MIN_PIDS)
        self._by_dts = arguments.present("dts")
        self._continuity = None if arguments.present("ignore-errors") else ContinuityTracker()
        self._bitrate_bps = 0.0
        self._restart()

    def process(self, block: Block) -> Block:
        faults = self._continuity.feed(block.headers) if self._continuity else []
        losses = [fault.row for fault in faults if not fault.duplicate]
        for row, pid, clock_pcr in self._clocks(block):
            while losses and losses[0] <= row:
                losses.pop(0)
                self._last.clear()
            self._add(pid, block.first_index + row, clock_pcr)
        if losses:
            self._last.clear()
        return block

    def _clocks(self, block: Block) -> list[tuple[int, int, int]]:
        """(row, PID, 27 MHz ticks) of each PCR, or of each DTS."""
        if self._by_dts:
            starts = block.headers.pes
            there = starts.dts != NO_TIMESTAMP
            rows, values = starts.rows[there], starts.dts[there] * pts_to_pcr(1)
        else:
            rows, values = block.headers.pcr
        return list(zip(rows.tolist(), block.pids[rows].tolist(), values.tolist(), strict=True))

    def _restart(self) -> None:
        self._last: dict[int, tuple[int, int]] = {}
        self._counts: dict[int, int] = {}
        self._sum_bps = 0.0

    def _add(self, pid: int, index: int, clock_pcr: int) -> None:
        previous = self._last.get(pid)
        if previous is not None and previous[1] == clock_pcr:
            return
        self._last[pid] = (index, clock_pcr)
        if previous is None:
            return
        ticks = (clock_pcr - previous[1]) % PCR_MODULO
        self._sum_bps += (index - previous[0]) * PACKET_BITS * PCR_HZ / ticks
        self._counts[pid] = self._counts.get(pid, 0) + 1
        complete = sum(1 for count in self._counts.values() if count >= self._min_clocks)
        if complete >= self._min_pids:
            self._tell(self._sum_bps / sum(self._counts.values()))
            self._restart()

    def _tell(self, bitrate_bps: float) -> None:
        change = abs(bitrate_bps - self._bitrate_bps)
        if change > bitrate_bps * _CHANGE_WORTH_A_LINE:
            self._bitrate_bps = bitrate_bps
            clock = "DTS" if self._by_dts else "PCR"
            self.verbose(f"new bitrate from {clock} analysis: {int(bitrate_bps + 0.5):,} b/s")
