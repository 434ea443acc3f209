"""The emergency key while the database is gone: the cue airs, nothing else does, and all hear of it."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.errors import CueRefused, StorageError
from ibe100.models.messages import NoticePosted
from ibe100.models.scte35_marker import CueAction, CueState
from services_rig import asked, console, live, until, until_alarm, until_over


async def test_without_a_database_the_emergency_key_still_takes_a_stream_to_a_break_and_back(
    tmp_path: Path,
) -> None:
    async with console(tmp_path / "data", console={"sign_in": True}) as application:
        stream_id = await live(application, tmp_path / "out.ts")
        messages = application.messages()
        (tmp_path / "data" / "ibe100.db").unlink()
        with pytest.raises((CueRefused, StorageError)):
            await application.cues.fire(asked(stream_id, CueAction.TO_BREAK, duration_s=600))
        window = application.console
        out = await window.do(window.emergency(stream_id, CueAction.TO_BREAK))
        assert (await until_over(application, out)).state is CueState.SPLICED, "it was seen on the output"
        assert out.requested_by == "emergency key"
        alarm = await until_alarm(application, "emergency_key", AlarmState.UNACKNOWLEDGED)
        assert alarm.value.startswith("TO BREAK at ")
        back = await window.do(window.emergency(stream_id, CueAction.BACK_TO_PROGRAMME))
        assert (await until_over(application, back)).state is CueState.SPLICED
        assert back.splice_event_id == out.splice_event_id
        told = []
        async for message in messages:
            if isinstance(message, NoticePosted) and "emergency key" in message.text:
                told.append(message.text)
            if len(told) == 2:
                break
        assert all("not in the database" in text for text in told)
        log = tmp_path / "data" / "logs" / "errors.log"
        await until(lambda: out.section_base64 in log.read_text(), "the section in errors.log")
