"""Who did what: a line in the database and one in audit.log."""

from __future__ import annotations

import logging
import time
from contextvars import ContextVar

from ibe100.database.database import Database
from ibe100.models.errors import StorageError
from ibe100.models.session import AuditRecord

_audit = logging.getLogger("ibe100.audit")
_log = logging.getLogger(__name__)

OPERATOR = "operator"
"""Whoever sits at the console, or at this machine's command line: there nobody signs in."""
_acting: ContextVar[str] = ContextVar("who acts", default=OPERATOR)


def act_as(who: str) -> None:
    """What this task does from now on, and what it begins, is done by `who`."""
    _acting.set(who)


def acting() -> str:
    """Who does what is being done, where no argument says it."""
    return _acting.get()


def who_words() -> str:
    """`the operator`, or a name, as it stands in a sentence."""
    return f"the {OPERATOR}" if acting() == OPERATOR else acting()


class AuditTrail:
    """Written after the act; a full disk is reported, and does not undo what was done on air."""

    def __init__(self, storage: Database) -> None:
        self._storage = storage

    async def write(self, who: str, action: str, subject: str, detail: str = "") -> None:
        """`action` in the field's terms, `subject` the stream, alarm or profile it was done to."""
        record = AuditRecord(at=time.time(), who=who, action=action, subject=subject, detail=detail)
        _audit.info("%s", action, extra={"who": who, "subject": subject, "detail": detail})
        try:
            await self._storage.audit.write(record)
        except StorageError as error:
            _log.error("an audit line (%s %s) is not in the database: %s", action, subject, error)
