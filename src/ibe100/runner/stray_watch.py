"""Do datagrams come to a processor out of which nothing comes? tsp passes over those that hold no packets.

Each of them wakes the thread that waits for it and, where nothing flows, that thread alone: Linux counts how
often (proc_pid_status(5), voluntary_ctxt_switches). Elsewhere nothing is known and nothing is said.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

BASE_S = 0.3
"""Without a pulse: what wakes the input from then on is counted."""
TOLD_S = 0.95
"""Between two that are told: just below a second."""
LEAST = 3
"""Fewer are no stream, whatever they are."""
STARTING_S = 1.0
"""A processor wakes up for other reasons while it starts."""
_INPUT_THREADS = frozenset({"ip", "tsp"})

Wakeups = Callable[[], int | None]


class StrayWatch:
    """Pure but for `wakeups`; times are monotonic seconds."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self._from_s = float("-inf")
        self._base: tuple[float, int] | None = None
        self._stands = False
        """Was told, and nothing came out since, be it of another processor."""

    def begin(self, now: float) -> None:
        """Another processor."""
        self._from_s, self._base = now + STARTING_S, None

    def look(self, has_pulse: bool, is_quiet: bool, now: float) -> tuple[int, float] | None:
        """How many datagrams came in how many seconds, if nothing came out that should have."""
        if has_pulse:
            self._from_s, self._base, self._stands = now + BASE_S, None, False
            return None
        count = self._wakeups() if now >= self._from_s else None
        if count is None or self._base is None:
            self._base = None if count is None else (now, count)
            return None
        over_s, came = now - self._base[0], count - self._base[1]
        if not self._stands and is_quiet and came >= LEAST:
            self._stands = True
        elif over_s < TOLD_S:
            return None
        else:
            self._stands &= came >= LEAST
        self._base = now, count
        return (came, over_s) if self._stands else None


def input_wakeups(pid: int, argv: Sequence[str], proc: Path = Path("/proc")) -> int | None:
    """How often the threads of `pid` that read `-I ip` waited and were woken; None where that is not told.

    tsp names a thread after its plugin, and reads what it needs for its start in the one named after itself.
    Those of outputs by `ip` have nothing to wake up for while nothing flows.
    """
    if "-I" not in argv[:-1] or argv[argv.index("-I") + 1] != "ip":
        return None
    total, has_input = 0, False
    for task in proc.glob(f"{pid}/task/[0-9]*"):
        try:
            name, status = (task / "comm").read_text("utf-8"), (task / "status").read_text("utf-8")
        except OSError:  # it has ended meanwhile
            continue
        if name.strip() in _INPUT_THREADS:
            has_input = True
            total += next(
                (int(line.split()[1]) for line in status.splitlines() if line.startswith("voluntary_ctxt")), 0
            )
    return total if has_input else None
