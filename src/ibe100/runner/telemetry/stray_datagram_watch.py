"""Datagrams without packets that come to a processor: tsp passes over them, and nothing comes out.

Each of them wakes the thread that waits for it and, where nothing flows, that thread alone: Linux counts how
often (proc_pid_status(5), voluntary_ctxt_switches). Elsewhere nothing is known and nothing is said.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

BASE_S = 0.3
"""Time without a pulse after which wake-ups of the input are counted."""
TOLD_S = 0.95
"""Time between two reports: just below a second."""
LEAST = 3
"""Fewer datagrams are no stream, whatever they are."""
OTHERS_SHARE = 0.5
"""A plugin that is woken more than half as often has packets to work on: then one after it hangs."""
STARTING_S = 1.0
"""A processor wakes up for other reasons while it starts."""
_INPUT_THREADS = frozenset({"ip", "tsp"})
_WOKEN = "voluntary_ctxt_switches:"


@dataclass(frozen=True, slots=True)
class Woken:
    """Wake-ups of a processor's threads since their start: of its input, and of each other one."""

    input: int
    others: Mapping[str, int]

    def others_since(self, before: "Woken") -> int:
        """Wake-ups since then of the other thread that was woken most."""
        return max((count - before.others.get(one, count) for one, count in self.others.items()), default=0)


Wakeups = Callable[[], Woken | None]


class StrayDatagramWatch:
    """Pure but for `wakeups`; times are monotonic seconds."""

    def __init__(self, wakeups: Wakeups) -> None:
        self._wakeups = wakeups
        self._from_s = float("-inf")
        self._base: tuple[float, Woken] | None = None
        self._stands = False
        """True once strays were reported, until something comes out, be it of another processor."""

    def begin(self, now: float) -> None:
        """Begin with another processor."""
        self._from_s, self._base = now + STARTING_S, None

    def look(self, has_pulse: bool, is_quiet: bool, now: float) -> tuple[int, float] | None:
        """Number of datagrams and the seconds in which they came, if nothing came out that should have."""
        if has_pulse:
            self._from_s, self._base, self._stands = now + BASE_S, None, False
            return None
        woken = self._wakeups() if now >= self._from_s else None
        if woken is None or self._base is None:
            self._base = None if woken is None else (now, woken)
            return None
        over_s, came = now - self._base[0], woken.input - self._base[1].input
        are_strays = came >= LEAST and woken.others_since(self._base[1]) <= OTHERS_SHARE * came
        if not self._stands and is_quiet and are_strays:
            self._stands = True
        elif over_s < TOLD_S:
            return None
        else:
            self._stands &= are_strays
        self._base = now, woken
        return (came, over_s) if self._stands else None


def input_wakeups(pid: int, argv: Sequence[str], proc: Path = Path("/proc")) -> Woken | None:
    """Wake-ups of the threads of `pid`, which reads `-I ip`; None where the system does not tell.

    tsp names a thread after its plugin, and reads what it needs for its start in the one named after itself.
    Those of outputs by `ip` have nothing to wake up for while nothing flows.
    """
    if "-I" not in argv[:-1] or argv[argv.index("-I") + 1] != "ip":
        return None
    inputs: list[int] = []
    others: dict[str, int] = {}
    for task in proc.glob(f"{pid}/task/[0-9]*"):
        try:
            name, status = (task / "comm").read_text("utf-8"), (task / "status").read_text("utf-8")
        except OSError:  # it has ended meanwhile
            continue
        count = next((int(line.split()[1]) for line in status.splitlines() if line.startswith(_WOKEN)), 0)
        if name.strip() in _INPUT_THREADS:
            inputs.append(count)
        else:
            others[task.name] = count
    return Woken(sum(inputs), others) if inputs else None
