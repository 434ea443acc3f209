"""Launch of a stream: probe, plan, session, spec, runner."""

from __future__ import annotations

import asyncio
import logging
import time
from typing import TypeAlias

from ibe100.database.database import Database
from ibe100.models.errors import InputAbsent, OperatorError, StreamError
from ibe100.models.runner_policy import RunnerPolicy
from ibe100.models.stream_config import StreamConfig, describe_input
from ibe100.mpegts.stream_report import StreamReport
from ibe100.runner.spec import INFLUX_TOKEN
from ibe100.services.streams.files.output_owners import refuse_clash
from ibe100.services.streams.files.output_target import prepare_output
from ibe100.services.streams.inputs.held_input import HeldInput
from ibe100.services.streams.inputs.known_inputs import is_same_input, read_report, write_report
from ibe100.services.streams.journal_follower import JournalFollower
from ibe100.services.streams.launch_plan import LaunchPlanner
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.run_record import RunRecord, write_record
from ibe100.services.streams.runner_link import PortLost
from ibe100.services.streams.runner_spec import make_spec
from ibe100.services.streams.stream_list import StreamList
from ibe100.services.streams.stream_secrets import without_secrets
from ibe100.tsduck.copy_probe import probe_copy
from ibe100.tsduck.edges import secrets_of
from ibe100.tsduck.probe import LIMITS
from ibe100.tsduck.processor import Processor
from ibe100.tsduck.srt_link import is_relayed
from ibe100.tsduck.stream_ports import StreamPorts, within

_log = logging.getLogger(__name__)

CALL_PATIENCE_S = 60.0
"""For a caller, where a start that does not find one has failed: somebody has yet to start the sender."""

Look: TypeAlias = tuple[StreamReport, StreamPorts]
"""Report on the input, and the ports that the run will have."""


class StreamLaunch:
    """Brings streams up, one attempt a call; trying again and the states on screen are left to the caller."""

    def __init__(
        self,
        storage: Database,
        planner: LaunchPlanner,
        streams: StreamList,
        follower: JournalFollower,
        policy: RunnerPolicy,
    ) -> None:
        self._storage = storage
        self._planner = planner
        self._list = streams
        self._follower = follower
        self._policy = policy
        self._held = HeldInput(planner, streams, policy)
        self._probing: dict[str, asyncio.Task[Look]] = {}

    def set_policy(self, policy: RunnerPolicy) -> None:
        """Change the policy of runners from their next start on."""
        self._policy = policy
        self._held.set_policy(policy)

    async def bring_up(
        self,
        run: StreamRun,
        profile: str,
        *,
        keep_output: bool,
        is_last_look: bool = False,
        is_known: bool = False,
    ) -> None:
        """Start a runner; returns when it is up. Raises OperatorError with the reason.

        `profile` goes on record with the session; with `keep_output` a file that is written is gone on with.
        `is_known`: the input was on air just now and is not looked at: what was found in it last still holds.
        An input that others call is held after InputAbsent, until the next look or `let_go`; the last look
        gives a caller more time.
        """
        try:
            try:
                await self._bring_up(run, profile, keep_output, is_last_look, is_known)
            except PortLost as error:
                _log.warning("%s: %s; it is tried again on others", run.name, error)
                await self._bring_up(run, profile, True, is_last_look, True)
        except InputAbsent:
            raise
        except BaseException:
            await self._held.release(run)
            raise

    async def _bring_up(
        self, run: StreamRun, profile: str, keep_output: bool, is_last_look: bool, is_known: bool
    ) -> None:
        config = await self._planner.checked(run.entry.config)
        processor = await self._planner.processor(config)
        known = await self._known(run, processor) if is_known else None
        report, ports = known or await self._look(run, processor, is_last_look)
        record, argv = self._planner.plan(config, run.entry.number, processor, report, ports)
        record = record.model_copy(update={"config": run.entry.config})
        for note in record.plan.notes:
            _log.warning("%s: %s", run.name, note)
        # Once more, right before they are written: a look at the input may take long.
        config = await self._planner.checked(run.entry.config)
        await asyncio.to_thread(refuse_clash, config, self._list.configs_on_air(run))
        await asyncio.to_thread(prepare_output, config, keep=keep_output)
        session = await self._storage.sessions.start(
            stream_id=run.stream_id,
            stream_name=run.name,
            engine=record.engine,
            command=record.command,
            started_at=time.time(),
            profile=profile,
        )
        begun = {"session_id": session.session_id, "started_at": session.started_at}
        record = record.model_copy(update=begun)
        run.begin(record)
        try:
            entry = run.entry.model_copy(update={"config": config})
            spec = make_spec(entry, processor, argv, record, self._policy)
            await asyncio.to_thread(run.link.write_spec, spec)
            await asyncio.to_thread(write_record, run.link.stream_dir, record)
            await self._know(run, report)
            if not run.is_wanted():
                raise StreamError(f"{run.name} was stopped before it was on air")
            if self._held.is_held(run):
                await self._held.go_on_air(run, secrets_of(config))
            else:
                await run.link.spawn(secrets_of(config))
        except OperatorError as error:
            await self._storage.sessions.end(session.session_id, time.time(), str(error))
            await self._follower.catch_up(run)
            raise

    async def replan(self, run: StreamRun) -> None:
        """Give a run whose input is passed on without cues a plan that fits it. Raises OperatorError."""
        assert run.record is not None
        config, ports = _config_in_force(run, run.record), run.record.ports
        exact = await self._planner.checked(config)
        processor = await self._planner.processor(config)
        copy = within(ports.look, run.link.stream_dir)
        report = await asyncio.to_thread(probe_copy, copy, describe_input(config.input))
        record, argv = self._planner.plan(exact, run.entry.number, processor, report, ports)
        kept = run.record.model_copy(
            update={"config": config, "plan": record.plan, "command": record.command}
        )
        entry = run.entry.model_copy(update={"config": exact})
        spec = make_spec(entry, processor, argv, kept, self._policy)
        await asyncio.to_thread(run.link.write_spec, spec)
        await asyncio.to_thread(write_record, run.link.stream_dir, kept)
        await self._know(run, report)
        run.replan(kept)
        reason = "its command fits the input again"
        # A runner of this version makes its own; one of an earlier version hands on what it was given.
        secrets = {**secrets_of(config), INFLUX_TOKEN: "--token=loopback"}
        await run.link.request({"cmd": "respec", "reason": reason, "secrets": secrets})

    async def _know(self, run: StreamRun, report: StreamReport) -> None:
        assert run.record is not None
        self._planner.known.note(run.record.config.input, report)
        await asyncio.to_thread(write_report, run.link.stream_dir, report)

    def give_up(self, run: StreamRun) -> None:
        """The stream is not wanted any more: end the look at its input, if there is one."""
        if (probing := self._probing.get(run.stream_id)) is not None:
            probing.cancel()

    async def let_go(self, run: StreamRun) -> None:
        """Release a held input: who calls is not heard any more."""
        await self._held.release(run)

    async def forget_spec(self, run: StreamRun) -> None:
        """While its input is waited for the spec of an earlier run must not be taken up."""
        if not self._held.is_held(run):
            await asyncio.to_thread(run.link.forget_spec)

    async def close(self) -> None:
        """Release all held inputs."""
        await self._held.close()

    async def _known(self, run: StreamRun, processor: Processor) -> Look | None:
        """What the plan of the last run was made of; None where it is not on record, or others call."""
        config, record = run.entry.config, run.record
        if is_relayed(config.input):
            return None
        if record is None:  # another host ran it
            report = self._planner.known.report_on(config.input)
        elif is_same_input(config.input, record.config.input):
            report = await asyncio.to_thread(read_report, run.link.stream_dir)
        else:
            return None
        ports = self._planner.claim(config, processor, self._list.ports_of_others(run))
        return None if report is None else (report, ports)

    async def _look(self, run: StreamRun, processor: Processor, is_last_look: bool) -> Look:
        """Probe; a stop in the meantime ends it."""
        probing = asyncio.create_task(self._probe(run, processor, is_last_look))
        self._probing[run.stream_id] = probing
        try:
            return await probing
        except asyncio.CancelledError:
            if run.is_wanted():
                raise
            raise StreamError(f"{run.name} was stopped while its input was looked at") from None
        finally:
            del self._probing[run.stream_id]

    async def _probe(self, run: StreamRun, processor: Processor, is_last_look: bool) -> Look:
        config = run.entry.config
        if is_relayed(config.input):
            patience_s = CALL_PATIENCE_S if is_last_look else LIMITS.first_bytes_s
            return await self._held.look(run, processor, patience_s)
        # A runner that holds what the input was before it was changed.
        await self._held.release(run)
        report = await self._planner.probe(config)
        return report, self._planner.claim(config, processor, self._list.ports_of_others(run))


def _config_in_force(run: StreamRun, record: RunRecord) -> StreamConfig:
    """The settings as they are now, with their secrets; those of the run where input or output are others."""
    now = run.entry.config
    edges = [(one.input, one.output) for one in (without_secrets(now), without_secrets(record.config))]
    return now if edges[0] == edges[1] else record.config
