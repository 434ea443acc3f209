"""The entry point in a process of its own, as the command line starts it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from PyQt6.QtGui import QImage

from places import ROOT

FAKES = ROOT / "tests" / "ui" / "fakes"
PROGRAM = """
import asyncio, os, signal, sys
from contextlib import asynccontextmanager
from pathlib import Path
sys.path.insert(0, sys.argv[1])
from fake_services import FakeServices
from ibe100.models.errors import StorageError
from ibe100.ui.app import Look, run_console

services = FakeServices()

async def end_when_running():
    while not any(view.state == "RUNNING" for view in services.streams.streams()):
        await asyncio.sleep(0.05)
    os.kill(os.getpid(), signal.SIGTERM)

@asynccontextmanager
async def open_services():
    if sys.argv[3] == "refuse":
        raise StorageError("the folder is read-only: choose another")
    async with services.opened():
        task = asyncio.create_task(end_when_running()) if sys.argv[3] == "end" else None
        yield services
    print("closed in order", flush=True)

picture = None if sys.argv[3] == "end" else Path(sys.argv[2])
code = run_console(open_services, Look(screenshot=picture, screenshot_size=(1280, 720)), demo=True)
print([view.state.value for view in services.streams.streams()], flush=True)
sys.exit(code)
"""


def run(picture: Path, what: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, str(FAKES), str(picture), what],
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def test_a_screenshot_shows_the_settled_window_and_the_console_ends(tmp_path: Path) -> None:
    picture = tmp_path / "console.png"
    done = run(picture, "start")
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    assert done.stdout.splitlines() == ["closed in order", "['RUNNING']"]
    image = QImage(str(picture))
    assert (image.width(), image.height()) == (1280, 720)
    colours = {image.pixelColor(x, y).name() for x in range(0, 1280, 4) for y in range(0, 720, 4)}
    assert len(colours) > 20


def test_services_that_refuse_end_a_screenshot_with_1(tmp_path: Path) -> None:
    done = run(tmp_path / "console.png", "refuse")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_a_picture_that_cannot_be_written_is_an_error(tmp_path: Path) -> None:
    assert run(tmp_path / "no such folder" / "console.png", "start").returncode == 1


def test_sigterm_ends_the_console_without_a_question_and_keeps_the_streams(tmp_path: Path) -> None:
    done = run(tmp_path / "unused.png", "end")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == ["closed in order", "['RUNNING']"]
