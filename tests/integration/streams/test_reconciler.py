"""What is wanted runs: every state that used to need a person is set right by the console itself."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, NoReturn

import psutil
import pytest

from ibe100.core.application import Application
from ibe100.models.stream_config import NoOutput, StreamConfig, TestPatternInput
from ibe100.models.stream_state import StreamState, Tally
from ibe100.runner.supervision.ownership import processes_of
from ibe100.services.streams.launch_plan import LaunchPlanner
from ibe100.services.streams.unattended import stop_unattended, unattended_streams
from ibe100.services.streams.wish import read_wish, write_wish
from ibe100.tsduck.stream_ports import StreamPorts, claim_ports
from services_rig import console, on_air, processor_pid, runner_pid, until, until_ready, until_state, view_of

PATTERN = StreamConfig(
    name="Live",
    input=TestPatternInput(width=160, height=90, bitrate_bps=1_000_000),
    output=NoOutput(),
    scte35={"heartbeat_interval_s": None},
)


@contextlib.asynccontextmanager
async def running(data_dir: Path, *, stop_streams: bool = True) -> AsyncIterator[tuple[Application, str]]:
    async with console(data_dir, stop_streams=stop_streams) as application:
        yield application, await on_air(application, PATTERN)


def folder_of(application: Application, stream_id: str) -> Path:
    return application.folders.streams_dir / stream_id


async def test_a_runner_that_was_asked_to_end_by_somebody_else_is_back_without_another_look_at_the_input(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def probed(*_: object) -> NoReturn:
        raise AssertionError("what is in the input is known")

    async with running(tmp_path) as (application, stream_id):
        monkeypatch.setattr(LaunchPlanner, "probe", probed)
        pid = await runner_pid(application, stream_id)
        os.kill(pid, signal.SIGTERM)
        await until(lambda: view_of(application, stream_id).state is not StreamState.RUNNING, "its end")
        await until_ready(application, stream_id)
        assert await runner_pid(application, stream_id) != pid


async def test_a_start_takes_other_ports_where_one_was_taken_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = list[int]()

    def claimed(*_: Any) -> StreamPorts:
        ports = claim_ports((), with_source=True)
        if not taken:
            assert isinstance(ports.pulse, int)
            taker.bind(("127.0.0.1", ports.pulse))
            taken.append(ports.pulse)
        return ports

    monkeypatch.setattr(LaunchPlanner, "claim", claimed)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taker:
        async with running(tmp_path) as (application, stream_id):
            record = application.streams.run_of(stream_id).record
            assert record is not None and record.ports.pulse != taken[0]


async def test_a_stream_whose_port_was_taken_comes_on_air_when_it_is_free_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(LaunchPlanner, "claim", lambda *_: claim_ports((), with_source=True))
    async with running(tmp_path) as (application, stream_id):
        run = application.streams.run_of(stream_id)
        assert run.record is not None
        port = run.record.ports.influx
        runner, processor = (
            await runner_pid(application, stream_id),
            await processor_pid(application, stream_id),
        )
        os.kill(runner, signal.SIGKILL)
        os.kill(processor, signal.SIGKILL)
        with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as taker:
            taker.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

            def taken() -> bool:
                with contextlib.suppress(OSError):
                    taker.bind(("127.0.0.1", port))
                    taker.listen()
                    return True
                return False

            await until(taken, "the port to be free")
            await asyncio.sleep(2.0)
        await until_ready(application, stream_id)


DAMAGES = {
    "half a run.json": ("run.json",),
    "half a spec.json": ("spec.json",),
    "half of both": ("run.json", "spec.json"),
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_console_that_finds_damaged_files_brings_the_stream_on_air(
    tmp_path: Path, damage: str
) -> None:
    async with running(tmp_path, stop_streams=False) as (application, stream_id):
        folder = folder_of(application, stream_id)
        runner = await runner_pid(application, stream_id)
    os.kill(runner, signal.SIGKILL)
    for name in DAMAGES[damage]:
        os.truncate(folder / name, 20)
    async with console(tmp_path) as application:
        await until_ready(application, stream_id)
        commands = [psutil.Process(one.pid).cmdline() for one in processes_of(folder)]
        at_work = [one for one in commands if not any(word.startswith("--spare=") for word in one)]
        assert len(at_work) == 3, "one runner, one processor, one source"


async def test_a_runner_that_is_frozen_while_the_console_starts_is_unreachable_and_then_adopted(
    tmp_path: Path,
) -> None:
    async with running(tmp_path, stop_streams=False) as (application, stream_id):
        runner, processor = (
            await runner_pid(application, stream_id),
            await processor_pid(application, stream_id),
        )
    os.kill(runner, signal.SIGSTOP)
    async with console(tmp_path) as application:
        view = view_of(application, stream_id)
        assert (view.state, view.tally) == (StreamState.UNREACHABLE, Tally.FAULT)
        assert "cannot be controlled" in view.reason
        os.kill(runner, signal.SIGCONT)
        await until_ready(application, stream_id)
        assert await processor_pid(application, stream_id) == processor, "the picture went on"


async def test_a_runner_that_freezes_on_air_is_unreachable_until_it_answers_and_can_be_stopped(
    tmp_path: Path,
) -> None:
    async with running(tmp_path) as (application, stream_id):
        folder = folder_of(application, stream_id)
        runner = await runner_pid(application, stream_id)
        os.kill(runner, signal.SIGSTOP)
        await until_state(application, stream_id, StreamState.UNREACHABLE)
        os.kill(runner, signal.SIGCONT)
        await until_ready(application, stream_id)
        os.kill(runner, signal.SIGSTOP)
        await until_state(application, stream_id, StreamState.UNREACHABLE)
        await application.streams.stop(stream_id)
        assert view_of(application, stream_id).state is StreamState.STOPPED
        assert processes_of(folder) == []


async def test_a_socket_that_is_deleted_takes_no_stream_off_the_air(tmp_path: Path) -> None:
    async with running(tmp_path) as (application, stream_id):
        processor = await processor_pid(application, stream_id)
        (folder_of(application, stream_id) / "control.sock").unlink()
        await asyncio.sleep(1.5)
        assert view_of(application, stream_id).state is StreamState.RUNNING
        assert await processor_pid(application, stream_id) == processor


@pytest.mark.parametrize(("stuck_s", "ends_in"), [(3.0, "RETRYING"), (1000.0, "FAILED")])
async def test_a_processor_program_that_is_gone_is_planned_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, stuck_s: float, ends_in: str
) -> None:
    """As when the checkout that a stream was started from is removed after an upgrade.

    Where it never ran its runner ends in FAILED: then it is planned anew however short that was ago.
    """
    monkeypatch.setattr("ibe100.services.streams.reconciler.STUCK_S", stuck_s)
    async with running(tmp_path) as (application, stream_id):
        folder = folder_of(application, stream_id)
        spec = (folder / "spec.json").read_text()
        run = application.streams.run_of(stream_id)
        assert run.record is not None
        gone = shutil.copy("/bin/true", tmp_path / "python-of-an-old-checkout")
        changed = json.loads(spec)
        changed["processor"]["argv"][0] = str(gone)
        (folder / "spec.json").write_text(json.dumps(changed))
        if ends_in == "FAILED":
            Path(gone).unlink()
        assert (await run.link.request({"cmd": "respec", "secrets": {}}))["ok"]
        Path(gone).unlink(missing_ok=True)
        await until(lambda: view_of(application, stream_id).state is not StreamState.RUNNING, "its failure")
        await until_ready(application, stream_id)


async def test_a_wish_that_was_written_while_no_console_ran_is_kept(tmp_path: Path) -> None:
    async with running(tmp_path, stop_streams=False) as (application, stream_id):
        streams_dir, folder = application.folders.streams_dir, folder_of(application, stream_id)
    (found,) = await unattended_streams(streams_dir)
    assert (found.stream_id, found.state) == (stream_id, StreamState.RUNNING)
    stopped = await stop_unattended(streams_dir, str(found.number))
    assert stopped.state is StreamState.STOPPED
    assert processes_of(folder) == []
    async with console(tmp_path) as application:
        await asyncio.sleep(2.5)
        assert not view_of(application, stream_id).state.is_active
        assert processes_of(folder) == []
        write_wish(folder, "run")
    async with console(tmp_path) as application:
        await until_ready(application, stream_id)


async def test_the_wish_is_on_record_before_anything_runs_and_a_refused_one_is_written_when_it_can_be(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with console(tmp_path) as application:
        stream_id = (await application.streams.add(PATTERN)).stream_id
        folder = folder_of(application, stream_id)
        run = application.streams.run_of(stream_id)
        seen: list[str | None] = []
        spawn = run.link.spawn

        async def spawned(secrets: dict[str, str]) -> None:
            seen.append(read_wish(folder))
            await spawn(secrets)

        monkeypatch.setattr(run.link, "spawn", spawned)
        await application.streams.start(stream_id)
        assert seen == ["run"]
        await until_ready(application, stream_id)
        (folder / "wish.json").unlink()
        (folder / "wish.json").mkdir()
        await application.streams.stop(stream_id)
        assert not run.wish_on_record
        (folder / "wish.json").rmdir()
        await until(lambda: run.wish_on_record, "the wish on record")
        assert read_wish(folder) == "off"


async def test_a_stream_that_is_not_wanted_is_taken_off_whoever_started_it(tmp_path: Path) -> None:
    async with running(tmp_path) as (application, stream_id):
        run = application.streams.run_of(stream_id)
        folder = folder_of(application, stream_id)
        await application.streams.stop(stream_id)
        await run.link.spawn({})
        await until(lambda: processes_of(folder) == [], "nothing that runs unwanted")
