"""Writes while a server is away: facts wait in order, and a COMMIT without an answer is asked about."""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine

from ibe100.database.sql.faults import is_away, is_storage_fault, storage_error
from ibe100.database.sql.postgresql import is_committed
from ibe100.database.sql.task import Task, tell
from ibe100.models.errors import StorageError

LOOK_AGAIN_S = 1.0
MOST_HELD = 10_000

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Sent:
    """A COMMIT that was sent; `transaction` is its number at the server."""

    transaction: str
    tasks: Sequence[Task[Any]]
    outcomes: list[Any]


class Outage:
    """Used by the writer's thread; `words` is safe from any."""

    def __init__(self, engine: Engine, database: str) -> None:
        self._engine = engine
        self._database = database
        self._held: deque[Task[Any]] = deque()
        self._sent: _Sent | None = None
        self._looked_s = 0.0
        self.holds = True
        """False from when nothing can wait any more, for the program is about to end."""
        self.words = ""
        """Why the server takes nothing; empty while it does."""

    def waiting(self) -> int:
        """Facts that wait for the server; safe from any thread."""
        return len(self._held)

    def refusal(self) -> StorageError:
        """For whoever asks for something meanwhile."""
        return StorageError(self.words)

    def sending(self, transaction: str, tasks: Sequence[Task[Any]], outcomes: list[Any]) -> None:
        """Note that the COMMIT of these goes out next."""
        self._sent = _Sent(transaction, tasks, outcomes)

    def answered(self) -> None:
        """Note that it was answered, by a yes or by an error of its own."""
        self._sent = None

    def ask(self) -> list[Any] | None:
        """Outcomes of the COMMIT without an answer, if the server has done it. Raises while it is away."""
        with self._engine.connect() as connection:  # refused while the lost one lives on there
            sent, done = self._sent, False
            if sent is not None:
                done = is_committed(connection, sent.transaction)
        self._sent = None
        return sent.outcomes if sent is not None and done else None

    def begin(self, tasks: Sequence[Task[Any]], error: Exception) -> None:
        """Begin with `tasks` that could not be committed."""
        _log.error("the database is away: %s", error)
        self._note(error)
        # Whoever waits for the COMMIT without an answer can be told neither yes nor no.
        self.put_off(tasks[len(self._sent.tasks) if self._sent is not None else 0 :])

    def put_off(self, tasks: Sequence[Task[Any]]) -> None:
        """Hold facts, and refuse all else."""
        for task in tasks:
            if task.has_happened and self.holds and len(self._held) < MOST_HELD:
                self._held.append(task)
            else:
                task.future.set_exception(self.refusal())

    def look(self) -> list[Task[Any]]:
        """Look for the server, at most once a second; returns what is to be written once it is back."""
        if time.monotonic() - self._looked_s < LOOK_AGAIN_S:
            return []
        sent = self._sent
        try:
            outcomes = self.ask()
        except Exception as error:  # noqa: BLE001 -- the writer's thread must live on
            self._note(error)
            return []
        late: list[Task[Any]] = []
        if sent is not None and outcomes is not None:
            tell(sent.tasks, outcomes)
        elif sent is not None:
            late = [task for task in sent.tasks if task.has_happened]
            for task in sent.tasks:
                if not task.has_happened:  # nothing goes on air that was asked for before the outage
                    task.future.set_exception(self.refusal())
        held, self._held, self.words = [*late, *self._held], deque(), ""
        _log.warning("the database is back: %d writes were held", len(held))
        return held

    def give_up(self) -> None:
        """Tell those who still wait that nothing came of it."""
        waiting = [*(self._sent.tasks if self._sent is not None else ()), *self._held]
        self._sent, self._held = None, deque()
        for task in waiting:
            task.future.set_exception(self.refusal())
        if waiting:
            _log.error("%d writes are not on record: %s", len(waiting), self.words)

    def _note(self, error: Exception) -> None:
        self._looked_s = time.monotonic()
        if is_away(error) or is_storage_fault(error):
            self.words = str(storage_error(error, "written", self._database))
        else:
            _log.error("a look for the database ended by an error", exc_info=error)
