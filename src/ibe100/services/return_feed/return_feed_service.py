"""Return feeds: watched beside their streams, so that a receipt can say what came back from the far end."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Coroutine

from ibe100.database.database import Database
from ibe100.models.cues.return_receipt import ReturnCause, ReturnReceipt, ReturnState
from ibe100.models.errors import OperatorError, StorageError
from ibe100.models.messages import (
    CueChanged,
    InputCueSeen,
    Message,
    NoticePosted,
    ReturnReceiptChanged,
    StreamStateChanged,
    StreamView,
)
from ibe100.models.runner_policy import RunnerPolicy
from ibe100.models.scte35_marker import Cue
from ibe100.models.stream_config import ReturnInput
from ibe100.models.stream_state import ACTIVE_STATES, StreamState
from ibe100.services.return_feed.receipts import FeedReceipts
from ibe100.services.return_feed.watcher_process import WatcherProcess, watcher_folder
from ibe100.services.streams.launch_plan import LaunchPlanner
from ibe100.services.streams.run import Runs, StreamRun
from ibe100.services.streams.runner_link import RunnerLink
from ibe100.utils.tasks import keep_running, log_fault

TICK_S = 0.5
REMEMBERED = 2000
WATCHED_STATES = ACTIVE_STATES - {StreamState.PROBING, StreamState.WAITING, StreamState.STOPPING}
"""While there is a runner of the stream: a watcher without one ends."""
ENDED_UNSEEN = {
    "state": ReturnState.UNKNOWN,
    "cause": ReturnCause.FEED_ABSENT,
    "reason": "its stream ended before it came back",
}

_log = logging.getLogger(__name__)


class ReturnFeedService:
    """Lives on the loop; `receipt` and `recent` may be read from any thread."""

    def __init__(
        self,
        storage: Database,
        streams: Runs,
        publish: Callable[[Message], None],
        planner: LaunchPlanner,
        policy: RunnerPolicy,
    ) -> None:
        self._storage = storage
        self._streams = streams
        self._publish = publish
        self._planner = planner
        self._policy = policy
        self._receipts: dict[int, ReturnReceipt] = {}
        self._unfinished: dict[str, list[tuple[Cue, ReturnReceipt]]] = {}
        """Receipts that an earlier console left open, until their stream is watched again."""
        self._watches: dict[str, FeedReceipts] = {}
        self._watchers: dict[str, WatcherProcess] = {}
        self._locks: dict[str, asyncio.Lock] = {}
        self._work: set[asyncio.Task[None]] = set()
        self._ticking: asyncio.Task[None] | None = None

    def set_policy(self, policy: RunnerPolicy) -> None:
        """Change the policy of each watcher from its next start on."""
        self._policy = policy

    def receipt(self, cue_id: int) -> ReturnReceipt | None:
        """The receipt of a cue at the return feed; None where none was watched, or long ago."""
        return self._receipts.get(cue_id)

    def recent(self, stream_id: str) -> tuple[ReturnReceipt, ...]:
        """The newest first."""
        found = [one for one in tuple(self._receipts.values()) if one.stream_id == stream_id]
        return tuple(sorted(found, key=lambda one: -one.cue_id))

    async def open(self) -> None:
        """Take up the receipts on record; before the streams are opened, for their cues go on."""
        newest = await self._storage.cues.recent(limit=1)
        last = newest[0].cue_id if newest else 0
        self._receipts = await self._storage.return_receipts.of_cues(last - REMEMBERED, last)
        for receipt in await self._storage.return_receipts.open(time.time()):
            cue = await self._storage.cues.get(receipt.cue_id)
            if cue is not None:
                self._unfinished.setdefault(receipt.stream_id, []).append((cue, receipt))
        self._ticking = keep_running(self._tick, "return feeds")

    async def settle(self) -> None:
        """After the streams are opened: end watchers whose streams do not run, and what waited for them."""
        for view in self._streams.streams():
            if view.stream_id not in self._watches:
                run = self._streams.run_of(view.stream_id)
                self._later(self._end_left(view.stream_id, run))
        for stream_id in tuple(self._unfinished):
            if stream_id not in self._watches:
                for _, receipt in self._unfinished.pop(stream_id):
                    if receipt.state is ReturnState.WAITING:
                        # What came back after the stream had ended, nobody knows.
                        self._keep(receipt.model_copy(update=ENDED_UNSEEN))

    async def close(self, *, stop: bool) -> None:
        """Leave the watchers beside their streams, or stop them."""
        if self._ticking is not None:
            self._ticking.cancel()
            await asyncio.gather(self._ticking, return_exceptions=True)
        if stop:
            for watch in tuple(self._watches.values()):
                self._unwatch(watch, "the console was closed with its streams")
        await asyncio.gather(*self._work, return_exceptions=True)
        await asyncio.gather(*(watcher.leave() for watcher in self._watchers.values()))
        await asyncio.gather(*self._work, return_exceptions=True)

    def hear(self, message: Message) -> None:
        """Take a message of another service."""
        match message:
            case StreamStateChanged(stream=view):
                self._follow(view)
            case CueChanged(cue=cue) if (watch := self._watches.get(cue.stream_id)) is not None:
                watch.cue(cue, self._receipts.get(cue.cue_id))
            case InputCueSeen(cue=seen) if (watch := self._watches.get(seen.stream_id)) is not None:
                watch.input_cue(seen.section_base64)

    def _follow(self, view: StreamView) -> None:
        """Watch while the stream runs, by its configuration as it is now: nothing of it is on air."""
        watch = self._watches.get(view.stream_id)
        wanted = view.config.return_feed if view.state in WATCHED_STATES else None
        if watch is not None and wanted == watch.source:
            watch.window_s = view.config.return_window_s
            return
        if watch is not None:
            ended = f"the stream is {view.state}" if wanted is None else "another return feed was chosen"
            self._unwatch(watch, f"{ended} before it came back")
        # Giving up told everybody, us as well.
        if wanted is not None and view.stream_id not in self._watches:
            self._begin(view, wanted)

    def _begin(self, view: StreamView, source: ReturnInput) -> None:
        run = self._streams.run_of(view.stream_id)
        watch = FeedReceipts(run, source, view.config.return_window_s, self._keep)
        self._watches[view.stream_id] = watch
        for cue, receipt in self._unfinished.pop(view.stream_id, ()):
            watch.look_for(cue, receipt)
        self._later(self._start(watch))

    async def _start(self, watch: FeedReceipts) -> None:
        stream_id = watch.run.stream_id
        async with self._lock(stream_id):
            if self._watches.get(stream_id) is not watch:
                return
            watcher = WatcherProcess(
                stream_id,
                watch.run.link.stream_dir,
                watch.run.entry.config.model_copy(update={"return_feed": watch.source}),
                self._planner,
                self._policy,
                self._storage,
                watch,
            )
            self._watchers[stream_id] = watcher
            watcher.start()

    def _unwatch(self, watch: FeedReceipts, reason: str) -> None:
        del self._watches[watch.run.stream_id]
        watch.give_up(reason)
        self._later(self._stop(watch.run.stream_id, reason))

    async def _stop(self, stream_id: str, reason: str) -> None:
        async with self._lock(stream_id):
            watcher = self._watchers.pop(stream_id, None)
            if watcher is not None:
                await watcher.stop(reason)

    async def _end_left(self, stream_id: str, run: StreamRun) -> None:
        folder = watcher_folder(run.link.stream_dir)
        async with self._lock(stream_id):
            if folder.is_dir() and stream_id not in self._watches:
                await RunnerLink(folder).end("its stream does not run")

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            now = time.time()
            for watch in tuple(self._watches.values()):
                watch.tick(now)

    def _keep(self, receipt: ReturnReceipt) -> None:
        """In memory and on screen at once, on record as soon as the disk has it."""
        self._receipts[receipt.cue_id] = receipt
        if len(self._receipts) > REMEMBERED:
            del self._receipts[next(iter(self._receipts))]
        self._publish(ReturnReceiptChanged(receipt=receipt))
        self._later(self._record(receipt))

    async def _record(self, receipt: ReturnReceipt) -> None:
        try:
            await self._storage.return_receipts.save(receipt)
        except StorageError as error:
            text = f"what the return feed said of cue {receipt.cue_id} is not on record: {error}"
            self._publish(NoticePosted(at=time.time(), level="error", text=text, stream_id=receipt.stream_id))
            _log.error("%s", text)

    def _later(self, work: Coroutine[object, object, None]) -> None:
        async def told() -> None:
            try:
                await work
            except OperatorError as error:
                _log.error("return feed: %s", error)

        task = asyncio.get_running_loop().create_task(told())
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(log_fault)

    def _lock(self, stream_id: str) -> asyncio.Lock:
        return self._locks.setdefault(stream_id, asyncio.Lock())
