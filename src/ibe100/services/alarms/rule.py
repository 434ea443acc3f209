"""Rules of alarms: severity, delays, parameters, cause, what to do; and judgements by them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, NamedTuple

from ibe100.models.alarms.alarm import Severity
from ibe100.models.alarms.settings import RuleParameter


@dataclass(frozen=True, slots=True, eq=False)
class AlarmRule:
    """Rule as it ships; `on_delay_s` passes before its alarm is raised, `off_delay_s` before it clears.

    A rule whose threshold operators may set is of a class of its own, with a field made by `parameter`.
    """

    condition: str
    """Stable key, as it is on record."""
    severity: Severity
    title: str
    cause: str
    what_to_do: str
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    enabled: bool = True
    clears_itself: bool = True
    """False for something that happened once: it stays until acknowledged."""
    only_while_running: bool = True
    """True: its alarm is over when its stream ends. False: it outlives a run."""
    explained_by: tuple[AlarmRule, ...] = field(default=(), repr=False)
    """Conditions of the same stream that hide this one while they stand."""


class Judgement(NamedTuple):
    """A condition as it is found."""

    is_true: bool
    value: str = ""
    since_s: float | None = None
    """Monotonic time at which it is proved to have begun; None for the moment of the judgement."""


Judgements = Mapping[AlarmRule, Judgement]
"""Judgements by the rule as it ships."""
FALSE = Judgement(False)


def true_if(value: str) -> Judgement:
    """True with that value; false where it is empty."""
    return Judgement(bool(value), value)


def parameter(default: float, label: str, unit: str, lowest: float, highest: float, decimals: int = 0) -> Any:
    """A field of a rule that operators may set within a range; `label` is what the page of rules calls it."""
    found = {"label": label, "unit": unit, "lowest": lowest, "highest": highest, "decimals": decimals}
    return field(default=default, metadata=found)


def parameters_of(rule: AlarmRule) -> tuple[RuleParameter, ...]:
    """The parameters of a rule with the values that hold by it."""
    return tuple(
        RuleParameter(name=one.name, value=getattr(rule, one.name), **one.metadata)
        for one in fields(rule)
        if one.metadata
    )


@dataclass(frozen=True, slots=True, eq=False)
class CountedRule(AlarmRule):
    """Errors that TSDuck or the runner counts."""

    counters: tuple[str, ...] = ()
    """Names of the counters in `-P influx --tr-101-290`."""
    by_arrival: bool = False
    """Gaps measured on arrival: where we pace the packets they tell of our bursts, not of the input."""
    least_per_s: float = parameter(1, "Errors in a second that make an alarm", "per s", 1, 100_000)
