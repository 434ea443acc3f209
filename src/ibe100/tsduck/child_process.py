"""A processor that runs for a moment: read it, then it is gone, with all that it started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Mapping, Sequence

from ibe100.models.errors import ProcessorError
from ibe100.models.runner_policy import MEMORY_LIMIT_MB
from ibe100.utils.child_environment import child_environment
from ibe100.utils.memory_limit import limit_memory

CHUNK = 1 << 18
LAST_WORDS_BYTES = 20_000
TERM_TIMEOUT_S = 1.0
"""A receiver says goodbye to its sender (SRT) when it is asked to end; after this it is killed."""


class ChildProcess:
    """Standard output is read by the owner; the end of standard error is kept here."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None and process.stderr is not None
        self._process = process
        self._output, self._errors = process.stdout, process.stderr
        self._last_lines = bytearray()
        self._listener = asyncio.create_task(self._listen())

    @property
    def pid(self) -> int:
        return self._process.pid

    async def read(self) -> bytes:
        """The next bytes of standard output; empty at its end."""
        return await self._output.read(CHUNK)

    async def exit_code(self) -> int:
        """Waits for the end; negative is the signal that ended it."""
        return await self._process.wait()

    async def last_words(self) -> list[str]:
        """The last lines of standard error, once that has ended."""
        await asyncio.wait({self._listener})
        return bytes(self._last_lines).decode(errors="replace").splitlines()

    async def end(self) -> None:
        """Ask, wait, kill, wait: afterwards nothing of its session is left."""
        try:
            if self._process.returncode is None:
                self._signal(signal.SIGTERM)
                async with asyncio.timeout(TERM_TIMEOUT_S):
                    await self._drained()
        except TimeoutError:
            pass
        finally:
            self._signal(signal.SIGKILL)
            await self._drained()

    def _signal(self, number: signal.Signals) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, number)

    async def _drained(self) -> None:
        # A child that cannot write does not end by itself.
        while await self._output.read(CHUNK):
            pass
        await asyncio.wait({self._listener})
        await self._process.wait()

    async def _listen(self) -> None:
        while data := await self._errors.read(CHUNK):
            self._last_lines += data
            del self._last_lines[:-LAST_WORDS_BYTES]


@contextlib.asynccontextmanager
async def run_child(
    argv: Sequence[str], environment: Mapping[str, str], descriptors: Sequence[int] = ()
) -> AsyncIterator[ChildProcess]:
    """`argv` in a session of its own. Raises ProcessorError when it cannot be run."""
    try:
        process = await asyncio.create_subprocess_exec(
            *argv,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=CHUNK,
            env=child_environment(**environment),
            pass_fds=descriptors,
            start_new_session=True,
        )
    except OSError as error:
        raise ProcessorError(f"{argv[0]} cannot be run: {error.strerror}") from error
    limit_memory(process.pid, MEMORY_LIMIT_MB)
    child = ChildProcess(process)
    try:
        yield child
    finally:
        await child.end()
