"""How exactly packets are sent when they are due."""

from dataclasses import dataclass


@dataclass(slots=True)
class PacingJitter:
    """Sums up how late blocks went out after they had been held back; those that came too late count not."""

    _blocks: int = 0
    _sum_s: float = 0.0
    _worst_s: float = 0.0

    def add(self, late_s: float) -> None:
        """One block went out so long after it was due."""
        self._blocks += 1
        self._sum_s += late_s
        self._worst_s = max(self._worst_s, late_s)

    def __str__(self) -> str:
        mean_us = self._sum_s / max(1, self._blocks) * 1e6
        worst_us = self._worst_s * 1e6
        return f"pacing jitter: {mean_us:,.0f} us mean, {worst_us:,.0f} us worst of {self._blocks:,} bursts"
