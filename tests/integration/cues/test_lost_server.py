"""The database server is stopped under a stream on air: the stream goes on, and nothing of it is lost."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from ibe100.database.database import Database
from ibe100.models.alarms.alarm import AlarmState
from ibe100.models.errors import OperatorError
from ibe100.models.records.database import DatabaseServer
from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_state import StreamState
from postgresql_rig import PostgresServer, postgres_server, programs
from services_rig import asked, console, fired, looped, on_air, until, until_alarm, until_over, view_of

CANARY = "canary-0f3e7"


def with_password(server: PostgresServer) -> DatabaseServer:
    address = server.create()
    server.run(f"ALTER ROLE ibe100 PASSWORD '{CANARY}'")
    (server.folder / "data" / "pg_hba.conf").write_text("local all all scram-sha-256\n")
    server.run("SELECT pg_reload_conf()", "template1")
    return DatabaseServer(address.url, CANARY)


async def test_a_cue_on_air_while_its_server_is_stopped_is_proved_and_on_record(
    tmp_path: Path, media: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if programs() is None:
        pytest.skip("no PostgreSQL here (Debian: apt-get install postgresql)")
    with postgres_server() as server:
        address = with_password(server)
        monkeypatch.setenv("IBE100_DATABASE_PASSWORD", CANARY)
        async with console(tmp_path / "data", database={"url": address.url}) as application:
            stream_id = await on_air(application, looped(media))
            out = await application.cues.fire(asked(stream_id, CueAction.TO_BREAK, duration_s=600))
            await asyncio.to_thread(server.stop)
            out = await until_over(application, out)
            assert out.state is CueState.SPLICED, out.reason
            with pytest.raises(OperatorError, match="the server"):
                await application.cues.fire(asked(stream_id, CueAction.CRASH_IN))
            await until_alarm(application, "database_away", AlarmState.UNACKNOWLEDGED)
            assert not application.cues.readiness(stream_id).ready
            assert view_of(application, stream_id).state is StreamState.RUNNING
            await asyncio.to_thread(server.start)
            await until(lambda: application.cues.readiness(stream_id).ready, "readiness")
            back = await fired(application, stream_id, CueAction.CRASH_IN)
            assert back.state is CueState.SPLICED, back.reason
        database = await Database.open(address)
        stored = {cue.cue_id: cue for cue in await database.cues.recent(stream_id)}
        assert (stored[out.cue_id], stored[back.cue_id]) == (out, back)
        assert [step.state for step in await database.cues.steps(out.cue_id)][-1] == "SPLICED"
        alarms = {alarm.condition for alarm in await database.alarms.list()}
        assert "database_away" in alarms
        await database.close()
    for file in (tmp_path / "data").rglob("*"):
        assert not file.is_file() or CANARY.encode() not in file.read_bytes(), file
