"""Makes one backup at the lowest priority: `python -m ibe100.database.backup.process`.

The task is a line of JSON on standard input, the outcome one on standard output. It ends when its standard
input does, and leaves nothing unfinished behind: so it never outlives who asked.
"""

from __future__ import annotations

import os
import sys
import threading
from pathlib import Path
from typing import Annotated

from pydantic import Field

from ibe100.database.backup.backups import Seal, make_backup, unsealed
from ibe100.database.backup.sqlite_copy import BackupStopped, Pace
from ibe100.models.backup import BackupManifest, sealed
from ibe100.models.base import Value
from ibe100.models.errors import StorageError
from ibe100.models.records.database import DatabaseServer
from ibe100.models.records.keys import NO_KEY
from ibe100.utils.low_priority import take_lowest_priority

MODULE = "ibe100.database.backup.process"


class BackupTask(Value):
    """Backup that is to be made."""

    data_dir: Path
    file: Path
    settings_files: tuple[Path, ...] = ()
    with_key: bool = False
    key_id: str = NO_KEY
    sealing_key: Annotated[str, Field(repr=False)] = ""
    """In hex; the process gets it on its standard input, and no other key."""
    database_url: str = ""
    """Database of a server; empty is the file in the data folder."""
    database_password: Annotated[str, Field(repr=False)] = ""
    rest: Annotated[float, Field(ge=0, le=10)] = 1.0
    """Seconds of rest for each second of work."""


class BackupOutcome(Value):
    """The manifest of the backup that was made, or why there is none."""

    manifest: BackupManifest | None = None
    problem: str = ""


def main() -> int:
    """Make the backup that is asked for on standard input; returns the exit status."""
    task = BackupTask.model_validate_json(sys.stdin.buffer.readline())
    take_lowest_priority()
    leaving = threading.Event()
    threading.Thread(target=_watch_standard_input, args=(leaving,), daemon=True).start()
    pace = Pace(task.file.parent, leaving.is_set, rest=task.rest)
    try:
        manifest = make_backup(
            task.data_dir,
            task.file,
            pace,
            _seal(task),
            with_key=task.with_key,
            server=_server(task),
            settings_files=task.settings_files,
        )
        outcome = BackupOutcome(manifest=manifest)
    except StorageError as error:
        outcome = BackupOutcome(problem=str(error))
    except BackupStopped:
        return 0
    sys.stdout.write(outcome.model_dump_json() + "\n")
    sys.stdout.flush()
    return 0


def _server(task: BackupTask) -> DatabaseServer | None:
    return DatabaseServer(task.database_url, task.database_password) if task.database_url else None


def _seal(task: BackupTask) -> Seal:
    if task.key_id == NO_KEY:
        return unsealed
    return lambda manifest: sealed(manifest, task.key_id, bytes.fromhex(task.sealing_key))


def _watch_standard_input(leaving: threading.Event) -> None:
    while os.read(0, 1024):
        continue
    leaving.set()


if __name__ == "__main__":
    sys.exit(main())
