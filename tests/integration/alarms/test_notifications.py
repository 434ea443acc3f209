"""Alarms reach a real web hook, and its address reaches nothing else."""

from __future__ import annotations

import asyncio
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue

import pytest

from ibe100.core.application import Application
from ibe100.models.alarms.notification import NotificationTarget
from ibe100.models.errors import OperatorError
from ibe100.models.messages import NoticePosted
from ibe100.services.alarms.catalogue import BREAK_MISSED
from ibe100.services.alarms.rule import Judgement
from services_rig import console, until

TOKEN = "tok3n-4-n0b0dy"


class Hook:
    """Keeps what is posted to it; answers with `status`."""

    def __init__(self) -> None:
        self.status = 200
        self.posts: Queue[dict[str, str]] = Queue()
        hook = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                hook.posts.put(json.loads(body))
                self.send_response(hook.status)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"json://user:{TOKEN}@127.0.0.1:{self.http.server_port}/?+X-Key={TOKEN}"


@pytest.fixture
def hook() -> Iterator[Hook]:
    running = Hook()
    thread = threading.Thread(target=running.http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield running
    running.http.shutdown()
    thread.join()
    running.http.server_close()


async def next_post(hook: Hook) -> dict[str, str]:
    await until(lambda: not hook.posts.empty(), "a message")
    return hook.posts.get_nowait()


def secrets_on_disk(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file() and TOKEN.encode() in path.read_bytes()]


async def saved(application: Application, hook: Hook, **changes: object) -> str:
    target = NotificationTarget.model_validate({"name": "night shift", **changes})
    return (await application.notifications.save(target, hook.url)).target.target_id


async def test_an_alarm_and_its_end_reach_the_hook_and_the_address_stays_secret(
    tmp_path: Path, hook: Hook, capfd: pytest.CaptureFixture[str]
) -> None:
    async with console(tmp_path / "data", logging={"level": "debug"}) as application:
        target_id = await saved(application, hook)
        await application.notifications.test(target_id)
        assert (await next_post(hook))["title"] == "IBE-100: a test"
        board = application.alarms
        await board.judge("one", "Channel 1", {BREAK_MISSED: Judgement(True, "noon break")})
        post = await next_post(hook)
        assert post["title"] == "[1] Channel 1: Planned break or return was missed"
        assert "(noon break)\nWhat to do: Tell the distributor" in post["message"]
        # The hook has it before its answer is counted.
        await until(lambda: application.notifications.targets()[0].told == 2, "the second message's end")
        (view,) = application.notifications.targets()
        assert (view.kind, view.problem) == ("json", "")
    assert secrets_on_disk(tmp_path) == []
    assert TOKEN not in "".join(capfd.readouterr())
    assert TOKEN not in view.model_dump_json()


async def test_a_hook_that_refuses_is_told_of_once_quietly_and_works_again(
    tmp_path: Path, hook: Hook
) -> None:
    async with console(tmp_path / "data") as application:
        notices: list[str] = []
        publish = application.notifications._publish

        def hear(message: object) -> None:
            if isinstance(message, NoticePosted):
                notices.append(message.text)

        application.notifications._publish = hear  # type: ignore[assignment]
        hook.status = 401
        target_id = await saved(application, hook)
        for _ in range(2):
            with pytest.raises(OperatorError, match="could not be told: the message was not taken"):
                await application.notifications.test(target_id)
        assert len(notices) == 1
        assert TOKEN not in notices[0]
        hook.status = 200
        await application.notifications.test(target_id)
        assert application.notifications.targets()[0].problem == ""
        application.notifications._publish = publish


async def test_a_target_that_never_answers_keeps_no_other_waiting(tmp_path: Path, hook: Hook) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        async with console(tmp_path / "data") as application:
            url = f"json://127.0.0.1:{silent.getsockname()[1]}/?rto=3600"
            dead = await application.notifications.save(NotificationTarget(name="dead"), url)
            waiting = asyncio.create_task(application.notifications.test(dead.target.target_id))
            connection, _ = await asyncio.to_thread(silent.accept)
            with connection:
                await application.notifications.test(await saved(application, hook))
                assert (await next_post(hook))["title"] == "IBE-100: a test"
                assert not waiting.done()
        with pytest.raises(OperatorError):
            await waiting


async def test_targets_are_kept_without_their_addresses_and_forgotten_when_removed(
    tmp_path: Path, hook: Hook
) -> None:
    async with console(tmp_path / "data") as application:
        target_id = await saved(application, hook)
    assert TOKEN not in (tmp_path / "data" / "notifications.json").read_text()
    async with console(tmp_path / "data") as application:
        await application.notifications.test(target_id)
        (view,) = application.notifications.targets()
        await application.notifications.save(view.target.model_copy(update={"name": "day shift"}), "")
        await application.notifications.test(target_id)
        await application.notifications.remove(target_id)
        assert application.notifications.targets() == ()
        with pytest.raises(OperatorError, match="gone"):
            await application.notifications.test(target_id)


@pytest.mark.parametrize(
    ("url", "words"),
    [("", "has no address"), ("just a word", "has no kind in front"), ("nonsense://x", "is not understood")],
)
async def test_an_address_that_cannot_be_used_is_refused_in_words(
    tmp_path: Path, url: str, words: str
) -> None:
    async with console(tmp_path / "data") as application:
        with pytest.raises(OperatorError, match=words):
            view = await application.notifications.save(NotificationTarget(name="one"), url)
            await application.notifications.test(view.target.target_id)


async def test_what_a_newer_version_knows_of_a_target_is_kept_through_an_edit(
    tmp_path: Path, hook: Hook
) -> None:
    async with console(tmp_path / "data") as application:
        target_id = await saved(application, hook)
    file = tmp_path / "data" / "notifications.json"
    newer = {"version": 2, "quiet": [22, 6], "targets": [{"target_id": target_id, "name": "a", "sound": 1}]}
    file.write_text(json.dumps(newer))
    async with console(tmp_path / "data") as application:
        await saved(application, hook, target_id=target_id)
    newer["targets"][0]["name"] = "night shift"  # type: ignore[index]
    assert json.loads(file.read_text()) == newer
