"""Processors that only look on; neighbours in the chain look at the same batches of packets."""

import math
import threading
import time
from abc import abstractmethod
from collections.abc import Callable, Sequence
from functools import partial
from queue import Full, Queue
from typing import Final

from ibe100.minitsp.chain.options import Arguments
from ibe100.minitsp.chain.packet_batch import Arrivals, Batch, PacketBatch
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor, PluginError

_LONGEST_WAIT_S: Final = 0.5
_MOST_TASKS: Final = 4
_POLL_S: Final = 0.05


class PacketObserver(PacketProcessor):
    """Sees every packet in order and changes none, up to half a second after it has passed.

    At `due_s` (monotonic) it gets what has come until then, and `tick` is called; `tick` never finds packets
    that have passed but were not seen yet. `observe` and `tick` may be called by a thread of their own.
    """

    changes_packets = False

    def __init__(self, arguments: Arguments, context: Context) -> None:
        super().__init__(arguments, context)
        self.due_s = math.inf

    @abstractmethod
    def observe(self, batch: Batch) -> None:
        """Look at the next packets, which are only lent."""

    def process(self, block: Block) -> Block:
        now_s = time.monotonic()
        self.observe(Batch(block.headers, block.first_index, Arrivals(len(block), now_s, now_s)))
        self.tick(now_s)
        return block


class ObserverGroup:
    """Observers side by side in the chain: packets are copied, and their headers read, once for all of them.

    Small blocks are those of a live stream: a thread looks at them, so that no report delays a packet. Whole
    blocks of a file are shown at once and without a copy. Never both at a time.
    """

    def __init__(self, observers: Sequence[PacketObserver], context: Context) -> None:
        self._observers = observers
        self._context = context
        self._batch = PacketBatch(lambda batch: self._hand_over(partial(self._show, batch)), self._show_now)
        self._oldest_s = self._called_s = math.inf
        self._tasks: Queue[Callable[[], None] | None] = Queue(_MOST_TASKS)
        self._thread = threading.Thread(target=self._work, name="observers", daemon=True)

    @property
    def due_s(self) -> float:
        """Time at which the first of the observers wants to be called, unless it is just about to be."""
        due_s = min(observer.due_s for observer in self._observers)
        return math.inf if due_s == self._called_s else due_s

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def add(self, block: Block, now_s: float) -> None:
        """Keep a block that passes, or show it at once if it is large."""
        self._batch.add(block, now_s)
        if not self._batch:
            self._oldest_s = math.inf
        elif self._oldest_s == math.inf:
            self._oldest_s = now_s

    def tick(self, now_s: float) -> None:
        """Tick the observers, unless packets are kept that may still wait."""
        due_s = self.due_s
        if now_s >= due_s:
            self._called_s = due_s
        elif self._batch and now_s - self._oldest_s < _LONGEST_WAIT_S:
            return
        self._oldest_s = math.inf
        self._batch.flush()
        if not self._tasks.full():  # it will be ticked soon enough
            self._hand_over(partial(self._tick, now_s))

    def end(self) -> Sequence[PacketObserver]:
        """Show what is kept, and wait until all of it has been seen; not for long if the chain is to stop.

        Returns the observers that are still at it then: they must be left alone.
        """
        self._batch.flush()
        self._hand_over(None)
        while self._thread.is_alive():
            self._thread.join(_POLL_S)
            if self._context.stopping:
                self._thread.join(_POLL_S)
                break
        return self._observers if self._thread.is_alive() else ()

    def _hand_over(self, task: Callable[[], None] | None) -> None:
        """Give the thread its next task, once it has room for it."""
        while self._thread.is_alive():
            try:
                self._tasks.put(task, timeout=_POLL_S)
            except Full:
                if self._context.stopping:
                    return
            else:
                return

    def _work(self) -> None:
        while (task := self._tasks.get()) is not None:
            task()
            self._tasks.task_done()

    def _show_now(self, batch: Batch) -> None:
        """Show a block in the chain's own thread, after whatever the other one still has to do."""
        with self._tasks.all_tasks_done:
            while self._tasks.unfinished_tasks and self._thread.is_alive():
                self._tasks.all_tasks_done.wait(_POLL_S)
        self._show(batch)

    def _show(self, batch: Batch) -> None:
        for observer in self._observers:
            try:
                observer.observe(batch)
            except PluginError as error:
                observer.fail(error)

    def _tick(self, now_s: float) -> None:
        for observer in self._observers:
            try:
                observer.tick(now_s)
            except PluginError as error:
                observer.fail(error)
