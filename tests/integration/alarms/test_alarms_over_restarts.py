"""Alarms on record of a console that is gone: what is over does not stand for ever in the next one."""

from __future__ import annotations

from pathlib import Path

from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.stream_state import StreamState
from ibe100.services.alarms.catalogue import CUE_FAILED
from ibe100.services.alarms.rule import Judgement
from ibe100.services.alarms.stream_catalogue import INPUT_LOST, PROCESSOR_RESTARTING, STREAM_FAILED
from services_rig import console, looped, on_air, until, until_state


async def test_what_stood_when_its_stream_ended_unseen_has_cleared_in_the_next_console(
    tmp_path: Path, media: Path
) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media))
        board = application.alarms
        await board.judge(stream_id, "Channel 1", {PROCESSOR_RESTARTING: Judgement(True)})
        await board.judge(stream_id, "Channel 1", {CUE_FAILED: Judgement(True)})
        await board.judge("a stream of long ago", "Channel 9", {INPUT_LOST: Judgement(True)})
        await application.streams.stop(stream_id)
        await until_state(application, stream_id, StreamState.STOPPED)
        await board.judge(stream_id, "Channel 1", {INPUT_LOST: Judgement(True)})
    async with console(tmp_path / "data") as application:
        found = {(one.condition, one.state) for one in application.alarms.standing() if one.stream_id}
        assert found == {
            ("processor_restarting", AlarmState.CLEARED_UNACKNOWLEDGED),
            ("input_lost", AlarmState.CLEARED_UNACKNOWLEDGED),
            ("cue_failed", AlarmState.UNACKNOWLEDGED),
        }


async def test_a_stream_that_is_removed_takes_what_stands_of_it_along(tmp_path: Path, media: Path) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = (await application.streams.add(looped(media))).stream_id
        board = application.alarms
        await board.judge(stream_id, "Channel 1", {STREAM_FAILED: Judgement(True, "its program is gone")})
        (alarm,) = (one for one in application.alarms.standing() if one.stream_id)
        await application.alarms.acknowledge(alarm.alarm_id)
        await application.streams.remove(stream_id)
        alarms = application.alarms.standing
        await until(lambda: not any(one.stream_id for one in alarms()), "its last alarm closed")
