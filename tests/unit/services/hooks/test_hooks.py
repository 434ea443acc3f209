"""Hooks: real programs and a real web server, called on facts of the bus."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import sys
from pathlib import Path

import pytest
from pydantic import ValidationError

from ibe100.minitsp.web.reach import AddressRefused
from ibe100.models.alarms.alarm import Alarm, AlarmState, Severity
from ibe100.models.messages import AlarmChanged, CueChanged, Message, NoticePosted
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.settings.hooks import HookPlan, read_hook
from ibe100.services.hooks import hook_service
from ibe100.services.hooks.hook_service import HookService
from ibe100.services.hooks.post import post


def alarm(number: int = 1, **changes: object) -> AlarmChanged:
    values = {
        "alarm_id": number,
        "stream_id": "news",
        "stream_name": "News",
        "condition": "input_lost",
        "severity": Severity.CRITICAL,
        "title": "Input lost; $(reboot)",
        "what_to_do": "Look.",
        "state": AlarmState.UNACKNOWLEDGED,
        "raised_at": 1.0,
    }
    return AlarmChanged(alarm=Alarm.model_validate({**values, **changes}))


def cue(state: CueState, action: CueAction = CueAction.TO_BREAK, number: int = 7) -> CueChanged:
    made = Cue(
        cue_id=number,
        stream_id="news",
        session_id=1,
        action=action,
        state=state,
        requested_by="anna",
        requested_at=1.0,
    )
    return CueChanged(cue=made)


def program(folder: Path, body: str) -> str:
    path = folder / "hook.py"
    imports = "import json, os, sys, time, pathlib"
    path.write_text(
        "\n".join((f"#!{sys.executable}", imports, f"here = pathlib.Path({str(folder)!r})", body))
    )
    path.chmod(0o755)
    return str(path)


async def until_there(path: Path, lines: int = 1) -> list[str]:
    async with asyncio.timeout(60):
        while not path.exists() or len(path.read_text().splitlines()) < lines:
            await asyncio.sleep(0.02)
    return path.read_text().splitlines()


async def until(told: list[Message]) -> str:
    async with asyncio.timeout(60):
        while not told:
            await asyncio.sleep(0.02)
    notice = told[0]
    assert isinstance(notice, NoticePosted)
    return notice.text


async def test_a_program_is_called_once_for_each_fact_that_it_wants_and_given_it_as_json(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOUSE", "north")
    monkeypatch.setenv("SECRET_OF_OURS", "x")
    body = (
        "told = json.load(sys.stdin)\n"
        "told['argv'] = sys.argv[1:]\n"
        "names = ('HOUSE', 'SECRET_OF_OURS', 'IBE100_EVENT')\n"
        "told['environment'] = {name: os.environ.get(name) for name in names}\n"
        "open(here / 'out', 'a').write(json.dumps(told) + chr(10))"
    )
    call = f"alarm_1,break_began,cue_failed {program(tmp_path, body)} --tally 3"
    hooks = HookService(HookPlan(calls=(call,), environment=("HOUSE",)), lambda _message: None)
    await hooks.open()
    for message in (
        alarm(),
        alarm(),
        alarm(2, severity=Severity.MAJOR),
        alarm(3, shelved_until=9e9),
        cue(CueState.SENT),
        cue(CueState.SPLICED),
        cue(CueState.SPLICED),
        cue(CueState.SPLICED, CueAction.BACK_TO_PROGRAMME, 8),
        cue(CueState.FAILED, number=9),
    ):
        hooks.hear(message)
    told = [json.loads(line) for line in await until_there(tmp_path / "out", 3)]
    await hooks.close()
    assert [one["event"] for one in told] == ["alarm_1", "break_began", "cue_failed"]
    assert told[0]["alarm"]["title"] == "Input lost; $(reboot)"
    assert told[0]["argv"] == ["--tally", "3", "alarm_1"]
    assert told[0]["environment"] == {"HOUSE": "north", "SECRET_OF_OURS": None, "IBE100_EVENT": "alarm_1"}
    assert told[1]["cue"]["cue_id"] == 7


async def test_one_that_takes_too_long_is_ended_with_what_it_started_and_told_once(tmp_path: Path) -> None:
    body = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        "open(here / 'pids', 'a').write(f'{os.getpid()} {child.pid}' + chr(10))\n"
        "time.sleep(600)"
    )
    told: list[Message] = []
    plan = HookPlan(calls=(f"alarm_1 {program(tmp_path, body)}",), timeout_s=3.0)
    hooks = HookService(plan, told.append)
    await hooks.open()
    hooks.hear(alarm(1))
    hooks.hear(alarm(2))
    assert "took longer than 3 s and was ended" in await until(told)
    await until_there(tmp_path / "pids", 2)
    await hooks.close()
    for pid in (int(word) for line in (tmp_path / "pids").read_text().splitlines() for word in line.split()):
        async with asyncio.timeout(60):
            while _runs(pid):
                await asyncio.sleep(0.02)
    assert len(told) == 1


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


async def test_what_waits_is_bounded_and_what_cannot_be_run_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hook_service, "MOST_WAITING", 2)
    told: list[Message] = []
    hooks = HookService(HookPlan(calls=("alarm_1 /no/such/program",)), told.append)
    await hooks.open()
    for number in range(4):
        hooks.hear(alarm(number))
    assert "2 calls wait already" in await until(told)
    await hooks.close()
    told.clear()
    hooks = HookService(HookPlan(calls=("alarm_1 /no/such/program",)), told.append)
    await hooks.open()
    hooks.hear(alarm())
    assert (
        await until(told) == "hook /no/such/program on alarm_1: it cannot be run: No such file or directory"
    )
    await hooks.close()


async def test_a_url_gets_the_fact_and_its_secret_part_is_in_no_log(tmp_path: Path) -> None:
    came: list[bytes] = []
    statuses = [b"204 No Content", b"500 Oops"]

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        came.append(head.split(b"\r\n")[0] + b"\n" + await reader.readexactly(length))
        writer.write(b"HTTP/1.1 " + statuses.pop(0) + b"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    told: list[Message] = []
    call = f"alarm_1 http://127.0.0.1:{port}/hook?token=geheim"
    hooks = HookService(HookPlan(calls=(call,), timeout_s=60), told.append)
    await hooks.open()
    hooks.hear(alarm(1))
    hooks.hear(alarm(2))
    words = await until(told)
    assert ("answered with status 500" in words, "geheim" in words) == (True, False)
    request, body = came[0].split(b"\n", 1)
    assert request == b"POST /hook?token=geheim HTTP/1.1"
    assert json.loads(body)["alarm"]["alarm_id"] == 1
    await hooks.close()
    server.close()
    await server.wait_closed()


def test_a_name_that_means_an_address_of_this_machine_or_link_is_not_called(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for address in ("169.254.169.254", "127.0.0.1"):
        found = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, 80))]
        monkeypatch.setattr("socket.getaddrinfo", lambda *_, found=found, **__: found)
        with pytest.raises(AddressRefused, match="may not lead"):
            post("http://hook.example/", b"{}")


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("", "facts, then a program or URL"),
        ("alarm_1", "a program or URL is missing"),
        ("weather /bin/true", "there are break_began"),
        ("alarm_1 true", "with its whole path"),
        ("alarm_1 ftp://x/", "one http or https URL"),
        ("alarm_1 'x", "facts, then a program or URL"),
    ],
)
def test_a_wrong_line_is_refused_in_words(line: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_hook(line)
    with pytest.raises(ValidationError):
        HookPlan(calls=(line,))


def test_no_setting_of_ours_is_passed_on() -> None:
    with pytest.raises(ValidationError, match="is no variable that may be passed on"):
        HookPlan(environment=("IBE100_SECRET_KEY",))
    assert os.environ.get("IBE100_SECRET_KEY") is None
