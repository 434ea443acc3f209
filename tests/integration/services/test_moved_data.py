"""The data folder is moved away under a console: no cue is taken that nobody would find; streams go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_state import StreamState
from services_rig import (
    asked,
    console,
    fired,
    kill,
    live,
    processes_with,
    processors_of,
    until,
    until_alarm,
    until_ready,
    view_of,
)

TO_BREAK = CueAction.TO_BREAK


async def test_a_moved_data_folder_refuses_cues_and_keeps_the_stream_until_it_is_back(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with console(data) as application:
        stream_id = await live(application, tmp_path / "out.ts", auto_return=False)
        run = application.streams.run_of(stream_id)
        assert run.record is not None
        (runner,) = processes_with(str(run.link.stream_dir))
        away = data.rename(tmp_path / "away")
        alarm = await until_alarm(application, "data_moved", AlarmState.UNACKNOWLEDGED)
        assert alarm.severity == 1
        with pytest.raises(CueRefused, match=f"the record of a cue cannot be kept: {data}.* was moved"):
            await application.cues.fire(asked(stream_id, TO_BREAK))
        (processor,) = processors_of(run.link.stream_dir)
        kill(processor)
        await until(lambda: view_of(application, stream_id).attempt == 2, "another processor")
        await until_ready(application, stream_id)
        assert processes_with(str(run.link.stream_dir)) == [runner], "one runner, the same"
        assert not data.exists(), "nothing is made in its place"
        away.rename(data)
        await until_alarm(application, "data_moved", AlarmState.CLEARED_UNACKNOWLEDGED)
        out = await fired(application, stream_id, TO_BREAK)
        assert out.state is CueState.SPLICED
        assert view_of(application, stream_id).state is StreamState.RUNNING
        attempts = await application.records.sessions.attempts(run.record.session_id or 0)
        assert [one.ended_at is not None for one in attempts] == [True, False], "on record meanwhile"
    async with console(data) as application:
        assert out.splice_event_id in {one.splice_event_id for one in application.cues.recent(stream_id)}
