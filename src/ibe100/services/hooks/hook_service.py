"""Calls programs and web addresses on chosen facts: a process per call, with a time limit, never a shell."""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import os
import signal
import sys
import time
from collections.abc import Callable

from ibe100.models.messages import Message, NoticePosted
from ibe100.models.settings.hooks import Hook, HookPlan
from ibe100.services.hooks.facts import FactReader
from ibe100.utils.child_environment import child_environment
from ibe100.utils.printable import printable
from ibe100.utils.tasks import keep_running

MOST_WAITING = 100
"""Calls of one hook that wait for the one before; further facts are not told, and that is said."""
LAST_WORDS = 500
POST = (sys.executable, "-m", "ibe100.services.hooks.post")

_log = logging.getLogger(__name__)


class _Caller:
    """One hook: its calls come one after the other, so that a slow one delays no other hook."""

    def __init__(self, hook: Hook, plan: HookPlan, tell: Callable[[str], None]) -> None:
        self._hook, self._plan, self._tell = hook, plan, tell
        self._waiting: asyncio.Queue[tuple[str, bytes]] = asyncio.Queue(MOST_WAITING)
        self._is_well = True
        self._working = keep_running(self._work, f"hook {hook.words}")

    def call(self, event: str, body: bytes) -> None:
        """Call it as soon as the calls before are over."""
        try:
            self._waiting.put_nowait((event, body))
        except asyncio.QueueFull:
            self._failed(event, f"{MOST_WAITING} calls wait already: it was not called")

    async def close(self) -> None:
        """End the call under way; those that wait are not made."""
        self._working.cancel()
        await asyncio.gather(self._working, return_exceptions=True)

    async def _work(self) -> None:
        while True:
            event, body = await self._waiting.get()
            began = time.monotonic()
            if problem := await self._run(event, body):
                self._failed(event, problem)
            else:
                self._is_well = True
                _log.info("hook %s on %s: %.2f s", self._hook.words, event, time.monotonic() - began)

    def _failed(self, event: str, problem: str) -> None:
        words = f"hook {self._hook.words} on {event}: {printable(problem)}"
        _log.error("%s", words)
        if self._is_well:  # told once, until a call does well again
            self._is_well = False
            self._tell(words)

    async def _run(self, event: str, body: bytes) -> str:
        """Problem of a call; empty when it did well."""
        argv: tuple[str, ...] = (*self._hook.target, event)
        if self._hook.url:
            argv, body = POST, self._hook.url.encode() + b"\n" + body
        try:
            process = await asyncio.create_subprocess_exec(
                *argv,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.PIPE,
                env=self._environment(event),
                cwd="/",
                start_new_session=True,
            )
        except OSError as error:
            return f"it cannot be run: {error.strerror}"
        try:
            async with asyncio.timeout(self._plan.timeout_s):
                said = await _exchange(process, body)
                code = await process.wait()
        except TimeoutError:
            return f"it took longer than {self._plan.timeout_s:g} s and was ended"
        finally:
            await _end(process)
        return "" if code == 0 else f"it ended with {code}: {said.decode(errors='replace').strip()}"

    def _environment(self, event: str) -> dict[str, str]:
        passed = {name: os.environ[name] for name in self._plan.environment if name in os.environ}
        return child_environment(**passed, IBE100_EVENT=event)


class HookService:
    """Hears the bus. Lives on the loop."""

    def __init__(self, plan: HookPlan, publish: Callable[[Message], None]) -> None:
        self._plan = plan
        self._publish = publish
        self._facts = FactReader()
        self._callers: list[tuple[Hook, _Caller]] = []

    async def set_plan(self, plan: HookPlan) -> None:
        """Call these from now on; `open` is the first of them."""
        if plan != self._plan or not self._callers:
            await self.close()
            self._plan = plan
            self._callers = [(hook, _Caller(hook, plan, self._tell)) for hook in plan.hooks]

    async def open(self) -> None:
        """Call hooks from now on."""
        await self.set_plan(self._plan)

    async def close(self) -> None:
        """End calls under way."""
        callers, self._callers = self._callers, []
        await asyncio.gather(*(caller.close() for _, caller in callers))

    def hear(self, message: Message) -> None:
        """Call whoever wants this fact."""
        fact = self._facts.read(message)
        if fact is None:
            return
        event, said = fact
        wanting = [caller for hook, caller in self._callers if event in hook.events]
        if wanting:
            body = json.dumps({"event": event, "at": time.time(), **said}).encode()
            for caller in wanting:
                caller.call(event, body)

    def _tell(self, words: str) -> None:
        self._publish(NoticePosted(at=time.time(), level="warning", text=words))


async def _exchange(process: asyncio.subprocess.Process, body: bytes) -> bytes:
    """Give it the fact, and keep the beginning of what it complains of."""
    assert process.stdin is not None
    assert process.stderr is not None
    with contextlib.suppress(ConnectionError):  # one that reads nothing may end before
        process.stdin.write(body)
        await process.stdin.drain()
    process.stdin.close()
    said = b""
    while piece := await process.stderr.read(4096):
        said = (said + piece)[:LAST_WORDS]
    return said


async def _end(process: asyncio.subprocess.Process) -> None:
    """End it with all that it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
    transport: asyncio.SubprocessTransport = process._transport  # type: ignore[attr-defined]
    transport.close()
