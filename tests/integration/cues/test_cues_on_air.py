"""Cues on real runners: what is refused, what airs, what never does."""

from __future__ import annotations

import asyncio
from base64 import b64decode
from pathlib import Path

import pytest

from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_state import StreamState, Tally
from ibe100.scte35.section import decode
from independent_parser import parse_file
from services_rig import (
    asked,
    console,
    fired,
    looped,
    on_air,
    processes_of,
    until,
    until_alarm,
    until_cue,
    until_over,
    until_ready,
    view_of,
)

TO_BREAK, BACK = CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME


async def test_a_break_from_the_start_of_the_stream_to_its_return(tmp_path: Path, media: Path) -> None:
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data") as application:
        stream_id = (await application.streams.add(looped(media, out))).stream_id
        with pytest.raises(CueRefused, match="the stream is OFF; start it"):
            await application.cues.fire(asked(stream_id, TO_BREAK))
        await application.streams.start(stream_id)
        await until_ready(application, stream_id)
        assert view_of(application, stream_id).tally is Tally.ON_AIR
        with pytest.raises(CueRefused, match="not in a break"):
            await application.cues.fire(asked(stream_id, BACK))

        preview = await application.cues.preview(asked(stream_id, TO_BREAK, duration_s=600))
        both = await asyncio.gather(
            *(application.cues.fire(asked(stream_id, TO_BREAK, duration_s=600)) for _ in range(2)),
            return_exceptions=True,
        )
        assert sorted(type(one).__name__ for one in both) == ["Cue", "CueRefused"], (
            "a double click, one break"
        )
        cue = await until_over(application, next(one for one in both if isinstance(one, Cue)))
        assert (cue.state, cue.seen_base64) == (CueState.SPLICED, cue.section_base64)
        assert (cue.splice_event_id, cue.section_base64) == (preview.splice_event_id, preview.section_base64)
        view = view_of(application, stream_id)
        assert view.tally is Tally.IN_BREAK
        assert view.break_ends_at is not None
        with pytest.raises(CueRefused, match="in a break already; go BACK TO PROGRAMME first"):
            await application.cues.fire(asked(stream_id, TO_BREAK))

        back = await fired(application, stream_id, BACK)
        assert (back.state, back.splice_event_id) == (CueState.SPLICED, cue.splice_event_id)
        assert view_of(application, stream_id).tally is Tally.ON_AIR

        short = await fired(application, stream_id, TO_BREAK, duration_s=3.0)
        assert view_of(application, stream_id).tally is Tally.IN_BREAK
        await until(
            lambda: view_of(application, stream_id).tally is Tally.ON_AIR, "the end of the announced duration"
        )
        assert view_of(application, stream_id).break_ends_at is None
        again = await fired(application, stream_id, TO_BREAK)
        assert len({cue.splice_event_id, short.splice_event_id, again.splice_event_id}) == 3

        await application.streams.stop(stream_id)
        assert processes_of(application, stream_id) == []
        audit = [(line.action, line.subject) for line in reversed(await application.records.audit.list())]
        assert audit == [
            ("stream added", stream_id),
            ("stream started", stream_id),
            ("TO BREAK", stream_id),
            ("BACK TO PROGRAMME", stream_id),
            ("TO BREAK", stream_id),
            ("TO BREAK", stream_id),
            ("stream stopped", stream_id),
        ]
        states = [cue.state for cue in await application.records.cues.recent(stream_id, limit=500)]
        assert (states.count(CueState.SPLICED), states.count(CueState.REFUSED)) == (4, 4)
        aired = [one.section_base64 for one in (cue, back, short, again)]
        used = again.splice_event_id
    parsed = parse_file(out)
    assert parsed.splices_base64(500) == aired

    async with console(tmp_path / "data") as application:
        await application.streams.change(stream_id, looped(media))
        await application.streams.start(stream_id)
        await until_ready(application, stream_id)
        assert view_of(application, stream_id).tally is Tally.ON_AIR, "a stop ends the break"
        later = await fired(application, stream_id, TO_BREAK)
        assert used is not None
        assert later.splice_event_id == used + 1, "ids go on where the last console left them"


async def test_a_cue_that_is_disarmed_never_airs_and_one_that_is_announced_is_withdrawn(
    tmp_path: Path, media: Path
) -> None:
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(
            application, looped(media, out, scte35={"start_delay_ms": 4000, "inject_count": 2})
        )
        armed = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=6.5))
        assert armed.state is CueState.ARMED
        assert view_of(application, stream_id).tally is Tally.ARMED
        with pytest.raises(CueRefused, match="is on its way; wait for it or disarm it"):
            await application.cues.fire(asked(stream_id, TO_BREAK))
        cancelled = await application.cues.cancel(armed.cue_id)
        assert (cancelled.state, cancelled.sent) == (CueState.CANCELLED, 0)
        assert view_of(application, stream_id).tally is Tally.ON_AIR
        with pytest.raises(CueRefused, match="CANCELLED"):
            await application.cues.cancel(armed.cue_id)

        # Its turn comes later than that of the first would have come.
        second = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=6.5))
        await until_cue(application, second, CueState.SEEN)
        second = await application.cues.cancel(second.cue_id)
        assert (second.state, second.seen) == (CueState.CANCELLED, 1)
        assert second.reason.startswith("called off by ")
        withdrawal = await until_over(application, application.cues.recent(stream_id)[0])
        assert (withdrawal.action, withdrawal.state) == (CueAction.CALL_OFF, CueState.SPLICED)
        assert withdrawal.splice_event_id == second.splice_event_id != armed.splice_event_id
        with pytest.raises(CueRefused, match="only a cue whose splice lies ahead"):
            await application.cues.cancel(withdrawal.cue_id)
        assert view_of(application, stream_id).tally is Tally.ON_AIR

        third = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=4.5))
        third = await until_over(application, third)
        assert (third.state, third.seen, third.reason) == (CueState.SPLICED, 2, "")
        assert third.pre_roll_ms is not None
        assert third.pre_roll_ms > 3500
        await application.streams.stop(stream_id)
    sections = [second.section_base64, withdrawal.section_base64, *[third.section_base64] * 2]
    assert parse_file(out).splices_base64(500) == sections
    assert decode(b64decode(withdrawal.section_base64)).command.splice_event_cancel_indicator


async def test_without_null_packets_cues_are_refused_with_what_to_do_and_an_alarm_says_so(
    tmp_path: Path, media: Path
) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media, stuffing_ratio=0))
        ready = application.cues.readiness(stream_id)
        assert not ready.ready
        assert "no null packets" in ready.reasons[0]
        assert "set stuffing" in ready.reasons[0]
        with pytest.raises(CueRefused, match="no null packets"):
            await application.cues.fire(asked(stream_id, TO_BREAK))
        (refused,) = await until(lambda: application.cues.recent(stream_id), "the refusal on record")
        assert refused.state is CueState.REFUSED
        await until_alarm(application, "no_null_packets", AlarmState.UNACKNOWLEDGED)
        await application.streams.stop(stream_id)
        await until_alarm(application, "no_null_packets", AlarmState.CLEARED_UNACKNOWLEDGED)


async def test_a_stop_fails_what_was_on_its_way(tmp_path: Path, media: Path) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media))
        armed = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=8.0))
        await application.streams.stop(stream_id, "end of the day")
        failed = await until_over(application, armed)
        assert (failed.state, failed.sent) == (CueState.FAILED, 0)
        assert "STOPPED: end of the day" in failed.reason
        alarm = await until_alarm(application, "cue_failed", AlarmState.UNACKNOWLEDGED)
        assert "end of the day" in alarm.value
        await application.alarms.acknowledge(alarm.alarm_id)
        assert application.alarms.standing() == ()
        assert view_of(application, stream_id).state is StreamState.STOPPED
        assert view_of(application, stream_id).tally is Tally.OFF


async def test_options_changed_on_air_wait_for_the_next_start(tmp_path: Path, media: Path) -> None:
    async with console(tmp_path / "data") as application:
        config = looped(media, scte35={"start_delay_ms": 4000, "inject_count": 1})
        stream_id = await on_air(application, config)
        changed = looped(media, scte35={"start_delay_ms": 8000, "inject_count": 5})
        await application.streams.change(stream_id, changed)
        cue = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=4.5))
        assert cue.sent_expected == 1, "the running spliceinject repeats as it was told at its start"
        cue = await until_cue(application, cue, CueState.SPLICED)
        assert (cue.seen, cue.reason) == (1, "")
