"""What makes a condition an alarm: how bad it is, how long it must last, what explains it, what to do."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.models.alarms.alarm import Severity

FLOW = ("stream_failed", "input_lost", "crash_loop", "processor_restarting", "nothing_flows")
"""While one of these stands, whatever else is measured on the stream follows from it."""


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """A condition with its words; `on_delay_s` passes before it is raised, `off_delay_s` before it clears."""

    condition: str
    severity: Severity
    title: str
    cause: str
    what_to_do: str
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    clears_itself: bool = True
    """False for something that happened once: it stays until acknowledged."""
    explained_by: tuple[str, ...] = ()
    """Conditions of the same stream that hide this one while they stand."""
