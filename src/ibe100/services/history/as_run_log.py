"""Reads as-run logs: a day from the record, written to a file, a file held against its digest."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import date
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from ibe100.database.stores.as_run import AsRunStore
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog, DigestCheck, LoggedStream
from ibe100.models.cues.break_log import CHANNEL, BreakLog
from ibe100.models.errors import StorageError
from ibe100.services.history.as_run import day_range, rows_of
from ibe100.services.history.as_run_export import export, verify
from ibe100.services.history.breaks.break_log import read_breaks
from ibe100.utils.atomic_write import atomic_write


class AsRunService:
    """Reads only; nothing of it blocks the loop."""

    def __init__(
        self,
        storage: AsRunStore,
        refuse: Callable[[Path], None] | None = None,
        key: Ed25519PrivateKey | None = None,
    ) -> None:
        """`refuse` raises StorageError for a path that no export may have; `key` signs what is exported."""
        self._storage = storage
        self._refuse = refuse
        self.signing_key = key

    async def streams(self) -> tuple[LoggedStream, ...]:
        """All streams that may have cues on record, those of the list first. Raises StorageError."""
        return await self._storage.streams()

    async def log(self, day: date, time_zone: str = "UTC", stream_id: str | None = None) -> AsRunLog:
        """The cues whose splice fell on `day`; `time_zone` is `UTC`, `local` or an IANA name.

        Raises StorageError, ConfigurationError.
        """
        begins_at, ends_at = day_range(day, time_zone)
        cues, stream_names = await self._storage.cues(begins_at, ends_at, stream_id)
        ids = [cue.cue_id for cue in cues]
        came_back = await self._storage.return_receipts(min(ids), max(ids)) if ids else {}
        return AsRunLog(
            day=day.isoformat(),
            time_zone=time_zone,
            begins_at=begins_at,
            ends_at=ends_at,
            stream_id=stream_id,
            rows=rows_of(cues, stream_names, came_back),
        )

    async def breaks(
        self, day: date, days: int = 1, time_zone: str = CHANNEL, stream_id: str | None = None
    ) -> BreakLog:
        """The breaks of `days` days from `day` on; `channel` means the days of each stream's own zone.

        Raises StorageError, ConfigurationError.
        """
        return await read_breaks(self._storage, day, days, time_zone, stream_id)

    async def export(self, log: AsRunLog | BreakLog, format: AsRunFormat, path: Path) -> str:
        """Write the file, whole or not at all; returns the digest that it names. Raises StorageError."""
        await self.check_path(path)
        content, digest = await asyncio.to_thread(export, log, format, self.signing_key)
        try:
            await asyncio.to_thread(atomic_write, path, content)
        except OSError as error:
            raise StorageError(f"the as-run log {path} cannot be written: {error.strerror}") from error
        return digest

    async def content(self, log: AsRunLog, format: AsRunFormat) -> bytes:
        """The log as a file has it, signed."""
        return (await asyncio.to_thread(export, log, format, self.signing_key))[0]

    async def check_path(self, path: Path) -> None:
        """Raise StorageError for a path that no export may have."""
        if self._refuse is not None:
            await asyncio.to_thread(self._refuse, path)


async def verify_file(path: Path, keys: Sequence[Ed25519PublicKey] = ()) -> DigestCheck:
    """Hold an exported file against its digest and its signature. Raises StorageError, ConfigurationError."""
    try:
        content = await asyncio.to_thread(path.read_bytes)
    except OSError as error:
        raise StorageError(f"the as-run log {path} cannot be read: {error.strerror}") from error
    return await asyncio.to_thread(verify, content, keys)
