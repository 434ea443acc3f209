"""Does something arrive that is no transport stream? The log or the runner tells; no counter does."""

from __future__ import annotations

import re

from ibe100.services.alarms.rule import FALSE, Judgement, Judgements
from ibe100.services.alarms.stream_catalogue import SYNC_LOSS

REMEMBERED_S = 5.0
"""It is said once a second while it lasts, and not while a processor is started again."""
NEWS_S = 5.0
"""A line that was written longer ago is read after a pause of the console."""
_TOLD = re.compile(r"bytes skipped that are no packets|synchroni[sz]ation lost", re.IGNORECASE)


class SyncWatch:
    """Of one stream; `written_at` and `wall_s` are wall clock, `now_s` is monotonic."""

    def __init__(self) -> None:
        self._told_at: float | None = None
        self._words = ""

    def line(self, text: str, written_at: float, wall_s: float, now_s: float) -> None:
        """A line of the processor's log."""
        if wall_s - written_at < NEWS_S and _TOLD.search(text):
            self._told_at, self._words = now_s, text

    def strays(self, count: int, over_s: float, now_s: float) -> None:
        """The runner: so many datagrams came in so many seconds, and nothing came out of the processor."""
        self._told_at = now_s
        self._words = f"{count / over_s:.0f} datagrams per second arrive that hold no transport packets"

    def judge(self, now_s: float, *, is_quiet: bool) -> Judgements:
        """Nothing to say while packets flow and the log is silent: then the counters tell.

        `is_quiet`: no packets flow, and so nobody counts.
        """
        if self._told_at is not None and now_s - self._told_at < REMEMBERED_S:
            return {SYNC_LOSS: Judgement(True, self._words)}
        was_told, self._told_at = self._told_at is not None, None
        return {SYNC_LOSS: FALSE} if was_told or is_quiet else {}
