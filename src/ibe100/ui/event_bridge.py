"""Way of messages from the bus to Qt, the only one: samples are coalesced, facts cross one by one."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from PyQt6.QtCore import QObject, Qt, QTimer, pyqtSignal

from ibe100.models.alarms.alarm import Alarm
from ibe100.models.alarms.confidence import Picture, Preview, SoundLevels
from ibe100.models.alarms.machine_health import MachineHealth
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.cues.schedule import ScheduledBreak
from ibe100.models.errors import SubscriberFellBehind
from ibe100.models.messages import (
    AlarmChanged,
    CueChanged,
    CueSeen,
    InputCueSeen,
    LevelsMeasured,
    MachineMeasured,
    Message,
    NoticePosted,
    PictureTaken,
    PreviewChanged,
    ReturnReceiptChanged,
    ScheduleChanged,
    StreamLogged,
    StreamRemoved,
    StreamStateChanged,
    StreamView,
    TelemetryMeasured,
)
from ibe100.models.scte35_marker import Cue
from ibe100.models.stream_state import Telemetry

if TYPE_CHECKING:
    from ibe100.services.ports import Services

log = logging.getLogger(__name__)
DRAIN_INTERVAL_MS = 100
RESUBSCRIBE_DELAY_S = 0.25
SLICE_S, LONG_SLICE_S = 0.006, 0.04
"""Seconds spent on facts at a stretch; the long one when many wait, for painting in between costs as much."""
MANY_FACTS = 200
MOST_BEFORE_LOG = 3000
"""Waiting facts above which log lines are dropped: cues, alarms and states go first."""
MOST_FACTS = 5000
"""Facts that wait here at the most; more of them wait on the bus, whose queue is bounded."""
HELD_BACK_S = 0.02


@dataclass(frozen=True, slots=True)
class Snapshot:
    """State of everything when the bridge began to follow the bus."""

    streams: tuple[StreamView, ...]
    alarms: tuple[Alarm, ...]
    cues: tuple[Cue, ...]
    return_receipts: tuple[ReturnReceipt, ...]
    breaks: tuple[ScheduledBreak, ...]
    previews: tuple[Preview, ...]


class EventBridge(QObject):
    """Lives on the Qt thread; `follow` runs on the background loop.

    Everything crosses as `object`: PTS are 33 bits and ids 64, a Qt int has 32.
    """

    connected = pyqtSignal(object)
    stream_changed = pyqtSignal(object)
    stream_removed = pyqtSignal(str)
    stream_logged = pyqtSignal(object)
    telemetry_measured = pyqtSignal(object)
    picture_taken = pyqtSignal(object)
    levels_measured = pyqtSignal(object)
    machine_measured = pyqtSignal(object)
    preview_changed = pyqtSignal(object)
    cue_changed = pyqtSignal(object)
    cue_seen = pyqtSignal(object)
    return_receipt_changed = pyqtSignal(object)
    input_cue_seen = pyqtSignal(object)
    alarm_changed = pyqtSignal(object)
    notice_posted = pyqtSignal(object)
    schedule_changed = pyqtSignal(object)
    _woken = pyqtSignal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._samples: dict[tuple[type[Message], str], Telemetry | Picture | SoundLevels | MachineHealth] = {}
        self._facts: deque[Snapshot | Message] = deque()
        self._left_out: Counter[str] = Counter()
        """Log lines dropped, by stream, so that cues, alarms and states came through."""
        self._is_awake = False
        self._lock = threading.Lock()
        self._woken.connect(self._deliver_some, Qt.ConnectionType.QueuedConnection)  # type: ignore[call-arg]
        self._go_on = QTimer(self)
        self._go_on.setSingleShot(True)
        self._go_on.timeout.connect(self._deliver_some)
        self._drain_timer = QTimer(self)
        self._drain_timer.setInterval(DRAIN_INTERVAL_MS)
        self._drain_timer.timeout.connect(self._drain)
        self._drain_timer.start()

    async def follow(self, services: Services) -> None:
        """Carry every message across until cancelled; subscribes again, with a new snapshot, if cut off."""
        while True:
            await self._follow_once(services)
            log.warning("the bus ended the console's subscription; subscribing again")
            await asyncio.sleep(RESUBSCRIBE_DELAY_S)

    async def _follow_once(self, services: Services) -> None:
        await services.until_known()
        messages = services.messages()
        first = asyncio.ensure_future(anext(messages))
        try:
            # One turn of the loop lets the iterator subscribe before the snapshot is taken: no fact between.
            await asyncio.sleep(0)
            self._cross(_snapshot(services))
            self.accept(await first)
            async for message in messages:
                self.accept(message)
                while len(self._facts) >= MOST_FACTS:
                    await asyncio.sleep(HELD_BACK_S)
        except (StopAsyncIteration, SubscriberFellBehind):
            return
        finally:
            first.cancel()

    def accept(self, message: Message) -> None:
        """Take one message over; safe from any thread."""
        match message:
            case (
                TelemetryMeasured(telemetry=sample)
                | PictureTaken(picture=sample)
                | LevelsMeasured(levels=sample)
                | MachineMeasured(health=sample)
            ):
                with self._lock:
                    self._samples[type(message), sample.stream_id] = sample
            case StreamLogged(stream_id=stream_id) if len(self._facts) >= MOST_BEFORE_LOG:
                with self._lock:
                    self._left_out[stream_id] += 1
            case _:
                self._cross(message)

    def _cross(self, fact: Snapshot | Message) -> None:
        with self._lock:
            self._facts.append(fact)
            wakes, self._is_awake = not self._is_awake, True
        if wakes:
            self._woken.emit()

    def _deliver_some(self) -> None:
        """Deliver facts in order, for a few ms at a time: in between the window paints and takes keys."""
        end = time.perf_counter() + (SLICE_S if len(self._facts) < MANY_FACTS else LONG_SLICE_S)
        try:
            while True:
                with self._lock:
                    self._is_awake = bool(self._facts)
                    if not self._facts:
                        return
                    fact = self._facts.popleft()
                self._deliver(fact)
                if time.perf_counter() > end:
                    return
        finally:
            if self._is_awake:
                self._go_on.start(0)

    def _drain(self) -> None:
        with self._lock:
            samples, self._samples = self._samples, {}
            left_out = Counter[str]()
            if len(self._facts) < MANY_FACTS:
                left_out, self._left_out = self._left_out, left_out
        for stream_id, count in left_out.items():
            text = f"{count} lines are not shown: too many came at once; they are in the stream's log file"
            self._cross(StreamLogged(stream_id=stream_id, at=time.time(), level="warning", text=text))
        for sample in samples.values():
            match sample:
                case Telemetry():
                    self.telemetry_measured.emit(sample)
                case Picture():
                    self.picture_taken.emit(sample)
                case SoundLevels():
                    self.levels_measured.emit(sample)
                case MachineHealth():
                    self.machine_measured.emit(sample)

    def _deliver(self, message: Snapshot | Message) -> None:
        match message:
            case Snapshot():
                self.connected.emit(message)
            case StreamStateChanged():
                self.stream_changed.emit(message.stream)
            case StreamRemoved():
                self.stream_removed.emit(message.stream_id)
            case StreamLogged():
                self.stream_logged.emit(message)
            case CueChanged():
                self.cue_changed.emit(message.cue)
            case CueSeen():
                self.cue_seen.emit(message)
            case ReturnReceiptChanged():
                self.return_receipt_changed.emit(message.receipt)
            case InputCueSeen():
                self.input_cue_seen.emit(message.cue)
            case AlarmChanged():
                self.alarm_changed.emit(message.alarm)
            case NoticePosted():
                self.notice_posted.emit(message)
            case PreviewChanged():
                self.preview_changed.emit(message.preview)
            case TelemetryMeasured() | PictureTaken() | LevelsMeasured() | MachineMeasured():
                raise AssertionError("a sample is taken when it comes, not delivered")
            case ScheduleChanged():
                self.schedule_changed.emit(message)
            case _:
                assert_never(message)


def _snapshot(services: Services) -> Snapshot:
    streams = services.streams.streams()
    cues = [cue for stream in streams for cue in services.cues.recent(stream.stream_id)]
    return Snapshot(
        streams=streams,
        alarms=services.alarms.standing(),
        cues=tuple(cues),
        return_receipts=tuple(
            receipt for stream in streams for receipt in services.return_feeds.recent(stream.stream_id)
        ),
        breaks=services.schedule.list(),
        previews=tuple(services.preview.preview(stream.stream_id) for stream in streams),
    )
