"""A console that takes streams over: what went out before it, and what was recorded of it, are one story."""

from __future__ import annotations

import gc
import os
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from ibe100.database.stores.cues import CueStore
from ibe100.database.stores.journal_positions import JournalPositionStore
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.cues.segmentation import Segmentation, SegmentationType
from ibe100.models.errors import StorageError
from ibe100.models.messages import NoticePosted
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_state import Tally
from independent_parser import parse_file
from services_rig import (
    asked,
    console,
    fired,
    live,
    now,
    processor_pid,
    until,
    until_alarm,
    until_cue,
    until_over,
    until_ready,
    view_of,
)

TO_BREAK, BACK = CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME
AHEAD: dict[str, Any] = {"start_delay_ms": 4500, "inject_count": 2, "inject_interval_ms": 300}
SIGNAL = Segmentation(type=SegmentationType.PROVIDER_ADVERTISEMENT_START)


async def _full_disk(*_: object) -> None:
    raise StorageError("the disk is full")


@pytest.mark.parametrize(
    ("action", "values"),
    [
        (TO_BREAK, {}),
        (TO_BREAK, {"pre_roll_s": 5.5}),
        (CueAction.TIME_SIGNAL, {"pre_roll_s": 5.5, "segmentation": SIGNAL}),
    ],
    ids=["immediate", "pre-rolled", "time_signal"],
)
async def test_a_cue_that_is_armed_on_record_and_went_out_is_proved_by_the_next_console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, action: CueAction, values: dict[str, Any]
) -> None:
    """The console ends after the datagram and before the record of it: as when it is killed in between."""
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data", stop_streams=False) as application:
        stream_id = await live(application, out, auto_return=False, **AHEAD)
        with monkeypatch.context() as nothing_is_recorded:
            nothing_is_recorded.setattr(CueStore, "step", _full_disk)
            nothing_is_recorded.setattr(JournalPositionStore, "advance", _full_disk)
            cue = await application.cues.fire(asked(stream_id, action, **values))
            first = await until_over(application, cue)
            assert (first.state, first.reason) == (CueState.SPLICED, "")
            await application.cues.settled()
    gc.collect()  # A runner that goes on without its console is no child that was forgotten: no warning.
    async with console(tmp_path / "data") as application:
        await until_ready(application, stream_id)
        again = now(application, cue)
        assert (again.state, again.seen, again.reason) == (CueState.SPLICED, first.seen, "")
        if action is TO_BREAK:
            assert view_of(application, stream_id).tally is Tally.IN_BREAK
            assert (await fired(application, stream_id, BACK)).state is CueState.SPLICED
        await application.streams.stop(stream_id)
    assert parse_file(out).splices_base64(500).count(cue.section_base64) == first.seen


async def test_a_long_break_is_found_again_behind_many_other_cues_but_not_in_another_session(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data", stop_streams=False) as application:
        stream_id = await live(application, out, auto_return=False)
        assert (await fired(application, stream_id, TO_BREAK)).state is CueState.SPLICED
        for _ in range(55):
            await fired(application, stream_id, CueAction.SPLICE_NULL)
    async with console(tmp_path / "data", stop_streams=False) as application:
        await until_ready(application, stream_id)
        assert view_of(application, stream_id).tally is Tally.IN_BREAK
        await application.streams.stop(stream_id)
        out.unlink()
        await application.streams.start(stream_id)
        await until_ready(application, stream_id)
        assert view_of(application, stream_id).tally is Tally.ON_AIR, "with the stream its break is over"
    async with console(tmp_path / "data") as application:
        await until_ready(application, stream_id)
        assert view_of(application, stream_id).tally is Tally.ON_AIR, "and stays so"
        await application.streams.stop(stream_id)


async def test_a_cue_that_was_given_up_on_and_airs_all_the_same_can_be_returned_from(tmp_path: Path) -> None:
    async with console(tmp_path / "data", cues={"seen_timeout_s": 1.5}) as application:
        stream_id = await live(application, tmp_path / "out.ts", auto_return=False)
        messages = application.messages()
        processor = await processor_pid(application, stream_id)
        os.kill(processor, signal.SIGSTOP)
        try:
            cue = await application.cues.fire(asked(stream_id, TO_BREAK))
            assert (await until_over(application, cue)).state is CueState.FAILED
        finally:
            os.kill(processor, signal.SIGCONT)
        run = application.streams.run_of(stream_id)
        await until(lambda: run.view.tally is Tally.IN_BREAK, "the break that began all the same")
        texts = (one.text async for one in messages if isinstance(one, NoticePosted))
        said = await anext(text async for text in texts if "aired all the same" in text)
        assert f"event 0x{cue.splice_event_id:08X} was FAILED" in said
        (late,) = [one for one in application.cues.recent(stream_id) if one.cue_id == cue.cue_id]
        assert (late.state, late.seen) == (CueState.AIRED_LATE, 1)
        await until_alarm(application, "cue_aired_late", AlarmState.UNACKNOWLEDGED)
        await until(lambda: application.cues.readiness(stream_id, BACK).ready, "a way back")
        back = await fired(application, stream_id, BACK)
        assert (back.state, back.splice_event_id) == (CueState.SPLICED, cue.splice_event_id)
        assert run.view.tally is not Tally.IN_BREAK
        await application.streams.stop(stream_id)


@pytest.mark.parametrize("step_s", [30.0, -30.0])
async def test_a_clock_that_is_set_moves_no_splice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step_s: float
) -> None:
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data") as application:
        stream_id = await live(application, out, **AHEAD)
        cue = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=6.0, duration_s=600))
        with monkeypatch.context() as clock:
            _set_clock(clock, step_s)
            sent = await until_cue(application, cue, CueState.SENT)
            assert (sent.splice_at or 0) - (cue.splice_at or 0) == pytest.approx(step_s, abs=0.2)
            done = await until_over(application, cue)
            assert (done.state, done.reason, done.pts_time) == (CueState.SPLICED, "", cue.pts_time)
            view = application.streams.run_of(stream_id).view
            assert view.break_ends_at == pytest.approx((done.splice_at or 0) + 600, abs=0.2)
        await until(
            lambda: (
                application.streams.run_of(stream_id).view.break_ends_at
                == pytest.approx((cue.splice_at or 0) + 600, abs=0.2)
            ),
            "the end of the break by the clock that was set back",
        )
        await application.streams.stop(stream_id)
    assert parse_file(out).splices_base64(500) == [cue.section_base64] * 2


def _set_clock(monkeypatch: pytest.MonkeyPatch, step_s: float) -> None:
    right = time.time
    monkeypatch.setattr(time, "time", lambda: right() + step_s)


async def test_an_armed_cue_airs_on_its_frame_and_is_proved_though_no_console_is_there(
    tmp_path: Path,
) -> None:
    out = tmp_path / "out.ts"
    async with console(tmp_path / "data", stop_streams=False) as application:
        stream_id = await live(application, out, auto_return=False, **AHEAD)
        cue = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=6.0))
        assert cue.state is CueState.ARMED
    assert cue.section_base64 not in parse_file(out).splices_base64(500)
    await until(lambda: parse_file(out).splices_base64(500).count(cue.section_base64) == 2, "both repeats")
    async with console(tmp_path / "data") as application:
        done = await until_over(application, cue)
        assert (done.state, done.seen, done.sent_expected) == (CueState.SPLICED, 2, 2)
        assert view_of(application, stream_id).tally is Tally.IN_BREAK
        await application.streams.stop(stream_id)
    assert parse_file(out).splices_base64(500).count(cue.section_base64) == 2


async def test_a_stream_with_an_armed_cue_is_armed_on_the_next_console_too(tmp_path: Path) -> None:
    async with console(tmp_path / "data", stop_streams=False) as application:
        stream_id = await live(application, tmp_path / "out.ts")
        cue = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=60.0))
        assert view_of(application, stream_id).tally is Tally.ARMED
    async with console(tmp_path / "data") as application:
        assert now(application, cue).state is CueState.ARMED
        await until(lambda: view_of(application, stream_id).tally is Tally.ARMED, "ARMED")
        await application.cues.cancel(cue.cue_id)
        await until(lambda: view_of(application, stream_id).tally is Tally.ON_AIR, "ON AIR")
        await application.streams.stop(stream_id)
