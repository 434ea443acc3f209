"""Clips of a server on another machine; a file is fetched to this one."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ibe100.models.clips.clip import Clip, ClipBundle, ClipQuery, ClipUse, RecordingState
from ibe100.models.cues.as_run import AsRunLog
from ibe100.models.errors import StorageError
from ibe100.remote.connection import Connection
from ibe100.remote.files import write_file
from ibe100.utils.program import COMMAND
from ibe100_client import clips


class RemoteClips:
    """Clips as the server has them."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._folder: tempfile.TemporaryDirectory[str] | None = None
        """Holds what was fetched, until the window ends."""

    async def list(self, query: ClipQuery = ClipQuery()) -> Sequence[Clip]:
        """The newest first."""
        call = clips.listed(
            query.stream_id, query.cue_id, query.alarm_id, query.begins_at, query.ends_at, query.limit
        )
        return await self._connection.many(call, Clip)

    async def file(self, clip_id: int) -> Path:
        """The clip, fetched to a file of this machine. Raises StorageError."""
        if self._folder is None:
            self._folder = await asyncio.to_thread(tempfile.TemporaryDirectory, prefix="ibe100-clips-")
        path = Path(self._folder.name) / f"clip-{clip_id}.ts"
        if not path.is_file():
            answer = await self._connection.answer(clips.file(clip_id))
            await write_file(path, answer.body)
        return path

    async def export(self, log: AsRunLog, path: Path) -> ClipBundle:
        """Refuse: the archive is made where the clips are."""
        raise StorageError(
            f"an archive of clips is made on the server: {COMMAND} clip export FILE --day {log.day}"
        )

    async def use(self) -> ClipUse:
        """What clips take of the server's disk."""
        return await self._connection.one(clips.use(), ClipUse)

    def recording(self) -> tuple[RecordingState, ...]:
        """Nothing: the server's alarms tell what is amiss."""
        return ()
