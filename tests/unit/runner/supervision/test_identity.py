import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ibe100.runner.launch import control_socket_path, runner_command
from ibe100.runner.supervision.identity import (
    ProcessIdentity,
    RunnerRecord,
    boot_id,
    left_behind,
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


@linux
def test_what_a_runner_left_behind_is_found_only_on_the_same_boot(tmp_path: Path) -> None:
    path = tmp_path / "runner.json"
    mine = ProcessIdentity.of(os.getpid())
    record(mine).write(path)
    assert left_behind(path) == [mine]
    record(mine, boot="another").write(path)
    assert left_behind(path) == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"processor": 5}', '{"processor": {"pid": "1"}}'])
def test_a_damaged_record_leaves_nothing_to_end(tmp_path: Path, text: str) -> None:
    path = tmp_path / "runner.json"
    path.write_text(text)
    assert left_behind(path) == []
    path.unlink()
    assert left_behind(path) == []


def test_the_record_names_what_a_console_needs(tmp_path: Path) -> None:
    record(ProcessIdentity(5, 6)).write(tmp_path / "runner.json")
    written = json.loads((tmp_path / "runner.json").read_text())
    assert written["processor"] == {"pid": 5, "start_time": 6}
    assert {"pid", "start_time", "boot_id", "control_socket", "version"} <= written.keys()


def test_every_stream_directory_has_its_own_short_socket_path(tmp_path: Path) -> None:
    runtime = tmp_path / "run"
    runtime.mkdir()
    environ = {"XDG_RUNTIME_DIR": str(runtime)}
    one = control_socket_path(tmp_path / "a" / "stream", environ)
    other = control_socket_path(tmp_path / "b" / "stream", environ)
    assert one != other
    long = control_socket_path(tmp_path / ("x" * 200), {"XDG_RUNTIME_DIR": str(runtime / ("y" * 90))})
    assert long.parent == Path(f"/tmp/ibe100-{os.getuid()}")
    assert len(os.fsencode(long)) <= 100


def test_a_path_has_one_socket_however_it_is_written(tmp_path: Path) -> None:
    assert control_socket_path(tmp_path / "x" / ".." / "s1") == control_socket_path(tmp_path / "s1")


def test_the_command_starts_python_isolated(tmp_path: Path) -> None:
    command = runner_command(tmp_path)
    assert command[:5] == [sys.executable, "-I", "-S", "-X", "utf8"]
    assert command[-1] == str(tmp_path)
