"""The recorder as a process: what it is sent is on disk, and a file that may not grow does not end it."""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from ibe100.runner.local_socket import LocalSender
from ibe100.runner.recorder.order import recorder_command, with_ports
from ibe100.runner.recorder.ring import read_records

PATIENCE_S = 30.0


def until(condition: Callable[[], object]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


def rtp(number: int) -> bytes:
    return b"\x80\x21" + (number & 0xFFFF).to_bytes(2) + bytes(8) + (b"\x47" + bytes(187)) * 100


def limit_files() -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (40_000, 40_000))


@pytest.mark.skipif(sys.platform != "linux", reason="a limit of files is tried on Linux")
def test_a_file_that_may_not_grow_is_told_and_does_not_end_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ring").mkdir()
    argv = with_ports(recorder_command(tmp_path / "ring" / "a", 60, 0, ["output"]), {"clip": "clip.sock"})
    with subprocess.Popen(argv, stdout=subprocess.PIPE, cwd=tmp_path, preexec_fn=limit_files) as process:
        assert process.stdout is not None
        try:
            until((tmp_path / "clip.sock").exists)
            sender, errors = LocalSender("clip.sock"), list[str]()
            number = 0
            while not errors:
                sender.send(rtp(number))
                number += 1
                time.sleep(0.3)
                assert number < 100
                if number > 3:
                    report = json.loads(process.stdout.readline())["output"]
                    errors += [report["error"]] if report["error"] else []
            sender.close()
            assert process.poll() is None
            assert errors[0]
            assert list(read_records(tmp_path / "ring" / "a" / "output")), "what went before can be read"
        finally:
            process.terminate()
            process.stdout.close()
            assert process.wait(PATIENCE_S) == 0


def test_an_order_has_the_ports_of_the_run_and_none_without_a_copy() -> None:
    argv = recorder_command(Path("/clips/ring/a"), 90, 100, ["output", "input"])

    assert argv[-2:] == ["output=@clip", "input=@clip_input"]
    assert with_ports(argv, {"clip": 20009})[-1] == "output=20009"
    assert with_ports(argv, {"clip": "clip.sock", "clip_input": "in.sock"})[-1] == "input=in.sock"
    assert with_ports(argv, {"clip": 0}) == ()
