"""Long work on a thread."""

from __future__ import annotations

import asyncio
import threading

import pytest

from ibe100.utils.long_work import Turns, WorkStopped, on_thread


async def test_its_result_and_its_error_come_back() -> None:
    assert await on_thread(lambda turns, items: sum(turns.each(items)), range(100)) == 4950
    with pytest.raises(ZeroDivisionError):
        await on_thread(lambda _turns: 1 // 0)


async def test_work_that_nobody_waits_for_any_more_ends_with_its_next_step() -> None:
    begun, ended = threading.Event(), threading.Event()

    def endless(turns: Turns) -> None:
        begun.set()
        try:
            while True:
                turns.step()
        except WorkStopped:
            ended.set()
            raise

    work = asyncio.create_task(on_thread(endless))
    await asyncio.to_thread(begun.wait)
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert await asyncio.to_thread(ended.wait, 30)
