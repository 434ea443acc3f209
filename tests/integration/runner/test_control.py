import json
import os
import signal
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from reports import send, send_cue

from ibe100.runner.launch import control_socket_path, short_socket_path
from runner_rig import Client, Line, Stream, stream_in, wait_until


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with stream_in(tmp_path / "s1") as made:
        yield made


@pytest.fixture
def running(stream: Stream) -> Stream:
    stream.write_spec(stream.flows())
    stream.start()
    stream.wait_state("RUNNING")
    return stream


def test_status_says_what_is_on_air(running: Stream) -> None:
    status = running.status()
    assert (status["state"], status["attempt"], status["generation"]) == ("RUNNING", 1, 3)
    assert status["pid"] == running.of_kind("attempt_started")[0]["pid"]
    assert (status["first_seq"], status["seq"]) == (1, running.journal()[-1]["seq"])
    assert status["journal_error"] is None
    assert running.runner is not None and status["runner_pid"] == running.runner.pid


def test_only_the_same_user_gets_in(running: Stream) -> None:
    path = control_socket_path(running.folder)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    record = json.loads((running.folder / "runner.json").read_text())
    assert record["control_socket"] == str(path)


@pytest.mark.parametrize(
    ("request_line", "error"),
    [
        (b"{", "the request is no JSON"),
        (b"[]", 'a request is an object with a text "cmd"'),
        (
            b'{"cmd": "dance"}',
            "no command 'dance'; there are status, stop, pass, restart, retry, respec, switch, hold, drop, "
            "record, subscribe",
        ),
        (b'{"cmd": "stop", "reason": 5}', "reason must be a text"),
        (b'{"cmd": "subscribe", "from_seq": -1}', "subscribe takes from_seq"),
    ],
)
def test_a_wrong_request_is_answered_and_changes_nothing(
    running: Stream, request_line: bytes, error: str
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as raw:
        with short_socket_path(control_socket_path(running.folder)) as name:
            raw.connect(name)
        raw.sendall(request_line + b"\n")
        answer = json.loads(raw.makefile().readline())
    assert answer["ok"] is False
    assert error in answer["error"]
    assert running.status()["state"] == "RUNNING"


def test_an_endless_request_is_cut_off(running: Stream) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as raw:
        with short_socket_path(control_socket_path(running.folder)) as name:
            raw.connect(name)
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for _ in range(1000):
                raw.sendall(b"x" * 65536)
    assert running.status()["state"] == "RUNNING"


def test_a_restart_is_at_once_and_no_failure(running: Stream) -> None:
    with running.client() as client:
        assert client.ask(cmd="restart", reason="operator asked")["ok"]
    running.wait_state("RUNNING", times=2)
    assert running.states() == ["STARTING", "RUNNING", "RETRYING", "STARTING", "RUNNING"]
    assert running.of_kind("attempt_ended")[0]["outcome"].startswith(
        "ended by the runner, RETRYING: operator asked"
    )


def test_a_new_spec_is_taken_over_with_its_secrets(running: Stream) -> None:
    running.write_spec([*running.flows(), "@{secret:srt}"])
    with running.client() as client:
        refused = client.ask(cmd="respec", secrets={})
        assert refused["ok"] is False
        assert refused["error"].startswith("the stream goes on as it was: secret srt was not handed over")
        assert client.ask(cmd="respec", secrets={"srt": "--passphrase=0123456789"})["ok"]
    running.wait_state("RUNNING", times=2)
    assert running.of_kind("attempt_started")[1]["argv"][-1] == "@{secret:srt}"


def test_a_wrong_new_spec_leaves_the_stream_as_it_is(running: Stream) -> None:
    (running.folder / "spec.json").write_text("{")
    with running.client() as client:
        answer = client.ask(cmd="respec")
    assert answer["ok"] is False
    assert "spec.json is no JSON" in answer["error"]
    assert running.status()["attempt"] == 1


def test_a_new_spec_may_move_the_ports(running: Stream) -> None:
    with stream_in(running.folder.parent / "other") as other:
        running.influx, running.splice_json = other.influx, other.splice_json
        running.write_spec(running.flows("--cues=1"))
        with running.client() as client:
            assert client.ask(cmd="respec")["ok"]
        running.wait_state("RUNNING", times=2)
        assert [line["base64"] for line in running.of_kind("cue_seen")] == ["cue0"]


def test_a_subscriber_gets_what_was_then_what_comes(running: Stream) -> None:
    with running.client() as client:
        reply = client.ask(cmd="subscribe", from_seq=1)
        assert (reply["ok"], reply["first_seq"]) == (True, 1)
        send_cue(running.splice_json, "/DAgAAAAAAAAAP")
        lines = client.journal_until(lambda line: line["kind"] == "cue_seen")
    assert [line["seq"] for line in lines] == list(range(2, len(lines) + 2))
    assert (lines[-1]["base64"], lines[-1]["splice_pid"]) == ("/DAgAAAAAAAAAP", 500)


def test_a_stop_is_told_to_its_last_line(running: Stream) -> None:
    with running.client() as client:
        client.ask(cmd="subscribe", from_seq=0)
        client.ask(cmd="status")
        running.stop()
        lines = client.journal_until(lambda line: line["kind"] == "runner_stopped")
    assert lines[-1]["reason"] == "test"


def test_samples_are_pushed_to_who_wants_them_the_latest_first(running: Stream) -> None:
    def sample(kind: str) -> Line:
        while True:
            pushed = client.next()
            if pushed.get("sample") == kind:
                return pushed

    send(b'{"ts": {"packets": {"total": 7}}}', running.analyze_json)
    with running.client() as client:
        client.ask(cmd="subscribe", from_seq=running.status()["seq"], samples=True)
        influx = sample("influx")
        assert influx["lines"][0].startswith("bitrate,scope=ts,tsid=1 value=")
        assert influx["t"] > 0 and influx["mono"] > 0
    with running.client() as client:
        client.ask(cmd="subscribe", from_seq=running.status()["seq"], samples=True)
        assert sample("analyze")["json"] == {"ts": {"packets": {"total": 7}}}


def test_a_datagram_that_is_no_json_is_a_warning(running: Stream) -> None:
    send(b'{"#name": NaN}', running.splice_json)
    send(b"[" * 60000, running.splice_json)
    wait_until(lambda: len(running.of_kind("log")) == 2, "two warnings")
    assert [line["text"] for line in running.of_kind("log")] == [
        "splicemonitor: a datagram of 14 bytes is no JSON object of its kind",
        "splicemonitor: a datagram of 60000 bytes is no JSON object of its kind",
    ]
    assert running.status()["state"] == "RUNNING"


def test_no_depth_of_nesting_brings_the_runner_down(running: Stream) -> None:
    for depth in range(900, 1010, 3):
        data = b'{"a":' + b"[" * depth + b"]" * depth + b"}"
        send(data, running.splice_json)
        send(data, running.analyze_json)
    send_cue(running.splice_json, "after all that")
    wait_until(lambda: any(line["base64"] for line in running.of_kind("cue_seen")), "the cue after all that")
    assert running.status()["state"] == "RUNNING"


RESIDENT_LIMIT_KB = 20 * 1024

_FOLLOWER = """
import json, socket, sys
raw = socket.socket(socket.AF_UNIX); raw.connect(sys.argv[1])
raw.sendall(json.dumps({"cmd": "subscribe", "from_seq": int(sys.argv[2])}).encode() + b"\\n")
stored = open(sys.argv[3], "ab", buffering=0)
for line in raw.makefile("rb"):
    stored.write(line)
"""


def test_a_console_killed_at_any_moment_loses_no_journal_line(running: Stream, tmp_path: Path) -> None:
    """The follower stores what it gets, is killed again and again, and goes on from its last number."""
    store = tmp_path / "stored"
    store.touch()
    sent = 0

    def stored() -> list[int]:
        whole = [line for line in store.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]
        return [json.loads(line)["journal"]["seq"] for line in whole if b'"journal"' in line]

    for _ in range(4):
        last = max(stored(), default=0)
        store.write_bytes(store.read_bytes()[: store.read_bytes().rfind(b"\n") + 1])
        follower = subprocess.Popen(
            [
                sys.executable,
                "-S",
                "-c",
                _FOLLOWER,
                str(control_socket_path(running.folder)),
                str(last),
                str(store),
            ]
        )
        for _ in range(150):
            send_cue(running.splice_json, f"cue{sent}")
            sent += 1
        wait_until(lambda last=last: max(stored(), default=0) > last + 20, "some lines")  # type: ignore[misc]
        follower.send_signal(signal.SIGKILL)
        follower.wait()
    running.stop()
    whole = {line["seq"] for line in running.journal()}
    followed = stored()
    assert followed == sorted(set(followed))
    assert set(followed) == {seq for seq in whole if seq <= max(followed)}
    seen = [line["base64"] for line in running.of_kind("cue_seen")]
    assert seen == [f"cue{number}" for number in range(sent)]


def test_a_subscriber_that_does_not_read_holds_nobody_up(running: Stream) -> None:
    lazy = Client(control_socket_path(running.folder))
    lazy.ask(cmd="subscribe", from_seq=0, samples=True)
    for number in range(600):
        send_cue(running.splice_json, f"{number:05}" + "A" * 4000)
        if number % 50 == 49:
            wait_until(lambda n=number: len(running.of_kind("cue_seen")) > n, "cues")  # type: ignore[misc]
    with running.client() as prompt:
        prompt.ask(cmd="subscribe", from_seq=0)
        prompt.journal_until(lambda line: line.get("base64", "").startswith("00599"))
    assert running.runner is not None
    assert resident_kb(running.runner.pid) < RESIDENT_LIMIT_KB
    late = lazy.journal_until(lambda line: (line.get("base64") or "").startswith("00599"))
    assert [line["seq"] for line in late] == list(range(1, late[-1]["seq"] + 1))
    lazy.close()


def resident_kb(pid: int) -> int:
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmRSS:")[1].split()[0])


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_log_flood_is_bounded_on_disk_and_in_memory(stream: Stream) -> None:
    stream.write_spec(stream.fake("floods_log.py", stream.influx))
    runner = stream.start()
    stream.wait_state("RUNNING")
    wait_until(
        lambda: (
            sum("log lines of the processor dropped" in line["text"] for line in stream.of_kind("log")) >= 2
        ),
        "two seconds of dropped lines",
    )
    early = resident_kb(runner.pid)
    send_cue(stream.splice_json, "in the flood")
    wait_until(lambda: stream.of_kind("cue_seen"), "the cue in the flood")
    wait_until(
        lambda: (
            sum("log lines of the processor dropped" in line["text"] for line in stream.of_kind("log")) >= 4
        ),
        "four seconds of dropped lines",
    )
    assert resident_kb(runner.pid) < min(early + 2000, RESIDENT_LIMIT_KB)
    per_second: dict[int, int] = {}
    for line in stream.of_kind("log"):
        per_second[int(line["mono"])] = per_second.get(int(line["mono"]), 0) + 1
        assert len(line["text"]) <= 4096
    assert max(per_second.values()) <= 52
    assert (stream.folder / "processor.log").stat().st_size <= 3 << 20
    stream.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_secret_is_nowhere_but_in_memory(stream: Stream) -> None:
    secret = "open sesame 4711"
    stream.write_spec([*stream.flows("--debug"), "@{secret:srt-out}"], source=["/bin/sleep", "1000"])
    runner = stream.start({"srt-out": f"--passphrase={secret}\n--streamid=abc"})
    stream.wait_state("RUNNING")
    texts = [line["text"] for line in stream.of_kind("log")]
    assert any(text.startswith("read ") for text in texts), "the processor could read its options"
    assert any("[secret]" in text for text in texts)
    status = stream.status()
    for pid in (runner.pid, status["pid"], status["source_pid"]):
        for name in ("cmdline", "environ"):
            assert secret.encode() not in Path(f"/proc/{pid}/{name}").read_bytes()
    (handed,) = [
        token
        for token in Path(f"/proc/{status['pid']}/cmdline").read_text().split("\0")
        if token.startswith("@")
    ]
    assert handed.startswith("@/proc/self/fd/")
    descriptors = [path.readlink() for path in Path(f"/proc/{status['source_pid']}/fd").iterdir()]
    assert not any("memfd" in str(name) for name in descriptors)
    os.kill(status["pid"], signal.SIGKILL)
    stream.wait_state("RUNNING", times=2)
    stream.stop()
    for path in stream.folder.iterdir():
        assert secret.encode() not in path.read_bytes(), path.name
