"""Alarms of return feeds: a cue that did not come back, a feed that is lost or cannot carry cues."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine

from ibe100.models.cues.return_receipt import FeedState, ReturnFeedView, ReturnReceipt
from ibe100.models.messages import Message, ReturnReceiptChanged, StreamStateChanged, StreamView
from ibe100.models.scte35_marker import Cue
from ibe100.services.alarms.board import AlarmBoard
from ibe100.services.alarms.break_catalogue import (
    RETURN_FEED_FOREIGN,
    RETURN_FEED_IN_WITHOUT_OUT,
    RETURN_FEED_OUT_WITHOUT_IN,
    RETURN_FEED_OVERRUN,
)
from ibe100.services.alarms.catalogue import CUE_NOT_RETURNED, RETURN_FEED_FAULT, RETURN_FEED_LOST
from ibe100.services.alarms.rule import Judgement, Judgements, true_if
from ibe100.services.streams.run import Runs
from ibe100.utils.tasks import log_fault
from ibe100.utils.timecode import format_utc
from ibe100.utils.units import format_event_id

NEWS_S = 3600.0
"""A cue of longer ago is history, not an alarm."""


class ReturnFeedAlarms:
    """Used on the loop."""

    def __init__(
        self,
        board: AlarmBoard,
        runs: Runs,
        cue_of: Callable[[int], Awaitable[Cue | None]],
    ) -> None:
        self._board = board
        self._runs = runs
        self._cue_of = cue_of
        self._work: set[asyncio.Task[None]] = set()
        self._shown: dict[str, ReturnFeedView | None] = {}

    def hear(self, message: Message) -> None:
        """Take a message of another service."""
        match message:
            case StreamStateChanged(stream=view) if self._is_news(view):
                before = self._shown.get(view.stream_id)
                self._shown[view.stream_id] = view.return_feed
                judgements = _judgements(view.return_feed, before)
                self._board.judge_later(view.stream_id, view.config.name, judgements)
            case ReturnReceiptChanged(receipt=receipt) if receipt.state.is_fault:
                if time.time() - receipt.left_at < NEWS_S:
                    self._start(self._not_returned(receipt))

    def _is_news(self, view: StreamView) -> bool:
        """Also the first word of a stream: an alarm of an earlier console may still stand."""
        return view.stream_id not in self._shown or view.return_feed != self._shown[view.stream_id]

    async def close(self) -> None:
        """Let alarms that are being written come to their end."""
        await asyncio.gather(*self._work, return_exceptions=True)

    def _start(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._work.add(task)
        task.add_done_callback(self._work.discard)
        task.add_done_callback(log_fault)

    async def _not_returned(self, receipt: ReturnReceipt) -> None:
        name = self._runs.run_of(receipt.stream_id).name
        cue = await self._cue_of(receipt.cue_id)
        value = _phone_text(name, cue, receipt)
        await self._board.judge(receipt.stream_id, name, {CUE_NOT_RETURNED: Judgement(True, value)})


def _judgements(feed: ReturnFeedView | None, before: ReturnFeedView | None) -> Judgements:
    shown = feed or ReturnFeedView()
    is_lost = shown.state in (FeedState.LOST, FeedState.ENDED)
    judgements = {
        RETURN_FEED_LOST: Judgement(is_lost, shown.reason),
        RETURN_FEED_FAULT: true_if("" if is_lost else shown.fault),
        RETURN_FEED_OVERRUN: true_if(shown.overrun),
        RETURN_FEED_OUT_WITHOUT_IN: true_if(shown.out_without_in),
        RETURN_FEED_IN_WITHOUT_OUT: true_if(shown.in_without_out),
    }
    if shown.foreign and (before is None or before.foreign != shown.foreign):
        judgements[RETURN_FEED_FOREIGN] = Judgement(True, shown.foreign)
    return judgements


def _phone_text(name: str, cue: Cue | None, receipt: ReturnReceipt) -> str:
    """Words for the phone: which cue, when it left, how often, and what became of it."""
    if cue is None:
        return receipt.reason
    event = "" if cue.splice_event_id is None else f" event {format_event_id(cue.splice_event_id)}"
    repeats = "once" if receipt.expected == 1 else f"{receipt.expected} times"
    return (
        f"{cue.action}{event} left {name} at {format_utc(receipt.left_at)} and was seen on our output "
        f"{repeats}; at your end: {receipt.reason}"
    )
