"""One backup, made by a process of its own: started, waited for, ended with whoever waits."""

from __future__ import annotations

import asyncio
import contextlib
import sys

from ibe100.database.backup.backup_process import MODULE, BackupOutcome, BackupTask
from ibe100.models.backup import BackupManifest
from ibe100.models.errors import StorageError

LONGEST_LINE = 8 << 20
END_TIMEOUT_S = 5.0
LAST_WORDS_BYTES = 2000


async def run_backup(task: BackupTask) -> BackupManifest:
    """Returns when the backup is on disk and proved. Raises StorageError; cancelled, it ends the process."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "utf8", "-m", MODULE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
            cwd="/",
        )
    except OSError as error:
        raise StorageError(f"The backup cannot be started: {error.strerror}.") from error
    assert process.stdin is not None and process.stdout is not None and process.stderr is not None
    listening = asyncio.create_task(process.stderr.read())
    try:
        with contextlib.suppress(ConnectionError):  # it has ended already: its last words say why
            process.stdin.write(task.model_dump_json().encode() + b"\n")
            await process.stdin.drain()
        line = await process.stdout.readline()
        if not line:
            words = (await listening)[-LAST_WORDS_BYTES:].decode(errors="replace").strip().splitlines()
            status = await process.wait()
            why = words[-1] if words else f"its process ended with status {status}"
            raise StorageError(f"The backup was broken off: {why}.")
    finally:
        await _end(process)
        await asyncio.gather(listening, return_exceptions=True)
    outcome = BackupOutcome.model_validate_json(line)
    if outcome.manifest is None:
        raise StorageError(outcome.problem)
    return outcome.manifest


async def _end(process: asyncio.subprocess.Process) -> None:
    """Its input ends: then it puts away what is not finished. If it does not, it is killed."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(END_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
