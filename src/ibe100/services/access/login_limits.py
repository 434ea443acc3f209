"""Limits against guessing: after some logins each further one has to wait twice as long."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable

from ibe100.models.errors import TooManyLogins

FORGOTTEN_S = 900.0
"""Without an attempt for so long, a name or an address begins afresh."""
MOST_KEPT = 4096
MOST_EXPONENT = 16


class AttemptCounter:
    """Logins by one kind of key, such as the address; of bounded size, used on the loop only."""

    def __init__(self, free: int, most_wait_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._free = free
        self._most_wait_s = most_wait_s
        self._clock = clock
        self._counts: OrderedDict[str, tuple[int, float]] = OrderedDict()
        """How many attempts, and when the last was; the longest unused first."""

    def wait_s(self, key: str) -> float:
        """Seconds that the next attempt still has to wait."""
        count, last = self._standing(key)
        if count < self._free:
            return 0.0
        pause_s = min(2.0 ** min(count - self._free, MOST_EXPONENT), self._most_wait_s)
        return max(0.0, last + pause_s - self._clock())

    def begin(self, key: str) -> None:
        """Count an attempt, before it is known how it ends: many at once are no way around the wait."""
        count, _ = self._standing(key)
        self._counts[key] = count + 1, self._clock()
        self._counts.move_to_end(key)
        while len(self._counts) > MOST_KEPT:
            self._counts.popitem(last=False)

    def take_back(self, key: str) -> None:
        """The attempt was right: it does not count."""
        count, last = self._standing(key)
        if count > 1:
            self._counts[key] = count - 1, last
        else:
            self._counts.pop(key, None)

    def forget(self, key: str) -> None:
        """Begin afresh."""
        self._counts.pop(key, None)

    def _standing(self, key: str) -> tuple[int, float]:
        count, last = self._counts.get(key, (0, 0.0))
        return (0, 0.0) if count and self._clock() - last > FORGOTTEN_S else (count, last)


class LoginLimits:
    """Limits by name together with address, and by address: nobody elsewhere is slowed down by a guesser.

    An address may try more, for a whole office may be behind it. A name that has logged in from it before is
    spared the address's own limit: who guesses at other names there does not keep it out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._pairs = AttemptCounter(free=3, most_wait_s=60, clock=clock)
        self._addresses = AttemptCounter(free=10, most_wait_s=300, clock=clock)
        self._proven: OrderedDict[str, None] = OrderedDict()

    def begin(self, name: str, address: str) -> None:
        """Count a login. Raises TooManyLogins while there is still to wait; that does not count."""
        pair = _pair(name, address)
        wait_s = self._pairs.wait_s(pair)
        if pair not in self._proven:
            wait_s = max(wait_s, self._addresses.wait_s(address))
        if wait_s > 0:
            seconds = math.ceil(wait_s)
            raise TooManyLogins(f"too many attempts: wait {seconds} s", retry_in_s=seconds)
        self._pairs.begin(pair)
        self._addresses.begin(address)

    def succeeded(self, name: str, address: str) -> None:
        """The name begins afresh at this address; the address only gets this attempt back."""
        pair = _pair(name, address)
        self._pairs.forget(pair)
        self._addresses.take_back(address)
        self._proven[pair] = None
        self._proven.move_to_end(pair)
        while len(self._proven) > MOST_KEPT:
            self._proven.popitem(last=False)


def _pair(name: str, address: str) -> str:
    return f"{name}\n{address}"
