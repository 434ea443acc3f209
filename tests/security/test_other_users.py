"""Another user of the machine beside a stream: it cannot send a cue, forge a receipt, or bring packets in.

With tsp, and with streams that an earlier version began, loopback ports stay open to all. Then what others
send is not believed, and a cue that gets through is told, on record and in the tally.
"""

from __future__ import annotations

import base64
import json
import os
import socket
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ibe100.core.application import Application
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_config import Engine, FileOutput, StreamConfig, TestPatternInput
from ibe100.models.stream_state import Tally
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.runner.launch import MARK, short_socket_path
from ibe100.runner.supervision.ownership import mark_of
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from ibe100.services.streams.launch_plan import LaunchPlanner
from ibe100.tsduck.stream_ports import LOOPBACK, StreamPorts, claim_ports
from services_rig import console, fired, journal, until, until_alarm, until_ready, view_of

NOBODY = 65534
EVENT = 0x7EADBEEF

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="asks Linux who owns a socket"),
    pytest.mark.skipif(sys.platform == "linux" and os.geteuid() != 0, reason="only root may act as nobody"),
]


def as_nobody(act: Callable[[], object]) -> str:
    """Run it as user nobody in a process of its own; returns the name of the error it raised, or nothing."""
    reader, writer = os.pipe()
    if (pid := os.fork()) == 0:
        said = b""
        try:
            os.setgroups([])
            os.setgid(NOBODY)
            os.setuid(NOBODY)
            act()
        except BaseException as error:  # noqa: BLE001 - whatever it is goes to the parent
            said = type(error).__name__.encode()
        os.write(writer, said)
        os._exit(0)
    os.close(writer)
    os.waitpid(pid, 0)
    with os.fdopen(reader, "rb") as words:
        return words.read().decode()


def datagram(data: bytes, port: object) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(data, (LOOPBACK, port))
        time.sleep(0.3)  # whoever asks for its owner finds it: it gains nothing by being quick


def post(port: object) -> None:
    body = b"bitrate,scope=ts value=99999999"
    head = (
        f"POST /api/v2/write HTTP/1.1\r\nAuthorization: Token loopback\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    # Not by a name: nobody may read what Python would load for it.
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as connection:
        connection.settimeout(10)
        connection.connect((LOOPBACK, port))
        connection.sendall(head.encode() + body)
        if connection.recv(100).startswith(b"HTTP/1.1 2"):
            raise AssertionError("the post was taken")


async def on_air(application: Application, out: Path, engine: Engine) -> str:
    config = StreamConfig(
        name="Live",
        input=TestPatternInput(width=160, height=90, bitrate_bps=1_000_000),
        output=FileOutput(path=out),
        engine=engine,
        scte35={"heartbeat_interval_s": 0.5},
    )
    stream_id = (await application.streams.add(config)).stream_id
    await application.streams.start(stream_id)
    await until_ready(application, stream_id)
    return stream_id


def sockets_of(stream_dir: Path) -> set[str]:
    """Inodes of the sockets that the processes of a stream have open."""
    mark = f"{MARK}={mark_of(stream_dir)}".encode()
    found: set[str] = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if process.name != str(os.getpid()) and mark in (process / "environ").read_bytes().split(b"\0"):
                links = [str(one.readlink()) for one in (process / "fd").iterdir()]
                found |= {link[8:-1] for link in links if link.startswith("socket:[")}
        except OSError:  # it has ended meanwhile
            continue
    return found


def ip_sockets() -> set[str]:
    """Inodes of all sockets of IP on this machine."""
    tables = [Path(f"/proc/net/{kind}").read_text() for kind in ("udp", "udp6", "tcp", "tcp6")]
    return {line.split()[9] for table in tables for line in table.splitlines()[1:]}


async def test_a_stream_of_the_built_in_processor_has_no_ip_socket_and_its_folder_is_closed(
    tmp_path: Path,
) -> None:
    for folder in (tmp_path, *tmp_path.parents):  # only the stream's own folders keep others out
        if folder.owner() == "root" and folder.stat().st_mode & 0o055 != 0o055:
            folder.chmod(0o755)
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, tmp_path / "out.ts", Engine.BUILTIN)
        stream_dir = application.streams.run_of(stream_id).link.stream_dir
        ours = sockets_of(stream_dir)
        assert len(ours) > 5
        assert not ours & ip_sockets()

        def reach(name: str, kind: socket.SocketKind) -> str:
            def connect() -> None:
                with short_socket_path(stream_dir / name) as path, socket.socket(socket.AF_UNIX, kind) as one:
                    one.connect(path)

            return as_nobody(connect)

        sockets = {path.name for path in stream_dir.iterdir() if path.is_socket()}
        assert {"cue.sock", "splice.sock", "control.sock"} <= sockets
        for name in sockets:
            kind = socket.SOCK_STREAM if name == "control.sock" else socket.SOCK_DGRAM
            assert reach(name, kind) == "PermissionError"
        assert (await fired(application, stream_id, CueAction.TO_BREAK)).state is CueState.SPLICED


@pytest.mark.parametrize("engine", [Engine.BUILTIN, pytest.param(Engine.TSDUCK, marks=pytest.mark.tsduck)])
async def test_at_the_ports_of_a_stream_nothing_of_others_is_believed_and_their_cue_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, engine: Engine
) -> None:
    monkeypatch.setattr(LaunchPlanner, "claim", lambda *_: claim_ports((), with_source=True))
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, tmp_path / "out.ts", engine)
        run = application.streams.run_of(stream_id)
        assert run.record is not None
        ports = run.record.ports
        ours = await fired(application, stream_id, CueAction.SPLICE_NULL)
        assert ours.state is CueState.SPLICED

        forged = splice_insert(EVENT, True, duration_pts=600 * PTS_HZ, auto_return=True)
        assert_nothing_is_believed(ports, encode(forged))
        await until(lambda: warnings(application, stream_id), "a word about them")
        assert [line for line in journal(application, stream_id) if line["kind"] == "cue_seen"][-1]["base64"]
        assert not foreign_cues(application, stream_id)
        assert view_of(application, stream_id).tally is not Tally.IN_BREAK

        assert as_nobody(lambda: datagram(encode(forged), ports.cue)) == ""
        alarm = await until_alarm(application, "foreign_cue", AlarmState.UNACKNOWLEDGED)
        assert alarm.severity == 1
        assert "0x7EADBEEF" in alarm.value
        (cue,) = await until(lambda: foreign_cues(application, stream_id, CueState.SPLICED), "on record")
        assert (cue.splice_event_id, cue.duration_s, cue.requested_by) == (EVENT, 600.0, "another sender")
        assert view_of(application, stream_id).tally is Tally.IN_BREAK
        back = await fired(application, stream_id, CueAction.BACK_TO_PROGRAMME)
        assert (back.state, back.splice_event_id) == (CueState.SPLICED, EVENT)
        assert view_of(application, stream_id).tally is not Tally.IN_BREAK


def assert_nothing_is_believed(ports: StreamPorts, section: bytes) -> None:
    """Forged receipts, garbage and posts at every port that the runner listens at."""
    seen: dict[str, Any] = {
        "#name": "splice_information_table",
        "#nodes": [
            {
                "#name": "metadata",
                "pid": 500,
                "#nodes": [{"#name": "section", "base64": base64.b64encode(section).decode()}],
            }
        ],
    }
    assert as_nobody(lambda: datagram(json.dumps(seen).encode(), ports.splice_json)) == ""
    heard = (ports.splice_json, ports.input_splice, ports.analyze_json, ports.pulse)
    for port in (*heard, ports.tap, ports.look):
        assert as_nobody(lambda port=port: datagram(os.urandom(400), port)) == ""
    assert as_nobody(lambda: post(ports.influx)) in ("", "ConnectionResetError", "BrokenPipeError")


def warnings(application: Application, stream_id: str) -> list[str]:
    lines = journal(application, stream_id)
    return [line["text"] for line in lines if "was not sent by this user" in line.get("text", "")]


def foreign_cues(application: Application, stream_id: str, state: CueState | None = None) -> list[Cue]:
    found = [cue for cue in application.cues.recent(stream_id) if cue.is_foreign]
    return [cue for cue in found if state is None or cue.state is state]
