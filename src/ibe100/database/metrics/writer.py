"""The thread `ibe100-metrics`: the only writer of the metrics file. Its faults are told, never raised."""

from __future__ import annotations

import contextlib
import logging
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sqlalchemy import Connection, Engine

from ibe100.database.metrics import keeper as metrics_keeper
from ibe100.database.metrics.minutes import OpenMinutes, Sample
from ibe100.database.sql.faults import is_storage_fault, storage_error
from ibe100.database.sql.sqlite import Fault, fault_of, sqlite_url, writing_engine
from ibe100.models.metrics import StreamChange
from ibe100.utils.set_aside import set_aside

THREAD_NAME = "ibe100-metrics"
TURN_S = 5.0
GRACE_S = 5.0
"""A minute is stored this long after its end, when its last samples have arrived."""
PAUSE_S = 0.02
"""Between two portions of work that can wait: the console's own threads come first."""
MOST_SAMPLES = 20_000
MOST_CHANGES = 1000
TIDY_EVERY_S = 60
GIVE_UP_AFTER_S = 900
"""Minutes that could not be stored for so long are dropped."""
P = ParamSpec("P")
T = TypeVar("T")
_log = logging.getLogger(__name__)


class MetricsWriter:
    """Takes samples from any thread without waiting, and stores them a minute at a time."""

    def __init__(
        self,
        path: Path,
        wall: Callable[[], float],
        on_notice: Callable[[str], None],
        on_fresh: Callable[[], None] = lambda: None,
    ) -> None:
        """`on_fresh`: another file has taken the place of the one that was open; called on the thread."""
        self._path = path
        self._on_fresh = on_fresh
        self._wall = wall
        self._on_notice = on_notice
        self._engine: Engine | None = None
        self._opened: tuple[int, int] | None = None
        """Identity of the open file: somebody may take it away."""
        self._changes: queue.Queue[StreamChange] = queue.Queue(MOST_CHANGES)
        self._kept_changes: list[StreamChange] = []
        self._closing = threading.Event()
        self._rolled_up_at = 0.0
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)
        self.minutes = OpenMinutes(MOST_SAMPLES)
        self.ready = threading.Event()
        """The file has been opened, or could not be."""
        self.problem = ""

    def start(self) -> None:
        self._thread.start()

    def put(self, sample: Sample) -> None:
        self.minutes.put(sample)

    def change(self, change: StreamChange) -> None:
        """Dropped, and counted with the samples, when hundreds wait."""
        try:
            self._changes.put_nowait(change)
        except queue.Full:
            self.minutes.dropped += 1

    def close(self, timeout_s: float = 10.0) -> None:
        """Store what there is, then end the thread. Blocks."""
        self._closing.set()
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            _log.error("%s still writes %g s after it was told to end", THREAD_NAME, timeout_s)

    def _run(self) -> None:
        while not self._closing.wait(0 if not self.ready.is_set() else TURN_S):
            self.turn()
            self.ready.set()
        self.turn(everything=True)
        self._dispose()

    def turn(self, *, everything: bool = False) -> None:
        """Store the minutes that are over, or all there is; then roll up and throw away what is due."""
        try:
            self._store(float("inf") if everything else self._wall() - GRACE_S)
            if not everything:
                self._tidy()
            self._told("")
        except Exception as error:  # noqa: BLE001 -- the thread must live on
            self._failed(error)
        self._give_up()

    def _store(self, before: float) -> None:
        self._look_for_the_file()
        engine = self._open()
        for key in self.minutes.ended(before):
            chunk = self.minutes.chunk(key)
            with engine.begin() as connection:
                metrics_keeper.store_minute(connection, *key, chunk)
            self.minutes.forget(key)
        with contextlib.suppress(queue.Empty):
            while True:
                self._kept_changes.append(self._changes.get_nowait())
        if self._kept_changes:
            with engine.begin() as connection:
                for change in self._kept_changes:
                    metrics_keeper.add_change(connection, change)
            self._kept_changes.clear()

    def _look_for_the_file(self) -> None:
        """Open the file anew when it was deleted: writing to it would be lost without an error."""
        if self._engine is None or _identity(self._path) == self._opened:
            return
        self._dispose()
        if not self._path.exists():
            for rest in ("-wal", "-shm"):
                self._path.with_name(self._path.name + rest).unlink(missing_ok=True)
        self._on_notice(
            f"The metrics file {self._path} is gone: somebody took it away. A fresh one was begun."
        )
        self._on_fresh()

    def _tidy(self) -> None:
        now = self._wall()
        if 0 <= now - self._rolled_up_at < TIDY_EVERY_S:
            return
        self._rolled_up_at = now
        for hour in self._transact(metrics_keeper.hours_to_roll_up, now):
            for stream_id in self._transact(metrics_keeper.streams_of_hour, hour):
                if self._closing.wait(PAUSE_S):
                    return
                self._transact(metrics_keeper.roll_up, stream_id, hour)
            self._transact(metrics_keeper.hour_is_rolled_up, hour)
        while self._transact(metrics_keeper.prune, now):
            if self._closing.wait(PAUSE_S):
                return

    def _transact(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **names: P.kwargs) -> T:
        with self._open().begin() as connection:
            return work(connection, *args, **names)

    def _open(self) -> Engine:
        if self._engine is None:
            engine = writing_engine(sqlite_url(self._path), durable=False)
            try:
                with engine.begin() as connection:
                    metrics_keeper.make_ready(connection)
            except BaseException:
                engine.dispose()
                raise
            self._engine, self._opened = engine, _identity(self._path)
        return self._engine

    def _failed(self, error: Exception) -> None:
        if isinstance(error, metrics_keeper.OtherFormat) or fault_of(error) is Fault.DAMAGED:
            self._begin_afresh(error)
        elif is_storage_fault(error):
            self._told(str(storage_error(error, "written", str(self._path))))
        elif isinstance(error, OSError):
            self._told(f"The metrics file {self._path} could not be opened: {error.strerror}.")
        else:
            _log.error("metrics could not be stored: a bug", exc_info=error)
            self._told("An error in the console itself; it is in the log.")

    def _begin_afresh(self, error: Exception) -> None:
        """Set a damaged file aside and go on with an empty one: measurements are no reason to stop."""
        self._dispose()
        try:
            aside = set_aside(self._path, self._wall(), ("-wal", "-shm"))
        except OSError as fault:
            self._told(f"The metrics file {self._path} is damaged and cannot be moved: {fault.strerror}.")
            return
        self._on_fresh()
        _log.error("the metrics file was set aside: %s", error)
        self._on_notice(
            f"The metrics file {self._path} could not be read ({error_words(error)}). It was set aside as "
            f"{aside.name} and a fresh one was begun: curves from before are in that file only."
        )

    def _told(self, problem: str) -> None:
        if problem and problem != self.problem:
            _log.error("metrics are not stored: %s", problem)
            self._on_notice(f"Metrics are not recorded for now. {problem} Streams and cues go on.")
        elif self.problem and not problem:
            self._on_notice("Metrics are recorded again.")
        self.problem = problem

    def _give_up(self) -> None:
        for key in self.minutes.ended(self._wall() - GIVE_UP_AFTER_S):
            self.minutes.drop(key)
        del self._kept_changes[:-MOST_CHANGES]

    def _dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def error_words(error: Exception) -> str:
    """Error in a few words."""
    return str(error) if isinstance(error, metrics_keeper.OtherFormat) else "it is damaged"
