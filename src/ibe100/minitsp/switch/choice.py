"""Choice of the input that is on air, by rules and by hand. Pure: times are given, monotonic seconds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final

NEVER: Final = float("-inf")
START_S: Final = 1.0
"""An input that has just been opened is waited for so long, where the loss of packets counts sooner."""


@dataclass(frozen=True, slots=True)
class SwitchRules:
    """When the switch leaves an input by itself, and when it goes back. Times in seconds.

    `loss_s`: without packets for so long an input is lost; 0 never leaves it for that. `primary`: the input
    that is gone back to, None for none. `return_after_s`: it must have been good for so long.
    `most_cc_errors`: lost packets in one second; `least_bps`: bitrate over one second; 0 judges neither.
    """

    loss_s: float = 0.0
    primary: int | None = None
    return_after_s: float = 0.0
    most_cc_errors: int = 0
    least_bps: int = 0
    leaves_scrambled: bool = False


class Mode(StrEnum):
    """How the input on air was chosen."""

    RULES = "rules"
    """By the rules alone."""
    HAND = "hand"
    """By hand: the rules leave it only if it is lost."""
    HOLD = "hold"
    """By hand, and no rule leaves it."""
    DRILL = "drill"
    """By hand, for a while."""


@dataclass(slots=True)
class InputHealth:
    """State of one input: its last packets, for how long it has been good, and what is wrong."""

    opened_s: float
    last_s: float = NEVER
    good_since_s: float = NEVER
    """Since when it has been good without a break; NEVER while it is not."""
    fault: str = ""
    """What is wrong with the packets that come; empty while nothing is."""


@dataclass(slots=True)
class InputChoice:
    """Which of the inputs is on air. `changed` is a switch to make: the new index and the reason."""

    rules: SwitchRules
    current: int = 0
    mode: Mode = Mode.RULES
    _before_drill: tuple[int, Mode] = (0, Mode.RULES)
    _drill_ends_s: float = field(default=NEVER)

    def decide(self, inputs: Sequence[InputHealth], now_s: float) -> tuple[int, str] | None:
        """The input to go to now, and why; None to stay."""
        for one in inputs:
            self._judge(one, now_s)
        if self.mode is Mode.HOLD:
            return None
        if self.mode is Mode.DRILL and now_s >= self._drill_ends_s:
            back, self.mode = self._before_drill
            return self._go(back, "the drill is over")
        reason = self._complaint(inputs[self.current], now_s)
        if reason:
            return self._leave(inputs, reason)
        return self._go_back(inputs, now_s) if self.mode is Mode.RULES else None

    def take(self, index: int, *, hold: bool = False) -> tuple[int, str] | None:
        """Go to an input by hand."""
        self.mode = Mode.HOLD if hold else Mode.HAND
        return self._go(index, "held by hand" if hold else "chosen by hand")

    def drill(self, index: int, seconds: float, now_s: float) -> tuple[int, str] | None:
        """Go to an input for a while, and back."""
        if self.mode is not Mode.DRILL:
            self._before_drill = self.current, self.mode
        self.mode, self._drill_ends_s = Mode.DRILL, now_s + seconds
        return self._go(index, f"drill of {seconds:g} s")

    def follow_rules(self) -> None:
        """Have the rules choose again."""
        self.mode = Mode.RULES

    def _judge(self, one: InputHealth, now_s: float) -> None:
        is_good = not one.fault and one.last_s > NEVER and not self._is_silent(one, now_s)
        if not is_good:
            one.good_since_s = NEVER
        elif one.good_since_s == NEVER:
            one.good_since_s = now_s

    def _is_silent(self, one: InputHealth, now_s: float) -> bool:
        if not self.rules.loss_s:
            return False
        if one.last_s == NEVER:
            return now_s - one.opened_s >= max(self.rules.loss_s, START_S)
        return now_s - one.last_s >= self.rules.loss_s

    def _complaint(self, one: InputHealth, now_s: float) -> str:
        if self._is_silent(one, now_s):
            return "nothing has come since it was opened" if one.last_s == NEVER else "no packets came"
        return one.fault

    def _leave(self, inputs: Sequence[InputHealth], reason: str) -> tuple[int, str] | None:
        """Go to the first good one, in the order of the inputs after the primary; stay where none is."""
        good = [at for at, one in enumerate(inputs) if one.good_since_s > NEVER and at != self.current]
        if not good:
            return None
        target = self.rules.primary if self.rules.primary in good else good[0]
        assert target is not None
        self.mode = Mode.RULES
        return self._go(target, f"input {self.current + 1}: {reason}")

    def _go_back(self, inputs: Sequence[InputHealth], now_s: float) -> tuple[int, str] | None:
        primary = self.rules.primary
        if primary is None or primary == self.current:
            return None
        # Between two backups the order counts too: a slate is left as soon as anything better is there.
        for at in (primary, *(at for at in range(len(inputs)) if at < self.current)):
            since_s = inputs[at].good_since_s
            if since_s > NEVER and now_s - since_s >= self.rules.return_after_s:
                return self._go(at, f"input {at + 1} is good again")
        return None

    def _go(self, index: int, reason: str) -> tuple[int, str] | None:
        if index == self.current:
            return None
        self.current = index
        return index, reason
