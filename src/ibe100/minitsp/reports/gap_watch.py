"""Watches for things that must come again within a time."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final, TypeAlias

Key: TypeAlias = tuple[str, int]
_COUNT_AGAIN_S: Final = 1.0


@dataclass(slots=True)
class _Watched:
    names: tuple[str, ...]
    limit_s: float
    due_s: float
    late: bool = False


class GapWatch:
    """Calls `count(names, pid)` when a gap passes its limit, and once a second while it lasts.

    A key is (what, PID). Times are of one monotonic clock.
    """

    def __init__(self, count: Callable[[tuple[str, ...], int], None]) -> None:
        self._count = count
        self._watched: dict[Key, _Watched] = {}

    def expect(self, key: Key, names: tuple[str, ...], limit_s: float, now_s: float) -> None:
        """Begin to watch, unless it is watched already."""
        if key not in self._watched:
            self._watched[key] = _Watched(names, limit_s, now_s + limit_s)

    def forget(self, key: Key) -> None:
        """Stop watching a key."""
        self._watched.pop(key, None)

    def keep(self, what: str, pids: Collection[int]) -> None:
        """Forget those of a kind whose PID is not in `pids`."""
        for key in [key for key in self._watched if key[0] == what and key[1] not in pids]:
            del self._watched[key]

    def seen(self, key: Key, now_s: float) -> bool:
        """Note that it came; returns True if it came late. Unknown keys are ignored."""
        watched = self._watched.get(key)
        if watched is None:
            return False
        self._judge(key[1], watched, now_s)
        late, watched.late = watched.late, False
        watched.due_s = now_s + watched.limit_s
        return late

    def overdue(self, now_s: float) -> None:
        """Count everything that has not come in time."""
        for (_, pid), watched in self._watched.items():
            self._judge(pid, watched, now_s)

    def _judge(self, pid: int, watched: _Watched, now_s: float) -> None:
        while now_s > watched.due_s:
            watched.late = True
            watched.due_s += max(_COUNT_AGAIN_S, watched.limit_s)
            self._count(watched.names, pid)
