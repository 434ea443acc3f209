"""Policy of a runner: when it waits, retries and gives up."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ibe100.models.base import Value

Seconds = Annotated[float, Field(gt=0, le=3600)]


class RunnerPolicy(Value):
    """Times of each runner from its next start on; section `runner` of the settings."""

    stall_timeout_s: Seconds = 5.0
    start_timeout_s: Seconds = 20.0
    backoff_base_s: Seconds = 1.0
    backoff_max_s: Seconds = 30.0
    healthy_reset_s: Seconds = 10.0
    term_timeout_s: Seconds = 5.0
