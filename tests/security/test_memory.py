"""Memory of the processes that read what others send is bounded."""

from __future__ import annotations

import resource
import subprocess
import sys
from pathlib import Path

import pytest

from ibe100.models.runner_policy import MEMORY_LIMIT_MB, RunnerPolicy
from ibe100.runner.spec import Policy
from ibe100.tsduck.child_process import run_child
from ibe100.utils.memory_limit import limit_memory
from services_rig import console, looped, on_air, processor_pid, runner_pid

pytestmark = pytest.mark.skipif(
    sys.platform != "linux", reason="only Linux holds mapped memory against a limit"
)
GREEDY = "import sys; sys.stdin.read(1); held = bytearray(400 << 20)"


async def test_runner_and_processor_of_a_stream_are_bounded(tmp_path: Path, media: Path) -> None:
    async with console(tmp_path / "data", runner={"memory_limit_mb": 1500}) as application:
        stream_id = await on_air(application, looped(media))
        for pid in (await runner_pid(application, stream_id), await processor_pid(application, stream_id)):
            assert resource.prlimit(pid, resource.RLIMIT_DATA)[0] == 1500 << 20


async def test_what_runs_for_a_moment_is_bounded_too() -> None:
    async with run_child([sys.executable, "-c", "import time; time.sleep(60)"], {}) as child:
        assert resource.prlimit(child.pid, resource.RLIMIT_DATA)[0] == MEMORY_LIMIT_MB << 20


def test_a_child_that_wants_more_ends_with_the_reason() -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", GREEDY], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    limit_memory(child.pid, 256)
    _, said = child.communicate("x")
    assert child.returncode == 1
    assert "MemoryError" in said


def test_a_limit_as_ever_is_not_told_to_runners_of_before() -> None:
    assert "memory_limit_mb" not in RunnerPolicy().as_spec()
    assert RunnerPolicy(memory_limit_mb=300).as_spec()["memory_limit_mb"] == 300
    assert Policy().memory_limit_mb == MEMORY_LIMIT_MB
