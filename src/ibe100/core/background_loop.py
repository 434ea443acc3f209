"""The thread `ibe100-loop` and its asyncio loop, where all services live."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from ibe100.models.errors import OperatorError

THREAD_NAME = "ibe100-loop"

T = TypeVar("T")
_log = logging.getLogger(__name__)


def _log_unhandled(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    _log.error("unhandled in the loop: %s", context["message"], exc_info=context.get("exception"))


async def _logged(work: Coroutine[Any, Any, T]) -> T:
    """A bug is on record even when nobody looks at the future."""
    try:
        return await work
    except (OperatorError, asyncio.CancelledError):
        raise
    except Exception:
        _log.exception("a submitted coroutine failed")
        raise


class BackgroundLoop:
    """An asyncio loop in a thread of its own. Started and stopped once."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(_log_unhandled)
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=THREAD_NAME, daemon=True)

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        return self._loop

    def start(self) -> None:
        """Start the thread; returns when the loop turns."""
        turning = threading.Event()
        self._loop.call_soon(turning.set)
        self._thread.start()
        turning.wait()

    def submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        """Run `work` on the loop; from any other thread. The future carries its result or its error."""
        if self._stopping or not self._thread.is_alive():
            work.close()
            raise RuntimeError("the background loop does not run")
        return asyncio.run_coroutine_threadsafe(_logged(work), self._loop)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Cancel what still runs, wait for it, end the thread; may be called again.

        Raises TimeoutError when a task or a thread of the executor holds out longer than `timeout_s`.
        """
        assert threading.current_thread() is not self._thread, "the loop cannot wait for itself"
        if self._thread.ident is None:
            self._loop.close()
            return
        if not self._stopping:
            self._stopping = True
            self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(timeout_s)
        if self._thread.is_alive():
            raise TimeoutError(f"{THREAD_NAME} still runs {timeout_s:g} s after it was told to stop")

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        try:
            self._loop.run_forever()
            self._loop.run_until_complete(self._end())
        finally:
            asyncio.set_event_loop(None)
            self._loop.close()

    async def _end(self) -> None:
        tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for task in tasks:
            if not task.cancelled() and (error := task.exception()) is not None:
                _log.error("a task failed while it was cancelled", exc_info=error)
        await self._loop.shutdown_asyncgens()
        await self._loop.shutdown_default_executor()
