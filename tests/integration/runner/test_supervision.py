import json
import os
import resource
import signal
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibe100.runner.launch import EXIT_ENDED, EXIT_FAILED, EXIT_LOCKED
from ibe100.runner.supervision.identity import ProcessIdentity, process_start_time
from runner_rig import Stream, stream_in, wait_until


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with stream_in(tmp_path / "s1") as made:
        yield made


def processor_pids(stream: Stream) -> list[int]:
    return [line["pid"] for line in stream.of_kind("attempt_started")]


def test_a_stream_runs_and_stops_with_the_reason_in_its_journal(stream: Stream) -> None:
    stream.write_spec(stream.flows())
    stream.start()
    stream.wait_state("RUNNING")
    stream.stop()
    assert stream.wait_exit() == EXIT_ENDED
    assert stream.states() == ["STARTING", "RUNNING", "STOPPING", "STOPPED"]
    kinds = [line["kind"] for line in stream.journal()]
    assert kinds[0] == "runner_started"
    assert stream.journal()[-1]["reason"] == "test"
    assert [line["seq"] for line in stream.journal()] == list(range(1, len(kinds) + 1))
    assert process_start_time(processor_pids(stream)[0]) is None
    assert not (stream.folder / "runner.json").exists()


def test_a_killed_processor_is_back_at_once_and_a_fact(stream: Stream) -> None:
    stream.write_spec(stream.flows())
    stream.start()
    stream.wait_state("RUNNING")
    os.kill(processor_pids(stream)[0], signal.SIGKILL)
    stream.wait_state("RUNNING", times=2)
    (ended,) = stream.of_kind("attempt_ended")
    assert (ended["exit_code"], ended["signal"]) == (None, "SIGKILL")
    assert ended["outcome"] == "killed by SIGKILL while it should run"
    assert stream.states() == ["STARTING", "RUNNING", "RETRYING", "STARTING", "RUNNING"]


def test_a_processor_that_does_not_hear_sigterm_is_killed(stream: Stream) -> None:
    stream.write_spec(stream.fake("ignores_term.py", stream.influx), term_timeout_s=0.2)
    stream.start()
    stream.wait_state("RUNNING")
    stream.stop()
    (ended,) = stream.of_kind("attempt_ended")
    assert ended["signal"] == "SIGKILL"
    assert ended["log_tail"].count("* tsp: not yet") == 2
    assert stream.states()[-1] == "STOPPED"


def test_sigterm_to_the_runner_stops_the_stream(stream: Stream) -> None:
    stream.write_spec(stream.flows())
    runner = stream.start()
    stream.wait_state("RUNNING")
    runner.terminate()
    assert stream.wait_exit() == EXIT_ENDED
    assert stream.journal()[-1]["reason"] == "the runner was asked to end by SIGTERM"
    assert process_start_time(processor_pids(stream)[0]) is None


def test_a_frozen_processor_is_stalled_then_restarted(stream: Stream) -> None:
    stream.write_spec(stream.fake("freezes.py", stream.influx), stall_timeout_s=1.0)
    stream.start()
    stream.wait_state("STARTING", times=2)
    assert stream.states()[:5] == ["STARTING", "RUNNING", "STALLED", "RETRYING", "STARTING"]
    stalled = next(line for line in stream.of_kind("state") if line["state"] == "STALLED")
    assert stalled["reason"] == "no packets any more"


def test_a_stopped_processor_is_killed_and_restarted(stream: Stream) -> None:
    stream.write_spec(stream.flows(), stall_timeout_s=1.5)
    stream.start()
    stream.wait_state("RUNNING")
    os.kill(processor_pids(stream)[0], signal.SIGSTOP)
    stream.wait_state("STALLED")
    wait_until(lambda: len(processor_pids(stream)) > 1, "another attempt")
    assert stream.of_kind("attempt_ended")[0]["signal"] == "SIGKILL"


def test_packets_without_moving_pts_are_a_stall(stream: Stream) -> None:
    stream.write_spec(stream.flows("--frozen-pts"), stall_timeout_s=2.0)
    stream.start()
    stream.wait_state("STALLED")
    stalled = next(line for line in stream.of_kind("state") if line["state"] == "STALLED")
    assert stalled["reason"] == "packets flow, but the PTS stands still"


def test_a_processor_that_never_has_packets_is_a_stall(stream: Stream) -> None:
    stream.write_spec(["/bin/sleep", "1000"], start_timeout_s=0.5)
    stream.start()
    stream.wait_state("STALLED")
    stream.wait_state("STARTING", times=2)
    assert "RUNNING" not in stream.states()


def test_a_crash_loop_backs_off_and_says_why(stream: Stream) -> None:
    stream.write_spec(stream.fake("dies_at_once.py"), backoff_base_s=0.1, backoff_max_s=0.4)
    stream.start()
    wait_until(lambda: len(processor_pids(stream)) >= 5, "five attempts")
    stream.stop()
    retries = [line["reason"] for line in stream.of_kind("state") if line["state"] == "RETRYING"]
    why = "exit code 0 while it should run: pmt: service id 0x0063 (99) not found in PAT; trying again "
    assert retries[0] == why + "at once"
    assert all(reason.startswith(why + "in 0.") for reason in retries[1:])
    tail = stream.of_kind("attempt_ended")[0]["log_tail"]
    assert tail == ["* Error: pmt: service id 0x0063 (99) not found in PAT"]


def test_a_stop_while_waiting_for_a_retry_is_at_once(stream: Stream) -> None:
    stream.write_spec(stream.fake("dies_at_once.py"), backoff_base_s=10000.0, backoff_max_s=10000.0)
    stream.start()
    wait_until(lambda: len(processor_pids(stream)) >= 2 and stream.status()["pid"] is None, "a long wait")
    stream.stop()
    assert stream.states()[-2:] == ["STOPPING", "STOPPED"]


def test_a_finite_file_completes(stream: Stream) -> None:
    stream.write_spec(stream.flows("--seconds=0.3"), finite=True)
    stream.start()
    assert stream.wait_exit() == EXIT_ENDED
    assert stream.states() == ["STARTING", "RUNNING", "COMPLETED"]
    assert stream.of_kind("attempt_ended")[0]["outcome"] == "completed"


@pytest.mark.parametrize(
    "arguments",
    [["--exit-code=1"], ["--error=file: read error"], ["--seconds=0"]],
    ids=["code", "error", "nothing"],
)
def test_a_finite_file_that_ends_badly_does_not_complete(stream: Stream, arguments: list[str]) -> None:
    stream.write_spec(stream.flows("--seconds=0.2", *arguments), finite=True)
    stream.start()
    stream.wait_state("RETRYING")
    assert "COMPLETED" not in stream.states()


def test_an_endless_stream_that_ends_with_0_is_tried_again(stream: Stream) -> None:
    stream.write_spec(stream.flows("--seconds=0.2"))
    stream.start()
    stream.wait_state("RUNNING", times=2)


def test_a_program_that_is_absent_fails_with_its_name(stream: Stream) -> None:
    stream.write_spec(["/nowhere/tsp"])
    stream.start()
    assert stream.wait_exit() == EXIT_FAILED
    assert stream.states() == ["STARTING", "FAILED"]
    assert stream.journal()[-1]["reason"] == "/nowhere/tsp cannot be executed: No such file or directory"


@pytest.mark.parametrize("port", ["cue", "splice_json", "analyze_json", "influx"])
def test_a_taken_port_fails_with_its_number(stream: Stream, port: str) -> None:
    stream.write_spec(stream.flows())
    kind = socket.SOCK_STREAM if port == "influx" else socket.SOCK_DGRAM
    with socket.socket(socket.AF_INET, kind) as owner:
        owner.bind(("127.0.0.1", getattr(stream, port)))
        if port == "influx":
            owner.listen()
        stream.start()
        assert stream.wait_exit() == EXIT_FAILED
    assert stream.states()[-1] == "FAILED"
    expected = f"port {getattr(stream, port)} ({port}) on 127.0.0.1: Address already in use"
    assert stream.journal()[-1]["reason"] == expected
    assert stream.of_kind("attempt_started") == []


def test_a_wrong_spec_fails_with_the_field(stream: Stream) -> None:
    stream.write_spec(stream.flows(), stall_timeout_s="soon")
    stream.start()
    assert stream.wait_exit() == EXIT_FAILED
    assert stream.journal()[-1]["reason"] == "policy.stall_timeout_s is 'soon'; allowed are seconds"


def test_a_second_runner_of_the_same_stream_refuses_and_touches_nothing(stream: Stream) -> None:
    stream.write_spec(stream.flows())
    first = stream.start()
    stream.wait_state("RUNNING")
    before = stream.journal()
    second = stream.start()
    assert second.wait(60) == EXIT_LOCKED
    assert [line["seq"] for line in stream.journal()][: len(before)] == [line["seq"] for line in before]
    assert len(stream.of_kind("runner_started")) == 1
    assert first.poll() is None
    stream.runner = first
    assert stream.status()["runner_pid"] == first.pid


def test_a_killed_runner_leaves_the_picture_and_the_next_one_takes_over(stream: Stream) -> None:
    stream.write_spec(stream.fake("ignores_term.py", stream.influx), term_timeout_s=0.2)
    first = stream.start()
    stream.wait_state("RUNNING")
    last_seq = stream.journal()[-1]["seq"]
    orphan = ProcessIdentity.of(processor_pids(stream)[0])
    record = json.loads((stream.folder / "runner.json").read_text())
    assert orphan is not None
    assert record["processor"] == {"pid": orphan.pid, "start_time": orphan.start_time}
    assert record["pid"] == first.pid and record["start_time"] == process_start_time(first.pid)
    first.kill()
    first.wait()
    assert orphan.is_alive()
    stream.start()
    stream.wait_state("RUNNING", times=2)
    assert not orphan.is_alive()
    again = stream.of_kind("runner_started")[1]
    assert again["seq"] == last_seq + 1
    assert any("was left behind" in line["text"] for line in stream.of_kind("log"))


def test_a_source_is_started_beside_restarted_alone_and_ended_with_the_stream(stream: Stream) -> None:
    stream.write_spec(stream.flows(), source=["/bin/sleep", "1000"])
    stream.start()
    stream.wait_state("RUNNING")
    os.kill(stream.status()["source_pid"], signal.SIGKILL)
    wait_until(lambda: len(stream.of_kind("source_started")) == 2, "another source")
    assert stream.of_kind("source_ended")[0]["outcome"] == "killed by SIGKILL while it should run"
    assert len(processor_pids(stream)) == 1
    source = stream.status()["source_pid"]
    stream.stop()
    assert process_start_time(source) is None
    assert stream.states()[-1] == "STOPPED"


def test_children_of_a_dead_processor_do_not_hold_its_ports(stream: Stream) -> None:
    grandchild = stream.folder / "grandchild"
    script = f"sleep 1000 & echo $! > {grandchild}; exit 1"
    stream.write_spec(["/bin/sh", "-c", script], backoff_base_s=1000.0, backoff_max_s=1000.0)
    stream.start()
    wait_until(lambda: len(stream.of_kind("attempt_ended")) == 2, "two attempts")
    wait_until(lambda: process_start_time(int(grandchild.read_text())) is None, "the end of the grandchild")


@pytest.mark.skipif(sys.platform != "linux", reason="prlimit")
def test_a_full_disk_does_not_stop_the_stream_and_nothing_is_lost(stream: Stream) -> None:
    stream.write_spec(stream.flows())
    runner = stream.start()
    stream.wait_state("RUNNING")
    unlimited = resource.prlimit(runner.pid, resource.RLIMIT_FSIZE)
    size = (stream.folder / "journal.jsonl").stat().st_size
    resource.prlimit(runner.pid, resource.RLIMIT_FSIZE, (size + 20, unlimited[1]))
    os.kill(processor_pids(stream)[0], signal.SIGKILL)
    wait_until(
        lambda: stream.status()["attempt"] == 2 and stream.status()["state"] == "RUNNING", "RUNNING again"
    )
    assert "cannot be written" in stream.status()["journal_error"]
    with stream.client() as client:
        client.ask(cmd="subscribe", from_seq=0)
        lines = client.journal_until(lambda line: line.get("previous") == "STARTING" and line["seq"] > 5)
        assert [line["seq"] for line in lines] == list(range(1, len(lines) + 1))
    resource.prlimit(runner.pid, resource.RLIMIT_FSIZE, unlimited)
    wait_until(lambda: stream.status()["journal_error"] is None, "a journal that is written again")
    stream.stop()
    assert stream.states() == [
        "STARTING",
        "RUNNING",
        "RETRYING",
        "STARTING",
        "RUNNING",
        "STOPPING",
        "STOPPED",
    ]
    assert [line["seq"] for line in stream.journal()] == list(range(1, len(stream.journal()) + 1))
