"""The spec file of a runner, as `ibe100.runner.spec` reads it."""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ibe100.models.profile import StreamEntry
from ibe100.models.runner_policy import RunnerPolicy
from ibe100.models.stream_config import (
    LIVE_INPUTS,
    FileInput,
    SrtInput,
    SrtMode,
    SrtOutput,
    StreamConfig,
    StreamInput,
    StreamOutput,
    TestPatternInput,
)
from ibe100.services.streams.run_record import RunRecord
from ibe100.tsduck.command import pass_arguments
from ibe100.tsduck.pattern_source import live_arguments
from ibe100.tsduck.processor import Processor
from ibe100.tsduck.source_command import source_command
from ibe100.tsduck.srt_link import is_relayed
from ibe100.tsduck.stream_ports import StreamPorts

PATIENCE_S = 86_400.0
"""A listener waits for its caller, which may take a day: that is no fault of the processor."""


def make_spec(
    entry: StreamEntry, processor: Processor, argv: Sequence[str], record: RunRecord, policy: RunnerPolicy
) -> dict[str, Any]:
    """Spec of a runner; never a secret."""
    source = entry.config.input
    return {
        **_common(entry, processor, record.ports),
        "generation": int(record.started_at * 1000),
        "processor": {"argv": list(argv), "env": processor.environment},
        "pass_through": _pass_through(entry.config, processor, record),
        "policy": {
            "finite": isinstance(source, FileInput) and not source.loop,
            "expect_pts": record.plan.time_pid is not None,
            **policy.as_spec(),
            **({"start_timeout_s": PATIENCE_S} if awaited_peer(entry.config) else {}),
        },
    }


def _pass_through(config: StreamConfig, processor: Processor, record: RunRecord) -> dict[str, Any] | None:
    """None for what begins again with each processor, and would go back in time."""
    if not isinstance(config.input, LIVE_INPUTS) or not record.ports.look:
        return None
    argv = pass_arguments(config, record.plan, record.ports, processor.engine)
    return {"argv": [*processor.command, *argv], "env": processor.environment}


def make_held_spec(
    entry: StreamEntry, processor: Processor, ports: StreamPorts, policy: RunnerPolicy
) -> dict[str, Any]:
    """A runner with nothing but the stream's source, until it is known what is in it; never a secret."""
    return {
        **_common(entry, processor, ports),
        "generation": int(time.time() * 1000),
        "processor": None,
        "policy": policy.as_spec(),
    }


def _common(entry: StreamEntry, processor: Processor, ports: StreamPorts) -> dict[str, Any]:
    source = entry.config.input
    feeder: dict[str, Any] | None = None
    if isinstance(source, TestPatternInput):
        feeder = {"argv": live_arguments(source, ports.source)}
    elif is_relayed(source):
        argv, environment = source_command(source, ports.source, processor)
        feeder = {"argv": argv, "env": environment}
    return {
        "version": 1,
        "stream_id": entry.stream_id,
        "name": entry.config.name,
        "engine": processor.engine.value,
        "source": feeder,
        # Without those that are not used: a runner of an earlier version refuses what it does not know.
        "ports": {name: port for name, port in asdict(ports).items() if port},
    }


def claimed_ports(streams_dir: Path, runner_dir: Path) -> set[int]:
    """Loopback ports in the specs of all runners but the one in `runner_dir`; read from their files."""
    found: set[int] = set()
    for path in (*streams_dir.glob("*/spec.json"), *streams_dir.glob("*/*/spec.json")):
        with contextlib.suppress(OSError, ValueError, KeyError, AttributeError, TypeError, RecursionError):
            ports = {} if path.parent == runner_dir else json.loads(path.read_bytes())["ports"]
            found.update(port for port in ports.values() if isinstance(port, int))
    return found


def awaited_peer(config: StreamConfig) -> str:
    """The SRT peer that has to call before anything can flow; empty when none has to."""
    return _awaited("receiver", config.output) or awaited_sender(config)


def awaited_sender(config: StreamConfig) -> str:
    """The SRT sender that has to call; empty when none has to."""
    return _awaited("sender", config.input)


def _awaited(side: str, edge: StreamInput | StreamOutput) -> str:
    if isinstance(edge, SrtInput | SrtOutput) and edge.mode is SrtMode.LISTENER:
        return f"waiting for the SRT {side} to call on port {edge.port}"
    return ""
