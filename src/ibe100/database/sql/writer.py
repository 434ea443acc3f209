"""The thread `ibe100-db`: the only one that writes to the database."""

from __future__ import annotations

import asyncio
import itertools
import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias, TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ibe100.database.sql.faults import is_away, is_storage_fault, storage_error
from ibe100.database.sql.outage import LOOK_AGAIN_S, Outage
from ibe100.database.sql.postgresql import transaction_of
from ibe100.database.sql.sqlite import checkpoint
from ibe100.database.sql.task import Failed, Task, Turn, tell
from ibe100.models.errors import StorageError

THREAD_NAME = "ibe100-db"
QUEUE_SIZE = 1000
GROUP_SIZE = 100
QUEUE_TIMEOUT_S = 5.0
CHECKPOINT_COMMITS = 100
QUIET_S = 0.3
"""After so many commits the first pause of this length is used to copy the WAL back into the file."""
STUCK_S = 5.0
"""A write that takes so long is told as one that is not answered."""

T = TypeVar("T")
_log = logging.getLogger(__name__)
_Waiting: TypeAlias = tuple[Turn, int, Task[Any] | None]


class Writer:
    """Takes tasks in the order of their turns; those of one turn that wait together are committed together.

    Each has its own outcome. While a server is away facts wait for it, and all else is refused.
    """

    def __init__(self, engine: Engine, database: str, queue_size: int = QUEUE_SIZE) -> None:
        self._engine = engine
        self._database = database
        self._tasks: queue.PriorityQueue[_Waiting] = queue.PriorityQueue(queue_size)
        self._number = itertools.count()  # keeps the order within a turn
        self._door = asyncio.Lock()  # keeps the order also of those that wait for room
        self._closing = False
        self._commits = 0  # since the last checkpoint
        self._outage = Outage(engine, database)
        self._busy_since_s: float | None = None
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)

    def start(self) -> None:
        self._thread.start()

    def waiting(self) -> int:
        """Tasks that wait for the thread or for the server; safe from any thread."""
        return self._tasks.qsize() + self._outage.waiting()

    def problem(self) -> str:
        """Words for a database that takes no writes now; empty while it does. Safe from any thread."""
        since_s = self._busy_since_s
        if since_s is not None and (took_s := time.monotonic() - since_s) > STUCK_S:
            return f"The database {self._database} has not answered a write for {took_s:.0f} s."
        return self._outage.words

    def hold_no_more(self) -> None:
        """Refuse facts too while a server is away: whoever waits for them is about to end."""
        self._outage.holds = False

    async def submit(
        self, work: Callable[[Session], T], turn: Turn = Turn.RECORD, *, has_happened: bool = False
    ) -> T:
        """The result of `work`, after COMMIT has returned.

        Raises StorageError with the reason when it could not be committed; the next write is tried anew. One
        of what `has_happened` waits for a server that is away. Any other error is the one that `work` raised;
        nothing of it is stored.
        """
        task = Task(work, turn, has_happened)
        if self._outage.words and not (has_happened and self._outage.holds):
            raise self._outage.refusal()
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
            if self._outage.words:
                ended = self._wait_for_server()
            else:
                group, ended = self._next_group()
                self._work_off(group)
        self._outage.give_up()

    def _wait_for_server(self) -> bool:
        """Put off what comes, and look for the server; True at the end."""
        task: Task[Any] | None = None
        is_end = False
        try:
            _, _, task = self._tasks.get(timeout=LOOK_AGAIN_S)
            is_end = task is None
        except queue.Empty:
            pass
        if task is not None and task.future.set_running_or_notify_cancel():
            self._outage.put_off([task])
        if not self._outage.holds:
            self._outage.give_up()
        held = self._outage.look()
        for first in range(0, len(held), GROUP_SIZE):
            self._commit(held[first : first + GROUP_SIZE])
        return is_end

    def _work_off(self, group: Sequence[Task[Any]]) -> None:
        self._commit([task for task in group if task.future.set_running_or_notify_cancel()])

    def _commit(self, left: Sequence[Task[Any]]) -> None:
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
        if self._outage.words:
            self._outage.put_off(tasks)
            return len(tasks)
        try:
            outcomes = self._transact_twice(tasks)
        except Exception as error:  # noqa: BLE001 -- whoever asked gets it; the thread must live on
            if is_away(error):
                self._outage.begin(tasks, error)
                return len(tasks)
            if len(tasks) > 1:
                return sum(self._settle([task]) for task in tasks)
            outcomes = [Failed(self._for_caller(error))]
        tell(tasks, outcomes)
        return len(outcomes)

    def _transact_twice(self, tasks: Sequence[Task[Any]]) -> list[Any]:
        """Outcomes of a commit; where the connection is lost, over a new one."""
        try:
            return self._transact(tasks)
        except Exception as error:
            if not is_away(error):
                raise
        return self._outage.ask() or self._transact(tasks)

    def _transact(self, tasks: Sequence[Task[Any]]) -> list[Any]:
        outcomes: list[Any] = []
        self._busy_since_s = time.monotonic()
        try:
            with Session(self._engine) as session, session.begin():
                self._work(session, tasks, outcomes)
                if (number := transaction_of(session.connection())) is not None:
                    self._outage.sending(number, tasks[: len(outcomes)], outcomes)
        except Exception as error:
            if not is_away(error):
                self._outage.answered()
            raise
        finally:
            self._busy_since_s = None
        self._outage.answered()
        self._commits += 1
        return outcomes

    def _work(self, session: Session, tasks: Sequence[Task[Any]], outcomes: list[Any]) -> None:
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
                if is_storage_fault(error) or is_away(error):
                    raise
                outcomes.append(Failed(error))

    def _for_caller(self, error: Exception) -> Exception:
        if not is_storage_fault(error):
            return error
        _log.error("a write failed: %s", error)
        words = storage_error(error, "written", self._database)
        words.__cause__ = error
        return words
