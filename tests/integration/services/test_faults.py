"""What goes wrong around a running stream: killed and frozen processes, full disks, stops at any moment."""

from __future__ import annotations

import asyncio
import fcntl
import os
import shutil
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibe100.database.database import Database
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.errors import CueRefused, StorageError, StreamError
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.session import AttemptRecord
from ibe100.models.stream_config import StreamConfig, UdpInput
from ibe100.models.stream_state import StreamState
from independent_parser import parse_file
from loopback import free_port
from services_rig import (
    asked,
    console,
    fired,
    kill,
    looped,
    on_air,
    processes_of,
    processes_with,
    processor_pid,
    processors_of,
    runner_pid,
    until,
    until_alarm,
    until_over,
    until_ready,
    until_state,
    view_of,
)

TO_BREAK = CueAction.TO_BREAK


async def attempts_on_record(data_dir: Path, session_id: int | None) -> tuple[AttemptRecord, ...]:
    """What a closed console left in its database."""
    assert session_id is not None
    database = await Database.open(data_dir / "ibe100.db")
    attempts = await database.sessions.attempts(session_id)
    await database.close()
    return attempts


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB of its own; skips the test where that is not allowed."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


async def test_a_processor_that_is_killed_is_back_and_both_its_lives_are_on_record(
    tmp_path: Path, media: Path
) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media))
        session_id = view_of(application, stream_id).session_id
        assert session_id is not None
        cue = await application.cues.fire(asked(stream_id, TO_BREAK, pre_roll_s=7.0))
        await until(lambda: application.cues.recent(stream_id)[0].state is CueState.SENT, "the cue sent")
        kill(await processor_pid(application, stream_id))
        alarm = await until_alarm(application, "processor_restarting", AlarmState.UNACKNOWLEDGED)
        assert "SIGKILL" in alarm.value
        lost = await until_over(application, cue)
        assert lost.state is CueState.FAILED, "its queue died with the processor"
        assert lost.reason
        await until_state(application, stream_id, StreamState.RUNNING)
        await until_alarm(application, "processor_restarting", AlarmState.CLEARED_UNACKNOWLEDGED)
        await until_ready(application, stream_id)
        assert (await fired(application, stream_id, TO_BREAK)).state is CueState.SPLICED
        await application.streams.stop(stream_id)
        session = (await application.records.sessions.list())[0]
        assert (session.session_id, session.end_reason) == (session_id, "console")
    attempts = await attempts_on_record(tmp_path / "data", session_id)
    assert [(one.attempt, one.ended_at is not None) for one in attempts] == [(1, True), (2, True)]
    assert "SIGKILL" in attempts[0].outcome


async def test_a_frozen_processor_fails_its_cue_loudly_and_is_replaced(tmp_path: Path, media: Path) -> None:
    out = tmp_path / "out.ts"
    runner = {"stall_timeout_s": 3.5, "backoff_base_s": 0.2, "term_timeout_s": 2.0}
    async with console(tmp_path / "data", runner=runner) as application:
        stream_id = await on_air(application, looped(media, out))
        frozen = await processor_pid(application, stream_id)
        os.kill(frozen, signal.SIGSTOP)
        failed = await fired(application, stream_id, TO_BREAK)
        assert failed.state is CueState.FAILED
        assert failed.sent == 1
        assert failed.seen == 0
        await until_alarm(application, "cue_failed", AlarmState.UNACKNOWLEDGED)
        await until(lambda: not application.cues.readiness(stream_id).ready, "a readiness that tells")
        with pytest.raises(CueRefused, match=r"no packets|no input|starting"):
            await application.cues.fire(asked(stream_id, TO_BREAK))
        await until_alarm(application, "input_lost", AlarmState.UNACKNOWLEDGED)
        await until_alarm(application, "input_lost", AlarmState.CLEARED_UNACKNOWLEDGED)
        await until_ready(application, stream_id)
        assert await processor_pid(application, stream_id) != frozen
        aired = await fired(application, stream_id, TO_BREAK)
        assert aired.state is CueState.SPLICED
        await application.streams.stop(stream_id)
        assert processes_of(application, stream_id) == []
    assert failed.section_base64 not in parse_file(out).splices_base64(500)


async def test_a_runner_that_is_killed_is_replaced_and_its_processor_is_not_doubled(
    tmp_path: Path, media: Path
) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media))
        run = application.streams.run_of(stream_id)
        old, session_id = await runner_pid(application, stream_id), run.view.session_id
        orphan = await processor_pid(application, stream_id)
        kill(old)
        await until(lambda: run.view.attempt == 2, "the second life")
        await until_ready(application, stream_id)
        assert await runner_pid(application, stream_id) != old
        assert run.record is not None
        processors = processors_of(run.link.stream_dir)
        assert len(processors) == 1
        assert orphan not in processors
        assert run.view.session_id == session_id is not None, "one session: the operator started it once"
        assert (await fired(application, stream_id, TO_BREAK)).state is CueState.SPLICED

        # A stop while no runner is there must not bring another one up.
        kill(await runner_pid(application, stream_id))
        await application.streams.stop(stream_id)
        assert view_of(application, stream_id).state is StreamState.STOPPED
        assert processes_of(application, stream_id) == []
    attempts = await attempts_on_record(tmp_path / "data", session_id)
    assert [one.attempt for one in attempts] == [1, 2]
    assert attempts[0].outcome == "its runner was killed"


async def test_a_stop_while_the_input_is_looked_at_ends_the_start(tmp_path: Path) -> None:
    port = free_port()
    async with console(tmp_path / "data") as application:
        config = StreamConfig(name="Silent", input=UdpInput(port=port, local_address="127.0.0.1"))
        stream_id = (await application.streams.add(config)).stream_id
        start = asyncio.create_task(application.streams.start(stream_id))
        await until(lambda: processes_with(f"\0{port}"), "the probe")
        with pytest.raises(StreamError, match="is PROBING"):
            await application.streams.remove(stream_id)
        await application.streams.stop(stream_id)
        with pytest.raises(StreamError, match="was stopped while its input was looked at"):
            await start
        assert view_of(application, stream_id).state is StreamState.STOPPED
        assert processes_with(f"\0{port}") == []


async def test_a_start_that_fails_says_why_and_the_next_one_is_not_touched_by_it(
    tmp_path: Path, media: Path
) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = (await application.streams.add(looped(media, name="Émission n° 1"))).stream_id
        folder = application.folders.streams_dir / stream_id
        folder.mkdir()
        with (folder / "lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(StreamError, match="another runner holds the lock"):
                await application.streams.start(stream_id)
        assert view_of(application, stream_id).state is StreamState.FAILED
        await application.streams.start(stream_id)
        await until_ready(application, stream_id)
        assert [one.end_reason == "" for one in await application.records.sessions.list()] == [True, False]


async def test_on_a_full_disk_no_cue_goes_out_unrecorded_and_a_stop_still_stops(
    small_disk: Path, media: Path
) -> None:
    async with console(small_disk / "data") as application:
        stream_id = await on_air(application, looped(media))
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, pytest.raises(OSError, match="No space"):
            while True:
                file.write(bytes(4096))
        with pytest.raises(StorageError, match="disk is full"):
            while True:
                await application.cues.fire(asked(stream_id, TO_BREAK, duration_s=0.01))
                await asyncio.sleep(0.05)
        await application.streams.stop(stream_id)
        assert view_of(application, stream_id).state is StreamState.STOPPED
        assert processes_of(application, stream_id) == []
        filler.unlink()
