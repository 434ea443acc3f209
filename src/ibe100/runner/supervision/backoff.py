"""Pause before the next attempt."""

import os
from collections.abc import Callable

QUICK_S = 1.0
"""The longest wait after an end that was not the processor's own: that is no crash loop to be slowed down."""


def system_fraction() -> float:
    """A uniform number in [0, 1). The random module would cost 3 MB of resident memory."""
    return int.from_bytes(os.urandom(6)) / 2**48


class Backoff:
    """First retry at once, then uniform in 0 … base·2ⁿ seconds (full jitter), never more than the maximum."""

    def __init__(self, base_s: float, max_s: float, fraction: Callable[[], float] = system_fraction) -> None:
        self._base_s = base_s
        self._max_s = max_s
        self._fraction = fraction
        self.failures = 0

    def next_delay_s(self) -> float:
        """Seconds to wait after one more failure."""
        self.failures += 1
        if self.failures == 1:
            return 0.0
        exponent = min(self.failures - 2, 32)  # far past any maximum, and no huge numbers after a long night
        return self._fraction() * min(self._max_s, self._base_s * 2.0**exponent)

    def reset(self) -> None:
        """Count failures anew: the stream has been healthy for long enough."""
        self.failures = 0
