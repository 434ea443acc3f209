"""From a stream of the list to its runner: probe, plan, session, spec, process."""

from __future__ import annotations

import asyncio
import time

from ibe100.models.errors import OperatorError, StreamError
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.journal_follower import JournalFollower
from ibe100.services.output_target import prepare_output
from ibe100.services.runner_spec import RunnerPolicy, make_spec
from ibe100.services.storage import Storage
from ibe100.services.stream_list import StreamList
from ibe100.services.stream_run import StreamRun
from ibe100.services.stream_starter import StreamStarter
from ibe100.tsduck.command import secrets_of


class StreamLaunch:
    """Brings streams up, one attempt a call; who is asked again and what is on screen is not its affair."""

    def __init__(
        self,
        storage: Storage,
        starter: StreamStarter,
        streams: StreamList,
        follower: JournalFollower,
        policy: RunnerPolicy,
    ) -> None:
        self._storage = storage
        self._starter = starter
        self._list = streams
        self._follower = follower
        self._policy = policy
        self._probing: dict[str, asyncio.Task[StreamReport]] = {}

    async def bring_up(self, run: StreamRun, profile: str, *, keep_output: bool) -> None:
        """Returns when the runner is up. Raises OperatorError with the reason.

        `profile` goes on record with the session; with `keep_output` a file that is written is gone on with.
        """
        config = run.entry.config
        processor = await self._starter.processor(config)
        report = await self._look(run)
        taken = self._list.ports_of_others(run)
        facts, argv = self._starter.plan(config, run.entry.number, processor, report, taken)
        await asyncio.to_thread(prepare_output, config, keep=keep_output)
        session = await self._storage.sessions.start(
            stream_id=run.stream_id,
            stream_name=run.name,
            engine=facts.engine,
            command=facts.command,
            started_at=time.time(),
            profile=profile,
        )
        begun = {"session_id": session.session_id, "started_at": session.started_at}
        run.begin(facts.model_copy(update=begun))
        try:
            assert run.facts is not None
            spec = make_spec(run.entry, processor, argv, run.facts, self._policy)
            await asyncio.to_thread(run.link.write_spec, spec)
            await asyncio.to_thread(run.save_facts)
            if not run.is_wanted():
                raise StreamError(f"{run.name} was stopped before it was on air")
            await run.link.spawn(secrets_of(config))
        except OperatorError as error:
            await self._storage.sessions.end(session.session_id, time.time(), str(error))
            await self._follower.catch_up(run)
            raise

    def give_up(self, run: StreamRun) -> None:
        """The stream is not wanted any more: end the look at its input, if there is one."""
        if (probing := self._probing.get(run.stream_id)) is not None:
            probing.cancel()

    async def _look(self, run: StreamRun) -> StreamReport:
        """Probe; a stop in the meantime ends it."""
        probing = asyncio.create_task(self._starter.probe(run.entry.config))
        self._probing[run.stream_id] = probing
        try:
            return await probing
        except asyncio.CancelledError:
            if run.is_wanted():
                raise
            raise StreamError(f"{run.name} was stopped while its input was looked at") from None
        finally:
            del self._probing[run.stream_id]
