"""The runner of a return feed: it tells the tables of its input, and ends with the stream it belongs to."""

from __future__ import annotations

import base64
import json
import os
import signal
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibe100.mpegts.psi import Pat
from ibe100.runner.loop import Loop
from ibe100.runner.supervision.companion import Companion
from ibe100.runner.supervision.ownership import is_held
from loopback import free_port
from runner_rig import Stream, stream_in, wait_until


@pytest.fixture
def stream(tmp_path: Path) -> Iterator[Stream]:
    with stream_in(tmp_path / "s1") as made:
        made.write_spec(made.flows())
        yield made


def test_the_newest_tables_are_a_sample_also_for_one_who_comes_later(stream: Stream) -> None:
    port = free_port()
    spec = json.loads((stream.folder / "spec.json").read_text())
    spec["ports"]["tables"] = port
    (stream.folder / "spec.json").write_text(json.dumps(spec))
    stream.start()
    stream.wait_state("RUNNING")
    first, second = (Pat(1, ((1, pid),)).encode() for pid in (0x1000, 0x1001))
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out, stream.client() as early:
        assert early.ask(cmd="subscribe", from_seq=0, samples=True)["ok"]
        for section in (first, first, second, b"short"):
            out.sendto(section, ("127.0.0.1", port))
        early.journal_until(lambda line: line["kind"] == "log" and "no section of a table" in line["text"])
        with stream.client() as late:
            assert late.ask(cmd="subscribe", from_seq=0, samples=True)["ok"]
            pushed = late.next()
            while pushed.get("sample") != "tables":
                pushed = late.next()
    assert [base64.b64decode(text) for text in pushed["sections"]] == [second]


def test_a_stream_has_a_runner_while_it_runs_and_not_after_it_was_killed_or_stopped(stream: Stream) -> None:
    assert not is_held(stream.folder)
    runner = stream.start()
    stream.wait_state("RUNNING")
    assert is_held(stream.folder)
    os.kill(runner.pid, signal.SIGKILL)
    runner.wait()
    assert not is_held(stream.folder), "its files are still there, and the process is not"
    stream.start()
    wait_until(lambda: is_held(stream.folder), "the next runner")
    stream.stop()
    assert not is_held(stream.folder)


def test_a_companion_is_orphaned_only_when_its_stream_stays_away(tmp_path: Path) -> None:
    loop = Loop()
    ended: list[str] = []

    def orphaned() -> None:
        ended.append("orphaned")
        loop.stop()

    Companion(loop, tmp_path / "nobody", orphaned, patience_s=1.0)
    loop.run()
    loop.close()
    assert ended == ["orphaned"]
