"""The twin of the services against a real server, over a network with delay, loss and a cut."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from pydantic import SecretStr

from api_rig import PASSWORD, Served, at_socket, served
from ibe100.models.alarms.settings import RuleChange
from ibe100.models.cues.log import CueLogQuery
from ibe100.models.cues.preset import CuePreset
from ibe100.models.errors import ConfigurationError, NotAllowed, NotSignedIn, OperatorError
from ibe100.models.rights import Act, Role
from ibe100.models.scte35_marker import CueAction, CueRequest, CueState
from ibe100.models.stream_config import NoOutput, StreamConfig, TestPatternInput
from ibe100.models.stream_state import StreamState
from ibe100.remote.connection import NoConnection
from ibe100.remote.server import RemoteServer, remote_server
from relay_rig import Relay, relay_to
from services_rig import until

NEWS = StreamConfig(
    name="News",
    input=TestPatternInput(width=320, height=180, frame_rate=25, bitrate_bps=1_000_000),
    output=NoOutput(),
)


@asynccontextmanager
async def far_server(folder: Path) -> AsyncIterator[tuple[Served, Relay, RemoteServer]]:
    """A server, the network to it, and its twin at which anna has signed in."""
    async with (
        served(folder) as api,
        relay_to(int(api.url.rpartition(":")[2]), delay_s=0.05, loss=0.01) as relay,
        remote_server(relay.url) as far,
    ):
        await api.application.access.add_user("anna", Role.ADMIN, SecretStr(PASSWORD))
        with pytest.raises(NotSignedIn):
            await far.console.sign_in("anna", SecretStr("wrong horse battery"))
        seat = await far.console.sign_in("anna", SecretStr(PASSWORD))
        assert (seat.person, seat.role) == ("anna", Role.ADMIN)
        async with asyncio.timeout(60):
            await far.until_known()
        yield api, relay, far


async def test_a_cue_is_fired_from_afar_and_a_cut_is_told_and_made_up_for(tmp_path: Path) -> None:
    async with far_server(tmp_path) as (api, relay, far), asyncio.timeout(110):
        added = await far.streams.add(NEWS)
        await far.streams.start(added.stream_id)
        await until(lambda: far.streams.streams()[0].state is StreamState.RUNNING, "RUNNING in the mirror")
        await until(lambda: far.cues.readiness(added.stream_id, CueAction.TO_BREAK).ready, "ready")
        request = CueRequest(stream_id=added.stream_id, action=CueAction.TO_BREAK, duration_s=600)
        fired = await far.cues.fire(request)
        await until(lambda: far.cues.recent(added.stream_id)[0].state is CueState.SPLICED, "receipt")
        assert far.cues.recent(added.stream_id)[0].requested_by == "anna"
        assert (await far.records.cues.log(CueLogQuery())).cues[0].cue_id == fired.cue_id

        relay.is_cut = True
        relay.end_all()
        await until(lambda: not far.links()[0].is_up, "the loss")
        assert "no connection to" in far.console.refusal(Act.FIRE_CUE, added.stream_id)
        with pytest.raises(NoConnection, match="nothing was done"):
            await far.cues.fire(request)
        await api.application.streams.add(NEWS.model_copy(update={"name": "Sport"}))
        relay.is_cut = False
        await until(lambda: far.links()[0].is_up, "the connection again")
        assert [view.name for view in far.streams.streams()] == ["News", "Sport"]
        assert far.console.refusal(Act.FIRE_CUE, added.stream_id) == ""
        await far.streams.stop(added.stream_id)


async def test_pages_are_read_and_changed_through_the_twin(tmp_path: Path) -> None:
    async with far_server(tmp_path) as (_api, _relay, far), asyncio.timeout(110):
        stream_id = (await far.streams.add(NEWS)).stream_id
        await far.cue_presets.set_own("", [CuePreset(name="30 s", duration_s=30)])
        assert [one.name for one in far.cue_presets.presets(stream_id)] == ["30 s"]
        await far.access.add_user("ben", Role.OPERATOR, None)
        assert "ben" in {user.name for user in far.access.users()}
        token = await far.access.add_token("ben", "automation", None, None)
        assert [one.label for one in far.access.tokens("ben")] == ["automation"]
        await far.access.revoke_token(token.token_id)
        changed = await far.alarm_rules.set(stream_id, "input_lost", RuleChange(on_delay_s=3))
        rules = await far.alarm_rules.views(stream_id)
        assert next(one for one in rules if one.condition == "input_lost") == changed
        file = tmp_path / "plan.csv"
        file.write_text("stream,start,duration,title\nNews,2040-01-01T00:00:00Z,60,A\nGone,2040,1,B\n")
        preview = await far.schedule.preview_import(file)
        assert (len(preview.good), len(preview.bad)) == (1, 1)
        (stored,) = await far.schedule.import_rows(preview)
        await until(lambda: far.schedule.list() == (stored,), "the event of the import")
        out = tmp_path / "out.csv"
        assert await far.schedule.export(out, 0, 4e9, [stored.break_id]) == 1
        assert "2040-01-01" in out.read_text()
        assert await far.schedule.conflicts() == ()
        with pytest.raises(ConfigurationError, match="stand in no file"):
            await far.settings.change({"sound.repeat_s": 20})
        assert await far.media.not_allowed(NEWS) == ()
        assert len(await far.records.audit.list()) > 3
        assert [one.name for one in await far.as_run.streams()] == ["News"]
        with pytest.raises(NotAllowed, match="on its machine"):
            await far.kept_backups.export(tmp_path / "a.tar.gz", tmp_path)
        deleted = await far.streams.remove(stream_id)
        assert (await far.streams.restore(deleted)).name == "News"
        await far.console.lock()
        assert far.console.seat().locked_by == "anna"
        await far.console.sign_out()
        assert "no connection" in far.console.refusal(Act.FIRE_CUE)


async def test_at_the_unix_socket_nobody_signs_in(tmp_path: Path) -> None:
    from services_rig import console

    async with (
        console(tmp_path) as application,
        at_socket(application, tmp_path),
        remote_server(tmp_path) as far,
        asyncio.timeout(60),
    ):
        await far.until_known()
        assert not far.console.seat().asks_sign_in
        assert far.console.refusal(Act.SET_USERS) == ""
        with pytest.raises(OperatorError, match="at the window of the server itself"):
            await far.console.emergency("x", CueAction.TO_BREAK)
