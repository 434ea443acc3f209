"""Absence of null packets, PCR or PTS that came all the time, while other packets still come."""

from collections.abc import Iterable

ABSENT_S = 0.8
"""PTS are due every 0.7 s (ETSI TR 101 290 2.5), PCR more often; null packets, where cues can go."""
STEADY_LOOKS = 5
"""Consecutive looks in which something has to come before it is expected; the rest is left to the posts."""

_MOST = 256

Key = tuple[str, int]
"""`null`, `pcr` or `pts`, and the PID."""


class AbsenceWatch:
    """Pure; times are monotonic seconds."""

    def __init__(self) -> None:
        self._seen: dict[Key, tuple[float, int]] = {}
        """Time at which each came last, and the number of consecutive looks in which it came."""
        self._absent: set[Key] = set()

    def forget(self) -> None:
        """Expect nothing until it is steady again: what was expected may have been dropped."""
        self._seen.clear()

    def paused(self, pause_s: float) -> None:
        """Take a pause in which nothing came: it counts for what was absent before, not for the rest."""
        for key in self._seen.keys() - self._absent:
            seen_at, looks = self._seen[key]
            self._seen[key] = seen_at + pause_s, looks

    def look(self, came: Iterable[Key], now: float) -> bool:
        """Take what came since the last look; returns True if other things are absent than before."""
        for key in came:
            last, looks = self._seen.get(key, (now, 0))
            self._seen[key] = now, (looks + 1 if now - last < ABSENT_S else 1)
        if len(self._seen) > _MOST:
            self._seen.clear()
        absent = {
            key
            for key, (seen_at, looks) in self._seen.items()
            if now - seen_at >= ABSENT_S and looks >= STEADY_LOOKS
        }
        is_news, self._absent = absent != self._absent, absent
        return is_news

    def absent(self, now: float) -> list[list[str | int | float]]:
        """Everything that is absent: kind, PID, and seconds since it came."""
        known = sorted(self._absent & self._seen.keys())
        return [[*key, round(now - self._seen[key][0], 3)] for key in known]
