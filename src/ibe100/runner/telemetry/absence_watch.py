"""What came all the time and comes no more while packets do: null packets, PCR, PTS."""

from collections.abc import Iterable

ABSENT_S = 0.8
"""PTS are due every 0.7 s (ETSI TR 101 290 2.5), PCR more often; null packets, where cues can go."""
STEADY_LOOKS = 5
"""What came in so many looks on end, less than that apart, is expected; what is rare is left to the posts."""

_MOST = 256

Key = tuple[str, int]
"""`null`, `pcr` or `pts`, and the PID."""


class AbsenceWatch:
    """Pure; times are monotonic seconds."""

    def __init__(self) -> None:
        self._seen: dict[Key, tuple[float, int]] = {}
        """When it came last, and in how many looks on end."""
        self._absent: set[Key] = set()

    def forget(self) -> None:
        """Whatever is expected may have been dropped: nothing is absent until it was steady again."""
        self._seen.clear()

    def paused(self, pause_s: float) -> None:
        """Nothing came at all for so long: it counts for what was absent before, and not for the rest."""
        for key in self._seen.keys() - self._absent:
            seen_at, looks = self._seen[key]
            self._seen[key] = seen_at + pause_s, looks

    def look(self, came: Iterable[Key], now: float) -> bool:
        """Take what came since the last look; returns whether other things are absent than were."""
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
        """All that is absent: what, PID, and for how many seconds."""
        known = sorted(self._absent & self._seen.keys())
        return [[*key, round(now - self._seen[key][0], 3)] for key in known]
