"""Lists sessions, restarts, cues, alarms and changes of a stream together."""

from __future__ import annotations

import asyncio
import logging
from itertools import pairwise

from ibe100.database.database import Database
from ibe100.database.metrics_store import MetricsStore
from ibe100.models.alarms.alarm import Alarm
from ibe100.models.errors import StorageError
from ibe100.models.metrics import StreamChange
from ibe100.models.scte35_marker import Cue, CueAction, CueState, shown_state
from ibe100.models.session import AttemptRecord, SessionRecord
from ibe100.models.stream_event import EventKind, StreamEvent

MOST_EVENTS = 2000
_log = logging.getLogger(__name__)


class StreamEvents:
    """Reads only."""

    def __init__(self, storage: Database, metrics: MetricsStore) -> None:
        self._storage = storage
        self._metrics = metrics

    async def between(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamEvent, ...]:
        """List the events of a stream in a range, the oldest first; the newest 2,000 where there are more."""
        storage = self._storage
        sessions, alarms, (cues, _) = await asyncio.gather(
            storage.sessions.between(stream_id, begins_at, ends_at),
            storage.alarms.between(stream_id, begins_at, ends_at),
            storage.as_run.cues(begins_at, ends_at, stream_id),
        )
        events = [event for session, attempts in sessions for event in _of_session(session, attempts)]
        events += [_of_alarm(alarm) for alarm in alarms]
        events += [_of_cue(cue) for cue in cues if cue.action is not CueAction.SPLICE_NULL]
        events += [_of_change(change) for change in await self._changes(stream_id, begins_at, ends_at)]
        known = [
            event
            for event in events
            if event.at < ends_at and (event.at if event.ends_at is None else event.ends_at) >= begins_at
        ]
        return tuple(sorted(known, key=lambda event: event.at)[-MOST_EVENTS:])

    async def _changes(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamChange, ...]:
        try:
            return await self._metrics.changes(stream_id, begins_at, ends_at)
        except StorageError as error:  # what is on record elsewhere is worth showing without them
            _log.warning("changes of %s are not shown: %s", stream_id, error)
            return ()


def _of_session(session: SessionRecord, attempts: tuple[AttemptRecord, ...]) -> list[StreamEvent]:
    def event(at: float, kind: EventKind, text: str, is_bad: bool = False) -> StreamEvent:
        return StreamEvent(stream_id=session.stream_id, at=at, kind=kind, text=text, is_bad=is_bad)

    events = [event(session.started_at, EventKind.SESSION, f"session {session.session_id} began")]
    for before, attempt in pairwise(attempts):
        why = f": {before.outcome}" if before.outcome else ""
        text = f"the processor was started again, attempt {attempt.attempt}{why}"
        events.append(event(attempt.started_at, EventKind.RESTART, text, is_bad=True))
    if session.ended_at is not None:
        text = f"session {session.session_id} ended: {session.end_reason}"
        events.append(event(session.ended_at, EventKind.SESSION, text))
    return events


def _of_alarm(alarm: Alarm) -> StreamEvent:
    value = f", {alarm.value}" if alarm.value else ""
    explained = f" (because of {alarm.suppressed_by})" if alarm.suppressed_by else ""
    return StreamEvent(
        stream_id=alarm.stream_id,
        at=alarm.raised_at,
        ends_at=alarm.cleared_at,
        kind=EventKind.ALARM,
        text=f"{alarm.title}{value}{explained}",
        severity=alarm.severity,
        is_bad=True,
    )


def _of_cue(cue: Cue) -> StreamEvent:
    at = next(
        moment for moment in (cue.splice_at, cue.seen_at, cue.sent_at, cue.requested_at) if moment is not None
    )
    event_id = "" if cue.splice_event_id is None else f" 0x{cue.splice_event_id:08X}"
    reason = f": {cue.reason}" if cue.reason else ""
    return StreamEvent(
        stream_id=cue.stream_id,
        at=at,
        kind=EventKind.CUE,
        text=f"{cue.action}{event_id} {shown_state(cue.action, cue.state)}{reason}",
        is_bad=cue.state in (CueState.FAILED, CueState.AIRED_LATE),
    )


def _of_change(change: StreamChange) -> StreamEvent:
    return StreamEvent(stream_id=change.stream_id, at=change.at, kind=EventKind.CHANGE, text=change.text)
