"""Facts of the bus that hooks are called on, each once."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from ibe100.models.alarms.alarm import Alarm, AlarmState
from ibe100.models.messages import AlarmChanged, CueChanged, Message, StreamStateChanged, StreamView
from ibe100.models.scte35_marker import Cue, CueState, Direction
from ibe100.models.settings.hooks import HookEvent

MOST_TOLD = 1000
Fact = tuple[HookEvent, dict[str, Any]]


class FactReader:
    """Remembers what was told, for a cue or alarm is announced at each step of its life."""

    def __init__(self) -> None:
        self._told: OrderedDict[tuple[str, int], None] = OrderedDict()
        self._states: dict[str, str] = {}

    def read(self, message: Message) -> Fact | None:
        """The fact that a message tells for the first time, with what is said of it."""
        match message:
            case CueChanged(cue=cue):
                event = _event_of(cue)
                if event is None or not self._is_new(event, cue.cue_id):
                    return None
                return event, {"cue": cue.model_dump(mode="json")}
            case AlarmChanged(alarm=alarm):
                if not _is_raised(alarm) or not self._is_new("alarm", alarm.alarm_id):
                    return None
                return HookEvent(f"alarm_{alarm.severity.value}"), {"alarm": alarm.model_dump(mode="json")}
            case StreamStateChanged(stream=view) if self._states.get(view.stream_id) != view.state:
                is_first = view.stream_id not in self._states
                self._states[view.stream_id] = view.state
                return None if is_first else (HookEvent.STREAM_STATE, {"stream": _stream(view)})
        return None

    def _is_new(self, kind: str, number: int) -> bool:
        if (kind, number) in self._told:
            return False
        self._told[kind, number] = None
        if len(self._told) > MOST_TOLD:
            self._told.popitem(last=False)
        return True


def _event_of(cue: Cue) -> HookEvent | None:
    if cue.state is CueState.FAILED:
        return HookEvent.CUE_FAILED
    if cue.state is CueState.SPLICED and cue.direction is Direction.OUT:
        return HookEvent.BREAK_BEGAN
    if cue.state is CueState.SPLICED and cue.direction is Direction.IN:
        return HookEvent.BREAK_ENDED
    return None


def _is_raised(alarm: Alarm) -> bool:
    return alarm.state is AlarmState.UNACKNOWLEDGED and alarm.cleared_at is None and alarm.is_shown


def _stream(view: StreamView) -> dict[str, Any]:
    fields = view.model_dump(mode="json", include={"stream_id", "number", "state", "reason", "tally"})
    return {**fields, "name": view.name}
