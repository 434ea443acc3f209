"""State of a server as its events tell it: what a window reads at once, without asking."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError

from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.alarms.confidence import Picture, Preview, SoundLevels
from ibe100.models.cues.input_cue import InputCue
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.cues.schedule import ScheduledBreak
from ibe100.models.messages import (
    AlarmChanged,
    CueChanged,
    InputCueSeen,
    LevelsMeasured,
    MachineMeasured,
    Message,
    PreviewChanged,
    ReturnReceiptChanged,
    ScheduleChanged,
    StreamRemoved,
    StreamStateChanged,
    StreamView,
    TelemetryMeasured,
)
from ibe100.models.scte35_marker import Cue

MOST_CUES, MOST_INPUT_CUES = 50, 200
"""Of a stream."""
KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in get_args(Message)}
PARTS: Mapping[str, type[Any]] = {
    "streams": StreamView,
    "alarms": Alarm,
    "cues": Cue,
    "receipts": ReturnReceipt,
    "breaks": ScheduledBreak,
    "previews": Preview,
    "input_cues": InputCue,
}
"""Parts of a whole snapshot."""
SAMPLES = (TelemetryMeasured, MachineMeasured, LevelsMeasured)

One = TypeVar("One", bound=BaseModel)


def message_of(kind: str, data: Mapping[str, Any]) -> Message | None:
    """An event as a message of the bus; None for a kind, or values, that this version does not know."""
    if kind not in KINDS or (kind == "ReturnReceiptChanged" and data.get("receipt") is None):
        return None
    try:
        message: Message = KINDS[kind].model_validate(data, extra="ignore")
    except ValidationError:
        return None
    if isinstance(message, LevelsMeasured):
        # Its moment is of the other machine's clock, and the meter tells its age by ours.
        now = message.levels.model_copy(update={"monotonic_s": time.monotonic()})
        return LevelsMeasured(levels=now)
    return message


def values_of(part: str, found: Iterable[Any]) -> list[Any]:
    """Values of a part of a snapshot; those that this version cannot read are left out."""
    values = []
    for one in found:
        try:
            values.append(PARTS[part].model_validate(one, extra="ignore"))
        except ValidationError:
            continue
    return values


class Mirror:
    """Changed on the loop; each collection is replaced as a whole, so that any thread may read it."""

    def __init__(self) -> None:
        self.streams: dict[str, StreamView] = {}
        self.alarms: tuple[Alarm, ...] = ()
        self.breaks: tuple[ScheduledBreak, ...] = ()
        self.previews: dict[str, Preview] = {}
        self.pictures: dict[str, Picture] = {}
        self.levels: dict[str, SoundLevels] = {}
        self._cues: dict[str, tuple[Cue, ...]] = {}
        self._receipts: dict[int, ReturnReceipt] = {}
        self._input_cues: dict[str, deque[InputCue]] = {}

    def replace(self, parts: Mapping[str, list[Any]]) -> None:
        """Replace all by a whole snapshot."""
        self.streams = {view.stream_id: view for view in parts["streams"]}
        self.alarms = tuple(parts["alarms"])
        self.breaks = tuple(parts["breaks"])
        self.previews = {one.stream_id: one for one in parts["previews"]}
        cues: dict[str, list[Cue]] = {}
        for cue in reversed(parts["cues"]):
            cues.setdefault(cue.stream_id, []).append(cue)
        self._cues = {stream_id: tuple(found) for stream_id, found in cues.items()}
        self._receipts = {one.cue_id: one for one in parts["receipts"]}
        self._input_cues = {}
        for seen in parts["input_cues"]:
            self._take_input_cue(seen)

    def take(self, message: Message) -> None:
        """Take a change."""
        match message:
            case StreamStateChanged(stream=view):
                self.streams = {**self.streams, view.stream_id: view}
            case StreamRemoved(stream_id=stream_id):
                self.streams = {one: view for one, view in self.streams.items() if one != stream_id}
                self.pictures.pop(stream_id, None)
                self._input_cues.pop(stream_id, None)
            case AlarmChanged(alarm=alarm):
                others = [one for one in self.alarms if one.alarm_id != alarm.alarm_id]
                standing = others if alarm.state is AlarmState.CLOSED else [*others, alarm]
                self.alarms = tuple(sorted(standing, key=lambda one: (one.severity, -one.raised_at)))
            case CueChanged(cue=cue):
                self.put_cue(cue)
            case ReturnReceiptChanged(receipt=receipt):
                self._receipts = {**self._receipts, receipt.cue_id: receipt}
            case ScheduleChanged(changed=changed, removed=removed):
                gone = {*removed, *(one.break_id for one in changed)}
                kept = [one for one in self.breaks if one.break_id not in gone]
                self.breaks = tuple(sorted([*kept, *changed], key=_due))
            case PreviewChanged(preview=preview):
                self.previews = {**self.previews, preview.stream_id: preview}
            case LevelsMeasured(levels=levels):
                self.levels[levels.stream_id] = levels
            case InputCueSeen(cue=seen):
                self._take_input_cue(seen)

    def put_cue(self, cue: Cue) -> None:
        """Take a cue as it stands now."""
        others = [one for one in self.cues(cue.stream_id) if one.cue_id != cue.cue_id]
        newest = sorted([cue, *others], key=lambda one: -one.cue_id)[:MOST_CUES]
        self._cues = {**self._cues, cue.stream_id: tuple(newest)}

    def _take_input_cue(self, seen: InputCue) -> None:
        self._input_cues.setdefault(seen.stream_id, deque(maxlen=MOST_INPUT_CUES)).appendleft(seen)

    def view(self, stream_id: str) -> StreamView | None:
        """A stream; None for one that is not in the list."""
        return self.streams.get(stream_id)

    def views(self) -> tuple[StreamView, ...]:
        """Streams in the order of their numbers."""
        return tuple(sorted(self.streams.values(), key=lambda view: view.number))

    def cues(self, stream_id: str) -> tuple[Cue, ...]:
        """Newest cues of a stream first."""
        return self._cues.get(stream_id, ())

    def receipt(self, cue_id: int) -> ReturnReceipt | None:
        """Receipt of a cue from the return feed."""
        return self._receipts.get(cue_id)

    def receipts(self, stream_id: str) -> tuple[ReturnReceipt, ...]:
        """Receipts of a stream, the newest first."""
        found = [one for one in tuple(self._receipts.values()) if one.stream_id == stream_id]
        return tuple(sorted(found, key=lambda one: -one.cue_id))

    def input_cues(self, stream_id: str) -> tuple[InputCue, ...]:
        """Cues of others on a stream's input, the newest first."""
        return tuple(self._input_cues.get(stream_id, ()))


def _due(one: ScheduledBreak) -> tuple[bool, float, int]:
    return one.planned_at is None, one.planned_at or 0.0, one.break_id
