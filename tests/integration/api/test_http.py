"""What the API does with requests that are wrong, too large, too slow, too many, or from a web page."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from api_rig import NAMES, PASSWORD, key, served, words
from ibe100.api.guard import middleware
from ibe100.models.errors import StorageError
from ibe100.models.rights import Role
from ibe100.models.session import SessionRecord
from ibe100.models.stream_config import StreamConfig

STREAM: dict[str, Any] = {"name": "Ch 1"}
SECRET = "0123456789abcdef"


async def test_validation_names_the_field_and_the_value_and_never_repeats_a_secret(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        engineer = await api.client(Role.ENGINEER)
        wrong = {"name": "", "input": {"kind": "udp", "port": 70_000}}
        said = words(await engineer.post("/api/v1/streams", json=wrong), 422)
        assert said.startswith("name '': string should have at least 1 character")
        assert "input.udp.port 70000: input should be less than or equal to 65535" in said
        short = {"name": "x", "input": {"kind": "srt", "host": "h", "port": 1, "passphrase": "hush"}}
        said = words(await engineer.post("/api/v1/streams", json=short), 422)
        assert "passphrase: 10 to 79 bytes are allowed" in said
        assert "hush" not in said
        assert "the body is no JSON" in words(
            await engineer.post(
                "/api/v1/streams", content=b"{", headers={"Content-Type": "application/json"}
            ),
            400,
        )
        admin = await api.client(Role.ADMIN)
        user = {"name": "carl", "role": "viewer", "password": "brief"}
        said = words(await admin.post("/api/v1/users", json=user), 422)
        assert "password: 10 to 200 characters are allowed" in said
        assert "brief" not in said


async def test_secrets_of_a_stream_never_come_out_and_stay_when_its_config_is_sent_back(
    tmp_path: Path,
) -> None:
    async with served(tmp_path) as api:
        engineer, viewer = await api.client(Role.ENGINEER), await api.client(Role.VIEWER)
        config = {
            **STREAM,
            "input": {"kind": "hls", "url": f"https://user:{SECRET}@cdn.example/live.m3u8?t={SECRET}"},
            "output": {"kind": "srt", "mode": "listener", "port": 9000, "passphrase": SECRET},
        }
        async with api.listener() as listener:
            added = await engineer.post("/api/v1/streams", json=config)
            assert added.status_code == 201, added.text
            told = str(await listener.recv()) + str(await listener.recv())
        assert added.json()["kept_secrets"] == ["input.url", "output.passphrase"]
        shown = await viewer.get("/api/v1/streams/1")
        answers = [added.text, shown.text, told]
        changed = await engineer.put("/api/v1/streams/1", json={**shown.json()["config"], "name": "Renamed"})
        answers += [changed.text, (await viewer.get("/metrics")).text]
        await engineer.put("/api/v1/profiles/house")
        answers.append((await engineer.post("/api/v1/profiles/house/load")).text)
        assert [text for text in answers if SECRET in text] == []
        kept = api.application.streams.streams()[0].config
        assert kept.name == "Renamed"
        assert SECRET in kept.input.url  # type: ignore[union-attr]
        assert kept.output.passphrase.get_secret_value() == SECRET  # type: ignore[union-attr]


async def test_a_mask_does_not_become_a_secret(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        engineer = await api.client(Role.ENGINEER)
        masked = {**STREAM, "output": {"kind": "srt", "mode": "listener", "port": 9, "passphrase": "*" * 10}}
        assert "this is a mask" in words(await engineer.post("/api/v1/streams", json=masked), 422)
        masked = {**STREAM, "input": {"kind": "http", "url": "http://********@host/x"}}
        assert "a part is masked" in words(await engineer.post("/api/v1/streams", json=masked), 422)


async def test_what_is_not_there_is_told_as_such(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        admin = await api.client(Role.ADMIN)
        for method, path in (
            ("GET", "/api/v1/streams/9"),
            ("GET", "/api/v1/cues/9"),
            ("POST", "/api/v1/alarms/9/acknowledge"),
            ("PUT", "/api/v1/alarm-rules/none"),
            ("DELETE", "/api/v1/schedule/9"),
            ("POST", "/api/v1/profiles/none/load"),
            ("POST", "/api/v1/notifications/none/test"),
            ("PUT", "/api/v1/users/none"),
            ("DELETE", "/api/v1/tokens/99"),
            ("GET", "/api/v1/nothing"),
        ):
            body = {"role": "viewer"} if "users" in path else {} if method == "PUT" else None
            response = await admin.request(method, path, json=body)
            assert words(response, 404), (method, path)
            assert response.json()["kind"] == "not_found"
        assert words(await admin.delete("/api/v1/me"), 405)


async def test_a_body_that_is_too_large_is_refused_before_it_is_read(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        engineer = await api.client(Role.ENGINEER)
        large = json.dumps({"name": "x" * (1 << 20)}).encode()
        head = {"Content-Type": "application/json"}
        assert "larger than 64 KiB" in words(
            await engineer.post("/api/v1/streams", content=large, headers=head), 413
        )

        async def pieces() -> Any:
            for start in range(0, len(large), 65_536):
                yield large[start : start + 65_536]

        said = await engineer.post("/api/v1/streams", content=pieces(), headers=head)
        assert "larger than 64 KiB" in words(said, 413)
        assert (await engineer.get("/api/v1/me")).status_code == 200


async def test_a_body_that_does_not_come_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "BODY_TIMEOUT_S", 0.1)
    async with served(tmp_path) as api:
        host, port = api.url.removeprefix("http://").split(":")
        reader, writer = await asyncio.open_connection(host, int(port))
        token = api.tokens[Role.ENGINEER].token
        writer.write(
            f"POST /api/v1/streams HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n"
            "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{".encode()
        )
        assert b" 408 " in await reader.readline()
        writer.close()


async def test_a_web_page_gets_nothing_unless_its_origin_is_allowed(tmp_path: Path) -> None:
    ours = "https://dashboard.example"
    async with served(tmp_path, allowed_origins=[ours]) as api:
        for path in ("/healthz", "/api/v1/me", "/metrics"):
            for origin in ("https://elsewhere.example", "null", "http://127.0.0.1:8100"):
                viewer = await api.client(Role.VIEWER, Origin=origin)
                response = await viewer.get(path)
                assert "web pages may not use this" in words(response, 403)
                assert "access-control-allow-origin" not in response.headers
        allowed = await (await api.client(Role.VIEWER, Origin=ours)).get("/api/v1/me")
        assert allowed.headers["access-control-allow-origin"] == ours
        assert "access-control-allow-credentials" not in allowed.headers


async def test_a_name_that_somebody_elses_dns_points_here_is_refused(tmp_path: Path) -> None:
    async with served(tmp_path, host_names=["playout.house"]) as api:
        for host in ("evil.example", "evil.example:8100", "", "127.0.0.1.evil.example"):
            viewer = await api.client(Role.VIEWER, Host=host)
            assert "not the name of this machine" in words(await viewer.get("/healthz"), 421)
        for host in ("localhost:1", "127.0.0.1", "[::1]:8100", "10.1.2.3:8100", "Playout.House:8100"):
            assert (await (await api.client(None, Host=host)).get("/healthz")).status_code == 200


async def test_every_answer_forbids_to_be_kept_framed_or_guessed_at(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        client = await api.client(None)
        for path in ("/healthz", "/api/v1/me", "/nothing"):
            headers = (await client.get(path)).headers
            for name, value in middleware.HEADERS.items():
                assert headers[name] == value
            assert "server" not in headers
            assert "set-cookie" not in headers


async def test_too_many_requests_at_once_are_put_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(middleware.MOST_AT_ONCE, "reads", (1, 1))
    async with served(tmp_path) as api:
        await api.application.streams.add(StreamConfig(name="Ch 1"))
        entered, go_on = asyncio.Event(), asyncio.Event()

        async def slow() -> tuple[str, ...]:
            entered.set()
            await go_on.wait()
            return ("slow",)

        monkeypatch.setattr(api.application.engine, "engines", slow)
        viewer = await api.client(Role.VIEWER)
        first = asyncio.create_task(viewer.get("/api/v1/engine"))
        await entered.wait()
        second = await viewer.get("/api/v1/me")
        assert "too many requests" in words(second, 503)
        assert (second.json()["kind"], second.headers["Retry-After"]) == ("busy", "1")
        operator = await api.client(Role.OPERATOR)
        asked = await operator.post("/api/v1/streams/1/cues", json={"action": "CRASH OUT"}, headers=key())
        assert words(asked, 409)  # it is off, and was asked
        go_on.set()
        assert (await first).status_code == 200


async def test_what_takes_threads_is_done_one_at_a_time_and_keeps_nothing_else_waiting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(tmp_path) as api:
        inside, most, entered, go_on = 0, 0, asyncio.Event(), asyncio.Event()

        async def slow(_limit: int) -> tuple[SessionRecord, ...]:
            nonlocal inside, most
            inside += 1
            most = max(most, inside)
            entered.set()
            await go_on.wait()
            inside -= 1
            return ()

        monkeypatch.setattr(api.application.records.sessions, "list", slow)
        viewer = await api.client(Role.VIEWER)
        asking = [asyncio.create_task(viewer.get("/api/v1/history/sessions")) for _ in range(5)]
        await entered.wait()
        assert (await viewer.get("/api/v1/streams")).status_code == 200
        assert (await viewer.get("/metrics")).status_code == 200
        go_on.set()
        assert [answer.status_code for answer in await asyncio.gather(*asking)] == [200] * 5
        assert most == 1


async def test_a_bug_shows_nothing_of_the_inside_and_its_number_stands_in_the_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(tmp_path) as api:

        async def broken() -> None:
            raise RuntimeError("the inside")

        monkeypatch.setattr(api.application.engine, "engines", broken)
        response = await (await api.client(Role.VIEWER)).get("/api/v1/engine")
        said = words(response, 500)
        number = response.json()["number"]
        assert "the inside" not in response.text
        assert number in said
        assert (await (await api.client(None)).get("/healthz")).status_code == 200
    log = (tmp_path / "logs" / "errors.log").read_text()
    assert any(number in line and "the inside" in line for line in log.splitlines())


async def test_a_disk_that_cannot_be_written_is_503_and_nothing_is_fired(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(tmp_path) as api:
        await (await api.client(Role.ENGINEER)).post("/api/v1/streams", json=STREAM)

        async def full(*_: object) -> None:
            raise StorageError("The disk is full.")

        monkeypatch.setattr(api.application.records.kept_requests, "reserve", full)
        operator = await api.client(Role.OPERATOR)
        response = await operator.post("/api/v1/streams/1/cues", json={"action": "CRASH OUT"}, headers=key())
        assert words(response, 503) == "The disk is full."
        assert api.application.cues.recent("ch-1") == ()


async def test_a_cue_without_a_key_is_not_fired(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        await (await api.client(Role.ENGINEER)).post("/api/v1/streams", json=STREAM)
        operator = await api.client(Role.OPERATOR)
        response = await operator.post("/api/v1/streams/1/cues", json={"action": "CRASH OUT"})
        assert words(response, 422).startswith("Idempotency-Key: this header is needed")
        blank = await operator.post(
            "/api/v1/streams/1/cues", json={"action": "CRASH OUT"}, headers={"Idempotency-Key": "a b"}
        )
        assert words(blank, 422).startswith("Idempotency-Key")


async def test_a_login_is_slowed_down_and_says_how_long(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        await api.application.access.set_password("ada", SecretStr(PASSWORD))
        client = await api.client(None)

        async def log_in(password: str) -> httpx.Response:
            return await client.post("/api/v1/login", json={"name": "ada", "password": password})

        made = (await log_in(PASSWORD)).json()
        me = await client.get("/api/v1/me", headers={"Authorization": f"Bearer {made['token']}"})
        assert (me.json()["name"], me.json()["role"]) == ("ada", "admin")
        for _ in range(3):
            assert words(await log_in("wrong"), 401) == "the name or the password is wrong"
        # A slow machine may have waited long enough already: each further wait is twice as long.
        while (slowed := await log_in("wrong")).status_code == 401:
            pass
        assert "wait" in words(slowed, 429)
        assert int(slowed.headers["Retry-After"]) >= 1


async def test_tokens_and_users_are_made_and_ended_over_http(tmp_path: Path) -> None:
    async with served(tmp_path) as api:
        admin = await api.client(Role.ADMIN)
        user = {"name": "carl", "role": "operator", "password": PASSWORD}
        assert (await admin.post("/api/v1/users", json=user)).status_code == 201
        assert words(await admin.post("/api/v1/users", json=user), 409)
        made = await admin.post("/api/v1/tokens", json={"user": "carl", "label": "playout", "days": 1})
        token = made.json()["token"]
        assert re.fullmatch(r"ibe100_[\w-]{43}", token)
        carl = await api.client(None, Authorization=f"Bearer {token}")
        assert (await carl.get("/api/v1/me")).json()["role"] == "operator"
        await admin.put("/api/v1/users/carl", json={"role": "viewer"})
        assert (await carl.get("/api/v1/me")).json()["role"] == "viewer"
        listed = (await admin.get("/api/v1/tokens", params={"user": "carl"})).json()
        assert [one["label"] for one in listed] == ["playout"]
        assert token not in str(listed)
        more = {"user": "carl", "label": "x", "role": "admin"}
        assert "cannot be admin" in words(await admin.post("/api/v1/tokens", json=more), 409)
        await admin.delete("/api/v1/users/carl")
        assert words(await carl.get("/api/v1/me"), 401)
        names = [one["name"] for one in (await admin.get("/api/v1/users")).json()]
        assert names == sorted(NAMES.values())
