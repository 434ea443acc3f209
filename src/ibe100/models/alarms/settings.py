"""Changes that a house makes to the rules of its alarms, for all streams and for single ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, model_validator

from ibe100.models.alarms.alarm import Severity
from ibe100.models.base import Value

DelayS = Annotated[float, Field(ge=0, le=3600)]
_OLD_LIMITS = {
    "disk_free_mb": ("disk_low", "free_mb"),
    "memory_free_percent": ("memory_low", "free_percent"),
    "console_lag_ms": ("console_slow", "lag_ms"),
}
"""Thresholds of the machine that older files keep under `limits`: condition and parameter of each."""


class RuleChange(Value):
    """Differences from the shipped rule; None leaves it as it is."""

    enabled: bool | None = None
    severity: Severity | None = None
    on_delay_s: DelayS | None = None
    off_delay_s: DelayS | None = None
    parameters: Mapping[str, float] = {}
    """Values of parameters by name; a rule says which it has, and their ranges."""

    @model_validator(mode="before")
    @classmethod
    def _with_old_count(cls, found: Any) -> Any:
        """Older files and clients of the API have `least_per_s` beside the delays."""
        if not isinstance(found, dict) or "least_per_s" not in found:
            return found
        others = {name: value for name, value in found.items() if name != "least_per_s"}
        count = {} if found["least_per_s"] is None else {"least_per_s": found["least_per_s"]}
        return {"parameters": count, **others}

    @property
    def is_empty(self) -> bool:
        """True where it changes nothing."""
        return self == RuleChange()

    def over(self, base: RuleChange) -> RuleChange:
        """Join both: this one where it says something, else `base`."""
        said = {name: value for name in RuleChange.model_fields if (value := getattr(self, name)) is not None}
        return base.model_copy(update={**said, "parameters": {**base.parameters, **self.parameters}})


class AlarmSettings(Value):
    """Contents of `alarm_settings.json`, which may be edited by hand: it is read again when it changes."""

    rules: Mapping[str, RuleChange] = {}
    """Changes for every stream, by condition."""
    streams: Mapping[str, Mapping[str, RuleChange]] = {}
    """Changes for single streams, by stream_id and condition."""

    @model_validator(mode="before")
    @classmethod
    def _with_old_limits(cls, found: Any) -> Any:
        if not isinstance(found, dict) or not isinstance(found.get("limits"), dict):
            return found
        others = {name: value for name, value in found.items() if name != "limits"}
        rules = others.get("rules", {})
        for name, value in found["limits"].items():
            condition, parameter = _OLD_LIMITS.get(name, ("", ""))
            change = rules.get(condition, {}) if isinstance(rules, dict) else None
            if not condition or not isinstance(change, dict):
                raise ValueError(f"limits.{name} is not known")
            rules = {**rules, condition: {"parameters": {parameter: value}, **change}}
        return {**others, "rules": rules}


class RuleParameter(Value):
    """A number of a rule that operators may set, as it holds."""

    name: str
    label: str
    unit: str
    lowest: float
    highest: float
    decimals: int
    value: float


class RuleView(Value):
    """A rule as it holds for one stream, or for all."""

    condition: str
    title: str
    enabled: bool
    severity: Severity
    on_delay_s: float
    off_delay_s: float
    parameters: tuple[RuleParameter, ...]
    change: RuleChange
    """Set for this stream, or for all: empty where the rule is as it was shipped."""
