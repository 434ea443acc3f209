"""Limit of reads: a script in a tight loop must not keep the services' loop from the cues."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

MOST_KEPT = 1000
BURST_S = 2.0
"""Reads not used within so long may be used at once."""


class ReadPace:
    """Reads a second for each token; used on the loop only."""

    def __init__(self, reads_per_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_s = reads_per_s
        self._clock = clock
        self._left: OrderedDict[int, tuple[float, float]] = OrderedDict()
        """Reads left to each token, and since when; the longest unused first."""

    def wait_s(self, token_id: int) -> float:
        """Seconds until the token may read; 0 counts a read."""
        now = self._clock()
        most = self._per_s * BURST_S
        left, since = self._left.pop(token_id, (most, now))
        left = min(most, left + (now - since) * self._per_s)
        may = left >= 1
        self._left[token_id] = left - 1 if may else left, now
        if len(self._left) > MOST_KEPT:
            self._left.popitem(last=False)
        return 0.0 if may else (1 - left) / self._per_s
