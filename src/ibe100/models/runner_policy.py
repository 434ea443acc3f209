"""Policy of a runner: when it waits, retries and gives up."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ibe100.models.base import Value
from ibe100.models.settings.forms import told

MEMORY_LIMIT_MB = 2048
"""Eight times what a processor, a source of 1080p50 or a preview was measured to need."""
Seconds = Annotated[float, Field(gt=0, le=3600)]


class RunnerPolicy(Value):
    """Times of each runner from its next start on; section `runner` of the settings."""

    stall_timeout_s: Annotated[
        Seconds,
        told("Stalled after", "A processor without packets for so long is started again.", "s"),
    ] = 5.0
    start_timeout_s: Annotated[
        Seconds, told("First packet within", "A processor may take so long to its first packet.", "s")
    ] = 20.0
    backoff_base_s: Annotated[
        Seconds,
        told("Second retry after", "The first retry is at once; the waits double from this one on.", "s"),
    ] = 1.0
    backoff_max_s: Annotated[
        Seconds, told("Longest wait", "No more than so long lies between two retries.", "s")
    ] = 30.0
    healthy_reset_s: Annotated[
        Seconds, told("Healthy after", "After so long with packets the retries count from one.", "s")
    ] = 10.0
    term_timeout_s: Annotated[
        Seconds,
        told("Time to end", "A processor that is asked to end (TERM) is killed after so long.", "s"),
    ] = 5.0
    memory_limit_mb: Annotated[
        int,
        Field(ge=256, le=1_000_000),
        told(
            "Memory of a process",
            "Data that the runner, the processor and the source of a stream may have each (Linux).",
            "MiB",
        ),
    ] = MEMORY_LIMIT_MB

    def as_spec(self) -> dict[str, float]:
        """The policy in a spec. A limit as ever is left out: runners of an earlier version know none."""
        return self.model_dump(
            exclude={"memory_limit_mb"} if self.memory_limit_mb == MEMORY_LIMIT_MB else None
        )
