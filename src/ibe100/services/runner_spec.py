"""The spec file of a runner, as `ibe100.runner.spec` reads it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ibe100.models.base import Value
from ibe100.models.profile import StreamEntry
from ibe100.models.stream_config import (
    FileInput,
    SrtInput,
    SrtMode,
    SrtOutput,
    StreamConfig,
    TestPatternInput,
)
from ibe100.services.stream_run import RunFacts
from ibe100.tsduck.processor import Processor
from ibe100.tsduck.test_pattern import live_arguments

PATIENCE_S = 86_400.0
"""A listener waits for its caller, which may take a day: that is no fault of the processor."""


class RunnerPolicy(Value):
    """When a runner waits, retries and gives up; seconds."""

    stall_timeout_s: float = 5.0
    start_timeout_s: float = 20.0
    backoff_base_s: float = 1.0
    backoff_max_s: float = 30.0
    healthy_reset_s: float = 60.0
    term_timeout_s: float = 5.0


def make_spec(
    entry: StreamEntry, processor: Processor, argv: Sequence[str], facts: RunFacts, policy: RunnerPolicy
) -> dict[str, Any]:
    """The whole spec; never a secret."""
    source = entry.config.input
    feeder = None
    if isinstance(source, TestPatternInput):
        feeder = {"argv": live_arguments(source, facts.ports.source)}
    return {
        "version": 1,
        "stream_id": entry.stream_id,
        "name": entry.config.name,
        "generation": int(facts.started_at * 1000),
        "engine": processor.engine.value,
        "processor": {"argv": list(argv), "env": processor.environment},
        "source": feeder,
        "ports": {
            "cue": facts.ports.cue,
            "splice_json": facts.ports.splice_json,
            "influx": facts.ports.influx,
            "analyze_json": facts.ports.analyze_json,
            "tap": facts.ports.tap,
            "input_splice": facts.ports.input_splice,
            "pulse": facts.ports.pulse,
        },
        "policy": {
            "finite": isinstance(source, FileInput) and not source.loop,
            "expect_pts": facts.plan.time_pid is not None,
            **policy.model_dump(),
            **({"start_timeout_s": PATIENCE_S} if awaited_peer(entry.config) else {}),
        },
    }


def awaited_peer(config: StreamConfig) -> str:
    """Who has to call before anything can flow, in words; empty when nobody has to."""
    for side, edge in (("receiver", config.output), ("sender", config.input)):
        if isinstance(edge, SrtInput | SrtOutput) and edge.mode is SrtMode.LISTENER:
            return f"waiting for the SRT {side} to call on port {edge.port}"
    return ""
