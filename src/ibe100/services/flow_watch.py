"""Do packets flow at all? A processor posts once a second while they do, and not at all when none come."""

from __future__ import annotations

from collections import deque

MARGIN_S = 0.2
"""On top of the longest gap between posts lately, some second: a busy machine posts unevenly."""
REMEMBERED = 60
MOST_GAP_S = 1.5
"""A longer one was an interruption, not unevenness."""


class FlowWatch:
    """Takes the posts of `-P influx`; times are monotonic."""

    def __init__(self, monotonic_s: float) -> None:
        self._posted_at = monotonic_s
        self._gaps: deque[float] = deque(maxlen=REMEMBERED)
        self._has_posted = False
        self._is_dry = False

    def posted(self, monotonic_s: float, *, has_packets: bool) -> None:
        """A post was measured at that time."""
        self._is_dry = not has_packets
        if not has_packets:
            return
        if self._has_posted and monotonic_s - self._posted_at <= MOST_GAP_S:
            self._gaps.append(monotonic_s - self._posted_at)
        self._posted_at, self._has_posted = monotonic_s, True

    def is_quiet(self, monotonic_s: float) -> bool:
        """A post with packets is overdue."""
        return self._is_dry or monotonic_s - self._posted_at > self.patience_s

    @property
    def patience_s(self) -> float:
        """How long after a post the next one is overdue."""
        return max(self._gaps, default=MOST_GAP_S) + MARGIN_S
