"""The service manager is told that we are ready and alive; without one nothing is said."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibe100.utils.service_manager import READY, tell_manager, tell_that_we_live, watchdog_s
from places import ROOT

UNIT = ROOT / "packaging" / "systemd" / "ibe100.service"


@pytest.fixture
def manager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(str(tmp_path / "notify"))
        made.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        yield made


def test_states_are_told_in_one_message(manager: socket.socket) -> None:
    tell_manager(READY, "STATUS=serving 2 streams")
    assert manager.recv(1000) == b"READY=1\nSTATUS=serving 2 streams"


def test_an_abstract_socket_is_told_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as made:
        made.bind(f"\0ibe100-test-{os.getpid()}")
        made.settimeout(60)
        monkeypatch.setenv("NOTIFY_SOCKET", f"@ibe100-test-{os.getpid()}")
        tell_manager(READY)
        assert made.recv(1000) == b"READY=1"


def test_a_manager_that_is_gone_or_was_never_there_is_no_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    tell_manager(READY)
    assert caplog.text == ""
    monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "gone"))
    tell_manager(READY)
    assert "was not told READY=1" in caplog.text


async def test_it_is_told_again_and_again_that_the_loop_comes_round(manager: socket.socket) -> None:
    telling = asyncio.create_task(tell_that_we_live(0.03))
    for _ in range(3):
        assert await asyncio.to_thread(manager.recv, 1000) == b"WATCHDOG=1"
    telling.cancel()


@pytest.mark.parametrize(
    ("usec", "pid", "seconds"),
    [("30000000", "", 30.0), ("30000000", "1", None), ("0", "", None), ("", "", None), ("soon", "", None)],
)
def test_the_watchdog_counts_where_it_is_asked_of_this_process(
    monkeypatch: pytest.MonkeyPatch, usec: str, pid: str, seconds: float | None
) -> None:
    monkeypatch.setenv("WATCHDOG_USEC", usec)
    monkeypatch.setenv("WATCHDOG_PID", pid)
    assert watchdog_s() == seconds
    monkeypatch.setenv("WATCHDOG_PID", f"{os.getpid()}")
    assert watchdog_s() == (30.0 if usec == "30000000" else None)


def test_the_unit_is_right(tmp_path: Path) -> None:
    if shutil.which("systemd-analyze") is None:
        pytest.skip("no systemd-analyze here")
    text = UNIT.read_text().replace("/opt/ibe100/run", str(ROOT / "run"))
    unit = tmp_path / UNIT.name
    unit.write_text(text)
    found = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", str(unit)], capture_output=True, text=True, check=False
    )
    ours = [line for line in found.stderr.splitlines() if re.search(rf"\b{UNIT.name}\b", line)]
    assert (found.returncode, ours) == (0, []), found.stderr
