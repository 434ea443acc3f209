"""The processor that a runner keeps ready for the next start."""

import os
import signal
import sys
from pathlib import Path

import psutil

from ibe100.runner.spec import Command
from ibe100.runner.supervision.ownership import processes_of
from ibe100.runner.supervision.spare import Spare
from runner_rig import Stream, stream_in, wait_until

MINITSP = (sys.executable, "-m", "ibe100.minitsp")


def endless(stream: Stream) -> list[str]:
    influx = f"--host-url=http://127.0.0.1:{stream.influx}"
    watch = ["-P", "influx", "--interval=1", "--bitrate", influx, "--bucket=x", "--org=x", "--token=x"]
    return [*MINITSP, "-I", "null", "-P", "regulate", "--bitrate=1000000", *watch, "-O", "drop"]


def test_after_a_crash_the_spare_goes_on_and_nothing_is_left_at_the_end(tmp_path: Path) -> None:
    with stream_in(tmp_path / "s1") as stream:
        policy = {"healthy_reset_s": 0.2, "expect_pts": False, "backoff_base_s": 0.1}
        stream.write_spec(endless(stream), **policy)
        runner = stream.start()
        stream.wait_state("RUNNING")
        first = stream.status()["pid"]

        def spare() -> int | None:
            pids = {one.pid for one in processes_of(stream.folder)} - {runner.pid, first}
            return pids.pop() if pids else None

        ready = wait_until(spare, "a spare")
        os.kill(first, signal.SIGKILL)
        stream.wait_state("RUNNING", times=2)
        assert stream.status()["pid"] == ready
        stream.stop()
        assert processes_of(stream.folder) == []


def test_a_spare_ends_with_its_runner(tmp_path: Path) -> None:
    with stream_in(tmp_path / "s1") as stream:
        stream.write_spec(endless(stream), healthy_reset_s=0.2, expect_pts=False)
        runner = stream.start()
        stream.wait_state("RUNNING")
        processor = stream.status()["pid"]
        wait_until(lambda: len(processes_of(stream.folder)) == 3, "a spare")
        runner.kill()
        runner.wait()
        wait_until(
            lambda: [one.pid for one in processes_of(stream.folder)] == [processor],
            "the end of the spare, but not of the picture",
        )


def given(spare: Spare, command: Command, secrets: dict[str, str]) -> str:
    """What the spare prints that was given a command."""
    taken = spare.take(command, secrets, False, {})
    assert taken is not None
    popen, output = taken
    with os.fdopen(output, "rb") as text:
        printed = text.read().decode()
    popen.wait()
    return printed


def test_a_secret_reaches_the_spare_and_stands_in_no_command_line(tmp_path: Path) -> None:
    command = Command((*MINITSP, "-I", "null", "@{secret:words}", "-O", "drop"), {})
    spare = Spare()
    spare.prepare(command, {})
    assert "unknown option --no-such" in given(spare, command, {"words": "1\n--no-such\n"})


def test_another_program_or_environment_is_not_served_by_the_spare() -> None:
    command = Command((*MINITSP, "-I", "null", "1", "-O", "drop"), {"A": "1"})
    spare = Spare()
    spare.prepare(command, {})
    try:
        assert spare.take(Command(command.argv, {"A": "2"}), {}, False, {}) is None
        assert spare.take(Command(("tsp", *command.argv[3:]), {"A": "1"}), {}, False, {}) is None
    finally:
        spare.end()
    spare.prepare(Command(("tsp", "-I", "null"), {}), {})
    assert spare.take(Command(("tsp", "-I", "null"), {}), {}, False, {}) is None


def test_a_spare_that_has_died_is_not_waited_for() -> None:
    command = Command((*MINITSP, "-I", "null", "1", "-O", "drop"), {})
    spare = Spare()
    spare.prepare(command, {})
    (process,) = (one for one in psutil.Process().children() if "--spare=null,drop" in one.cmdline())
    process.kill()
    process.wait(60)
    assert spare.take(command, {}, False, {}) is None
    spare.prepare(command, {})
    assert given(spare, command, {}) == ""
