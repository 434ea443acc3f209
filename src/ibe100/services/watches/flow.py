"""Do packets flow at all? A processor posts once a second while they do, and not at all when none come.

Its runner notices sooner, by pulses; that nothing flows is said as soon as either shows it.
"""

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
        self._stopped_at: float | None = None

    def posted(self, monotonic_s: float, *, has_packets: bool) -> None:
        """A post was measured at that time."""
        self._is_dry = not has_packets
        if not has_packets:
            return
        if self._stopped_at is not None and monotonic_s - MOST_GAP_S > self._stopped_at:
            self._stopped_at = None
        if self._has_posted and monotonic_s - self._posted_at <= MOST_GAP_S:
            self._gaps.append(monotonic_s - self._posted_at)
        self._posted_at, self._has_posted = monotonic_s, True

    def pulse(self, flows: bool, since_s: float) -> None:
        """What the runner noticed between two posts: packets flow again, or none came since a time."""
        self._stopped_at = None if flows else since_s

    def is_quiet(self, monotonic_s: float) -> bool:
        """The runner noticed that nothing comes, or a post with packets is overdue."""
        return self._is_dry or self._stopped_at is not None or monotonic_s - self._posted_at > self.patience_s

    @property
    def patience_s(self) -> float:
        """How long after a post the next one is overdue."""
        return max(self._gaps, default=MOST_GAP_S) + MARGIN_S
