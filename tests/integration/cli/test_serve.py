"""`ibe100 serve` as a process, and the commands that talk to it, as an operator types them."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import fcntl
import json
import os
import re
import signal
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from demo_rig import DEADLINE_S, Ended, Place, cli, finished, patiently, place_in, receiver
from ibe100.database.database import Database
from ibe100.models.actor import person_of
from ibe100_client import AnswerLost, Call, Client, NotReachable, Refused, cues, streams, system
from ibe100_client.values import Stream
from independent_parser import Parsed

REFUSED = 3

T = TypeVar("T")


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    with place_in(tmp_path) as place:
        monkeypatch.setenv("COLUMNS", "200")
        yield place


def is_splice_null(section_base64: str) -> bool:
    return base64.b64decode(section_base64)[13] == 0x00


class Server:
    """One `serve` after another on the same data folder."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.data_dir = place.data_dir
        self.process = self._start()

    def _start(self) -> subprocess.Popen[str]:
        process = self._place.start("serve", "--data-dir", self.data_dir, "--engine", "builtin")
        patiently(lambda: self._answers() or process.poll() is not None, "a server")
        assert process.poll() is None, finished(process)
        return process

    def __call__(self, *arguments: str | Path) -> Ended:
        return cli(*arguments, "--data-dir", self.data_dir)

    def do(self, call: Call[T]) -> T:
        """What the command line asks beneath its commands."""
        with Client(self.data_dir, note="anna") as client:
            return client.do(call)

    def _answers(self) -> bool:
        with contextlib.suppress(NotReachable, AnswerLost):
            self.do(streams.listed())
            return True
        return False

    def view(self) -> Stream:
        """The only stream."""
        return self.do(streams.listed())[0]

    def until(self, state: str) -> None:
        patiently(lambda: self.view().state == state, state)

    def die(self) -> None:
        """kill -9, as the kernel does when memory is short."""
        self.process.kill()
        finished(self.process)

    def again(self) -> None:
        self.process = self._start()

    def end(self) -> Ended:
        self.process.send_signal(signal.SIGTERM)
        return finished(self.process)


def journal_of(data_dir: Path, stream_id: str) -> list[dict[str, Any]]:
    path = data_dir / "state" / "streams" / stream_id / "journal.jsonl"
    return [json.loads(line) for line in path.read_bytes().splitlines(keepends=True) if line.endswith(b"\n")]


async def record_of(data_dir: Path, stream_id: str) -> tuple[int, list[tuple[str, str]], int]:
    """Last journal line taken, the audit trail, and the attempts of the newest session."""
    database = await Database.open(data_dir / "ibe100.db")
    position = await database.journal.position(stream_id)
    audit = [(line.who, line.action) for line in reversed(await database.audit.list())]
    session = (await database.sessions.list())[0]
    attempts = await database.sessions.attempts(session.session_id)
    await database.close()
    assert position is not None
    return position.last_seq, audit, len(attempts)


def test_a_console_that_is_killed_is_not_missed_on_the_output_nor_is_anything_by_the_next_one(
    place: Place, media: Path
) -> None:
    with receiver() as (port, came):
        server = Server(place)
        added = server(
            "stream",
            "add",
            "News",
            "--input",
            media / "ott_with_scte35.ts",
            "--output",
            f"udp://127.0.0.1:{port}",
        )
        assert (added.code, added.out) == (0, "1 news\n")
        unknown = server("stream", "start", "Sports")
        assert unknown.code == REFUSED
        assert unknown.err == "ibe100: there is no stream 'Sports'; there are: 1 News\n"
        assert server("stream", "start", "News").code == 0
        server.until("RUNNING")
        twice = server("stream", "start", "1")
        assert (twice.code, twice.err) == (REFUSED, "ibe100: News is RUNNING already\n")

        patiently(lambda: server.view().tally == "ON AIR", "ON AIR")
        aired = patiently(lambda: _proved(server("cue", "to-break", "news", "--duration", "600")), "a cue")
        assert "TO BREAK event 0x60000001 SPLICED seen 1/1" in aired
        refused = server("cue", "to-break", "News")
        assert refused.code == REFUSED
        assert "in a break already" in refused.err
        back = server("cue", "to-programme", "1", "--by", "anna")
        assert (back.code, "BACK TO PROGRAMME event 0x60000001 SPLICED" in back.out) == (0, True)

        planned = server.do(cues.fire("News", "TO BREAK", pre_roll_s=7))
        assert planned.state == "ARMED"
        patiently(lambda: server.do(cues.recent("1"))[0].state == "SENT", "SENT")
        server.die()
        processors, seen_before = place.pids("--realtime"), len(came)
        patiently(lambda: len(came) > seen_before + 30, "packets without a console")
        patiently(lambda: _seen(journal_of(server.data_dir, "news"), planned.section_base64) == 3, "the cue")
        server.again()
        assert server.view().state == "RUNNING"
        assert place.pids("--realtime") == processors
        patiently(lambda: "SPLICED seen 3/3" in server("cue", "log", "1").out, "the receipt")
        assert server.view().tally == "IN BREAK", "the next console knows of the break"

        second = place.run("serve", "--data-dir", server.data_dir)
        assert second.code == REFUSED
        assert "already running" in second.refusal()
        busy = server("stream", "remove", "News")
        assert (busy.code, busy.err) == (REFUSED, "ibe100: News is RUNNING; stop it before it is deleted\n")
        stopped = server("stream", "stop", "News")
        assert (stopped.code, stopped.out) == (0, f"1 News: STOPPED ({person_of().name})\n")
        assert place.pids("ibe100.minitsp") == []
        ended = server.end()
    assert (ended.code, ended.err) == (0, "")
    assert "the streams go on" in ended.out
    assert place.leftovers() == []

    parsed = Parsed(b"".join(came))
    assert parsed.continuity_errors == {}, "nobody at the receiver noticed"
    sent = [planned.section_base64] * 3
    aired = [section for section in parsed.splices_base64(500) if not is_splice_null(section)]
    assert aired[2:] == sent
    assert len(aired) < len(parsed.splices_base64(500)), "heartbeats keep the cue PID alive"
    last = [line["seq"] for line in journal_of(server.data_dir, "news") if line["kind"] != "log"][-1]
    position, audit, attempts = asyncio.run(record_of(server.data_dir, "news"))
    assert (position, attempts) == (last, 1)
    assert audit == [
        (person_of().name, "media folder allowed"),
        (person_of().name, "stream added"),
        (person_of().name, "stream started"),
        (person_of().name, "TO BREAK"),
        (f"{person_of().name} (anna)", "BACK TO PROGRAMME"),
        (f"{person_of().name} (anna)", "TO BREAK"),
        (person_of().name, "stream stopped"),
    ]


def _proved(ended: Ended) -> str:
    return ended.out if ended.code == 0 else ""


def _seen(lines: list[dict[str, Any]], section_base64: str) -> int:
    return sum(line["kind"] == "cue_seen" and line["base64"] == section_base64 for line in lines)


def test_a_stream_that_should_run_is_brought_back_when_console_and_runner_were_both_killed(
    place: Place, media: Path
) -> None:
    out = place.folder / "out.ts"
    server = Server(place)
    server("stream", "add", "Archive", "--input", media / "ott_with_scte35.ts", "--output", out)
    assert server("stream", "start", "Archive").code == 0
    server.until("RUNNING")
    server.die()
    orphans = place.pids("--realtime")
    (runner,) = place.pids("ibe100/runner")
    os.kill(runner, signal.SIGKILL)
    recorded = out.stat().st_size
    server.again()
    server.until("RUNNING")
    assert len(place.pids("--realtime")) == 1
    assert place.pids("--realtime") != orphans
    assert out.stat().st_size >= recorded > 0, "what was recorded is kept"

    # One that the operator stopped stays off.
    assert server("stream", "stop", "1").code == 0
    server.die()
    server.again()
    assert server.view().state == "STOPPED"
    assert server("stream", "remove", "1").code == 0
    assert server("stream", "list", "--json").json == []

    # What was deleted comes back; it is copied, and both get a group.
    (gone,) = server("stream", "deleted", "--json").json
    assert "Archive" in server("stream", "restore", gone["deleted_id"]).out
    assert "Archive copy" in server("stream", "duplicate", "Archive").out
    assert server("stream", "group", "Nightly", "Archive", "Archive copy").code == 0
    groups = [view["config"]["group"] for view in server("stream", "list", "--json").json]
    assert groups == ["Nightly", "Nightly"]
    assert server.end().code == 0
    assert place.leftovers() == []


def test_streams_that_cannot_start_say_why_and_leave_nothing(place: Place, media: Path) -> None:
    source = {"kind": "file", "path": str(media / "ott_with_scte35.ts")}
    (place.folder / "noise.ts").write_bytes(os.urandom(100_000))
    configs: dict[str, dict[str, Any]] = {
        "No such file": {"input": {"kind": "file", "path": str(place.folder / "nowhere.ts")}},
        "no transport stream": {"input": {"kind": "file", "path": str(place.folder / "noise.ts")}},
        "service 99 is not in the input; it has 1": {"input": source, "service_id": 99},
        "0x0100 .256. is taken": {"input": source, "scte35": {"pid": 256}},
        "0x03E9 .1001. already carries SCTE-35. Choose": {"input": source, "scte35": {"pid": 1001}},
        "folder .* does not exist": {
            "input": source,
            "output": {"kind": "file", "path": str(place.folder / "absent" / "out.ts")},
        },
    }
    server = Server(place)
    for number, (reason, config) in enumerate(configs.items(), start=1):
        added = {"name": f"Stream {number}", **config}
        if folders := server.do(system.outside_media(added)):
            server.do(system.allow_media(folders))
        server.do(streams.add(added))
        started = server("stream", "start", str(number))
        assert started.code == REFUSED, reason
        assert len(started.err.splitlines()) == 1
        assert started.err.startswith("ibe100: ")
        assert re.search(reason, started.err), started.err
    states = {view.state for view in server.do(streams.listed())}
    assert states == {"FAILED"}
    assert place.pids("ibe100/runner") == place.pids("ibe100.minitsp") == []
    wrong = server("stream", "add", "Wrong", "--input", "gopher://example.org")
    assert (wrong.code, "gopher:// is not known; allowed:" in wrong.err) == (REFUSED, True)
    assert server.end().code == 0
    assert place.leftovers() == []


def test_a_terminal_that_is_held_holds_neither_the_services_nor_their_end(place: Place) -> None:
    server = Server(place)
    assert server.process.stdout is not None
    fcntl.fcntl(server.process.stdout, fcntl.F_SETPIPE_SZ, 4096)
    server.do(streams.add({"name": "Pattern"}))
    for _ in range(60):
        with pytest.raises(Refused, match="the stream is OFF; start it"):
            server.do(cues.fire("1", "TO BREAK"))
    assert len(server.do(cues.recent("1"))) == 50
    server.process.send_signal(signal.SIGTERM)
    assert server.process.wait(DEADLINE_S) == 0, "nobody reads what it says, and it ends all the same"
    assert place.leftovers() == []
