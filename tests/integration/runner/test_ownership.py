"""Nobody's process stays on air: a stream's processes are found and ended whatever became of its files."""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibe100.models.errors import StreamError
from ibe100.runner.launch import MARK
from ibe100.runner.supervision.identity import ProcessIdentity
from ibe100.runner.supervision.ownership import is_held, mark_of, processes_of, runner_of
from ibe100.services.streams.runner_link import RunnerGone, RunnerLink, RunnerSilent
from places import ROOT
from runner_rig import Stream, stream_in, wait_until

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="faults are made by way of /proc")


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with stream_in(tmp_path / "s1") as made:
        yield made


def on_air(stream: Stream) -> ProcessIdentity:
    """The processor of a stream that has come on air."""
    stream.write_spec(stream.flows())
    stream.start()
    stream.wait_state("RUNNING")
    processor = ProcessIdentity.of(stream.status()["pid"])
    assert processor is not None
    return processor


def kill_runner(stream: Stream) -> None:
    assert stream.runner is not None
    stream.runner.kill()
    stream.runner.wait()


DAMAGES = {
    "the record is damaged": lambda folder: (folder / "runner.json").write_bytes(b"\0" * 100),
    "the record is gone": lambda folder: (folder / "runner.json").unlink(),
    "the spec is cut off": lambda folder: os.truncate(folder / "spec.json", 10),
    "the folder is gone": shutil.rmtree,
}


@pytest.mark.parametrize("damage", DAMAGES)
async def test_a_stop_ends_a_processor_that_nobody_owns_whatever_was_damaged(
    stream: Stream, damage: str
) -> None:
    processor = on_air(stream)
    DAMAGES[damage](stream.folder)
    kill_runner(stream)
    assert processor.is_alive()
    link = RunnerLink(stream.folder)
    with pytest.raises(RunnerGone):
        await link.request({"cmd": "status"})
    await link.end("test")
    assert not processor.is_alive()
    assert processes_of(stream.folder) == []


@pytest.mark.parametrize("damage", ["the record is damaged", "the record is gone"])
def test_the_next_runner_ends_a_processor_that_nobody_owns(stream: Stream, damage: str) -> None:
    orphan = on_air(stream)
    DAMAGES[damage](stream.folder)
    kill_runner(stream)
    stream.start()
    stream.wait_state("RUNNING", times=2)
    assert not orphan.is_alive()


def test_a_runner_that_cannot_read_its_spec_leaves_nobody_on_air(stream: Stream) -> None:
    orphan = on_air(stream)
    DAMAGES["the spec is cut off"](stream.folder)
    kill_runner(stream)
    stream.start()
    stream.wait_exit()
    assert stream.states()[-1] == "FAILED"
    assert not orphan.is_alive()


def test_a_source_and_what_a_processor_starts_itself_carry_the_mark(stream: Stream) -> None:
    shell = ["/bin/sh", "-c", "sleep 1000 & exec sleep 1000"]
    stream.write_spec(stream.flows(), source=shell)
    stream.start()
    stream.wait_state("RUNNING")
    commands = [Path(f"/proc/{one.pid}/cmdline").read_bytes() for one in processes_of(stream.folder)]
    assert sum(command.startswith(b"sleep") for command in commands) == 2
    kill_runner(stream)
    stream.start()
    stream.wait_state("RUNNING", times=2)
    wait_until(lambda: len(processes_of(stream.folder)) == 4, "runner, processor and source with its child")


def test_a_full_disk_does_not_break_the_record(stream: Stream) -> None:
    """With no room for a new file the record of the next attempt stands where the last one stood."""
    on_air(stream)
    stream.folder.chmod(0o500)
    try:
        before = (stream.folder / "runner.json").read_bytes()
        os.kill(stream.status()["pid"], signal.SIGKILL)
        wait_until(
            lambda: (stream.folder / "runner.json").read_bytes() != before, "the new processor's record"
        )
        assert str(stream.status()["pid"]).encode() in (stream.folder / "runner.json").read_bytes()
    finally:
        stream.folder.chmod(0o700)


def test_a_socket_that_is_deleted_or_replaced_is_made_again(stream: Stream) -> None:
    on_air(stream)
    path = stream.folder / "control.sock"
    with stream.client() as connected:
        path.unlink()
        wait_until(path.exists, "another socket")
        assert stream.status()["state"] == "RUNNING"
        path.unlink()
        path.write_text("in the way")
        wait_until(path.is_socket, "another socket in place of the file")
        assert stream.status()["state"] == "RUNNING"
        assert connected.ask(cmd="status")["ok"], "who is connected stays so"


async def test_a_runner_that_does_not_listen_is_never_called_gone(stream: Stream) -> None:
    processor = on_air(stream)
    assert stream.runner is not None
    os.kill(stream.runner.pid, signal.SIGSTOP)
    (stream.folder / "control.sock").unlink()
    link = RunnerLink(stream.folder)
    with pytest.raises(RunnerSilent, match="may be on air and cannot be controlled"):
        await link.status()
    await link.end_left_behind()
    assert processor.is_alive(), "its runner owns it"
    with pytest.raises(StreamError):
        await link.spawn({})
    assert processor.is_alive()
    await link.end("test")
    stream.runner.wait()
    assert not processor.is_alive()
    with contextlib.suppress(RunnerGone):
        await link.request({"cmd": "status"})
        raise AssertionError("it is gone")


def test_a_runner_whose_folder_was_deleted_still_holds_its_stream(stream: Stream) -> None:
    on_air(stream)
    assert stream.runner is not None
    shutil.rmtree(stream.folder)
    assert is_held(stream.folder)
    found = runner_of(stream.folder)
    assert found is not None and found.pid == stream.runner.pid


def test_other_streams_are_left_alone(stream: Stream, tmp_path: Path) -> None:
    mine = on_air(stream)
    neighbour = subprocess.Popen(
        ["/bin/sleep", "1000"], env={**os.environ, MARK: mark_of(tmp_path / "s10")}, cwd=ROOT
    )
    try:
        assert neighbour.pid not in [one.pid for one in processes_of(stream.folder)]
        assert mine.pid in [one.pid for one in processes_of(stream.folder)]
    finally:
        neighbour.kill()
        neighbour.wait()


def test_a_runner_that_was_frozen_does_not_end_a_processor_that_went_on(stream: Stream) -> None:
    stream.write_spec(stream.flows(), stall_timeout_s=2.5)
    stream.start()
    stream.wait_state("RUNNING")
    assert stream.runner is not None
    os.kill(stream.runner.pid, signal.SIGSTOP)
    time.sleep(3.0)
    os.kill(stream.runner.pid, signal.SIGCONT)
    time.sleep(1.5)  # nothing tells that it has judged what it missed
    assert stream.states() == ["STARTING", "RUNNING"]
    assert stream.status()["attempt"] == 1
