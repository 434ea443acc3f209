"""An output that takes nothing: it is told, and waited for where somebody has yet to come."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from places import MEDIA
from runner_rig import Client, Stream, stream_in, wait_until


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with stream_in(tmp_path / "s1") as made:
        yield made


def minitsp(stream: Stream, pipe: Path) -> list[str]:
    # fmt: off
    return [
        sys.executable, "-m", "ibe100.minitsp", "--realtime",
        "-I", "file", "--infinite", str(MEDIA / "ott_with_scte35.ts"), "-P", "regulate",
        "-P", "influx", "--interval=1", "--bitrate", "--services", "--pts", "--pid=256", "--tr-101-290",
        f"--host-url=http://127.0.0.1:{stream.influx}", "--bucket=x", "--org=x", "--token=x",
        "-O", "file", str(pipe),
    ]
    # fmt: on


def trouble(client: Client) -> str:
    """What is told of the output next."""
    while (told := client.next()).get("sample") != "output":
        pass
    return str(told["trouble"])


def attempts(stream: Stream) -> int:
    return len(stream.of_kind("attempt_started"))


def test_a_pipe_that_nobody_reads_is_waited_for_and_one_that_stops_being_read_is_opened_anew(
    stream: Stream, tmp_path: Path
) -> None:
    pipe = tmp_path / "out.ts"
    os.mkfifo(pipe)
    stream.write_spec(minitsp(stream, pipe), stall_timeout_s=2.0)
    stream.start()
    with stream.client() as client:
        assert client.ask(cmd="subscribe", from_seq=0, samples=True)["ok"]
        assert trouble(client) == "no receiver"
        with subprocess.Popen(["cat", pipe], stdout=subprocess.DEVNULL) as reader:
            assert trouble(client) == ""
            stream.wait_state("RUNNING")
            assert attempts(stream) == 1
            reader.send_signal(signal.SIGSTOP)
            assert trouble(client) == "blocked"
            stream.wait_state("RETRYING")
            reader.kill()
    stalled = next(line for line in stream.of_kind("state") if line["state"] == "STALLED")
    assert stalled["reason"] in ("the output has taken nothing for 10 s", "the output takes nothing any more")
    assert stalled["input_lost_at"] is None
    wait_until(lambda: attempts(stream) >= 2, "another processor")
    stream.stop()
