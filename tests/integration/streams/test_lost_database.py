"""A database that is lost while a stream is on air: its cues go on, and no splice_event_id is given twice."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ibe100.database.sql.sqlite import copy_file
from ibe100.models.cues.schedule import At, BreakPlan
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_state import StreamState
from ibe100.runner.supervision.ownership import end_processes_of
from ibe100.services.streams.run_record import FILES
from services_rig import console, fired, live, processor_pid, until_ready, view_of


def header(path: Path) -> None:
    with path.open("rb+") as file:
        file.write(b"\x00" * 16)


def pages(path: Path) -> None:
    with path.open("rb+") as file:
        file.seek(4096)
        file.write(os.urandom(8 * 4096))


LOSSES: dict[str, Callable[[Path], object]] = {
    "header": header,
    "pages": pages,
    "cut off": lambda path: os.truncate(path, path.stat().st_size // 2),
    "empty": lambda path: os.truncate(path, 0),
    "gone": Path.unlink,
}


@pytest.mark.parametrize(
    ("loss", "with_backup"), [*((loss, False) for loss in LOSSES), ("header", True), ("gone", True)]
)
async def test_a_lost_database_comes_back_by_itself(tmp_path: Path, loss: str, with_backup: bool) -> None:
    async with console(tmp_path / "data", stop_streams=False, backup={"enabled": False}) as application:
        stream_id = await live(application, tmp_path / "out.ts", auto_return=False)
        if with_backup:
            await application.backups.make()
        out = await fired(application, stream_id, CueAction.TO_BREAK)
        assert out.state is CueState.SPLICED
        plan = BreakPlan(stream_id=stream_id, when=At(at=time.time() + 3600), duration_s=30)
        planned = await application.schedule.add(plan)
        processor = await processor_pid(application, stream_id)
        database = application.folders.database_file
    for companion in ("-wal", "-shm"):
        database.with_name(database.name + companion).unlink(missing_ok=True)
    LOSSES[loss](database)
    async with console(tmp_path / "data", backup={"enabled": False}) as application:
        await until_ready(application, stream_id)
        assert await processor_pid(application, stream_id) == processor
        assert application.schedule.list() == (planned,)
        view = view_of(application, stream_id)
        assert view.state is StreamState.RUNNING
        assert view.session_id is not None
        known = application.cues.recent(stream_id)
        assert [(cue.cue_id, cue.splice_event_id, cue.state) for cue in known] == [
            (out.cue_id, out.splice_event_id, CueState.SPLICED)
        ]
        back = await fired(application, stream_id, CueAction.BACK_TO_PROGRAMME)
        assert (back.state, back.splice_event_id) == (CueState.SPLICED, out.splice_event_id)
        again = await fired(application, stream_id, CueAction.TO_BREAK)
        assert again.state is CueState.SPLICED
        assert again.splice_event_id not in (None, out.splice_event_id)


async def test_a_database_that_was_set_back_is_brought_up_to_the_audit_log(tmp_path: Path) -> None:
    async with console(tmp_path / "data", stop_streams=False, backup={"enabled": False}) as application:
        stream_id = await live(application, tmp_path / "out.ts", auto_return=False)
        first = await fired(application, stream_id, CueAction.TO_BREAK)
        await fired(application, stream_id, CueAction.BACK_TO_PROGRAMME)
        database = application.folders.database_file
    copy_file(database, tmp_path / "older.db")
    async with console(tmp_path / "data", stop_streams=False, backup={"enabled": False}) as application:
        await until_ready(application, stream_id)
        second = await fired(application, stream_id, CueAction.TO_BREAK)
        assert second.splice_event_id != first.splice_event_id
    for companion in ("-wal", "-shm"):
        database.with_name(database.name + companion).unlink(missing_ok=True)
    (tmp_path / "older.db").replace(database)
    async with console(tmp_path / "data", backup={"enabled": False}) as application:
        await until_ready(application, stream_id)
        known = {cue.splice_event_id for cue in application.cues.recent(stream_id)}
        assert known == {first.splice_event_id, second.splice_event_id}
        back = await fired(application, stream_id, CueAction.BACK_TO_PROGRAMME)
        assert back.splice_event_id == second.splice_event_id, "the break that is on air"
        third = await fired(application, stream_id, CueAction.TO_BREAK)
        assert third.splice_event_id not in known


async def test_what_a_journal_has_seen_is_known_without_the_record_of_its_run(tmp_path: Path) -> None:
    async with console(tmp_path / "data", stop_streams=False, backup={"enabled": False}) as application:
        stream_id = await live(application, tmp_path / "out.ts", auto_return=False)
        out = await fired(application, stream_id, CueAction.TO_BREAK)
        folder, database = application.folders.streams_dir / stream_id, application.folders.database_file
    for companion in ("-wal", "-shm"):
        database.with_name(database.name + companion).unlink(missing_ok=True)
    database.unlink()
    for name in FILES:
        (folder / name).write_bytes(b"{")
    async with console(tmp_path / "data", backup={"enabled": False}) as application:
        (known,) = await application.records.cues.recent(stream_id)
        assert (known.cue_id, known.state) == (out.cue_id, CueState.SPLICED)
    end_processes_of(folder)  # nothing is left that knows the stream by name


async def test_what_was_on_air_is_on_record_though_its_console_was_killed_before_the_audit_line(
    tmp_path: Path,
) -> None:
    async with console(tmp_path / "data", stop_streams=False, backup={"enabled": False}) as application:
        stream_id = await live(application, tmp_path / "out.ts", auto_return=False)
        out = await fired(application, stream_id, CueAction.TO_BREAK)
        database, audit = application.folders.database_file, application.folders.log_dir / "audit.log"
    for companion in ("-wal", "-shm"):
        database.with_name(database.name + companion).unlink(missing_ok=True)
    database.unlink()
    audit.unlink()
    async with console(tmp_path / "data", backup={"enabled": False}) as application:
        await until_ready(application, stream_id)
        (known,) = application.cues.recent(stream_id)
        assert (known.splice_event_id, known.action) == (out.splice_event_id, out.action)
        assert (known.state, known.section_base64) == (CueState.SPLICED, out.section_base64)
        back = await fired(application, stream_id, CueAction.BACK_TO_PROGRAMME)
        assert back.splice_event_id == out.splice_event_id, "the break that is on air"


async def test_a_stream_is_listed_again_by_the_copy_of_its_record(tmp_path: Path) -> None:
    async with console(tmp_path / "data", stop_streams=False, backup={"enabled": False}) as application:
        stream_id = await live(application, tmp_path / "out.ts")
        folder, database = application.folders.streams_dir / stream_id, application.folders.database_file
        processor = await processor_pid(application, stream_id)
    for companion in ("-wal", "-shm"):
        database.with_name(database.name + companion).unlink(missing_ok=True)
    database.unlink()
    (folder / "run.json").write_bytes(b"{")
    async with console(tmp_path / "data", backup={"enabled": False}) as application:
        await until_ready(application, stream_id)
        assert await processor_pid(application, stream_id) == processor


async def test_a_first_start_tells_of_no_loss(tmp_path: Path) -> None:
    async with console(tmp_path / "data") as application:
        assert application.streams.streams() == ()
        actions = [line.action for line in await application.records.audit.list()]
        assert "database recovered" not in actions
