"""Works of the console that must not end with one error."""

from __future__ import annotations

import asyncio
import logging

import pytest

from ibe100.utils import tasks


async def test_a_work_that_fails_is_begun_again_and_told(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(tasks, "PAUSES_S", (0.0, 0.0))
    rounds = 0

    async def work() -> None:
        nonlocal rounds
        rounds += 1
        if rounds < 4:
            raise OSError("no descriptors left")

    with caplog.at_level(logging.CRITICAL):
        await tasks.keep_running(work, "machine watch")
    assert rounds == 4
    assert tasks.recent_fault(60.0) == "machine watch"
    assert tasks.recent_fault(0.0) == ""


async def test_a_work_that_is_cancelled_ends() -> None:
    begun = asyncio.Event()

    async def work() -> None:
        begun.set()
        await asyncio.sleep(100)

    task = tasks.keep_running(work, "machine watch")
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
