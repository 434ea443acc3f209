"""The thread `ibe100-db`: the only one that writes to the database."""

from __future__ import annotations

import asyncio
import logging
import queue
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ibe100.database.faults import is_storage_fault, storage_error
from ibe100.models.errors import StorageError

THREAD_NAME = "ibe100-db"
QUEUE_SIZE = 1000
GROUP_SIZE = 100
QUEUE_TIMEOUT_S = 5.0

T = TypeVar("T")
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """One write. `work` may be run twice (after a rollback) and does nothing but use its Session."""

    work: Callable[[Session], T]
    future: Future[T] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class _Failed:
    error: BaseException


class Writer:
    """Takes tasks in order; those that wait together are committed together, each with its own outcome."""

    def __init__(self, engine: Engine, database: str, queue_size: int = QUEUE_SIZE) -> None:
        self._engine = engine
        self._database = database
        self._tasks: queue.Queue[Task[Any] | None] = queue.Queue(queue_size)
        self._turn = asyncio.Lock()  # keeps the order also of those that wait for room
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def waiting(self) -> int:
        """Tasks that wait for the thread; safe from any thread."""
        return self._tasks.qsize()

    async def submit(self, work: Callable[[Session], T]) -> T:
        """The result of `work`, after COMMIT has returned.

        Raises StorageError in words when it could not be committed; the next write is tried anew.
        Any other error is the one that `work` raised; nothing of it is stored.
        """
        task = Task(work)
        async with self._turn:
            if self._closing:
                raise self._closed()
            try:
                self._tasks.put_nowait(task)
            except queue.Full:
                await self._put_when_there_is_room(task)
        return await asyncio.wrap_future(task.future)

    async def _put_when_there_is_room(self, task: Task[Any]) -> None:
        try:
            await asyncio.to_thread(self._tasks.put, task, timeout=QUEUE_TIMEOUT_S)
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
            self._tasks.put(None, timeout=timeout_s)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise TimeoutError(f"{THREAD_NAME} still writes {timeout_s:g} s after it was told to end")

    def _run(self) -> None:
        ended = False
        while not ended:
            group, ended = self._next_group()
            running = [task for task in group if task.future.set_running_or_notify_cancel()]
            if running:
                self._settle(running)

    def _next_group(self) -> tuple[list[Task[Any]], bool]:
        """What waits now, at least one task, and whether the end was among it."""
        group: list[Task[Any]] = []
        task = self._tasks.get()
        while task is not None:
            group.append(task)
            if len(group) == GROUP_SIZE:
                return group, False
            try:
                task = self._tasks.get_nowait()
            except queue.Empty:
                return group, False
        return group, True

    def _settle(self, tasks: Sequence[Task[Any]]) -> None:
        """Commit `tasks` together, or else one by one, and tell each caller."""
        try:
            outcomes = self._transact(tasks)
        except Exception as error:  # noqa: BLE001 -- whoever asked gets it; the thread must live on
            if len(tasks) > 1:
                for task in tasks:
                    self._settle([task])
                return
            outcomes = [_Failed(self._for_caller(error))]
        for task, outcome in zip(tasks, outcomes, strict=True):
            if isinstance(outcome, _Failed):
                task.future.set_exception(outcome.error)
            else:
                task.future.set_result(outcome)

    def _transact(self, tasks: Sequence[Task[Any]]) -> list[Any]:
        outcomes: list[Any] = []
        with Session(self._engine) as session, session.begin():
            for task in tasks:
                try:
                    with session.begin_nested():
                        outcomes.append(task.work(session))
                except Exception as error:
                    # A fault of the storage may have ended the whole transaction, not the savepoint alone.
                    if is_storage_fault(error):
                        raise
                    outcomes.append(_Failed(error))
        return outcomes

    def _for_caller(self, error: Exception) -> Exception:
        if not is_storage_fault(error):
            return error
        _log.error("a write failed: %s", error)
        words = storage_error(error, "written", self._database)
        words.__cause__ = error
        return words
