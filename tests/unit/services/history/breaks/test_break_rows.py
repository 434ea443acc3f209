"""The as-run log by break from the record: planned, announced, aired, days and zones, sums, files."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from as_run_rig import SPLICED, text_of
from ibe100.database.database import Database
from ibe100.database.records import StoredStream
from ibe100.models.cues.as_run import AsRunFormat, SignatureCheck
from ibe100.models.cues.break_log import AsRunBreak, BreakLog, BreakOutcome, Ending
from ibe100.models.cues.schedule import At, BreakState, ScheduledBreak
from ibe100.models.errors import ConfigurationError
from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, CueState, Direction
from ibe100.models.stream_config import NoOutput, StreamConfig, TestPatternInput
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode, to_base64
from ibe100.services.history.as_run_export import export, verify
from ibe100.services.history.as_run_log import AsRunService
from ibe100.services.history.breaks.sums import by_channel, by_day, by_distributor, sums_by, sums_of

DAY = date(2026, 11, 22)
BERLIN = "Europe/Berlin"


def at(clock: str, day: str = "2026-11-22") -> float:
    return datetime.fromisoformat(f"{day}T{clock}").replace(tzinfo=UTC).timestamp()


@pytest.fixture
async def database(tmp_path: Path) -> AsyncIterator[Database]:
    opened = await Database.open(tmp_path / "ibe100.db")
    await opened.sessions.start(
        stream_id="one", stream_name="One", engine="e", command="c", started_at=at("00:00:00")
    )
    yield opened
    await opened.close()


async def out(database: Database, when: float, **changes: object) -> Cue:
    base = {
        "session_id": 1,
        "requested_at": when - 8,
        "splice_at": when,
        "seen_at": when - 7.7,
        "duration_s": 30.0,
        "returns": BreakEnd.HAND,
        "direction": Direction.OUT,
        "splice_event_id": 1,
    }
    return await database.cues.create(SPLICED.model_copy(update={**base, **changes}))


async def back(database: Database, when: float, **changes: object) -> Cue:
    action = {"action": CueAction.BACK_TO_PROGRAMME, "direction": Direction.IN, "duration_s": None}
    return await out(database, when, **{**action, "returns": None, **changes})


async def breaks(database: Database, days: int = 1, zone: str = "UTC", day: date = DAY) -> BreakLog:
    return await AsRunService(database.as_run).breaks(day, days, zone)


async def test_a_break_is_planned_announced_and_aired_with_its_difference(database: Database) -> None:
    due = at("12:00:00")
    planned = ScheduledBreak(
        stream_id="one", title="News at 12", when=At(at=due), duration_s=30, break_id=0, planned_at=due
    )
    (stored,) = await database.schedule.add([planned])
    sent = await out(database, due + 0.02, scheduled_at=due)
    done = stored.model_copy(update={"cue_id": sent.cue_id, "state": BreakState.DONE})
    await database.schedule.save([done])
    returned = await back(database, due + 31.52)
    log = await breaks(database)
    (one,) = log.rows
    assert (one.outcome, one.title, one.break_id) == (BreakOutcome.AIRED, "News at 12", stored.break_id)
    assert (one.out_cue_id, one.in_cue_id) == (sent.cue_id, returned.cue_id)
    assert (one.planned_s, one.announced_s, one.actual_s, one.over_s) == (30.0, 30.0, 31.5, 1.5)
    assert one.late_s == 0.02
    assert one.ending is Ending.BY_CUE
    assert one.output_proof == "seen on the output byte for byte, 3 of 3"
    assert (log.all.breaks, log.all.right, log.all.over_s, log.all.success) == (1, 1, 1.5, 1.0)


@pytest.mark.parametrize(
    ("state", "reason", "outcome", "is_judged"),
    [
        (CueState.CANCELLED, "called off by anna", BreakOutcome.CALLED_OFF, False),
        (CueState.FAILED, "no null packets", BreakOutcome.FAILED, True),
        (CueState.ARMED, "", BreakOutcome.ARMED, False),
    ],
)
async def test_a_break_that_did_not_air_says_why(
    database: Database, state: CueState, reason: str, outcome: BreakOutcome, is_judged: bool
) -> None:
    await out(database, at("12:00:00"), state=state, reason=reason)
    log = await breaks(database)
    (one,) = log.rows
    assert (one.outcome, one.reason, one.actual_s) == (outcome, reason, None)
    assert log.all.judged == is_judged
    assert [(found.outcome, found.reason) for found in log.all.reasons] == (
        [(outcome, reason)] if outcome is BreakOutcome.FAILED else []
    )


async def test_a_refused_press_is_no_break_but_a_refused_planned_one_is(database: Database) -> None:
    await out(database, at("12:00:00"), state=CueState.REFUSED, reason="in a break already")
    assert (await breaks(database)).rows == ()
    await out(database, at("13:00:00"), state=CueState.REFUSED, scheduled_at=at("13:00:00"), reason="off air")
    (one,) = (await breaks(database)).rows
    assert (one.outcome, one.planned_at) == (BreakOutcome.REFUSED, at("13:00:00"))


@pytest.mark.parametrize(
    ("state", "outcome"),
    [(BreakState.MISSED, BreakOutcome.MISSED), (BreakState.SKIPPED, BreakOutcome.SKIPPED)],
)
async def test_a_planned_break_without_a_cue_stands_in_the_log(
    database: Database, state: BreakState, outcome: BreakOutcome
) -> None:
    due = at("12:00:00")
    planned = ScheduledBreak(
        stream_id="one", when=At(at=due), duration_s=30, break_id=0, planned_at=due, state=state, reason="why"
    )
    await database.schedule.add([planned])
    (one,) = (await breaks(database)).rows
    assert (one.outcome, one.planned_at, one.planned_s, one.reason) == (outcome, due, 30.0, "why")


async def test_a_break_across_midnight_belongs_whole_to_the_day_it_began_in(
    database: Database,
) -> None:
    await out(database, at("23:59:50"))
    await back(database, at("00:00:20", "2026-11-23"))
    (one,) = (await breaks(database)).rows
    assert (one.outcome, one.actual_s) == (BreakOutcome.AIRED, 30.0)
    assert (await breaks(database, day=date(2026, 11, 23))).rows == (), "its IN is no return alone"


async def test_an_in_alone_and_a_break_that_nobody_ended_are_faults(database: Database) -> None:
    await back(database, at("11:00:00"), splice_event_id=8)
    await out(database, at("12:00:00"), session_id=None)
    lone, left = (await breaks(database)).rows
    assert (lone.outcome, lone.aired_at, lone.in_cue_id) == (BreakOutcome.RETURN_ALONE, None, 1)
    assert (left.outcome, left.ended_at) == (BreakOutcome.NOT_RETURNED, None)
    assert left.reason.startswith("no IN is on record")


async def test_a_break_in_a_run_that_goes_on_is_on_air_and_in_one_that_was_stopped_is_not(
    database: Database,
) -> None:
    await out(database, at("12:00:00"))
    (one,) = (await breaks(database)).rows
    assert one.outcome is BreakOutcome.ON_AIR
    await database.sessions.end(1, at("12:00:10"), "stopped")
    (one,) = (await breaks(database)).rows
    assert (one.outcome, one.actual_s, one.ending) == (BreakOutcome.NOT_RETURNED, 10.0, Ending.BY_STOP)


async def test_a_section_says_itself_whether_its_break_returns(database: Database) -> None:
    section = to_base64(
        encode(splice_insert(1, True, pts_time=9, duration_pts=30 * 90_000, auto_return=True))
    )
    await out(database, at("12:00:00"), returns=None, section_base64=section, action=CueAction.SEND_SECTION)
    (one,) = (await breaks(database)).rows
    assert (one.outcome, one.actual_s, one.ending) == (BreakOutcome.AIRED, 30.0, Ending.BY_ITSELF)


async def test_days_are_those_of_each_channel_also_when_clocks_are_put_back(database: Database) -> None:
    config = StreamConfig(name="One", input=TestPatternInput(), output=NoOutput(), time_zone=BERLIN)
    await database.streams.save(StoredStream(stream_id="one", number=1, config=config))
    for day, clock in (("2026-10-24", "22:30:00"), ("2026-10-25", "22:30:00"), ("2026-10-25", "23:30:00")):
        when = at(clock, day)
        await out(database, when)
        await back(database, when + 30)
    log = await breaks(database, zone="channel", day=date(2026, 10, 25))
    assert [one.aired_at for one in log.rows] == [at("22:30:00", "2026-10-24"), at("22:30:00", "2026-10-25")]
    assert log.rows[0].time_zone == BERLIN
    assert [sums.name for sums in log.days] == ["2026-10-25"]
    content, _ = export(log, AsRunFormat.CSV)
    assert b"2026-10-25T00:30:00.000+02:00" in content, "in summer time"
    assert b"2026-10-25T23:30:00.000+01:00" in content, "in winter time"


async def test_more_days_than_can_be_read_are_refused(database: Database) -> None:
    with pytest.raises(ConfigurationError, match="1 to 92"):
        await breaks(database, days=93)
    with pytest.raises(ConfigurationError, match="no time zone"):
        await breaks(database, zone="Mars")


def log_of(*rows: AsRunBreak) -> BreakLog:
    return BreakLog(
        day="2026-11-22",
        time_zone="UTC",
        begins_at=at("00:00:00"),
        ends_at=at("00:00:00", "2026-11-23"),
        stream_id=None,
        rows=rows,
        all=sums_of("all", rows),
        days=sums_by(rows, by_day),
        channels=sums_by(rows, by_channel(rows)),
        distributors=sums_by(rows, by_distributor),
    )


ROW = AsRunBreak(
    stream_id="one",
    stream_name="Первый",
    outcome=BreakOutcome.AIRED,
    aired_at=at("12:00:00"),
    ended_at=at("12:00:31"),
    announced_s=30.0,
    reason="=1+1",
)


@pytest.mark.parametrize("format", [AsRunFormat.CSV, AsRunFormat.JSON])
def test_a_file_by_break_is_signed_and_a_change_of_it_is_found(format: AsRunFormat) -> None:
    key = Ed25519PrivateKey.generate()
    content, digest = export(log_of(ROW), format, key)
    check = verify(content, [key.public_key()])
    assert (check.signature, check.computed, check.rows) == (SignatureCheck.RIGHT, digest, 1)
    changed = verify(content.replace(b"31.0", b"30.0"), [key.public_key()])
    assert changed.is_changed


def test_paper_by_break_has_a_summary_pages_the_names_and_the_fingerprint() -> None:
    key = Ed25519PrivateKey.generate()
    content, digest = export(log_of(*([ROW] * 80)), AsRunFormat.PDF, key)
    assert verify(content, [key.public_key()]).signature is SignatureCheck.RIGHT
    text = text_of(content)
    pages = content.count(b"/Type /Page\n")
    assert pages >= 3
    for words in ("As-run log by break", "Первый · 2026-11-22", "100.0 %", f"Page {pages} of "):
        assert words in text
    assert text.count(digest) == pages + 1
