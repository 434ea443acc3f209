"""Audit trail of who did what: a line in the database and one in audit.log."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from contextvars import ContextVar

from ibe100.database.database import Database
from ibe100.models.actor import CONSOLE, Actor
from ibe100.models.errors import OperatorError, StorageError
from ibe100.models.session import AuditRecord
from ibe100.utils.tasks import BackgroundWrites, log_fault

AUDIT_LOGGER = "ibe100.audit"
PROMPT_S = 2.0
"""What is to be done waits no longer for its line in the database; the one in audit.log is on its way."""
_audit = logging.getLogger(AUDIT_LOGGER)
_log = logging.getLogger(__name__)

_acting: ContextVar[Actor] = ContextVar("who acts", default=CONSOLE)


def act_as(actor: Actor) -> None:
    """Put what this task does from now on, and the tasks it begins, down to `actor`."""
    _acting.set(actor)


@contextmanager
def acting_as(actor: Actor) -> Iterator[None]:
    """Put what is done within the context down to `actor`."""
    before = _acting.set(actor)
    try:
        yield
    finally:
        _acting.reset(before)


def acting() -> Actor:
    """The actor that the present task works for; set where work comes in, else the console itself."""
    return _acting.get()


class AuditTrail:
    """A full or slow disk is reported, and keeps nobody from what has to be done."""

    def __init__(self, storage: Database) -> None:
        self._storage = storage
        self._writes = BackgroundWrites()

    @asynccontextmanager
    async def doing(self, action: str, subject: str, detail: str = "") -> AsyncIterator[None]:
        """Put an act on record before it is done; one that fails has a second line that says so."""
        record = asyncio.create_task(self.write(action, subject, detail), name=f"audit of {action}")
        record.add_done_callback(log_fault)
        await asyncio.wait([record], timeout=PROMPT_S)
        try:
            yield
        except OperatorError as error:
            await self.write(f"not done: {action}", subject, str(error))
            raise
        finally:
            await record

    async def write(self, action: str, subject: str, detail: str = "") -> None:
        """`action` in the field's terms, `subject` the stream, alarm or profile it was done to."""
        who = acting().on_record
        record = AuditRecord(at=time.time(), who=who, action=action, subject=subject, detail=detail)
        _audit.info("%s", action, extra={"who": who, "subject": subject, "detail": detail})
        # Its turn may come later than whoever acts can wait: a server may be away for hours.
        recording = self._writes.add(self._record(record), f"audit of {action}")
        await asyncio.wait([recording], timeout=PROMPT_S)

    async def _record(self, record: AuditRecord) -> None:
        try:
            await self._storage.audit.write(record)
        except StorageError as error:
            _log.error(
                "an audit line (%s %s) is not in the database: %s", record.action, record.subject, error
            )
