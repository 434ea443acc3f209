"""The bus as JSON: what a message says, whom it concerns, worked out once for all who listen."""

from __future__ import annotations

import base64
from collections import OrderedDict
from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any, get_args

import orjson

from ibe100.api.replies import alarm_reply, return_reply, stream_reply
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
    TelemetryMeasured,
)
from ibe100.services.api_ports import AllServices

TYPES: frozenset[str] = frozenset(kind.__name__ for kind in get_args(Message))
"""Kinds of events that can be asked for."""
NOT_UNASKED = frozenset({PictureTaken.__name__})
"""Hundreds of kilobytes a second: only for who names it."""
KEPT = 256
BREAKS_AT_ONCE = 200
"""Planned breaks in one event: all that an import brings would take the loop for a tenth of a second."""
VALUES_AT_ONCE = 100
"""Values in a part of a whole snapshot, for the same reason."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """Events that a listener asked for; nothing named is all but pictures."""

    streams: frozenset[str] = frozenset()
    types: frozenset[str] = frozenset()
    whole: bool = False
    """True begins with all that a window shows, instead of streams and alarms."""

    def wants(self, message: Message) -> bool:
        """True when a message is to be sent."""
        kind = type(message).__name__
        if kind not in self.types if self.types else kind in NOT_UNASKED:
            return False
        return self.concerns(streams_of(message))

    def concerns(self, streams: Set[str]) -> bool:
        """True when one of these streams is wanted; a message of no single stream always is."""
        return not self.streams or not streams or not self.streams.isdisjoint(streams)


def streams_of(message: Message) -> frozenset[str]:
    """The streams it concerns; none where it concerns the house, or says no more which."""
    match message:
        case StreamStateChanged(stream=subject) | PictureTaken(picture=subject):
            found = {subject.stream_id}
        case TelemetryMeasured(telemetry=subject) | LevelsMeasured(levels=subject):
            found = {subject.stream_id}
        case PreviewChanged(preview=subject) | CueChanged(cue=subject) | InputCueSeen(cue=subject):
            found = {subject.stream_id}
        case ReturnReceiptChanged(receipt=subject) | AlarmChanged(alarm=subject):
            found = {subject.stream_id}
        case StreamRemoved() | StreamLogged() | CueSeen() | NoticePosted():
            found = {message.stream_id}
        case ScheduleChanged(changed=changed, removed=removed):
            found = {""} if removed else {one.stream_id for one in changed}
        case MachineMeasured():
            found = {""}
    return frozenset(found - {""})


def event_of(message: Message) -> bytes:
    """`{"type": "CueChanged", "cue": …}`, without secrets."""
    values: dict[str, object]
    match message:
        case StreamStateChanged(stream=view):
            values = {"stream": stream_reply(view).model_dump(mode="json")}
        case AlarmChanged(alarm=alarm):
            values = {"alarm": alarm_reply(alarm).model_dump(mode="json")}
        case ReturnReceiptChanged(receipt=receipt):
            reply = return_reply(receipt)
            values = {"receipt": None if reply is None else reply.model_dump(mode="json")}
        case PictureTaken(picture=picture):
            pixels = base64.b64encode(picture.pixels).decode()
            values = {"picture": {**picture.model_dump(exclude={"pixels"}), "pixels": pixels}}
        case _:
            values = message.model_dump(mode="json")
    return orjson.dumps({"type": type(message).__name__, **values})


class Encoder:
    """Many listeners get the same message within moments: it is put into JSON once."""

    def __init__(self) -> None:
        self._imported: tuple[ScheduleChanged, tuple[Message, ...]] | None = None
        """The newest change of many planned breaks, and its pieces."""
        self._newest: OrderedDict[int, tuple[Message, str]] = OrderedDict()
        """By identity; the message is kept with it, so that the identity is not given away."""

    def pieces(self, message: Message) -> tuple[Message, ...]:
        """The message, or several that say the same."""
        if not isinstance(message, ScheduleChanged) or len(message.changed) <= BREAKS_AT_ONCE:
            return (message,)
        if self._imported is None or self._imported[0] is not message:
            starts = range(0, len(message.changed), BREAKS_AT_ONCE)
            parts = (message.changed[start : start + BREAKS_AT_ONCE] for start in starts)
            pieces = tuple(ScheduleChanged(changed=part, removed=message.removed) for part in parts)
            self._imported = message, pieces
        return self._imported[1]

    def text(self, message: Message) -> str:
        """The event as text. Pictures are large and wanted by few: they are not kept."""
        if isinstance(message, PictureTaken):
            return event_of(message).decode()
        known = self._newest.get(id(message))
        if known is not None:
            return known[1]
        text = event_of(message).decode()
        self._newest[id(message)] = message, text
        if len(self._newest) > KEPT:
            self._newest.popitem(last=False)
        return text


def whole_snapshot(services: AllServices, now: float) -> Iterator[str]:
    """Present state with all that a window shows, in parts; `SnapshotDone` is the last.

    What is told is of the moment of the first part, however long the others take.
    """
    streams = services.streams.streams()
    ids = [view.stream_id for view in streams]
    alarms = services.alarms.standing()
    parts: dict[str, list[Any]] = {
        "streams": [stream_reply(view) for view in streams],
        "alarms": [alarm_reply(alarm) for alarm in alarms],
        "cues": [cue for one in ids for cue in reversed(services.cues.recent(one))],
        "receipts": [receipt for one in ids for receipt in reversed(services.return_feeds.recent(one))],
        "breaks": list(services.schedule.list()),
        "previews": [services.preview.preview(one) for one in ids],
        "input_cues": [cue for one in ids for cue in reversed(services.input_cues.recent(one))],
    }
    return _parts(parts, now)


def _parts(values: Mapping[str, Sequence[Any]], now: float) -> Iterator[str]:
    yield orjson.dumps({"type": "Snapshot", "at": now, "is_whole": True}).decode()
    for name, found in values.items():
        for start in range(0, len(found), VALUES_AT_ONCE):
            part = [value.model_dump(mode="json") for value in found[start : start + VALUES_AT_ONCE]]
            yield orjson.dumps({"type": "SnapshotPart", name: part}).decode()
    yield orjson.dumps({"type": "SnapshotDone"}).decode()


def snapshot(services: AllServices, wanted: Wanted, now: float) -> str:
    """Present state: every later message is a change of it."""
    streams = [view for view in services.streams.streams() if wanted.concerns({view.stream_id})]
    alarms = [one for one in services.alarms.standing() if wanted.concerns({one.stream_id} - {""})]
    values = {
        "type": "Snapshot",
        "at": now,
        "streams": [stream_reply(view).model_dump(mode="json") for view in streams],
        "alarms": [alarm_reply(alarm).model_dump(mode="json") for alarm in alarms],
    }
    return orjson.dumps(values).decode()
