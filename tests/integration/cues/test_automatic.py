"""What the cue desk sends by itself: the return at the end of a duration, and heartbeats."""

from __future__ import annotations

import asyncio
import base64
from dataclasses import replace
from pathlib import Path

import pytest

from ibe100.core.application import Application
from ibe100.models.actor import AUTOMATIC_RETURN, CONSOLE
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, CueState
from ibe100.models.stream_state import Tally
from ibe100.mpegts.timestamps import pts_difference
from ibe100.scte35 import decode, encode, splice_null, to_base64
from ibe100.scte35.values import SpliceInsert
from ibe100.services.audit_trail import act_as
from independent_parser import parse_file
from services_rig import asked, console, fired, looped, on_air, until, until_alarm, until_over, view_of

TO_BREAK, BACK = CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME
RETURNS = {"explicit_return": True, "auto_return": False, "start_delay_ms": 4000, "inject_count": 1}
HEARTBEAT = to_base64(encode(splice_null()))


async def returned(application: Application, out: Cue) -> Cue:
    """The return from the break of `out`, at its end."""

    def ask() -> Cue | None:
        recent = application.cues.recent(out.stream_id)
        return next((one for one in recent if one.action is BACK and one.cue_id > out.cue_id), None)

    return await until_over(application, await until(ask, "a return by itself"))


async def test_a_break_is_returned_from_by_itself_and_heartbeats_go_on_around_it(
    tmp_path: Path, media: Path
) -> None:
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data") as application:
        planned = looped(media, name="Planned", scte35={**RETURNS, "explicit_return": False})
        beating = looped(media, out, scte35={**RETURNS, "pid": 501, "heartbeat_interval_s": 1.0})
        stream_id = await on_air(application, beating)
        other_id = await on_air(application, planned)

        async def pre_rolled() -> tuple[Cue, Cue]:
            by_cue = BreakEnd.CUE
            away = await fired(
                application, other_id, TO_BREAK, pre_roll_s=4.5, duration_s=6.0, returns=by_cue
            )
            return away, await returned(application, away)

        far = asyncio.create_task(pre_rolled())
        away = await fired(application, stream_id, TO_BREAK, duration_s=2.0)
        back = await returned(application, away)
        assert (back.state, back.requested_by) == (CueState.SPLICED, AUTOMATIC_RETURN.name)
        assert back.splice_event_id == away.splice_event_id
        assert back.seen_at is not None
        assert away.seen_at is not None
        assert back.seen_at >= away.seen_at + 2.0, "not before the announced end"
        assert view_of(application, stream_id).tally is Tally.ON_AIR

        by_hand = await fired(application, stream_id, TO_BREAK, duration_s=10.0)
        crash = await fired(application, stream_id, CueAction.CRASH_IN)
        assert crash.state is CueState.SPLICED

        far_out, far_back = await far
        assert (far_out.state, far_back.state) == (CueState.SPLICED, CueState.SPLICED), far_back.reason
        assert far_back.splice_event_id == far_out.splice_event_id
        assert far_out.pts_time is not None
        assert far_back.pts_time is not None, "pre-rolled, as its OUT was"
        length = pts_difference(far_back.pts_time, far_out.pts_time)
        assert abs(length - 6 * 90_000) <= 3600, "to the frame"
        cues = application.cues.recent(stream_id)
        assert [one.cue_id for one in cues] == [one.cue_id for one in (crash, by_hand, back, away)]
        await application.streams.stop(stream_id)
    aired = parse_file(out).splices_base64(501)
    assert aired.count(HEARTBEAT) >= 3, "they are no cues, but they are on the output"
    assert [one for one in aired if one != HEARTBEAT] == [
        one.section_base64 for one in (away, back, by_hand, crash)
    ]


async def test_heartbeats_that_are_not_seen_back_are_an_alarm(tmp_path: Path, media: Path) -> None:
    async with console(tmp_path / "data", cues={"seen_timeout_s": 2.0}) as application:
        config = looped(media, scte35={"heartbeat_interval_s": 0.5})
        stream_id = await on_air(application, config)
        run = application.streams.run_of(stream_id)
        assert run.record is not None
        # Another port: what is sent there never reaches the processor.
        ports = run.record.ports
        run._record = run.record.model_copy(update={"ports": replace(ports, cue=9)})
        alarm = await until_alarm(application, "heartbeat_lost", AlarmState.UNACKNOWLEDGED)
        assert "since the stream was started" in alarm.value
        run._record = run.record.model_copy(update={"ports": ports})
        await until_alarm(application, "heartbeat_lost", AlarmState.CLEARED_UNACKNOWLEDGED)
        assert application.cues.recent(stream_id) == ()


async def test_ones_own_return_goes_before_the_automatic_one(tmp_path: Path, media: Path) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media, scte35=RETURNS))
        away = await fired(application, stream_id, TO_BREAK, duration_s=600)
        assert view_of(application, stream_id).break_ends_at is None, "without auto_return it lasts"
        act_as(AUTOMATIC_RETURN)
        waiting = await application.cues.fire(asked(stream_id, BACK, pre_roll_s=30.0))
        link = application.streams.run_of(stream_id).link
        assert (await link.request({"cmd": "status"}))["held_cues"] == 1
        act_as(CONSOLE)
        assert application.cues.readiness(stream_id, CueAction.CRASH_IN).ready
        crash = await fired(application, stream_id, CueAction.CRASH_IN)
        assert (crash.state, crash.splice_event_id) == (CueState.SPLICED, away.splice_event_id)
        replaced = next(one for one in application.cues.recent(stream_id) if one.cue_id == waiting.cue_id)
        assert (replaced.state, replaced.reason) == (CueState.CANCELLED, "replaced by CRASH IN")
        while (await link.request({"cmd": "status"}))["held_cues"]:
            await asyncio.sleep(0.02)  # or its runner would send it in our place


async def test_a_break_is_given_another_length_and_its_return_moves_with_it(
    tmp_path: Path, media: Path
) -> None:
    """Also where the return is announced already: it is withdrawn, and comes at the new end."""
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media, out, scte35=RETURNS))
        away = await fired(application, stream_id, TO_BREAK, pre_roll_s=4.5, duration_s=8.0)
        assert away.splice_at is not None and away.pts_time is not None
        longer = await fired(application, stream_id, CueAction.CHANGE_LENGTH, by_s=4.0)
        shorter = await fired(application, stream_id, CueAction.CHANGE_LENGTH, duration_s=10.0)
        assert (longer.state, shorter.state) == (CueState.SPLICED, CueState.SPLICED)
        assert (longer.break_update, shorter.break_update) == (1, 2)
        view = view_of(application, stream_id)
        assert view.tally is Tally.IN_BREAK
        assert view.break_announced_end == pytest.approx(away.splice_at + 10.0, abs=0.01)

        def announced() -> Cue | None:
            recent = application.cues.recent(stream_id)
            return next((one for one in recent if one.action is BACK and one.state is CueState.SEEN), None)

        early = await until(announced, "the return at the end of the 10 s")
        late = await fired(application, stream_id, CueAction.CHANGE_LENGTH, by_s=6.0)
        withdrawn = next(one for one in application.cues.recent(stream_id) if one.cue_id == early.cue_id)
        assert withdrawn.state is CueState.CANCELLED
        assert withdrawn.reason.startswith("replaced by CHANGE LENGTH: it was announced and is withdrawn")
        assert late.announced_end == pytest.approx(away.splice_at + 16.0, abs=0.01)
        assert application.cues.announced_end(away) == late.announced_end
        back = await returned(application, late)
        assert back.state is CueState.SPLICED
        assert back.pts_time is not None
        frame = application.streams.run_of(stream_id).record
        assert frame is not None
        off = pts_difference(back.pts_time, away.pts_time) - 16 * 90_000
        assert abs(off) <= frame.plan.frame_pts
        assert application.cues.announced_end(away) == late.announced_end, "also when it is over"
        await application.streams.stop(stream_id)
    sections = [decode(base64.b64decode(text)).command for text in parse_file(out).splices_base64(500)]
    said = [
        "cancel" if one.splice_event_cancel_indicator else "out" if one.out_of_network_indicator else "in"
        for one in sections
        if isinstance(one, SpliceInsert)
    ]
    assert said == ["out", "out", "out", "in", "cancel", "out", "in"]
