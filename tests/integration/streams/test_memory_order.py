"""A machine that is out of memory ends the server before what is on air, and a processor last of all."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from demo_rig import patiently, place_in
from ibe100.runner.memory_order import CONSOLE, PREVIEW, PROCESSOR, RUNNER
from services_rig import console, looped, on_air, processor_pid, runner_pid


def score(pid: int) -> int:
    return int(Path(f"/proc/{pid}/oom_score_adj").read_text())


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="not on this system")
async def test_a_processor_goes_after_its_runner(tmp_path: Path, media: Path) -> None:
    assert PREVIEW < CONSOLE
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media))
        assert score(await runner_pid(application, stream_id)) == RUNNER
        assert score(await processor_pid(application, stream_id)) == PROCESSOR


@pytest.mark.skipif(not Path("/proc/self/oom_score_adj").exists(), reason="not on this system")
def test_a_server_goes_first_and_tells_its_manager_that_it_is_ready_and_lives(tmp_path: Path) -> None:
    with place_in(tmp_path) as place, socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(60)
        told: list[str] = []

        def hear(state: str) -> None:
            while state not in told:
                told.extend(manager.recv(1000).decode().splitlines())

        server = place.start(
            *("serve", "--data-dir", place.data_dir),
            NOTIFY_SOCKET=str(tmp_path / "notify"),
            WATCHDOG_USEC="300000",
        )
        hear("READY=1")
        assert "STATUS=serving 0 streams" in told
        told.clear()
        for _ in range(2):
            hear("WATCHDOG=1")
            told.clear()
        assert score(server.pid) == CONSOLE
        server.terminate()
        hear("STOPPING=1")
        patiently(lambda: server.poll() is not None, "the end")
