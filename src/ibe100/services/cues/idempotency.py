"""A request for a cue that is made again under the same key fires nothing again."""

from __future__ import annotations

import asyncio
import hashlib
import logging

from ibe100.database.stores.cues import CueStore
from ibe100.database.stores.users import KeptRequestStore
from ibe100.models.errors import KeyReused, OperatorError, StorageError
from ibe100.models.scte35_marker import Cue, CueRequest
from ibe100.services.audit_trail import acting
from ibe100.services.ports import CuePort
from ibe100.utils.tasks import BackgroundWrites, log_fault

_log = logging.getLogger(__name__)


class CueOnce:
    """The key is on record before the cue is made, so that after a crash nothing is fired in doubt."""

    def __init__(self, kept: KeptRequestStore, cues: CueStore, service: CuePort) -> None:
        self._kept = kept
        self._cues = cues
        self._service = service
        self._writes = BackgroundWrites()
        self._begun: dict[tuple[str, str], tuple[str, asyncio.Task[tuple[Cue, bool]]]] = {}

    async def fire(self, request: CueRequest, key: str) -> tuple[Cue, bool]:
        """The cue, and whether it is that of an earlier request (then as it stands now).

        A request that was refused leaves its key free. What has begun goes on when the caller goes away.
        Raises KeyReused, CueRefused, StorageError.
        """
        place = acting().name, key
        digest = hashlib.sha256(request.model_dump_json().encode()).hexdigest()
        begun = self._begun.get(place)
        if begun is not None:
            _check_same(begun[0], digest, key)
            cue, _ = await asyncio.shield(begun[1])
            return self._as_it_stands(cue), True
        task = asyncio.create_task(self._fire(request, key, digest), name=f"cue by {place[0]}")
        self._begun[place] = digest, task
        task.add_done_callback(lambda done: self._done(place, done))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Returns when what has begun is over and on record."""
        await asyncio.gather(*(task for _, task in self._begun.values()), return_exceptions=True)
        await self._writes.settled()

    def _done(self, place: tuple[str, str], task: asyncio.Task[tuple[Cue, bool]]) -> None:
        """Memory knows it until it is on record under its key: the caller waits for no second commit."""
        if task.cancelled() or task.exception() is not None:
            del self._begun[place]
            if not task.cancelled() and not isinstance(task.exception(), OperatorError):
                log_fault(task)
            return
        cue, is_replay = task.result()
        if is_replay:
            del self._begun[place]
        else:
            self._writes.add(self._settle(place, cue), f"the key of cue {cue.cue_id}")

    async def _settle(self, place: tuple[str, str], cue: Cue) -> None:
        try:
            await self._kept.settle(*place, cue.cue_id)
        except StorageError as error:
            _log.error("cue %d went out; under which key is not on record: %s", cue.cue_id, error)
        finally:
            del self._begun[place]

    async def _fire(self, request: CueRequest, key: str, digest: str) -> tuple[Cue, bool]:
        user = acting().name
        before = await self._kept.reserve(user, key, digest)
        if before is not None:
            _check_same(before.digest, digest, key)
            cue = None if before.cue_id is None else await self._cues.get(before.cue_id)
            if cue is None:
                raise KeyReused(
                    f"what became of the request {key!r} is not known: the console ended meanwhile. Look at "
                    "the stream's cues before it is sent again under another key"
                )
            return self._as_it_stands(cue), True
        try:
            cue = await self._service.fire(request)
        except OperatorError:
            await self._release(user, key)
            raise
        return cue, False

    async def _release(self, user: str, key: str) -> None:
        try:
            await self._kept.release(user, key)
        except StorageError as error:
            _log.error("the key %r of a refused cue is not free again: %s", key, error)

    def _as_it_stands(self, cue: Cue) -> Cue:
        """The newest state known of the cue: what is on record may be a step behind."""
        recent = self._service.recent(cue.stream_id)
        return next((one for one in recent if one.cue_id == cue.cue_id), cue)


def _check_same(before: str, now: str, key: str) -> None:
    if before != now:
        raise KeyReused(f"Idempotency-Key {key!r} stands for another request: choose another")
