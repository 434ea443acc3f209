"""The runner with the built-in processor, on a recorded stream."""

import json
import os
import signal
import socket
import sys
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from ibe100.runner.local_socket import LocalSender
from runner_rig import Stream, stream_in, wait_until


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with stream_in(tmp_path / "s1") as made:
        yield made


def minitsp(stream: Stream, media: Path, *arguments: str) -> list[str]:
    # fmt: off
    return [
        sys.executable, "-m", "ibe100.minitsp", "--realtime", "--add-input-stuffing", "1/20",
        "-I", "file", *arguments, str(media / "ott_with_scte35.ts"),
        "-P", "regulate",
        "-P", "pmt", "--service", "1", "--add-registration", "0x43554549", "--add-pid", "500/0x86",
        "-P", "spliceinject", "--service", "1", "--pid", "500", f"--udp=127.0.0.1:{stream.cue}",
        "-P", "influx", "--interval=1", "--bitrate", "--services", "--pid=256", "--pts", "--tr-101-290",
        f"--host-url=http://127.0.0.1:{stream.influx}", "--bucket=x", "--org=x", "--token=x",
        "-P", "splicemonitor", "--splice-pid=500", "--time-pid=256", "--all-commands",
        "--meta-base64-sections", f"--json-udp=127.0.0.1:{stream.splice_json}",
        "-O", "drop",
    ]
    # fmt: on


SECTION = "/DAgAAAAAAAAAP/wDwVgAAABf/9+ACky4AABAAAAAFh5lmI="


def test_a_cue_is_seen_before_and_after_a_crash_of_the_processor(stream: Stream, media: Path) -> None:
    def fire(expected: int) -> None:
        def seen() -> bool:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
                sender.sendto(b64decode(SECTION), ("127.0.0.1", stream.cue))
            return len(stream.of_kind("cue_seen")) >= expected

        wait_until(seen, "the cue on the output")

    stream.write_spec(minitsp(stream, media, "--infinite"))
    stream.start()
    stream.wait_state("RUNNING")
    fire(1)
    assert {line["base64"] for line in stream.of_kind("cue_seen")} == {SECTION}
    assert {line["splice_pid"] for line in stream.of_kind("cue_seen")} == {500}
    assert stream.of_kind("splice_event")[0]["json"]["#name"] == "event"
    before = len(stream.of_kind("cue_seen"))
    os.kill(stream.status()["pid"], signal.SIGKILL)
    stream.wait_state("RUNNING", times=2)
    fire(before + 1)
    stream.stop()
    assert stream.states()[-2:] == ["STOPPING", "STOPPED"]


def test_a_wrong_service_is_a_failed_attempt_with_the_processors_words(stream: Stream, media: Path) -> None:
    argv = minitsp(stream, media, "--infinite")
    argv[argv.index("--service") + 1] = "99"
    stream.write_spec(argv, backoff_base_s=1000.0, backoff_max_s=1000.0)
    stream.start()
    stream.wait_state("RETRYING")
    reason = next(line["reason"] for line in stream.of_kind("state") if line["state"] == "RETRYING")
    assert "pmt: service id 0x0063 (99) not found in PAT" in reason
    stream.stop()


def use_sockets(stream: Stream) -> None:
    """Put sockets of the stream's folder in place of the ports that its spec names."""
    path = stream.folder / "spec.json"
    spec = json.loads(path.read_text())
    for name, port in spec["ports"].items():
        spec["ports"][name] = f"{name}.sock"
        argv = spec["processor"]["argv"]
        word = f"127.0.0.1:{port}"
        spec["processor"]["argv"] = [
            one.replace(f"http://{word}", word).replace(word, f"unix:{name}.sock") for one in argv
        ]
    path.write_text(json.dumps(spec))


@pytest.mark.parametrize("by", ["port", "socket"])
def test_a_cue_that_airs_while_no_runner_hears_is_told_to_the_next_one(
    stream: Stream, media: Path, by: str
) -> None:
    stream.write_spec(minitsp(stream, media, "--infinite"))
    if by == "socket":
        use_sockets(stream)
    stream.start()
    stream.wait_state("RUNNING")
    processor = stream.status()["pid"]
    assert stream.runner is not None
    stream.runner.kill()
    stream.runner.wait()
    if by == "socket":
        with closing(LocalSender(str(stream.folder / "cue.sock"))) as cues:
            assert cues.send(b64decode(SECTION))
    else:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(b64decode(SECTION), ("127.0.0.1", stream.cue))
    time.sleep(2.5)  # it airs with the next null packet, and nothing tells so
    assert not stream.of_kind("cue_seen")
    stream.start()
    stream.wait_state("RUNNING", times=2)
    assert stream.status()["pid"] != processor
    assert [line["base64"] for line in stream.of_kind("cue_seen")] == [SECTION]
