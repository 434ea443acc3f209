"""Backups of what is on record: once a day, kept for so long; a failure is an alarm with what to do."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import sys
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from ibe100.database.backup.backups import describe, list_backups, new_name, only_one, prune
from ibe100.database.backup.process import MODULE, BackupOutcome, BackupTask
from ibe100.database.database import WITHOUT_KEYS, Database
from ibe100.models.actor import CONSOLE
from ibe100.models.backup import SEALING, BackupFile, BackupManifest, BackupPlan, BackupStatus, is_made_with
from ibe100.models.errors import StorageError
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.records.database import DatabaseServer
from ibe100.models.records.keys import NO_KEY, RecordKeys
from ibe100.models.rights import Act
from ibe100.services.alarms.catalogue import BACKUP_FAILED, BACKUP_OLD
from ibe100.services.alarms.rule import Judgements, true_if
from ibe100.services.audit_trail import AuditTrail, act_as
from ibe100.services.rights import demand
from ibe100.utils.child_environment import child_environment
from ibe100.utils.tasks import keep_running
from ibe100.utils.timecode import format_utc
from ibe100.utils.units import format_bytes

DAY_S = 86_400.0
HOUR_S = 3_600.0
FIRST_LOOK_S = 60.0
"""After the start, which has more urgent things to do with the disk."""
LOOK_S = 20.0
RETRY_S = 900.0
OLD_S = 2 * DAY_S
FOLDER = "backups"
"""In the data folder, unless the settings name another."""

LONGEST_LINE = 8 << 20
END_TIMEOUT_S = 5.0
LAST_WORDS_BYTES = 2000

_log = logging.getLogger(__name__)


def is_due(now: float, last: float | None, hour_utc: int) -> bool:
    """A backup is due when the day's hour has come since the last one, or when that is a day old."""
    if last is None or now - last >= DAY_S or last > now + HOUR_S:  # of the future: the clock was wrong
        return True
    of_today = now // DAY_S * DAY_S + hour_utc * HOUR_S
    latest = of_today if of_today <= now else of_today - DAY_S
    return last < latest


class BackupService:
    """Makes the backups. Lives on the loop; the work is done by a process of the lowest priority."""

    def __init__(
        self,
        data_dir: Path,
        plan: BackupPlan,
        storage: Database,
        publish: Callable[[Message], None],
        judge: Callable[[Judgements], Awaitable[None]],
        keys: RecordKeys = WITHOUT_KEYS,
        *,
        server: DatabaseServer | None = None,
        settings_files: tuple[Path, ...] = (),
        wall: Callable[[], float] = time.time,
        first_look_s: float = FIRST_LOOK_S,
    ) -> None:
        """`judge` takes the alarm conditions that stand and those that do not; `keys` seal the backups.

        The database is that of a `server`, else the file in the folder.
        """
        self._settings_files = settings_files
        self._data_dir = data_dir
        self._plan = plan
        self._storage = storage
        self._audit = AuditTrail(storage)
        self._publish = publish
        self._judge = judge
        self._keys = keys
        self._server = server
        self._wall = wall
        self._first_look_s = first_look_s
        self._last: BackupFile | None = None
        self._problem = ""
        self._tried_at: float | None = None
        self._busy = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    @property
    def folder(self) -> Path:
        """Folder of the automatic backups."""
        return self._plan.folder or self._data_dir / FOLDER

    async def open(self) -> None:
        """Put away what a backup that was killed left, find the newest one, look at the clock from now on."""
        await self._look_back()
        self._task = keep_running(self._run, "backups")

    async def close(self) -> None:
        """A backup that is just being made is given up."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def set_plan(self, plan: BackupPlan) -> None:
        """Change the settings from now on."""
        moved = (plan.folder or self._data_dir / FOLDER) != self.folder
        self._plan = plan
        if moved:
            await self._look_back()

    def status(self) -> BackupStatus:
        """State of the automatic backups; safe from any thread."""
        return BackupStatus(
            folder=self.folder, is_running=self._busy.locked(), last=self._last, problem=self._problem
        )

    async def make(self, file: Path | None = None, *, with_key: bool = False) -> BackupFile:
        """Make a backup now, in the folder of backups or as the new `file`. Raises StorageError."""
        demand(Act.BACK_UP)
        async with self._busy:
            if lost := await asyncio.to_thread(self._storage.lost):
                raise StorageError(f"There is nothing to make a backup of: {lost}")
            target = file
            if target is None:
                target = await asyncio.to_thread(new_name, self.folder, self._wall())
            try:
                manifest = await run_backup(self._task_of(target, with_key))
                made = await asyncio.to_thread(describe, target)
            except (StorageError, OSError) as error:
                await self._audit.write("backup failed", str(target), str(error))
                raise StorageError(str(error)) from error
            await self._audit.write("backup made", str(target), _words(made, manifest))
            if file is None:
                self._last, self._problem = made, ""
                await self._prune()
        await self._tell_alarms()
        return made

    def _task_of(self, file: Path, with_key: bool) -> BackupTask:
        key_id = self._keys.present
        sealing_key = self._keys.derived(SEALING, key_id).hex() if key_id != NO_KEY else ""
        return BackupTask(
            data_dir=self._data_dir,
            file=file,
            settings_files=self._settings_files,
            with_key=with_key,
            key_id=key_id,
            sealing_key=sealing_key,
            database_url=self._server.url if self._server is not None else "",
            database_password=self._server.password if self._server is not None else "",
        )

    async def _run(self) -> None:
        act_as(CONSOLE)
        await asyncio.sleep(self._first_look_s)
        while True:
            await self._look()
            await asyncio.sleep(min(LOOK_S, self._first_look_s))

    async def _look(self) -> None:
        now = self._wall()
        if self._plan.enabled and self._is_due(now):
            self._tried_at = now
            try:
                await self.make()
                self._tried_at = None
            except StorageError as error:
                self._failed(str(error))
        await self._tell_alarms()

    def _is_due(self, now: float) -> bool:
        if self._tried_at is not None and 0 <= now - self._tried_at < RETRY_S:
            return False
        return is_due(now, self.last_at(), self._plan.hour_utc)

    def last_at(self) -> float | None:
        """Wall clock of the newest good backup; None without one. Safe from any thread."""
        return None if self._last is None or self._last.manifest is None else self._last.manifest.made_at

    def _failed(self, why: str) -> None:
        if why != self._problem:
            self._notice(f"There is no backup of today: {why}")
        self._problem = why

    async def _prune(self) -> None:
        """Delete old backups, only after a new one was proved: the last good one always stays."""
        try:
            gone = await asyncio.to_thread(prune, self.folder, self._plan.keep_daily, self._plan.keep_weekly)
        except StorageError as error:
            self._notice(str(error))
            return
        for path in gone:
            _log.info("an old backup was deleted: %s", path.name)

    async def _look_back(self) -> None:
        try:
            found = await asyncio.to_thread(self._newest)
        except StorageError as error:
            self._notice(str(error))
            found = None
        self._last = found

    def _newest(self) -> BackupFile | None:
        if not self.folder.is_dir():
            return None
        with only_one(self.folder):
            # One of somebody else's is none of today's.
            ours = (
                one
                for one in list_backups(self.folder)
                if one.manifest is not None
                and (self._keys.present == NO_KEY or is_made_with(one.manifest, self._keys))
            )
            return next(ours, None)

    async def _tell_alarms(self) -> None:
        last, enabled = self.last_at(), self._plan.enabled
        is_old = enabled and last is not None and self._wall() - last > OLD_S
        failed = self._problem if enabled else ""
        await self._judge(
            {
                BACKUP_FAILED: true_if(failed),
                BACKUP_OLD: true_if(f"the newest is of {format_utc(last)}" if is_old else ""),
            }
        )

    def _notice(self, text: str) -> None:
        _log.warning("%s", text)
        self._publish(NoticePosted(at=self._wall(), level="warning", text=text))


def _words(made: BackupFile, manifest: BackupManifest) -> str:
    key = ", with the key of the secrets" if manifest.holds_key else ""
    return f"{format_bytes(made.size)}, {len(manifest.members)} files, proved{key}"


async def run_backup(task: BackupTask) -> BackupManifest:
    """Make a backup; it is proved when this returns. Raises StorageError; cancelled, it ends the process."""
    try:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-X", "utf8", "-m", MODULE),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=LONGEST_LINE,
            cwd="/",
            env=child_environment(),
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
    """End the process: at the end of its input it puts away what is not finished, else it is killed."""
    assert process.stdin is not None
    process.stdin.close()
    try:
        async with asyncio.timeout(END_TIMEOUT_S):
            await process.wait()
    except TimeoutError:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()
