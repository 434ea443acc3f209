"""Every route with every role: who may, who may not, and nobody without a token."""

from __future__ import annotations

from pathlib import Path

import httpx
import pytest

from api_rig import served
from ibe100.api.application import guarded_routes
from ibe100.api.guard import middleware
from ibe100.models.console import ConsolePlan
from ibe100.models.rights import Role

TABLE = {
    Role.VIEWER: """
        GET /profiles/shipped
        GET /as-run/log
        GET /clips
        GET /clips/use
        GET /clips/recording
        GET /clips/{clip_id}/file
        GET /window
        GET /cluster
        POST /streams/clashes
        GET /streams/{stream}/restart-time
        GET /deleted-streams
        POST /previews
        GET /streams/{stream}/preview
        GET /streams/{stream}/picture
        GET /break-warning
        GET /streams/{stream}/return-receipts
        GET /cue-presets
        GET /streams/{stream}/cue-presets
        GET /streams/{stream}/rundown
        GET /alarms/rate
        GET /alarm-rules/{condition}
        GET /schedule/file
        GET /schedule/{break_id}
        POST /schedule/check
        GET /contracts
        GET /contracts/own/{name}
        POST /contracts/apply
        POST /contracts/break
        POST /contracts/lint
        GET /metrics/health
        GET /metrics/file
        GET /settings/sound
        GET /backups/status
        GET /streams
        GET /streams/{stream}
        GET /streams/{stream}/command
        GET /streams/{stream}/input-cues
        GET /streams/{stream}/cues
        GET /streams/{stream}/cues/readiness
        GET /cues/{cue_id}
        GET /alarms
        GET /alarms/history
        GET /alarm-rules
        GET /schedule
        GET /schedule/conflicts
        GET /schedule/rows
        GET /backups
        GET /support/versions
        GET /support/licences
        GET /profiles
        GET /history/sessions
        GET /history/cues
        GET /history/events
        GET /as-run
        GET /as-run/streams
        GET /as-run/breaks
        GET /as-run/breaks/file
        GET /metrics/series
        GET /metrics/curves
        GET /metrics/changes
        GET /engine
        GET /contracts/templates
        GET /openapi.json
        GET /me
        POST /logout
        GET //metrics
    """,
    Role.OPERATOR: """
        POST /streams/{stream}/input
        DELETE /streams/{stream}/input
        POST /cluster/streams/{stream}/take
        POST /cluster/streams/{stream}/release
        POST /streams/many
        POST /streams/{stream}/restart-after-break
        DELETE /streams/{stream}/restart-after-break
        POST /streams/{stream}/cue-presets/{name}/fire
        PUT /streams/{stream}/rundown
        POST /streams/{stream}/rundown/{step}/fire
        POST /schedule/{break_id}/send-early
        POST /schedule/{break_id}/accept-conflict
        POST /streams/{stream}/start
        POST /streams/{stream}/stop
        POST /streams/{stream}/restart
        POST /streams/{stream}/retry
        POST /streams/{stream}/reset-counters
        POST /streams/{stream}/cues
        POST /streams/{stream}/cues/preview
        POST /cues/{cue_id}/cancel
        POST /alarms/{alarm_id}/acknowledge
        POST /alarms/{alarm_id}/shelve
        POST /alarms/{alarm_id}/unshelve
        POST /schedule
        PUT /schedule/{break_id}
        DELETE /schedule/{break_id}
        POST /schedule/rows
        POST /schedule/remove
        POST /schedule/import
        POST /schedule/import/preview
    """,
    Role.ENGINEER: """
        DELETE /cluster/hosts/{name}
        POST /streams/command
        POST /streams/group
        POST /streams/{stream}/duplicate
        POST /deleted-streams/{deleted_id}/restore
        DELETE /deleted-streams/{deleted_id}
        PUT /cue-presets
        GET /profiles/{name}/file
        POST /profiles/import
        POST /contracts
        PUT /contracts/own/{name}
        DELETE /contracts/own/{name}
        GET /settings
        PUT /settings
        POST /settings/reset
        POST /settings/undo
        GET /settings/last-change
        POST /notifications
        DELETE /notifications/{target_id}
        POST /backups/{name}/prove
        POST /streams
        PUT /streams/{stream}
        DELETE /streams/{stream}
        POST /media-folders
        POST /media-folders/missing
        POST /backups
        GET /support/diagnostics
        GET /support/bundle
        POST /probe
        POST /streams/{stream}/probe
        PUT /alarm-rules/{condition}
        PUT /profiles/{name}
        POST /profiles/{name}/load
        GET /notifications
        POST /notifications/{target_id}/test
    """,
    Role.ADMIN: """
        GET /backups/{name}/contents
        POST /backups/{name}/restore-at-start
        GET /users
        POST /users
        PUT /users/{name}
        DELETE /users/{name}
        GET /tokens
        POST /tokens
        DELETE /tokens/{token_id}
        GET /history/audit
    """,
}
"""Paths below /api/v1, but for the one with two slashes."""


def table() -> dict[tuple[str, str], Role]:
    found = {}
    for role, lines in TABLE.items():
        for line in lines.split("\n"):
            if line.strip():
                method, path = line.split()
                found[method, path[1:] if path.startswith("//") else f"/api/v1{path}"] = role
    return found


def test_every_route_asks_for_the_role_of_the_table() -> None:
    """One that is new has to be put into the table, and so to be thought about."""
    declared = {
        (method, route.path): Role((route.openapi_extra or {})["x-role"])
        for route in guarded_routes()
        for method in route.methods
    }
    assert declared == table()


async def test_each_role_gets_in_where_it_may_and_nowhere_else(tmp_path: Path) -> None:
    """What is asked for is not there, or not complete: nothing is changed by those who may."""
    fills = {
        "{stream}": "none",
        "{step}": "0",
        "{deleted_id}": "77",
        "{cue_id}": "77",
        "{alarm_id}": "77",
        "{break_id}": "77",
        "{token_id}": "77",
    }
    async with served(tmp_path) as api:
        for role in Role:
            client = await api.client(role)
            for (method, path), needed in table().items():
                if path.endswith("/logout"):
                    continue
                place = path
                for name, value in fills.items():
                    place = place.replace(name, value)
                place = (
                    place.replace("{name}", "none").replace("{target_id}", "x").replace("{condition}", "x")
                )
                if (method, path) == ("PUT", "/api/v1/profiles/{name}"):
                    place = "/api/v1/profiles/-"
                response = await client.request(method, place)
                refused = response.status_code == 403
                assert refused is not role.covers(needed), (role, method, path, response.text)
                assert response.status_code != 401
                assert response.status_code < 500, (method, path, response.text)


async def test_without_a_valid_token_every_path_is_closed_whether_it_exists_or_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "HELD_S", {})
    async with served(tmp_path) as api:
        for token in ("", "ibe100_", "ibe100_" + "A" * 43, "nonsense"):
            client = await api.client(None, **({"Authorization": f"Bearer {token}"} if token else {}))
            more = ("/api/v1/nothing", "/docs", "/openapi.json", "/")
            for method, path in [*table(), *(("GET", path) for path in more)]:
                response = await client.request(method, path.replace("{", "").replace("}", ""))
                assert response.status_code == 401, (method, path)
                assert response.json()["kind"] == "not_signed_in"
                assert response.headers["WWW-Authenticate"] == "Bearer"
            assert (await client.get("/healthz")).json() == {"status": "ok"}


async def test_rights_to_some_streams_hold_by_http_and_everybody_may_log_out(tmp_path: Path) -> None:
    plain = {"input": {"kind": "test_pattern"}, "output": {"kind": "none"}}
    async with served(tmp_path) as api:
        admin, operator = await api.client(Role.ADMIN), await api.client(Role.OPERATOR)
        for name in ("News", "Sport"):
            assert (await admin.post("/api/v1/streams", json={"name": name, **plain})).status_code == 201
        changed = await admin.put("/api/v1/users/otto", json={"streams": ["1"]})
        assert changed.status_code == 200, changed.text
        assert (await operator.get("/api/v1/me")).json()["streams"] == ["news"]
        assert len((await operator.get("/api/v1/streams")).json()) == 2, "all are seen"
        for path in ("stop", "retry", "reset-counters"):
            other = await operator.post(f"/api/v1/streams/Sport/{path}")
            assert other.status_code == 403, other.text
            assert other.json()["error"].startswith("otto may not act on this stream")
            own = await operator.post(f"/api/v1/streams/News/{path}")
            assert own.status_code != 403, own.text
        unknown = await admin.put("/api/v1/users/otto", json={"streams": ["7"]})
        assert unknown.status_code == 404, "a right to a stream that is not there is a mistake"
        assert (await admin.put("/api/v1/users/otto", json={"streams": "all"})).status_code == 200
        assert (await operator.post("/api/v1/streams/Sport/reset-counters")).status_code == 200
        assert (await (await api.client(Role.VIEWER)).post("/api/v1/logout")).status_code == 200


async def test_what_needs_two_persons_needs_the_token_of_another_who_may_do_it(tmp_path: Path) -> None:
    plain = {"input": {"kind": "test_pattern"}, "output": {"kind": "none"}}
    async with served(tmp_path) as api:
        api.application.access.seconded = ConsolePlan(four_eyes=("delete",)).seconded
        await api.application.access.add_user("eva", Role.ENGINEER, None)
        second = await api.application.access.add_token("eva", "test", None, 3600)
        engineer = await api.client(Role.ENGINEER)
        assert (await engineer.post("/api/v1/streams", json={"name": "News", **plain})).status_code == 201

        async def delete(token: str) -> httpx.Response:
            headers = {"X-Second-Person": f"Bearer {token}"} if token else {}
            return await engineer.delete("/api/v1/streams/News", headers=headers)

        alone = await delete("")
        assert (alone.status_code, alone.json()["kind"]) == (403, "second_person")
        itself = await delete(api.tokens[Role.ENGINEER].token)
        assert (itself.status_code, itself.json()["kind"]) == (403, "not_allowed")
        assert "otto is operator" in (await delete(api.tokens[Role.OPERATOR].token)).json()["error"]
        assert (await delete("ibe100_nonsense")).status_code == 401
        assert (await delete(second.token)).status_code == 200
        assert ("emil + eva", "stream deleted", "news") in await api.audit()
