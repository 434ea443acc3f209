"""What happened on a stream, from sessions, alarms, cues and changes that are really on record."""

from __future__ import annotations

from pathlib import Path

from ibe100.database.database import Database
from ibe100.database.metrics_store import MetricsStore
from ibe100.models.alarms.alarm import Alarm, AlarmState, Severity
from ibe100.models.errors import StorageError
from ibe100.models.metrics import ChangeKind, StreamChange
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.session import AttemptRecord
from ibe100.models.stream_event import EventKind
from ibe100.services.history.stream_events import StreamEvents

T0 = 1_800_000_000.0


def alarm(raised_at: float, cleared_at: float | None, stream_id: str = "s1") -> Alarm:
    return Alarm(
        alarm_id=round(raised_at),
        stream_id=stream_id,
        stream_name="News",
        condition="input_lost",
        severity=Severity.CRITICAL,
        title="Input lost",
        what_to_do="Check the sender",
        state=AlarmState.UNACKNOWLEDGED,
        raised_at=raised_at,
        cleared_at=cleared_at,
    )


def cue(state: CueState, splice_at: float, action: CueAction = CueAction.TO_BREAK, reason: str = "") -> Cue:
    return Cue(
        cue_id=0,
        stream_id="s1",
        session_id=None,
        action=action,
        state=state,
        requested_by="test",
        requested_at=splice_at - 5,
        splice_event_id=0x60000001,
        splice_at=splice_at,
        reason=reason,
    )


async def test_all_that_happened_is_told_in_order_on_one_time_axis(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "ibe100.db")
    store = MetricsStore(tmp_path / "metrics.db", lambda text: None)
    store.start()
    session = await database.sessions.start(
        stream_id="s1", stream_name="News", engine="e", command="c", started_at=T0
    )
    for attempt, outcome in ((1, "killed by signal 9"), (2, "")):
        record = AttemptRecord(
            session_id=session.session_id,
            attempt=attempt,
            started_at=T0 + 10 * attempt,
            ended_at=T0 + 10 * attempt + 9 if outcome else None,
            outcome=outcome,
        )
        await database.sessions.attempt_ended(record)
    await database.sessions.end(session.session_id, T0 + 100, "stopped by the operator")
    await database.alarms.save(alarm(T0 + 30, T0 + 40))
    await database.alarms.save(alarm(T0 + 35, None, stream_id="s2"))
    await database.cues.create(cue(CueState.SPLICED, T0 + 50))
    await database.cues.create(cue(CueState.FAILED, T0 + 60, reason="not seen within 2 s"))
    await database.cues.create(cue(CueState.SPLICED, T0 + 61, CueAction.SPLICE_NULL))
    changed = StreamChange(stream_id="s1", at=T0 + 70, kind=ChangeKind.PMT, text="PMT 1: version 1 became 2")
    store.record_change(changed)
    store._writer.turn()
    events = await StreamEvents(database, store).between("s1", T0, T0 + 200)
    assert [(event.at - T0, event.kind, event.text, event.is_bad) for event in events] == [
        (0, EventKind.SESSION, "session 1 began", False),
        (20, EventKind.RESTART, "the processor was started again, attempt 2: killed by signal 9", True),
        (30, EventKind.ALARM, "Input lost", True),
        (50, EventKind.CUE, "TO BREAK 0x60000001 SPLICED", False),
        (60, EventKind.CUE, "TO BREAK 0x60000001 FAILED: not seen within 2 s", True),
        (70, EventKind.CHANGE, "PMT 1: version 1 became 2", False),
        (100, EventKind.SESSION, "session 1 ended: stopped by the operator", False),
    ]
    assert (events[2].ends_at, events[2].severity) == (T0 + 40, Severity.CRITICAL)
    during = await StreamEvents(database, store).between("s1", T0 + 35, T0 + 55)
    assert [event.kind for event in during] == [EventKind.ALARM, EventKind.CUE], "what lasts is part of it"
    await store.close()
    await database.close()


class NoChanges(MetricsStore):
    """A metrics file that cannot be read."""

    async def changes(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamChange, ...]:
        raise StorageError("the disk is gone")


async def test_a_metrics_file_that_cannot_be_read_hides_nothing_else(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "ibe100.db")
    await database.alarms.save(alarm(T0, None))
    metrics = NoChanges(tmp_path / "metrics.db", lambda text: None)
    (event,) = await StreamEvents(database, metrics).between("s1", T0 - 10, T0 + 10)
    assert (event.text, event.ends_at) == ("Input lost", None)
    await database.close()
