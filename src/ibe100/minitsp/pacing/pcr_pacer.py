"""Times at which packets are due, by the PCRs among them (tsp -P regulate --pcr-synchronous)."""

from dataclasses import dataclass
from typing import Final

from ibe100.minitsp.chain.plugin import Block, LogLevel, Plugin
from ibe100.mpegts.constants import NULL_PID
from ibe100.mpegts.timestamps import PCR_HZ, PCR_MODULO

_LONGEST_STEP_PCR: Final = 2 * PCR_HZ


class PcrPacer:
    """Follows the PCRs of one PID: `pid`, or the first that carries one.

    Due times count from the first PCR, so that delays do not add up. Packets between two PCRs are due at the
    pace of the interval before, where tsp would let them go at once.
    """

    def __init__(self, plugin: Plugin, pid: int = NULL_PID) -> None:
        self._plugin = plugin
        self._pid = pid
        self._anchor_s: float | None = None
        self._since_anchor_pcr = 0
        self._last_pcr: int | None = None
        self._packets = 0
        self.seconds_per_packet = 0.0

    @property
    def has_begun(self) -> bool:
        """True once a PCR of its PID has come."""
        return self._anchor_s is not None

    def restart(self, now_s: float) -> None:
        """Take the present PCR as due now."""
        self._anchor_s = now_s
        self._since_anchor_pcr = 0
        self._packets = 0

    def due_s(self, block: Block, now_s: float) -> float:
        """Monotonic time at which the block is due; the time now while no PCR has come."""
        due_s = self._due_at(now_s)
        rows, values = block.headers.pcr
        counted = 0
        for row, pcr in zip(rows.tolist(), values.tolist(), strict=True):
            pid = int(block.pids[row])
            if self._pid == NULL_PID:
                self._pid = pid
                self._plugin.verbose(f"using PID 0x{pid:04X} ({pid}) for PCR reference")
            if pid == self._pid:
                self._packets += row - counted
                counted = row
                self._step(pcr, now_s)
                due_s = max(due_s, self._due_at(now_s)) if counted else self._due_at(now_s)
        self._packets += len(block) - counted
        return due_s

    def _due_at(self, now_s: float) -> float:
        """Due time of the packet so many after the last PCR."""
        if self._anchor_s is None:
            return now_s
        return self._anchor_s + self._since_anchor_pcr / PCR_HZ + self._packets * self.seconds_per_packet

    def _step(self, pcr: int, now_s: float) -> None:
        step_pcr = 0 if self._last_pcr is None else (pcr - self._last_pcr) % PCR_MODULO
        if self._last_pcr is None or step_pcr >= _LONGEST_STEP_PCR:
            if self._last_pcr is not None:
                reason = "out of sequence PCR, maybe source was cycling, restarting regulation"
                self._plugin.log(LogLevel.WARNING, reason)
            self.restart(now_s)
        elif step_pcr:
            self._since_anchor_pcr += step_pcr
            if self._packets:
                self.seconds_per_packet = step_pcr / PCR_HZ / self._packets
            self._packets = 0
        self._last_pcr = pcr


@dataclass(slots=True)
class PacingJitter:
    """Delays of blocks that were held back until they were due, summed up."""

    _blocks: int = 0
    _sum_s: float = 0.0
    _worst_s: float = 0.0

    def add(self, late_s: float) -> None:
        """Count a block that went out so long after it was due."""
        self._blocks += 1
        self._sum_s += late_s
        self._worst_s = max(self._worst_s, late_s)

    def __str__(self) -> str:
        mean_us = self._sum_s / max(1, self._blocks) * 1e6
        worst_us = self._worst_s * 1e6
        return f"pacing jitter: {mean_us:,.0f} us mean, {worst_us:,.0f} us worst of {self._blocks:,} bursts"
