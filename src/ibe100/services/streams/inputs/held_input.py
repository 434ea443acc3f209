"""Inputs that others call: their connection is held from the first look into the stream's life (ADR 15).

The stream's runner begins with nothing but its source, which takes the call and passes on what comes. It is
looked at there; then the same runner is given the processor, and the caller never notices.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace

from ibe100.models.errors import InputAbsent
from ibe100.models.runner_policy import RunnerPolicy
from ibe100.models.stream_config import StreamInput, describe_input
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.streams.launch_plan import LaunchPlanner
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import Fact, LogLine
from ibe100.services.streams.runner_link import RunnerLink, read_journal
from ibe100.services.streams.runner_spec import awaited_sender, make_held_spec
from ibe100.services.streams.stream_list import StreamList
from ibe100.tsduck.edges import secrets_of
from ibe100.tsduck.probe import LIMITS, probe_input
from ibe100.tsduck.processor import Processor
from ibe100.tsduck.stream_ports import StreamPorts, within

CONNECTED = "connected from "
"""How either processor begins to tell of a caller."""


@dataclass(frozen=True, slots=True)
class Hold:
    """A runner that has only its source."""

    source: StreamInput
    processor: Processor
    ports: StreamPorts
    since: float
    """Wall time in seconds."""


class HeldInput:
    """The streams whose runner waits for its processor. All coroutines run on the loop."""

    def __init__(self, planner: LaunchPlanner, streams: StreamList, policy: RunnerPolicy) -> None:
        self._planner = planner
        self._streams = streams
        self._policy = policy
        self._holds: dict[str, tuple[RunnerLink, Hold]] = {}

    def set_policy(self, policy: RunnerPolicy) -> None:
        """Change the policy of runners from their start on."""
        self._policy = policy

    def is_held(self, run: StreamRun) -> bool:
        """True while the runner of `run` waits for its processor."""
        return run.stream_id in self._holds

    async def look(
        self, run: StreamRun, processor: Processor, first_bytes_s: float = LIMITS.first_bytes_s
    ) -> tuple[StreamReport, StreamPorts]:
        """Probe the input; returns the report, and the ports of the runner that goes on holding it.

        Raises InputAbsent when nothing came: the input is held all the same, for who calls between two looks.
        """
        hold = await self._hold(run, processor)
        limits = replace(LIMITS, first_bytes_s=first_bytes_s)
        try:
            port = within(hold.ports.source, run.link.stream_dir)
            report = await probe_input(hold.source, processor, limits=limits, source_port=port)
        except InputAbsent as error:
            facts = await asyncio.to_thread(read_journal, run.link.stream_dir, 0)
            why = _last_fault(facts, hold.since) or awaited_sender(run.entry.config)
            raise InputAbsent(f"{describe_input(hold.source)}: {why}") from error
        return report, hold.ports

    async def go_on_air(self, run: StreamRun, secrets: Mapping[str, str]) -> None:
        """Give the runner the processor of the spec that was written."""
        await run.link.request({"cmd": "respec", "reason": "started", "secrets": secrets})
        del self._holds[run.stream_id]

    async def release(self, run: StreamRun) -> None:
        """Release the input; without effect on a stream that is not held."""
        if self._holds.pop(run.stream_id, None) is not None:
            await run.link.end("its input is not looked at any more")

    async def close(self) -> None:
        """Release all inputs."""
        links = [link for link, _ in self._holds.values()]
        self._holds.clear()
        await asyncio.gather(*(link.end("the console is closed") for link in links), return_exceptions=True)

    async def _hold(self, run: StreamRun, processor: Processor) -> Hold:
        config = run.entry.config
        if run.stream_id in self._holds:
            hold = self._holds[run.stream_id][1]
            same = (hold.source, hold.processor) == (config.input, processor)
            if same and await run.link.is_alive():
                return hold
            await self.release(run)
        ports = self._planner.claim(config, processor, self._streams.ports_of_others(run))
        spec = make_held_spec(run.entry, processor, ports, self._policy)
        await asyncio.to_thread(run.link.write_spec, spec)
        hold = Hold(config.input, processor, ports, time.time())
        self._holds[run.stream_id] = (run.link, hold)
        await run.link.spawn(secrets_of(config))
        return hold


def _last_fault(facts: list[Fact], since: float) -> str:
    """Last complaint of the source, unless a caller has come since then."""
    fault = ""
    for fact in facts:
        if isinstance(fact, LogLine) and fact.at >= since:
            if fact.text.startswith(CONNECTED):
                fault = ""
            elif fact.level in ("warning", "error"):
                fault = fact.text
    return fault
