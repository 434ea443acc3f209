"""How an attempt ended: in words, whose fault it was, and so how soon the next one begins."""

from collections.abc import Sequence
from dataclasses import dataclass

from ibe100.runner.supervision.backoff import QUICK_S, Backoff
from ibe100.runner.supervision.end_causes import is_input_fault
from ibe100.runner.supervision.process import Exit


@dataclass(frozen=True, slots=True)
class Outcome:
    """The end of an attempt; `completed` and `of_input` only of one that the runner did not end."""

    words: str
    completed: bool
    of_input: bool

    @classmethod
    def of_its_own(cls, ended: Exit, error: str | None, argv: Sequence[str], completed: bool) -> "Outcome":
        """Outcome of a processor that ended while it should run; `error` is its last error line."""
        if completed:
            return cls("completed", True, False)
        words = f"{ended.words()} while it should run" + (f": {error}" if error else "")
        return cls(words, False, is_input_fault(argv, ended, error))

    def pause_s(self, ended: Exit, backoff: Backoff, was_stalled: bool) -> float:
        """Seconds until the next attempt: never many where this end was not the processor's own."""
        if self.of_input:
            return max(0.0, QUICK_S - ended.seconds)
        delay_s = backoff.next_delay_s()
        return min(delay_s, QUICK_S) if ended.signal is not None or was_stalled else delay_s
