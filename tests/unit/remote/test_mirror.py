"""State of a server as its events tell it."""

from __future__ import annotations

import time
from typing import Any

import orjson

from ibe100.api.events import event_of
from ibe100.models.alarms.alarm import Alarm, AlarmState, Severity
from ibe100.models.alarms.confidence import SoundLevels
from ibe100.models.cues.schedule import At, ScheduledBreak
from ibe100.models.messages import (
    AlarmChanged,
    CueChanged,
    LevelsMeasured,
    Message,
    ScheduleChanged,
    StreamRemoved,
    StreamStateChanged,
    StreamView,
)
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_config import StreamConfig
from ibe100.remote.mirror import Mirror, message_of, values_of


def over_the_network(message: Message) -> Message:
    """The message as it comes out of the API's event."""
    data: dict[str, Any] = orjson.loads(event_of(message))
    found = message_of(data.pop("type"), data)
    assert found is not None
    return found


def stream(number: int) -> StreamView:
    return StreamView(stream_id=f"s-{number}", number=number, config=StreamConfig(name=f"Stream {number}"))


def cue(cue_id: int, state: CueState = CueState.SENT) -> Cue:
    return Cue(
        cue_id=cue_id,
        stream_id="s-1",
        session_id=1,
        action=CueAction.TO_BREAK,
        state=state,
        requested_by="anna",
        requested_at=1.0,
    )


def alarm(alarm_id: int, severity: Severity, raised_at: float) -> Alarm:
    return Alarm(
        alarm_id=alarm_id,
        stream_id="s-1",
        stream_name="Stream 1",
        condition="input_lost",
        severity=severity,
        title="Input lost",
        what_to_do="look",
        state=AlarmState.UNACKNOWLEDGED,
        raised_at=raised_at,
    )


def planned(break_id: int, at: float) -> ScheduledBreak:
    return ScheduledBreak(
        break_id=break_id, stream_id="s-1", title="Break", duration_s=60, when=At(at=at), planned_at=at
    )


def test_events_make_the_state_that_the_services_have() -> None:
    mirror = Mirror()
    for number in (2, 1, 3):
        mirror.take(over_the_network(StreamStateChanged(stream=stream(number))))
    mirror.take(over_the_network(StreamRemoved(stream_id="s-3")))
    assert [view.number for view in mirror.views()] == [1, 2]
    for one in (cue(1), cue(2), cue(1, CueState.SEEN)):
        mirror.take(over_the_network(CueChanged(cue=one)))
    assert [(one.cue_id, one.state) for one in mirror.cues("s-1")] == [
        (2, CueState.SENT),
        (1, CueState.SEEN),
    ]
    for raised in (
        alarm(1, Severity.MINOR, 1),
        alarm(2, Severity.CRITICAL, 2),
        alarm(3, Severity.CRITICAL, 3),
    ):
        mirror.take(over_the_network(AlarmChanged(alarm=raised)))
    assert [one.alarm_id for one in mirror.alarms] == [3, 2, 1]
    closed = alarm(3, Severity.CRITICAL, 3).model_copy(update={"state": AlarmState.CLOSED})
    mirror.take(over_the_network(AlarmChanged(alarm=closed)))
    assert [one.alarm_id for one in mirror.alarms] == [2, 1]
    mirror.take(over_the_network(ScheduleChanged(changed=(planned(1, 20.0), planned(2, 10.0)))))
    mirror.take(over_the_network(ScheduleChanged(changed=(planned(3, 5.0),), removed=(1,))))
    assert [one.break_id for one in mirror.breaks] == [3, 2]


def test_a_newer_server_may_say_more_and_what_cannot_be_read_is_left_out() -> None:
    more = {**stream(1).model_dump(mode="json"), "of_a_later_version": 1}
    assert values_of("streams", [more, {"number": 2}]) == [stream(1)]
    assert message_of("OfALaterVersion", {}) is None
    assert message_of("CueChanged", {"cue": {"cue_id": 1}}) is None


def test_levels_have_the_age_of_this_machines_clock() -> None:
    levels = SoundLevels(stream_id="s-1", monotonic_s=-1e6, momentary_lufs=-23, true_peaks_dbtp=(-1.0,))
    found = over_the_network(LevelsMeasured(levels=levels))
    assert isinstance(found, LevelsMeasured)
    assert time.monotonic() - found.levels.monotonic_s < 60
