"""`ibe100 user` and `ibe100 token`, with and without somebody who runs; `serve --api`."""

from __future__ import annotations

import asyncio
import io
import json
import ssl
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from api_rig import PASSWORD, at_socket, free_door, served
from demo_rig import cli, finished, patiently, place_in
from ibe100.api.startup import api_beside, listen
from ibe100.cli import user as user_command
from ibe100.core.application import open_application
from ibe100.core.config import ApiSettings, load
from ibe100.models.errors import ConfigurationError
from ibe100.models.rights import Role
from loopback import free_port
from services_rig import settings
from tls_rig import certificate_in

REFUSED = 3


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "run").mkdir(mode=0o700)
    monkeypatch.setenv("COLUMNS", "200")
    return tmp_path / "data"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(PASSWORD + "\n"))


@pytest.mark.usefixtures("typed")
def test_users_and_tokens_are_seen_to_where_nobody_runs(data_dir: Path) -> None:
    here = ("--data-dir", data_dir)
    added = cli("user", "add", "anna", "--role", "operator", "--password-stdin", *here)
    assert (added.code, added.out.strip()) == (0, "anna is operator")
    cli("user", "add", "bot", "--role", "viewer", "--no-password", *here)
    users = cli("user", "list", "--json", *here).json
    assert [(one["name"], one["role"], one["has_password"]) for one in users] == [  # type: ignore[index]
        ("anna", "operator", True),
        ("bot", "viewer", False),
    ]
    made = cli("token", "add", "anna", "--label", "playout", "--role", "viewer", "--never-expires", *here)
    token = made.out.strip()
    assert token.startswith("ibe100_") and " " not in token
    assert "token 1 of anna, viewer, ends: when revoked" in made.err
    listed = cli("token", "list", *here)
    assert "playout" in listed.out and token not in listed.out
    assert cli("user", "role", "anna", "viewer", *here).code == 0
    assert cli("token", "revoke", "1", *here).out.strip() == "token 1 is revoked"
    assert json.loads(cli("token", "list", "--json", *here).out) == []
    assert cli("user", "remove", "anna", *here).code == 0
    assert "anna" not in cli("user", "list", *here).out


def test_what_cannot_be_is_one_line_and_exit_code_2(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    here = ("--data-dir", data_dir)
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    refused = cli("user", "add", "anna", "--role", "viewer", "--password-stdin", *here)
    assert refused.code == REFUSED
    assert refused.refusal() == "ibe100: user: password: 10 to 200 characters are allowed"
    for words, arguments in (
        ("there is no user no-one", ("user", "remove", "no-one")),
        ("there is no user no-one", ("token", "add", "no-one")),
        ("there is no token 7", ("token", "revoke", "7")),
        ("name 'Anna'", ("user", "add", "Anna", "--role", "viewer", "--no-password")),
    ):
        ended = cli(*arguments, *here)
        assert ended.code == REFUSED
        assert words in ended.refusal()


def test_a_password_is_asked_for_twice_and_never_shown(
    data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[bool, bool]] = []

    def prompt(_words: str, *, hide_input: bool, confirmation_prompt: bool, err: bool) -> str:
        asked.append((hide_input, confirmation_prompt))
        return PASSWORD

    monkeypatch.setattr(user_command.typer, "prompt", prompt)
    cli("user", "add", "anna", "--role", "viewer", "--no-password", "--data-dir", data_dir)
    ended = cli("user", "password", "anna", "--data-dir", data_dir)
    assert asked == [(True, True)]
    assert PASSWORD not in ended.out + ended.err


async def test_a_token_revoked_from_the_command_line_ends_at_once_where_somebody_runs(
    tmp_path: Path, data_dir: Path
) -> None:
    async with served(data_dir) as api, at_socket(api.application, data_dir):
        viewer = await api.client(Role.VIEWER)
        assert (await viewer.get("/api/v1/me")).status_code == 200
        token_id = api.tokens[Role.VIEWER].token_id
        revoked = await asyncio.to_thread(cli, "token", "revoke", str(token_id), "--data-dir", data_dir)
        assert revoked.code == 0, revoked.err
        assert (await viewer.get("/api/v1/me")).status_code == 401
        assert await asyncio.to_thread(cli, "user", "list", "--data-dir", data_dir)


def test_serve_serves_the_api_where_it_is_asked_to_and_ends_cleanly(tmp_path: Path) -> None:
    with place_in(tmp_path) as place:
        added = place.run(
            "user", "add", "bot", "--role", "viewer", "--no-password", "--data-dir", place.data_dir
        )
        assert added.code == 0, added.err
        token = place.run("token", "add", "bot", "--data-dir", place.data_dir).out.strip()
        port = free_port()
        server = place.start(
            "serve", "--api", "--api-port", str(port), "--engine", "builtin", "--data-dir", place.data_dir
        )
        url = f"http://127.0.0.1:{port}"
        patiently(lambda: _answers(url) or server.poll() is not None, "the API")
        headers = {"Authorization": f"Bearer {token}"}
        assert httpx.get(f"{url}/api/v1/me", headers=headers, timeout=60).json()["name"] == "bot"
        second = place.run("serve", "--api", "--api-port", str(port), "--data-dir", tmp_path / "other")
        assert second.code == REFUSED
        assert second.refusal() == (
            f"ibe100: the API cannot listen on 127.0.0.1 port {port}: another program does; "
            "choose another with api.port or --api-port"
        )
        server.terminate()
        ended = finished(server)
        assert ended.code == 0, ended.err
        assert f"the API is on {url}" in ended.out + ended.err


def test_what_serves_without_the_api_loads_nothing_of_it(tmp_path: Path) -> None:
    code = (
        "import sys, ibe100.cli.serve, ibe100.cli.console, ibe100.core.application, ibe100.api.startup;"
        "heavy = {'fastapi', 'uvicorn', 'starlette', 'argon2', 'prometheus_client', 'websockets'};"
        "print(sorted(heavy & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert (ended.stdout.strip(), ended.stderr) == ("[]", "")


async def test_a_console_whose_port_is_taken_says_so_and_goes_on(tmp_path: Path) -> None:
    taken = free_door()
    port = taken.getsockname()[1]
    async with open_application(settings(tmp_path), "test", log_to_stderr=False) as application:
        api = ApiSettings(enabled=True, port=port)
        async with api_beside(application, api, tmp_path, application.tell_next_subscriber):
            with application.messages() as messages:
                notice = await anext(messages)
            assert notice.text.startswith(f"the API cannot listen on 127.0.0.1 port {port}")
            assert application.streams.streams() == ()
    taken.close()


async def test_a_console_serves_the_api_where_its_settings_say_so(tmp_path: Path) -> None:
    port = free_port()
    async with open_application(settings(tmp_path), "test", log_to_stderr=False) as application:
        api = ApiSettings(enabled=True, port=port)
        async with (
            api_beside(application, api, tmp_path, application.tell_next_subscriber),
            httpx.AsyncClient(timeout=60) as client,
        ):
            assert (await client.get(f"http://127.0.0.1:{port}/healthz")).json() == {"status": "ok"}
        with pytest.raises(httpx.ConnectError):
            async with httpx.AsyncClient(timeout=60) as client:
                await client.get(f"http://127.0.0.1:{port}/healthz")
        assert await listen(ApiSettings()) is None


async def test_https_is_served_with_a_certificate_and_a_wrong_one_is_told_of(tmp_path: Path) -> None:
    certificate, private_key = certificate_in(tmp_path)
    async with served(tmp_path / "data", certificate=str(certificate), private_key=str(private_key)) as api:
        assert api.url.startswith("https://")
        trusting = ssl.create_default_context(cafile=str(certificate))
        async with httpx.AsyncClient(verify=trusting, timeout=60) as client:
            answer = await client.get(f"{api.url}/healthz")
        assert answer.json() == {"status": "ok"}
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
    private_key.write_text("nonsense")
    with pytest.raises(ConfigurationError, match="cannot be used"):
        async with served(tmp_path / "other", certificate=str(certificate), private_key=str(private_key)):
            pass
    wrong = ApiSettings(enabled=True, port=free_port(), certificate=certificate, private_key=private_key)
    with pytest.raises(ConfigurationError, match="cannot be used"):
        await listen(wrong)


def test_a_host_beyond_loopback_needs_a_certificate_or_a_word_that_it_may_be_without() -> None:
    with pytest.raises(ConfigurationError, match=r"host 0\.0\.0\.0 can be reached from other machines"):
        load({"api": {"host": "0.0.0.0"}})
    with pytest.raises(ConfigurationError, match="go together"):
        load({"api": {"certificate": "/x.pem"}})
    assert load({"api": {"host": "0.0.0.0", "plain_http_beyond_loopback": True}}).api.host == "0.0.0.0"
    assert load({"api": {"host": "::1"}}).api.host == "::1"
    assert not load().api.enabled


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/healthz", timeout=60).status_code == 200
    except httpx.TransportError:
        return False
