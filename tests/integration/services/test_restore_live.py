"""A backup takes the place of the data while streams run: they go on, and nothing is used or said twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from ibe100.core.application import Application
from ibe100.core.folders import Folders, resolve
from ibe100.core.instance_lock import AlreadyRunning
from ibe100.core.restore import restore
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_state import StreamState
from services_rig import (
    asked,
    console,
    fired,
    looped,
    on_air,
    processor_pid,
    runner_pid,
    settings,
    until_cue,
    until_ready,
    view_of,
)

LONG = {"duration_s": 600}


def folders_of(data_dir: Path) -> Folders:
    return resolve(settings(data_dir).folders)


async def break_and_back(application: Application, stream_id: str) -> int:
    """Returns the splice_event_id of the two cues."""
    cue = await fired(application, stream_id, CueAction.TO_BREAK, **LONG)
    back = await fired(application, stream_id, CueAction.BACK_TO_PROGRAMME)
    assert (cue.state, back.state) == (CueState.SPLICED, CueState.SPLICED), (cue.reason, back.reason)
    assert cue.splice_event_id is not None
    return cue.splice_event_id


async def identity(application: Application, stream_id: str) -> tuple[int, int]:
    return await runner_pid(application, stream_id), await processor_pid(application, stream_id)


async def test_streams_go_on_and_the_record_is_gone_on_with(tmp_path: Path, media: Path) -> None:
    data_dir = tmp_path / "data"
    async with console(data_dir, stop_streams=False) as application:
        kept = await on_air(application, looped(media, name="Kept"))
        gone = (await application.streams.add(looped(media, name="Deleted by mistake"))).stream_id
        used = [await break_and_back(application, kept)]
        backup = (await application.backups.make()).path
        with pytest.raises(AlreadyRunning, match="already running"):
            await restore(folders_of(data_dir), backup)
        await application.streams.remove(gone)
        added = await on_air(application, looped(media, name="Added since"))
        used.append(await break_and_back(application, kept))
        cue = await fired(application, kept, CueAction.TO_BREAK, **LONG)
        before = [await identity(application, one) for one in (kept, added)]
        session_id = view_of(application, kept).session_id

    done = await restore(folders_of(data_dir), backup)
    assert done.merged.goes_on
    assert (done.aside / "ibe100.db").exists()
    async with console(data_dir) as application:
        names = {view.config.name: view.state for view in application.streams.streams()}
        assert names["Deleted by mistake"] is StreamState.OFF
        for one in (kept, added):
            await until_ready(application, one)
        assert [await identity(application, one) for one in (kept, added)] == before, "untouched, and adopted"
        assert view_of(application, kept).session_id == session_id
        back = await fired(application, kept, CueAction.BACK_TO_PROGRAMME)
        assert (back.state, back.splice_event_id) == (CueState.SPLICED, cue.splice_event_id), (
            "it knows the break"
        )
        used.append(cue.splice_event_id or 0)
        used.append(await break_and_back(application, kept))
        assert len(set(used)) == len(used), "no event id is used again"
        on_record = [one.splice_event_id for one in await application.records.cues.recent(kept, limit=500)]
        assert set(on_record) == set(used), "and none is lost from the record"
        audit = [line.action for line in await application.records.audit.list()]
        assert audit.index("database restored") < audit.index("backup made")


async def test_a_lost_database_is_restored_from_what_journals_and_the_audit_log_tell_beside_the_backup(
    tmp_path: Path, media: Path
) -> None:
    data_dir = tmp_path / "data"
    folders = folders_of(data_dir)
    async with console(data_dir, stop_streams=False) as application:
        stream_id = await on_air(application, looped(media, scte35={"start_delay_ms": 5000}))
        used = [await break_and_back(application, stream_id)]
        waiting: Cue = await application.cues.fire(asked(stream_id, CueAction.TO_BREAK, pre_roll_s=8, **LONG))
        backup = (await application.backups.make()).path
        aired = await until_cue(application, waiting, CueState.SPLICED)
        await fired(application, stream_id, CueAction.BACK_TO_PROGRAMME)
        await application.streams.restart(stream_id)
        await until_ready(application, stream_id)
        used += [
            aired.splice_event_id or 0,
            *[await break_and_back(application, stream_id) for _ in range(2)],
        ]
        last = await fired(application, stream_id, CueAction.TO_BREAK, **LONG)
        used.append(last.splice_event_id or 0)
        before = await identity(application, stream_id)
    folders.database_file.write_bytes(b"\0" * 100_000)

    done = await restore(folders, backup)
    assert not done.merged.goes_on
    assert (done.merged.cues_closed, done.merged.cues_rebuilt) == (1, 6)
    assert "is damaged" in " ".join(done.lines())
    async with console(data_dir) as application:
        await until_ready(application, stream_id)
        assert await identity(application, stream_id) == before
        proved = [one for one in application.cues.recent(stream_id) if one.cue_id == waiting.cue_id]
        assert proved[0].state is CueState.SPLICED, "the journal has seen it after the backup"
        cues = await application.records.cues.recent(stream_id, limit=500)
        on_record = {one.splice_event_id: one.state for one in cues}
        assert on_record == dict.fromkeys(used, CueState.SPLICED), "none is lost"
        back = await fired(application, stream_id, CueAction.BACK_TO_PROGRAMME)
        assert (back.state, back.splice_event_id) == (CueState.SPLICED, used[-1]), "it knows the break on air"
        used.append(await break_and_back(application, stream_id))
        assert len(set(used)) == len(used), "no event id is used again"
        session_id = view_of(application, stream_id).session_id
        sessions = {one.session_id: one for one in await application.records.sessions.list()}
        assert sessions[session_id or 0].ended_at is None, "the run on air has a session that is open"
        await application.streams.restart(stream_id)
        await until_ready(application, stream_id)
        assert view_of(application, stream_id).session_id not in (None, session_id)
    with closing(sqlite3.connect(folders.database_file)) as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    errors = (folders.log_dir / "errors.log").read_text() if (folders.log_dir / "errors.log").exists() else ""
    assert "IntegrityError" not in errors
