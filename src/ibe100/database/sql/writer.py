"""The thread `ibe100-db`: the only one that writes to the database."""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Generic, TypeAlias, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ibe100.database.sql.faults import is_storage_fault, storage_error
from ibe100.database.sql.sqlite import checkpoint
from ibe100.models.errors import StorageError

THREAD_NAME = "ibe100-db"
QUEUE_SIZE = 1000
GROUP_SIZE = 100
QUEUE_TIMEOUT_S = 5.0
CHECKPOINT_COMMITS = 100
QUIET_S = 0.3
"""After so many commits the first pause of this length is used to copy the WAL back into the file."""

T = TypeVar("T")
_log = logging.getLogger(__name__)


class Turn(IntEnum):
    """Order of the tasks that wait."""

    AIR = 0
    """Something waits for it before it goes on air: also ahead of the record of what has happened."""
    RECORD = 1
    END = 2
    """None is behind it."""


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """A write. `work` may be run twice (after a rollback) and does nothing but use its Session."""

    work: Callable[[Session], T]
    turn: Turn
    future: Future[T] = field(default_factory=Future)


_Waiting: TypeAlias = tuple[Turn, int, Task[Any] | None]


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class Writer:
    """Takes tasks in the order of their turns; those of one turn that wait together are committed together.

    Each has its own outcome.
    """

    def __init__(self, engine: Engine, database: str, queue_size: int = QUEUE_SIZE) -> None:
        self._engine = engine
        self._database = database
        self._tasks: queue.PriorityQueue[_Waiting] = queue.PriorityQueue(queue_size)
        self._number = itertools.count()  # keeps the order within a turn
        self._door = asyncio.Lock()  # keeps the order also of those that wait for room
        self._closing = False
        self._commits = 0  # since the last checkpoint
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def waiting(self) -> int:
        """Tasks that wait for the thread; safe from any thread."""
        return self._tasks.qsize()

    async def submit(self, work: Callable[[Session], T], turn: Turn = Turn.RECORD) -> T:
        """The result of `work`, after COMMIT has returned.

        Raises StorageError with the reason when it could not be committed; the next write is tried anew.
        Any other error is the one that `work` raised; nothing of it is stored.
        """
        task = Task(work, turn)
        async with self._door:
            if self._closing:
                raise self._closed()
            try:
                self._tasks.put_nowait((task.turn, next(self._number), task))
            except queue.Full:
                await self._put_when_there_is_room(task)
        return await asyncio.wrap_future(task.future)

    async def _put_when_there_is_room(self, task: Task[Any]) -> None:
        try:
            waiting = (task.turn, next(self._number), task)
            await asyncio.to_thread(self._tasks.put, waiting, timeout=QUEUE_TIMEOUT_S)
        except asyncio.CancelledError:
            task.future.cancel()  # the thread goes on and may still put it in
            raise
        except queue.Full:
            raise StorageError(
                f"The database {self._database} is {self._tasks.maxsize} writes behind: the disk is too slow."
            ) from None
        if self._closing:
            await asyncio.to_thread(self._thread.join)
            if task.future.cancel():  # it came in behind the end
                raise self._closed()

    def _closed(self) -> StorageError:
        return StorageError(f"The database {self._database} is closed.")

    def close(self, timeout_s: float = 30.0) -> None:
        """Commit what waits, then end the thread. Blocks; raises TimeoutError."""
        if not self._closing:
            self._closing = True
            self._tasks.put((Turn.END, next(self._number), None), timeout=timeout_s)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise TimeoutError(f"{THREAD_NAME} still writes {timeout_s:g} s after it was told to end")

    def _run(self) -> None:
        ended = False
        while not ended:
            group, ended = self._next_group()
            self._work_off(group)

    def _work_off(self, group: Sequence[Task[Any]]) -> None:
        left = [task for task in group if task.future.set_running_or_notify_cancel()]
        while left:
            left = left[self._settle(left) :]
            if left:  # it made way
                self._work_off(self._next_group()[0])

    def _next_group(self) -> tuple[list[Task[Any]], bool]:
        """Tasks of one turn that wait now, and whether they were the last."""
        group: list[Task[Any]] = []
        while True:
            turn, _, task = self._next()
            if task is None:
                return group, True
            group.append(task)
            if len(group) == GROUP_SIZE or not self._waits(turn):
                return group, False

    def _next(self) -> _Waiting:
        """The next that waits; while none does, what was committed is copied to where it belongs."""
        if self._commits >= CHECKPOINT_COMMITS:
            try:
                return self._tasks.get(timeout=QUIET_S)
            except queue.Empty:
                self._checkpoint()
        return self._tasks.get()

    def _checkpoint(self) -> None:
        self._commits = 0
        try:
            checkpoint(self._engine)
        except Exception as error:
            if not is_storage_fault(error):
                raise
            _log.warning("the WAL of %s was not copied back: %s", self._database, error)

    def _waits(self, turn: Turn) -> bool:
        """True when the next task is of this turn; only this thread takes it."""
        with self._tasks.mutex:
            return bool(self._tasks.queue) and self._tasks.queue[0][0] is turn

    def _settle(self, tasks: Sequence[Task[Any]]) -> int:
        """Commit `tasks` together, or else one by one, and tell each caller.

        Returns how many, from the first: not all where something that goes on air came to wait meanwhile.
        """
        try:
            outcomes = self._transact(tasks)
        except Exception as error:  # noqa: BLE001 -- whoever asked gets it; the thread must live on
            if len(tasks) > 1:
                return sum(self._settle([task]) for task in tasks)
            outcomes = [_Failed(self._for_caller(error))]
        for task, outcome in zip(tasks, outcomes, strict=False):
            if isinstance(outcome, _Failed):
                task.future.set_exception(outcome.error)
            else:
                task.future.set_result(outcome)
        return len(outcomes)

    def _transact(self, tasks: Sequence[Task[Any]]) -> list[Any]:
        outcomes: list[Any] = []
        with Session(self._engine) as session, session.begin():
            for task in tasks:
                if len(tasks) == 1:  # the transaction itself is its savepoint
                    outcomes.append(task.work(session))
                    break
                if outcomes and task.turn is not Turn.AIR and self._waits(Turn.AIR):
                    break
                try:
                    with session.begin_nested():
                        outcomes.append(task.work(session))
                except Exception as error:
                    # A fault of the storage may have ended the whole transaction, not the savepoint alone.
                    if is_storage_fault(error):
                        raise
                    outcomes.append(_Failed(error))
        self._commits += 1
        return outcomes

    def _for_caller(self, error: Exception) -> Exception:
        if not is_storage_fault(error):
            return error
        _log.error("a write failed: %s", error)
        words = storage_error(error, "written", self._database)
        words.__cause__ = error
        return words
