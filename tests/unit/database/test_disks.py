from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ibe100.database.database import Database
from ibe100.models.errors import StorageError
from ibe100.models.session import AuditRecord


def line(detail: str) -> AuditRecord:
    return AuditRecord(at=1.0, who="anna", action="fire", subject="one", detail=detail)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 2 MB of its own."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def make_read_only(folder: Path) -> None:
    subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)


async def test_a_full_disk_is_said_in_words_and_writing_goes_on_once_there_is_room(small_disk: Path) -> None:
    database = await Database.open(small_disk / "ibe100.db")
    await database.audit.write(line("before"))
    filler = small_disk / "filler"
    free = os.statvfs(small_disk)
    filler.write_bytes(bytes(free.f_bavail * free.f_frsize))
    big = line("y" * 100_000)
    outcomes = await asyncio.gather(*(database.audit.write(big) for _ in range(3)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [StorageError] * 3
    assert "the disk is full" in str(outcomes[0])
    assert [record.detail for record in await database.audit.list()] == ["before"]
    filler.unlink()
    await database.audit.write(line("after"))
    assert [record.detail for record in await database.audit.list()] == ["after", "before"]
    await database.close()


LIMITED = """
import asyncio, resource, signal, sys
from pathlib import Path
from ibe100.database.database import Database
from ibe100.models.errors import StorageError
from ibe100.models.session import AuditRecord

def line(detail):
    return AuditRecord(at=1.0, who="w", action="a", subject="s", detail=detail)

async def main():
    database = await Database.open(Path(sys.argv[1]))
    await database.audit.write(line("before"))
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        await database.audit.write(line("y" * 2_000_000))
    except StorageError as error:
        print(error)
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    await database.audit.write(line("after"))
    await database.close()

asyncio.run(main())
"""


async def test_a_file_that_may_not_grow_is_said_in_words_and_the_writer_lives_on(tmp_path: Path) -> None:
    path = tmp_path / "ibe100.db"
    done = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-c", LIMITED, str(path)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert f"The database {path} could not be written: " in done.stdout
    database = await Database.open(path)
    assert [record.detail for record in await database.audit.list()] == ["after", "before"]
    await database.close()


async def test_a_small_disk_is_said_in_words(small_disk: Path) -> None:
    make_read_only(small_disk)
    with pytest.raises(StorageError, match=r"ibe100\.db could not be opened: .*read-only"):
        await Database.open(small_disk / "ibe100.db")


async def test_an_existing_database_on_a_read_only_disk_is_said_in_words(small_disk: Path) -> None:
    path = small_disk / "ibe100.db"
    database = await Database.open(path)
    await database.close()
    make_read_only(small_disk)
    with pytest.raises(StorageError, match=r"ibe100\.db could not be opened: .*read-only"):
        await Database.open(path)
