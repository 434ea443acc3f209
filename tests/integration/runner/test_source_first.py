"""A runner that begins with its source alone and is given the processor later."""

import json
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibe100.runner.supervision.identity import process_start_time
from runner_rig import Stream, stream_in, wait_until

SOURCE = ["/bin/sleep", "1000"]
TALKING = f"""
import sys, time
while True:
    print('* srt: srt-statistics:input:{json.dumps({"global": {"instant": {"rtt-ms": 1}}})}', flush=True)
    time.sleep(0.2)
"""
"""A receiver that is connected, in tsp's words; its argv must say that it is SRT."""


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with stream_in(tmp_path / "s1") as made:
        yield made


def hold(stream: Stream, source: list[str], **source_fields: object) -> int:
    """Start a runner without a processor; returns the process of its source."""
    stream.write_spec(["unused"], source=source)
    path = stream.folder / "spec.json"
    spec = json.loads(path.read_text())
    spec["processor"] = None
    spec["source"].update(source_fields)
    path.write_text(json.dumps(spec))
    stream.start()
    pid: int = wait_until(lambda: stream.of_kind("source_started"), "the source")[0]["pid"]
    return pid


def test_the_source_that_was_first_goes_on_under_the_processor(stream: Stream) -> None:
    source = hold(stream, SOURCE)
    status = stream.status()
    assert (status["state"], status["pid"], status["attempt"]) == (None, None, 0)
    assert stream.states() == []
    stream.write_spec(stream.flows(), source=SOURCE)
    with stream.client() as client:
        assert client.ask(cmd="respec", reason="known")["ok"]
    stream.wait_state("RUNNING")
    assert stream.states() == ["STARTING", "RUNNING"]
    assert stream.status()["source_pid"] == source
    assert stream.status()["attempt"] == 1
    stream.stop()
    assert process_start_time(source) is None


def test_the_source_is_left_alone_when_the_processor_dies(stream: Stream) -> None:
    source = hold(stream, SOURCE)
    stream.write_spec(stream.flows(), source=SOURCE)
    with stream.client() as client:
        client.ask(cmd="respec")
    stream.wait_state("RUNNING")
    os.kill(stream.status()["pid"], signal.SIGKILL)
    stream.wait_state("RUNNING", times=2)
    assert stream.status()["source_pid"] == source


def test_another_source_or_another_secret_takes_the_place_of_the_first(stream: Stream) -> None:
    source = hold(stream, SOURCE)
    stream.write_spec(stream.flows(), source=["/bin/sleep", "2000"])
    with stream.client() as client:
        assert client.ask(cmd="respec")["ok"]
    wait_until(lambda: stream.status()["source_pid"] not in (None, source), "another source")
    assert stream.of_kind("source_started")[-1]["argv"] == ["/bin/sleep", "2000"]


def test_a_runner_that_was_only_held_ends_without_a_state_on_record(stream: Stream) -> None:
    source = hold(stream, SOURCE)
    with stream.client() as client:
        assert client.ask(cmd="restart")["error"] == "the stream is not begun"
    stream.stop()
    assert process_start_time(source) is None
    assert stream.states() == []
    assert stream.journal()[-1]["kind"] == "runner_stopped"


def test_a_stream_on_air_is_not_put_back_to_its_source(stream: Stream) -> None:
    hold(stream, SOURCE)
    with stream.client() as client:
        assert "processor is null" in client.ask(cmd="respec")["error"]
    assert stream.status()["state"] is None


def test_a_source_that_cannot_be_executed_is_said(stream: Stream) -> None:
    stream.write_spec(["unused"], source=["/nowhere/tsp"])
    path = stream.folder / "spec.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "processor": None}))
    stream.start()
    assert stream.wait_exit() != 0
    assert "/nowhere/tsp cannot be executed" in stream.of_kind("state")[-1]["reason"]


@pytest.mark.parametrize("connected", [True, False])
def test_a_stall_ends_a_source_only_if_it_holds_no_connection(stream: Stream, connected: bool) -> None:
    argv = [sys.executable, "-c", TALKING, "-I", "srt"] if connected else SOURCE
    source = hold(stream, argv)
    if connected:
        with stream.client() as client:
            client.ask(cmd="subscribe", from_seq=0, samples=True)
            while (client.next().get("sample")) != "srt_input":
                pass
    stream.write_spec(
        stream.flows("--frozen-pts"),
        source=argv,
        stall_timeout_s=0.3,
        start_timeout_s=0.5,
        backoff_base_s=0.05,
    )
    with stream.client() as client:
        client.ask(cmd="respec")
    stream.wait_state("STALLED")
    stream.wait_state("STARTING", times=2)
    if connected:
        assert stream.of_kind("source_ended") == []
        assert stream.status()["source_pid"] == source
    else:
        wait_until(lambda: stream.of_kind("source_ended"), "the end of the source")
