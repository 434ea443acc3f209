"""Processors of a chain in their order; neighbours that only look on stand side by side."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Final

from ibe100.minitsp.chain.packet_observer import ObserverGroup, PacketObserver
from ibe100.minitsp.chain.plugin import Block, Context, PacketProcessor, PluginError

_LAST_REPORTS_S: Final = 5.0
_POLL_S: Final = 0.02


@dataclass(slots=True)
class _Stage:
    """One processor, or observers side by side, and the number of packets that have come there."""

    step: PacketProcessor | ObserverGroup
    packets: int = 0


class Stages:
    """Passes blocks through the processors in the chain's thread.

    Once the context says that they do not fit the input, only observers see what passes.
    """

    def __init__(self, processors: Sequence[PacketProcessor], context: Context) -> None:
        self.processors = tuple(processors)
        self._context = context
        self._stages = _stages(processors, context)
        self._groups = [stage.step for stage in self._stages if isinstance(stage.step, ObserverGroup)]
        for processor in reversed(processors):
            processor.is_last = True
            if processor.changes_packets:
                break

    def start_observers(self) -> None:
        """Start the threads of those that look on."""
        for group in self._groups:
            group.start()

    def end_observers(self) -> set[PacketProcessor]:
        """Show what is kept; returns the observers that are still at it, and must be left alone."""
        return {observer for group in self._groups for observer in group.end()}

    def process(self, block: Block, now_s: float) -> Block:
        """The block to deliver, which may be empty."""
        for stage in self._stages:
            count = len(block)
            if not count:
                break
            block.first_index = stage.packets
            stage.packets += count
            if isinstance(stage.step, ObserverGroup):
                stage.step.add(block, now_s)
            elif not self._context.misfits:
                block = self._processed(stage.step, block)
        return block

    def tick(self, now_s: float) -> float:
        """Tick all; returns when the first of them wants to be called again."""
        due_s = math.inf
        for stage in self._stages:
            if isinstance(stage.step, ObserverGroup):
                stage.step.tick(now_s)
                due_s = min(due_s, stage.step.due_s)
            elif not self._context.misfits:
                try:
                    stage.step.tick(now_s)
                except PluginError as error:
                    stage.step.fail(error)
        return due_s

    def retire(self, is_delivered: Callable[[], bool]) -> None:
        """Make room for others at once; observers end in a thread of their own, once nothing waits for them.

        `is_delivered`: whether the output has delivered what passed them, and their reports are made.
        """
        for processor in self.processors:
            if processor.changes_packets:
                _stop(processor)
        threading.Thread(target=self._end, args=(is_delivered,), name="retiring", daemon=True).start()

    def _end(self, is_delivered: Callable[[], bool]) -> None:
        busy = self.end_observers()
        deadline_s = time.monotonic() + _LAST_REPORTS_S
        while not is_delivered():
            if time.monotonic() > deadline_s:
                return  # an output that is blocked: a report may come yet
            time.sleep(_POLL_S)
        for processor in self.processors:
            if not processor.changes_packets and processor not in busy:
                _stop(processor)

    def _processed(self, step: PacketProcessor, block: Block) -> Block:
        try:
            processed = step.process(block)
        except PluginError as error:
            step.fail(error)
            return block
        return block if self._context.misfits else processed


def _stop(processor: PacketProcessor) -> None:
    try:
        processor.stop()
    except PluginError as error:
        processor.error(str(error))


def _stages(processors: Sequence[PacketProcessor], context: Context) -> list[_Stage]:
    stages: list[_Stage] = []
    for looks_on, neighbours in groupby(processors, _looks_on):
        if looks_on:
            observers = [one for one in neighbours if isinstance(one, PacketObserver)]
            stages.append(_Stage(ObserverGroup(observers, context)))
        else:
            stages += [_Stage(processor) for processor in neighbours]
    return stages


def _looks_on(processor: PacketProcessor) -> bool:
    return isinstance(processor, PacketObserver) and not processor.changes_packets
