"""What is to be cut: one job for each cue that aired and each severity-1 alarm of a recorded stream."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.models.alarms.alarm import Alarm
from ibe100.models.clips.clip import ClipSide
from ibe100.models.clips.plan import MARGIN_S, ClipPlan
from ibe100.models.cues.as_run import AsRunRow
from ibe100.models.scte35_marker import Cue, CueAction
from ibe100.utils.units import format_event_id

BEFORE_SEEN_S = 1.0
"""A clip of a cue begins so long before its section was first seen, where that was earlier."""


@dataclass(frozen=True, slots=True)
class Job:
    """A clip to be cut; times are wall clock."""

    stream_id: str
    stream_name: str
    service_id: int | None
    sides: tuple[ClipSide, ...]
    cue_id: int | None
    alarm_id: int | None
    subject: str
    centre_at: float
    begins_at: float
    ends_at: float

    @property
    def key(self) -> str:
        """Name of the cue or alarm, as it stands in the names of files."""
        return f"cue-{self.cue_id}" if self.cue_id is not None else f"alarm-{self.alarm_id}"


@dataclass(frozen=True, slots=True)
class RecordedStream:
    """A stream that is recorded."""

    stream_id: str
    name: str
    service_id: int | None
    sides: tuple[ClipSide, ...]


def job_of_cue(cue: Cue, stream: RecordedStream, plan: ClipPlan) -> Job | None:
    """The clip around a cue's splice, with its section; None for one that has not aired."""
    aired_at = AsRunRow(cue, stream.name).aired_at
    if aired_at is None or cue.action is CueAction.SPLICE_NULL:
        return None
    seen_at = aired_at if cue.seen_at is None else cue.seen_at
    farthest = aired_at - (plan.ring_s - plan.after_s - MARGIN_S)
    begins_at = min(aired_at - plan.before_s, max(seen_at - BEFORE_SEEN_S, farthest))
    return Job(
        stream.stream_id,
        stream.name,
        stream.service_id,
        stream.sides,
        cue.cue_id,
        None,
        f"{cue.action} event {format_event_id(cue.splice_event_id)}",
        aired_at,
        begins_at,
        aired_at + plan.after_s,
    )


def job_of_alarm(alarm: Alarm, stream: RecordedStream, plan: ClipPlan) -> Job:
    """The clip around the moment at which an alarm was raised."""
    return Job(
        stream.stream_id,
        stream.name,
        stream.service_id,
        stream.sides,
        None,
        alarm.alarm_id,
        alarm.title,
        alarm.raised_at,
        alarm.raised_at - plan.before_s,
        alarm.raised_at + plan.after_s,
    )
