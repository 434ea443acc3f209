"""Processors that only look on; neighbours in the chain look at the same batches of packets."""

import math
import time
from abc import abstractmethod
from collections.abc import Sequence
from typing import Final

from ibe100.minitsp.options import Arguments
from ibe100.minitsp.packet_batch import Arrivals, Batch, PacketBatch
from ibe100.minitsp.plugin import Block, Context, PacketProcessor, PluginError

_LONGEST_WAIT_S: Final = 0.5


class PacketObserver(PacketProcessor):
    """Sees every packet in order and changes none, up to half a second after it has passed.

    At `due_s` (monotonic) it gets what has come until then, and `tick` is called; `tick` never finds packets
    that have passed but were not seen yet.
    """

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
    """Observers side by side in the chain: packets are copied, and their headers read, once for all."""

    def __init__(self, observers: Sequence[PacketObserver]) -> None:
        self._observers = observers
        self._batch = PacketBatch(self._show)
        self._oldest_s = math.inf

    @property
    def due_s(self) -> float:
        """When the first of the observers wants to be called."""
        return min(observer.due_s for observer in self._observers)

    def add(self, block: Block, now_s: float) -> None:
        """Keep a block that passes, or show it at once if it is large."""
        self._batch.add(block, now_s)
        if not self._batch:
            self._oldest_s = math.inf
        elif self._oldest_s == math.inf:
            self._oldest_s = now_s

    def flush(self) -> None:
        """Show what is kept."""
        self._oldest_s = math.inf
        self._batch.flush()

    def tick(self, now_s: float) -> None:
        """Tick the observers, unless packets are kept that may still wait."""
        due = now_s >= self.due_s or now_s - self._oldest_s >= _LONGEST_WAIT_S
        if self._batch and not due:
            return
        self.flush()
        for observer in self._observers:
            try:
                observer.tick(now_s)
            except PluginError as error:
                observer.fail(error)

    def _show(self, batch: Batch) -> None:
        for observer in self._observers:
            try:
                observer.observe(batch)
            except PluginError as error:
                observer.fail(error)
