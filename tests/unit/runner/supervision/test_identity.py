import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from ibe100.runner.launch import boot_id, control_socket_path, runner_command, short_socket_path
from ibe100.runner.supervision.identity import (
    ProcessIdentity,
    RecordFile,
    RunnerRecord,
    process_start_time,
)

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def record(processor: ProcessIdentity | None, boot: str | None = None) -> RunnerRecord:
    return RunnerRecord(
        pid=1,
        start_time=1,
        boot_id=boot_id() if boot is None else boot,
        control_socket="/x",
        version=1,
        stream_id="s1",
        generation=1,
        processor=processor,
        source=None,
    )


@linux
def test_a_living_process_is_recognised_and_a_zombie_is_not() -> None:
    process = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    identity = ProcessIdentity.of(process.pid)
    assert identity is not None and identity.is_alive()
    process.kill()
    os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)
    assert not identity.is_alive()
    process.communicate()
    assert process_start_time(process.pid) is None


@linux
def test_a_pid_with_another_start_time_is_somebody_else() -> None:
    mine = ProcessIdentity.of(os.getpid())
    assert mine is not None
    assert not ProcessIdentity(mine.pid, mine.start_time + 1).is_alive()


def test_the_record_names_what_a_console_needs(tmp_path: Path) -> None:
    RecordFile(tmp_path / "runner.json").write(record(ProcessIdentity(5, 6)))
    written = json.loads((tmp_path / "runner.json").read_text())
    assert written["processor"] == {"pid": 5, "start_time": 6}
    assert {"pid", "start_time", "boot_id", "control_socket", "version"} <= written.keys()


def test_a_record_is_written_in_place_and_a_shorter_one_leaves_nothing_of_the_longer(tmp_path: Path) -> None:
    path = tmp_path / "runner.json"
    file = RecordFile(path)
    before = path.stat()
    file.write(record(ProcessIdentity(123456, 789)))
    file.write(record(None))
    assert json.loads(path.read_text())["processor"] is None
    assert (path.stat().st_ino, path.stat().st_size) == (before.st_ino, before.st_size)


@linux
def test_a_socket_in_a_deep_folder_is_bound_and_found(tmp_path: Path) -> None:
    deep = tmp_path / ("x" * 100) / ("y" * 100)
    deep.mkdir(parents=True)
    path = control_socket_path(deep)
    with socket.socket(socket.AF_UNIX) as listening, socket.socket(socket.AF_UNIX) as calling:
        with short_socket_path(path) as name:
            listening.bind(name)
        listening.listen()
        assert path.is_socket()
        with short_socket_path(path) as name:
            calling.connect(name)


def test_the_command_starts_python_isolated(tmp_path: Path) -> None:
    command = runner_command(tmp_path)
    assert command[:5] == [sys.executable, "-I", "-S", "-X", "utf8"]
    assert command[-1] == str(tmp_path)
