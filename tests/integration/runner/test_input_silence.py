"""An input that falls silent is no crash: the built-in processor waits, tsp is tried once a second."""

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from live_rig import as_it_is, live_sender, make_pattern, nothing
from loopback import free_port
from runner_rig import Stream, stream_in, wait_until

STALL_S = 1.5
START_S = 8.0
NOTHING_ARRIVED = "ip: error receiving from UDP socket: Resource temporarily unavailable"


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with stream_in(tmp_path / "s1") as made:
        yield made


@pytest.fixture(scope="module")
def pattern(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_pattern(tmp_path_factory.mktemp("pattern") / "pattern.ts", 20.0)


def minitsp(stream: Stream, *source: str) -> list[str]:
    # fmt: off
    return [
        sys.executable, "-m", "ibe100.minitsp", "--realtime", "-I", *source,
        "-P", "influx", "--interval=1", "--bitrate", "--services", "--pts", "--pid=256", "--tr-101-290",
        f"--host-url=http://127.0.0.1:{stream.influx}", "--bucket=x", "--org=x", "--token=x",
        "-O", "drop",
    ]
    # fmt: on


def attempts(stream: Stream) -> int:
    return len(stream.of_kind("attempt_started"))


def test_the_built_in_processor_waits_for_packets_and_is_running_again_with_them(
    stream: Stream, pattern: Path
) -> None:
    port = free_port()
    stream.write_spec(minitsp(stream, "ip", str(port)), stall_timeout_s=STALL_S)
    stream.start()
    with live_sender(pattern, port) as sender:
        stream.wait_state("RUNNING")
        lost_at = time.time()
        for times in (1, 2):
            sender.spoil = nothing
            stream.wait_state("STALLED", times)
            wait_until(lambda: time.time() - lost_at > 3 * STALL_S, "silence that lasts")
            assert stream.status()["state"] == "STALLED"
            sender.spoil = as_it_is
            stream.wait_state("RUNNING", times + 1)
    assert attempts(stream) == 1
    states = stream.of_kind("state")
    stalled = next(line for line in states if line["state"] == "STALLED")
    assert stalled["reason"] == "no packets any more"
    assert lost_at - 2 < stalled["input_lost_at"] < stalled["t"] - STALL_S / 2
    assert states[3]["reason"] == "packets come again"
    assert states[3]["input_lost_at"] is None
    assert not [line for line in stream.of_kind("log") if "status" in line["text"]]
    stream.stop()


def test_a_processor_that_hangs_while_it_waits_is_ended(stream: Stream, pattern: Path) -> None:
    port = free_port()
    stream.write_spec(minitsp(stream, "ip", str(port)), stall_timeout_s=STALL_S)
    stream.start()
    with live_sender(pattern, port) as sender:
        stream.wait_state("RUNNING")
        sender.spoil = nothing
        stream.wait_state("STALLED")
        pid = stream.status()["pid"]
        os.kill(pid, signal.SIGSTOP)
        wait_until(lambda: attempts(stream) == 2, "another processor")
        ended, lost_at = stream.of_kind("attempt_ended")[0], stream.status()["input_lost_at"]
        assert (ended["pid"], ended["signal"]) == (pid, "SIGKILL")
        sender.spoil = as_it_is
        stream.wait_state("RUNNING", 2)
    assert (
        lost_at
        == next(line for line in stream.of_kind("state") if line["state"] == "STALLED")["input_lost_at"]
    )
    stream.stop()


def test_an_input_that_is_not_there_yet_is_waited_for(stream: Stream, pattern: Path) -> None:
    port = free_port()
    stream.write_spec(minitsp(stream, "ip", str(port)), start_timeout_s=START_S)
    stream.start()
    stream.wait_state("STALLED")
    with live_sender(pattern, port):
        stream.wait_state("RUNNING")
    assert attempts(stream) == 1
    stream.stop()


@pytest.mark.parametrize("kind", ["hls", "http"])
def test_a_web_server_that_is_away_is_asked_again_and_again(stream: Stream, kind: str) -> None:
    port = free_port()
    source = minitsp(stream, kind, "--receive-timeout=200", f"http://127.0.0.1:{port}/live")
    stream.write_spec(source, start_timeout_s=START_S)
    stream.start()
    stream.wait_state("STALLED")
    told = [line["text"] for line in stream.of_kind("log") if line["level"] == "warning"]
    assert any("Failed to connect" in text for text in told)
    assert stream.status()["state"] == "STALLED"
    assert attempts(stream) == 1
    stream.stop()


def ends_after(stream: Stream, seconds: float, *arguments: str) -> list[str]:
    return stream.flows(f"--seconds={seconds}", "--exit-code=1", *arguments)


def test_a_tsp_that_ends_because_nothing_arrived_is_tried_once_a_second(stream: Stream) -> None:
    argv = ends_after(stream, 0.2, "-I", "ip", f"--error={NOTHING_ARRIVED}")
    stream.write_spec(argv, backoff_base_s=1000.0, backoff_max_s=1000.0)
    stream.start()
    wait_until(lambda: attempts(stream) >= 5, "five attempts")
    stream.stop()
    assert all(line["of_input"] for line in stream.of_kind("attempt_ended")[:4])
    retries = [line for line in stream.of_kind("state") if line["state"] == "RETRYING"]
    assert all(0.0 <= line["retry_at"] - line["t"] <= 1.0 for line in retries)
    assert all(line["input_lost_at"] is not None for line in retries)


def test_the_age_of_a_lost_input_is_kept_until_packets_come(stream: Stream) -> None:
    argv = stream.fake("dies_at_once.py", "-I", "ip", f"--error={NOTHING_ARRIVED}")
    stream.write_spec(argv)
    stream.start()
    wait_until(lambda: attempts(stream) >= 3, "three attempts")
    stream.stop()
    ages = [line["input_lost_at"] for line in stream.of_kind("state")]
    assert len(set(ages[1:])) == 1


def test_a_processor_that_is_killed_again_and_again_is_back_within_a_second(stream: Stream) -> None:
    stream.write_spec(stream.flows(), backoff_base_s=1000.0, backoff_max_s=1000.0)
    stream.start()
    for times in range(1, 5):
        stream.wait_state("RUNNING", times)
        os.kill(stream.status()["pid"], signal.SIGKILL)
    stream.wait_state("RUNNING", 5)
    stream.stop()
    retries = [line for line in stream.of_kind("state") if line["state"] == "RETRYING"]
    assert all(line["retry_at"] - line["t"] <= 1.0 for line in retries)


def test_a_retry_that_is_far_off_is_made_at_once_when_asked_for(stream: Stream) -> None:
    stream.write_spec(stream.fake("dies_at_once.py"), backoff_base_s=10000.0, backoff_max_s=10000.0)
    stream.start()
    wait_until(lambda: attempts(stream) >= 2 and stream.status()["pid"] is None, "a long wait")
    before = attempts(stream)
    retry_at = stream.status()["retry_at"]
    assert retry_at > time.time()
    with stream.client() as client:
        assert client.ask(cmd="retry", reason="by the operator")["ok"]
    wait_until(lambda: attempts(stream) > before, "another attempt")
    assert (
        next(s for s in reversed(stream.of_kind("state")) if s["state"] == "STARTING")["reason"]
        == "by the operator"
    )
    stream.stop()
