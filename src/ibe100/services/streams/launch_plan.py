"""Plan of a run: the processor, what is in the input, and the command that follows."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Collection, Sequence
from pathlib import Path

from ibe100.models.clips.plan import ClipScope
from ibe100.models.errors import InputAbsent, StreamError
from ibe100.models.stored import not_understood
from ibe100.models.stream_config import (
    Engine,
    FileInput,
    StreamConfig,
    StreamInput,
    TestPatternInput,
    received_inputs,
)
from ibe100.mpegts.constants import PACKET_SIZE
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.streams.files.media_folders import MediaFolders
from ibe100.services.streams.inputs.known_inputs import KnownInputs
from ibe100.services.streams.run_record import RunRecord
from ibe100.tsduck.command import build_arguments
from ibe100.tsduck.edges import secrets_of, shell_command
from ibe100.tsduck.plan import StreamPlan, plan_stream
from ibe100.tsduck.probe import FILE_BYTES, probe_input
from ibe100.tsduck.processor import Processor, check_builtin, choose_processor
from ibe100.tsduck.source_command import source_command
from ibe100.tsduck.srt_link import is_relayed
from ibe100.tsduck.stream_ports import StreamPorts, claim_ports, local_sockets

PREVIEW_PORTS = StreamPorts(
    cue=1,
    splice_json=2,
    influx=3,
    analyze_json=4,
    source=5,
    tap=6,
    input_splice=7,
    pulse=8,
    look=9,
    clip=10,
    clip_input=11,
)


def why_not_understood(config: StreamConfig) -> str:
    """Reason why this version of IBE-100 cannot run a stream; empty for one that it can."""
    fields = ", ".join(not_understood(config))
    return f"made by a newer version of IBE-100: this one does not understand {fields}" if fields else ""


class LaunchPlanner:
    """Decides how a stream is to run; changes nothing."""

    def __init__(self, engine: Engine, tsp_path: Path | None, media: MediaFolders | None = None) -> None:
        """`media`: where files of streams may lie; None for whatever whoever runs this command may read."""
        self.engine = engine
        self.tsp_path = tsp_path
        self._media = media
        self.known = KnownInputs()

    def use(self, engine: Engine, tsp_path: Path | None) -> None:
        """Change engine and tsp from the next run on."""
        self.engine, self.tsp_path = engine, tsp_path

    async def processor(self, config: StreamConfig) -> Processor:
        """The processor that runs `config`. Raises ProcessorError when it cannot do what is asked.

        Raises StreamError for a stream that only a newer version understands.
        """
        if reason := why_not_understood(config):
            raise StreamError(reason)
        wanted = config.engine if config.engine is not Engine.AUTO else self.engine
        processor = await choose_processor(wanted, config, self.tsp_path)
        if processor.engine is Engine.BUILTIN:
            check_builtin(config.input, config.output)
        return processor

    async def checked(self, config: StreamConfig) -> StreamConfig:
        """`config` with its files where they really are. Raises ConfigurationError where they may not be."""
        return config if self._media is None else await asyncio.to_thread(self._media.checked, config)

    async def probe(self, config: StreamConfig) -> StreamReport:
        """Read the input for a few seconds and say what is in it.

        Raises ProbeError, ProcessorError, and ConfigurationError for a file that is none for streams.
        """
        processor = await self.processor(config)
        report = await self._probe_first(await self.checked(config), processor)
        self.known.note(config.input, report)
        return report

    async def _probe_first(self, config: StreamConfig, processor: Processor) -> StreamReport:
        """Read the first of the inputs that gives something."""
        *others, last = received_inputs(config.input)
        for source in others:
            with contextlib.suppress(InputAbsent):
                return await self._probe_one(config, source, processor)
        return await self._probe_one(config, last, processor)

    async def _probe_one(
        self, config: StreamConfig, source: StreamInput, processor: Processor
    ) -> StreamReport:
        secrets = secrets_of(config.model_copy(update={"input": source}))
        return await probe_input(source, processor, secrets)

    async def preview_command(self, config: StreamConfig, report: StreamReport | None) -> str:
        """The command that `config` would run on an input like `report`; the ports are examples.

        Without a report it is the one found last. Never touches the network: it may be on air, and a second
        receiver would take its packets. Raises StreamError for an input that nobody has looked at.
        """
        processor = await self.processor(config)
        is_builtin = processor.engine is Engine.BUILTIN
        ports = local_sockets(with_source=True) if is_builtin else PREVIEW_PORTS
        report = report or self.known.report_on(config.input)
        if report is None:
            if not isinstance(config.input, FileInput | TestPatternInput):
                raise StreamError("probe the input first: the command follows from what is in it")
            report = await self.probe(config)
        plan = plan_stream(config, report)
        arguments = build_arguments(config, plan, ports, processor.engine)
        return shell_line(config, processor, ports, arguments)

    def claim(self, config: StreamConfig, processor: Processor, taken_ports: Collection[int]) -> StreamPorts:
        """Ports for a run. Raises StreamError when none can be found."""
        fed = config.input.kind == "test_pattern" or is_relayed(config.input)
        clips_input = config.clips is ClipScope.BOTH
        if processor.engine is Engine.BUILTIN:
            return local_sockets(with_source=fed, with_clip_input=clips_input)
        return claim_ports(taken_ports, with_source=fed, with_clip_input=clips_input)

    def plan(
        self,
        config: StreamConfig,
        number: int,
        processor: Processor,
        report: StreamReport,
        ports: StreamPorts,
    ) -> tuple[RunRecord, list[str]]:
        """The record of a run on an input like `report`, without a session yet, and its whole argv.

        Raises StreamError when the input does not allow it.
        """
        plan = plan_stream(config, report)
        arguments = build_arguments(config, plan, ports, processor.engine)
        whole = report.packets * PACKET_SIZE < FILE_BYTES
        loop = _loop_range(config, plan, report, whole) or (None, None)
        record = RunRecord(
            config=config,
            number=number,
            plan=plan,
            ports=ports,
            engine=processor.label,
            command=shell_line(config, processor, ports, arguments),
            session_id=None,
            loop_first_pts=loop[0],
            loop_last_pts=loop[1],
        )
        return record, [*processor.command, *arguments]


def shell_line(
    config: StreamConfig, processor: Processor, ports: StreamPorts, arguments: Sequence[str]
) -> str:
    """Command of a stream as it can be pasted into a shell; secrets are masked."""
    command = shell_command([*processor.command, *arguments])
    if not is_relayed(config.input):
        return command
    argv, _ = source_command(config.input, ports.source, processor)
    return f"{shell_command(argv)} & {command}"


def _loop_range(
    config: StreamConfig, plan: StreamPlan, report: StreamReport, whole: bool
) -> tuple[int, int] | None:
    """PTS range of a looped file that was read `whole`: no splice can lie outside of it."""
    if not (isinstance(config.input, FileInput) and config.input.loop and whole) or plan.time_pid is None:
        return None
    found = report.pid(plan.time_pid)
    if found is None or found.pts.jumps or found.pts.first is None or found.pts.last is None:
        return None
    return found.pts.first, found.pts.last
