"""Policy of a runner: when it waits, retries and gives up."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ibe100.models.base import Value

MEMORY_LIMIT_MB = 2048
"""Eight times what a processor, a source of 1080p50 or a preview was measured to need."""
Seconds = Annotated[float, Field(gt=0, le=3600)]


class RunnerPolicy(Value):
    """Times of each runner from its next start on; section `runner` of the settings."""

    stall_timeout_s: Seconds = 5.0
    start_timeout_s: Seconds = 20.0
    backoff_base_s: Seconds = 1.0
    backoff_max_s: Seconds = 30.0
    healthy_reset_s: Seconds = 10.0
    term_timeout_s: Seconds = 5.0
    memory_limit_mb: Annotated[int, Field(ge=256, le=1_000_000)] = MEMORY_LIMIT_MB
    """Data of each process of a stream at most, in MiB."""

    def as_spec(self) -> dict[str, float]:
        """The policy in a spec. A limit as ever is left out: runners of an earlier version know none."""
        return self.model_dump(
            exclude={"memory_limit_mb"} if self.memory_limit_mb == MEMORY_LIMIT_MB else None
        )
