from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError

import pytest

from ibe100.core.background_loop import THREAD_NAME, BackgroundLoop
from ibe100.models.errors import StreamError


@pytest.fixture
def background() -> Iterator[BackgroundLoop]:
    background = BackgroundLoop()
    background.start()
    yield background
    background.stop()


async def test_work_runs_in_the_named_thread_and_its_result_comes_back(background: BackgroundLoop) -> None:
    async def where() -> str:
        return threading.current_thread().name

    assert await asyncio.wrap_future(background.submit(where())) == THREAD_NAME


def test_a_bug_reaches_the_caller_and_the_log(
    background: BackgroundLoop, caplog: pytest.LogCaptureFixture
) -> None:
    async def wrong() -> None:
        raise ZeroDivisionError("a bug")

    with pytest.raises(ZeroDivisionError):
        background.submit(wrong()).result(30)
    assert "a submitted coroutine failed" in caplog.text


def test_an_operator_error_is_no_bug_and_is_not_logged_as_one(
    background: BackgroundLoop, caplog: pytest.LogCaptureFixture
) -> None:
    async def refused() -> None:
        raise StreamError("stream 1 is running")

    with pytest.raises(StreamError):
        background.submit(refused()).result(30)
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


def test_an_exception_in_a_callback_is_logged_and_the_loop_goes_on(
    background: BackgroundLoop, caplog: pytest.LogCaptureFixture
) -> None:
    def wrong() -> None:
        raise ZeroDivisionError("in a callback")

    async def after() -> int:
        return 5

    background.loop.call_soon_threadsafe(wrong)
    assert background.submit(after()).result(30) == 5
    assert "in a callback" in caplog.text


def test_stop_cancels_what_runs_and_waits_until_it_has_cleaned_up() -> None:
    background = BackgroundLoop()
    background.start()
    began, cleaned_up = threading.Event(), threading.Event()

    async def long() -> None:
        began.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0)
            cleaned_up.set()

    future = background.submit(long())
    assert began.wait(30)
    background.stop(30)
    assert cleaned_up.is_set()
    assert background.loop.is_closed()
    with pytest.raises(CancelledError):
        future.result(30)


def test_a_stopped_loop_takes_no_more_work() -> None:
    background = BackgroundLoop()
    background.start()
    background.stop(30)

    async def late() -> None:
        raise AssertionError("must not run")

    with pytest.raises(RuntimeError, match="does not run"):
        background.submit(late())


def test_a_task_that_will_not_end_is_reported() -> None:
    background = BackgroundLoop()
    background.start()
    began, release = threading.Event(), threading.Event()

    async def stubborn() -> None:
        began.set()
        while not release.is_set():
            try:
                await asyncio.sleep(0.01)
            except asyncio.CancelledError:
                continue

    background.submit(stubborn())
    assert began.wait(30)
    with pytest.raises(TimeoutError, match=THREAD_NAME):
        background.stop(0.1)
    release.set()
    background.stop(30)


def test_a_loop_that_was_never_started_can_be_stopped() -> None:
    background = BackgroundLoop()
    background.stop()
    assert background.loop.is_closed()
