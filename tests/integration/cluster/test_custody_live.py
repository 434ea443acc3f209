"""Two hosts on one PostgreSQL: a stream moves from one to the other, and its cues and its break with it."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from api_rig import free_door
from ibe100.api.server import api_server
from ibe100.api.tcp_listening import TcpListening
from ibe100.core.application import Application
from ibe100.core.config import ApiSettings
from ibe100.models.errors import CueRefused, StreamElsewhere
from ibe100.models.messages import StreamView
from ibe100.models.records.database import DatabaseServer
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_config import NoOutput, StreamConfig, UdpInput
from ibe100.models.stream_state import StreamState, Tally
from live_rig import live_sender, make_pattern
from loopback import free_port
from postgresql_rig import postgresql, server
from services_rig import asked, console, processes_of, until, until_cue, until_over, until_ready, view_of

__all__ = ["postgresql", "server"]

OPTIONS: dict[str, Any] = {
    "start_delay_ms": 5000,
    "inject_count": 2,
    "inject_interval_ms": 500,
    "heartbeat_interval_s": None,
    "auto_return": False,
    "explicit_return": True,
}


@asynccontextmanager
async def host(tmp_path: Path, server: DatabaseServer, name: str) -> AsyncIterator[Application]:
    """The server of a host, with its API; all hosts have the keys of the first."""
    folder, first = tmp_path / name / "data", tmp_path / "a" / "data"
    folder.mkdir(parents=True, exist_ok=True)
    if folder != first:
        for file in ("secrets.key", "secrets.bin"):
            shutil.copy(first / file, folder / file)
    door = TcpListening(free_door())
    cluster = {"host": name, "url": door.url}
    async with AsyncExitStack() as stack:
        stack.callback(door.close)
        application = await stack.enter_async_context(
            console(folder, database={"url": server.url}, cluster=cluster)
        )
        await stack.enter_async_context(api_server(application, ApiSettings(reads_per_s=100_000), [door]))
        yield application


def seen_by(application: Application, stream_id: str) -> StreamView | None:
    return next((one for one in application.streams.streams() if one.stream_id == stream_id), None)


async def until_seen(application: Application, stream_id: str, owner: str, state: StreamState) -> None:
    def ask() -> bool:
        view = seen_by(application, stream_id)
        return view is not None and (view.owner, view.state) == (owner, state)

    await until(ask, f"{stream_id} {state} on {owner}")


async def test_a_stream_moves_with_its_cues_and_its_break(tmp_path: Path, server: DatabaseServer) -> None:
    port = free_port()
    source = make_pattern(tmp_path / "pattern.ts", 90.0)
    config = StreamConfig(
        name="Sport", input=UdpInput(port=port, local_address="127.0.0.1"), output=NoOutput(), scte35=OPTIONS
    )
    with live_sender(source, port):
        async with host(tmp_path, server, "a") as a, host(tmp_path, server, "b") as b:
            stream_id = (await a.streams.add(config)).stream_id
            await a.streams.start(stream_id)
            await until_ready(a, stream_id)
            await until_seen(b, stream_id, "a", StreamState.RUNNING)
            with pytest.raises(StreamElsewhere, match="Sport is owned by the host a"):
                await b.streams.stop(stream_id)

            await until(lambda: b.cues.readiness(stream_id).ready, "readiness of a stream of another host")
            out = await b.cues.fire(asked(stream_id, CueAction.TO_BREAK, duration_s=600))
            assert (
                out.requested_by == "hosts (console at b)"
                and (await until_over(a, out)).state is CueState.SPLICED
            )

            back_at = time.time() + 20.0
            ahead = await a.cues.fire(asked(stream_id, CueAction.BACK_TO_PROGRAMME, splice_at=back_at))
            assert ahead.state is CueState.ARMED
            old = processes_of(a, stream_id)
            began_s = time.monotonic()
            await b.cluster.take(stream_id)
            await until_seen(a, stream_id, "b", StreamState.RUNNING)
            print(f"on air on b after {time.monotonic() - began_s:.2f} s, taken from a living host")
            await until(lambda: not processes_of(a, stream_id), "the end of what ran on a")
            assert old
            with pytest.raises(CueRefused):
                await a.cues.fire(asked(stream_id, CueAction.CRASH_OUT))

            await until_ready(b, stream_id)
            assert view_of(b, stream_id).tally in (Tally.IN_BREAK, Tally.ARMED)
            done = await until_cue(b, ahead, CueState.SPLICED)
            assert (done.splice_event_id, done.section_base64) == (
                ahead.splice_event_id,
                ahead.section_base64,
            ), "the same event by the same bytes"
            await until_tally(b, stream_id, Tally.ON_AIR)
            await until(lambda: same(a, done), "the cue as it ended, on the other host")
            sessions = await b.records.sessions.list()
            assert any("moved to b" in one.end_reason or "was lost" in one.end_reason for one in sessions)


def same(application: Application, cue: Cue) -> bool:
    return any(one == cue for one in application.cues.recent(cue.stream_id))


async def until_tally(application: Application, stream_id: str, tally: Tally) -> None:
    await until(lambda: view_of(application, stream_id).tally is tally, f"tally {tally}")
