"""Heads of the record's chain, kept outside the database: in audit.log and in each backup.

So the newest records cannot be taken out with their links, nor the whole database set back, without a trace.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

from ibe100.core.records.audit_lines import audit_lines
from ibe100.database.backup.backups import list_backups
from ibe100.database.database import EVENT_ID_RETENTION_S, Database
from ibe100.models.backup import is_made_with
from ibe100.models.errors import StorageError
from ibe100.models.records.check import RecordAnchor
from ibe100.models.records.database import DatabaseAddress
from ibe100.models.records.keys import NO_KEY, RecordKeys
from ibe100.services.audit_trail import AUDIT_LOGGER
from ibe100.utils.tasks import keep_running

ANCHORED = "records anchored"
PURPOSE = "record anchor"
LOOK_S = 1.0

_audit = logging.getLogger(AUDIT_LOGGER)
_log = logging.getLogger(__name__)


class RecordAnchors:
    """Writes the head to audit.log, at most once a second while it moves, and at the end."""

    def __init__(self, database: Database, keys: RecordKeys, wall: Callable[[], float] = time.time) -> None:
        self._database = database
        self._keys = keys
        self._wall = wall
        self._last = 0
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Anchor from now on; without a key nothing could be proved by it."""
        if self._keys.present != NO_KEY:
            self._task = keep_running(self._run, "anchors of the records")

    async def close(self) -> None:
        """Anchor what is on record now."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            await self._anchor()

    async def _run(self) -> None:
        while True:
            await self._anchor()
            await asyncio.sleep(LOOK_S)

    async def _anchor(self) -> None:
        try:
            link, mac = await self._database.head()
        except StorageError as error:
            _log.warning("the records are not anchored: %s", error)
            return
        if link != self._last:
            self._last, at, key_id = link, self._wall(), self._keys.present
            proof = self._keys.mac(PURPOSE, key_id, _content(link, mac.hex(), at)).hex()
            extra = {"link": link, "head": mac.hex(), "at": at, "proof": f"{key_id}:{proof}"}
            _audit.info(ANCHORED, extra=extra)


def _content(link: int, mac: str, at: float) -> bytes:
    return f"{link} {mac} {at!r}".encode()


@asynccontextmanager
async def open_records(
    address: DatabaseAddress,
    keys: RecordKeys,
    event_id_retention_s: float = EVENT_ID_RETENTION_S,
    host: str = "",
) -> AsyncIterator[Database]:
    """The database at `address`, its chain anchored while it is open and at its end. Raises StorageError.

    With the name of a `host` others write beside it.
    """
    database = await Database.open(address, keys=keys, event_id_retention_s=event_id_retention_s, host=host)
    anchors = RecordAnchors(database, keys)
    anchors.open()
    try:
        yield database
    finally:
        await anchors.close()
        await database.close()


def find_anchors(log_dir: Path, backups: Path, keys: RecordKeys) -> tuple[RecordAnchor, ...]:
    """Anchors that were made here, in the audit log, its archives and the backups; blocks on the disk."""
    return (*_in_logs(log_dir, keys), *_in_backups(backups, keys))


def _in_logs(log_dir: Path, keys: RecordKeys) -> Iterator[RecordAnchor]:
    for path, values in audit_lines(log_dir):
        if values.get("event") == ANCHORED:
            with suppress(KeyError, ValueError, TypeError, AttributeError):
                if _is_ours(values, keys):
                    link, mac, at = values["link"], values["head"], values["at"]
                    yield RecordAnchor(link=link, mac=mac, at=at, source=path.name)


def _is_ours(values: dict[str, Any], keys: RecordKeys) -> bool:
    key_id, _, proof = values["proof"].partition(":")
    computed = keys.mac(PURPOSE, key_id, _content(values["link"], values["head"], values["at"]))
    return keys.knows(key_id) and hmac.compare_digest(computed, bytes.fromhex(proof))


def _in_backups(folder: Path, keys: RecordKeys) -> Iterator[RecordAnchor]:
    try:
        found = list_backups(folder)
    except StorageError as error:
        _log.warning("anchors in backups are not looked at: %s", error)
        return
    for one in found:
        made = one.manifest
        if made is not None and made.head is not None and is_made_with(made, keys):
            yield RecordAnchor(link=made.head.link, mac=made.head.mac, at=made.made_at, source=one.path.name)
