"""What a house sets about its alarms: delays, priorities, thresholds, for all streams and for single ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field

from ibe100.models.alarms.alarm import Severity
from ibe100.models.base import Value

DelayS = Annotated[float, Field(ge=0, le=3600)]


class RuleChange(Value):
    """What differs from the shipped rule; None leaves it as it is."""

    enabled: bool | None = None
    severity: Severity | None = None
    on_delay_s: DelayS | None = None
    off_delay_s: DelayS | None = None
    least_per_s: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """For errors that are counted: so many in a second make an alarm."""

    @property
    def is_empty(self) -> bool:
        """It changes nothing."""
        return self == RuleChange()

    def over(self, base: RuleChange) -> RuleChange:
        """This one where it says something, else `base`."""
        said = {name: value for name, value in self if value is not None}
        return base.model_copy(update=said)


class MachineLimits(Value):
    """When the machine itself is short of something."""

    disk_free_mb: Annotated[float, Field(ge=10, le=10_000_000)] = 500
    memory_free_percent: Annotated[float, Field(ge=1, le=50)] = 5
    console_lag_ms: Annotated[float, Field(ge=50, le=10_000)] = 300


class AlarmSettings(Value):
    """As kept in `alarm_settings.json`, which may be edited by hand: it is read again when it changes."""

    limits: MachineLimits = MachineLimits()
    rules: Mapping[str, RuleChange] = {}
    """By condition, for every stream."""
    streams: Mapping[str, Mapping[str, RuleChange]] = {}
    """By stream_id and condition."""


class RuleView(Value):
    """A rule as it holds for one stream, or for all."""

    condition: str
    title: str
    enabled: bool
    severity: Severity
    on_delay_s: float
    off_delay_s: float
    least_per_s: int | None
    """None where nothing is counted."""
    change: RuleChange
    """What was set for this stream, or for all: empty where the rule is as it was shipped."""
