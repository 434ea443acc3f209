"""Places for what may be under way at once: in all, and of one user or address."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager


class NoPlace(Exception):
    """Every place is taken, or every one that this user or address may have."""


class Places:
    """So many places, of which one user or address has at most `most_of_one`. Used on the loop only."""

    def __init__(self, most: int, most_of_one: int) -> None:
        self._most = most
        self._most_of_one = most_of_one
        self._taken: Counter[str] = Counter()

    @contextmanager
    def taken_by(self, who: str) -> Iterator[None]:
        """Hold a place for as long as the context lasts. Raises NoPlace."""
        if self._taken.total() >= self._most or self._taken[who] >= self._most_of_one:
            raise NoPlace
        self._taken[who] += 1
        try:
            yield
        finally:
            self._taken[who] -= 1
            if not self._taken[who]:
                del self._taken[who]
