"""Backups of real SQLite files: whole, proved, and never at the cost of who writes."""

from __future__ import annotations

import errno
import fcntl
import io
import os
import sqlite3
import subprocess
import tarfile
from collections.abc import Iterator
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ibe100 import __version__
from ibe100.database.backup.archive import check_file, write_archive
from ibe100.database.backup.backups import (
    UNFINISHED,
    list_backups,
    make_backup,
    new_name,
    only_one,
    prune,
    superfluous,
    unpack,
)
from ibe100.database.backup.sqlite_copy import BackupStopped, Pace
from ibe100.database.database import Database
from ibe100.database.sql.schema import REVISION
from ibe100.models.backup import BackupFile, BackupManifest, BackupMember, check_member
from ibe100.models.errors import StorageError
from ibe100.models.session import AuditRecord

DAY_S = 86_400.0
NOON = 1_800_000_000.0 // DAY_S * DAY_S + DAY_S / 2


def at_once(folder: Path) -> Pace:
    return Pace(folder, rest=0)


async def recorded(data_dir: Path, lines: int = 20) -> Path:
    """A data folder with a database of some audit lines, and what lies beside it."""
    (data_dir / "profiles").mkdir(parents=True)
    database = await Database.open(data_dir / "ibe100.db")
    for number in range(lines):
        record = AuditRecord(at=float(number), who="w", action="a", subject="s", detail=os.urandom(500).hex())
        await database.audit.write(record)
    await database.close()
    (data_dir / "profiles" / "Früh am Tag.json").write_text("{}")
    (data_dir / "alarm_settings.json").write_text('{"rules": {}}')
    (data_dir / "notifications.json").write_text("{}")
    (data_dir / "layouts.json").write_text("{}")
    (data_dir / "secrets.bin").write_bytes(b"encrypted")
    (data_dir / "secrets.key").write_bytes(b"key")
    (data_dir / "metrics.db").write_bytes(b"can be thrown away")
    return data_dir


def audit_lines(database: Path) -> int:
    with closing(sqlite3.connect(database)) as connection:
        return int(connection.execute("SELECT count(*) FROM audit").fetchone()[0])


async def test_a_backup_holds_all_that_is_on_record_and_never_the_key(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data")
    file = new_name(tmp_path / "backups", NOON)
    manifest = make_backup(data_dir, file, at_once(tmp_path))
    out = tmp_path / "out"
    assert unpack(file, out) == manifest
    assert (manifest.version, manifest.schema_revision) == (__version__, REVISION)
    assert not manifest.holds_key
    assert sorted(str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()) == [
        "alarm_settings.json",
        "ibe100.db",
        "layouts.json",
        "notifications.json",
        "profiles/Früh am Tag.json",
        "secrets.bin",
    ]
    assert audit_lines(out / "ibe100.db") == 20
    assert file.stat().st_mode & 0o077 == 0, "only this user may read it"
    assert [path.name for path in file.parent.iterdir()] == [file.name], "nothing is left of the making"


async def test_the_key_is_in_it_when_it_is_asked_for(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data")
    file = tmp_path / "with-key.tar.gz"
    assert make_backup(data_dir, file, at_once(tmp_path), with_key=True).holds_key
    unpack(file, tmp_path / "out")
    assert (tmp_path / "out" / "secrets.key").read_bytes() == b"key"


async def test_the_settings_are_in_it_and_a_missing_file_of_them_is_not(tmp_path: Path) -> None:
    """They lie outside the data folder: what is there is taken, whatever named it."""
    data_dir = await recorded(tmp_path / "data")
    settings = tmp_path / "config/app_config.json"
    settings.parent.mkdir()
    settings.write_text('{"api": {"port": 8101}}')
    file = tmp_path / "backup.tar.gz"
    files = (settings, settings.with_name("app_config.staging.json"))
    manifest = make_backup(data_dir, file, at_once(tmp_path), settings_files=files)
    assert "app_config.json" in {member.name for member in manifest.members}
    unpack(file, tmp_path / "unpacked")
    assert (tmp_path / "unpacked/app_config.json").read_text() == settings.read_text()


async def test_any_unpacker_reads_it(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data")
    file = tmp_path / "one.tar.gz"
    make_backup(data_dir, file, at_once(tmp_path))
    (tmp_path / "out").mkdir()
    done = subprocess.run(["tar", "xzf", str(file), "-C", str(tmp_path / "out")], capture_output=True)
    assert (done.returncode, done.stderr) == (0, b"")
    assert audit_lines(tmp_path / "out" / "ibe100.db") == 20


async def test_what_is_written_meanwhile_neither_waits_nor_begins_the_copy_anew(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data", lines=0)
    with closing(sqlite3.connect(data_dir / "ibe100.db")) as writer:
        filler = [(float(n), os.urandom(40_000)) for n in range(150)]
        writer.executemany(
            "INSERT INTO audit (at, who, action, subject, detail) VALUES (?, 'w', 'a', 's', ?)", filler
        )
        writer.commit()
        turns = 0

        def commit() -> bool:
            nonlocal turns
            turns += 1
            writer.execute(
                "INSERT INTO audit (at, who, action, subject, detail) VALUES (0, 'w', 'a', 's', 'x')"
            )
            writer.commit()
            return False

        file = tmp_path / "one.tar.gz"
        make_backup(data_dir, file, Pace(tmp_path, commit, rest=0))
    unpack(file, tmp_path / "out")
    assert 5 < turns < 100, "one turn for each MB of each pass"
    assert audit_lines(tmp_path / "out" / "ibe100.db") == 150, "as it was when the copy began"
    assert audit_lines(data_dir / "ibe100.db") == 150 + turns


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[bytes]:
    import asyncio

    folder = tmp_path_factory.mktemp("packed")
    data_dir = asyncio.run(recorded(folder / "data", lines=2))
    make_backup(data_dir, folder / "one.tar.gz", at_once(folder))
    yield (folder / "one.tar.gz").read_bytes()


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_any_byte_that_is_changed_is_noticed(packed: bytes, tmp_path: Path, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(packed) - 1))
    flip = data.draw(st.integers(1, 255))
    file = tmp_path / "damaged.tar.gz"
    file.write_bytes(packed[:place] + bytes([packed[place] ^ flip]) + packed[place + 1 :])
    with pytest.raises(StorageError, match=r"damaged"):
        unpack(file, tmp_path / "out")
    assert not (tmp_path / "out").exists(), "nothing is unpacked of it"


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_so_is_one_that_is_missing_or_too_many(packed: bytes, tmp_path: Path, data: st.DataObject) -> None:
    file = tmp_path / "damaged.tar.gz"
    cut = data.draw(st.integers(0, len(packed) - 1))
    for content in (packed[:cut], packed + data.draw(st.binary(min_size=1, max_size=200))):
        file.write_bytes(content)
        with pytest.raises(StorageError, match=r"damaged"):
            check_file(file)


def test_the_head_and_the_trailer_are_proved_as_well(packed: bytes, tmp_path: Path) -> None:
    file = tmp_path / "damaged.tar.gz"
    for place in (*range(12), *range(len(packed) - 100, len(packed))):
        file.write_bytes(packed[:place] + bytes([packed[place] ^ 1]) + packed[place + 1 :])
        with pytest.raises(StorageError, match=r"damaged"):
            check_file(file)


async def test_a_damaged_database_makes_no_backup_and_leaves_the_last_good_one(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data", lines=200)
    folder = tmp_path / "backups"
    make_backup(data_dir, new_name(folder, NOON), at_once(tmp_path))
    whole = (data_dir / "ibe100.db").read_bytes()
    middle = len(whole) // 2 // 4096 * 4096
    (data_dir / "ibe100.db").write_bytes(whole[:middle] + bytes(8192) + whole[middle + 8192 :])
    with pytest.raises(StorageError, match=r"integrity check.*earlier backups stay"):
        make_backup(data_dir, new_name(folder, NOON + DAY_S), at_once(tmp_path))
    assert [path.name for path in folder.iterdir()] == ["ibe100-20270115T120000Z.tar.gz"]


async def test_one_that_would_fill_the_disk_is_not_begun(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data")
    folder = tmp_path / "backups"
    pace = Pace(tmp_path, free=lambda _: 500_050_000)
    with pytest.raises(StorageError, match=r"500\.0 MB have to stay free.*backup\.folder"):
        make_backup(data_dir, new_name(folder, NOON), pace)
    assert list(folder.iterdir()) == []


async def test_one_that_somebody_else_fills_the_disk_of_is_given_up(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data")
    free = iter([10**12, 400_000_000])
    with pytest.raises(StorageError, match=r"only 400\.0 MB are left"):
        make_backup(data_dir, tmp_path / "b" / "one.tar.gz", Pace(tmp_path, free=lambda _: next(free)))
    assert list((tmp_path / "b").iterdir()) == []


@pytest.mark.skipif(os.getuid() != 0, reason="a small disk needs root")
async def test_a_disk_that_is_full_all_the_same_leaves_nothing_half_written(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data", lines=2000)
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(small)])
    if mounted.returncode:
        pytest.skip("no disk can be mounted here")
    try:
        with pytest.raises(StorageError, match=r"(?i)full|no space"):
            make_backup(data_dir, small / "one.tar.gz", Pace(small, free=lambda _: 10**12, rest=0))
        assert list(small.iterdir()) == []
    finally:
        subprocess.run(["umount", str(small)], check=True)


async def test_what_is_stopped_or_was_killed_leaves_no_litter(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data")
    folder = tmp_path / "backups"
    folder.mkdir()
    for name in UNFINISHED:
        (folder / name).write_bytes(b"left by one that was killed")
    with pytest.raises(BackupStopped):
        make_backup(data_dir, new_name(folder, NOON), Pace(folder, lambda: True))
    assert list(folder.iterdir()) == []


async def test_a_folder_that_knows_no_locks_takes_backups_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data_dir = await recorded(tmp_path / "data")

    def no_locks(descriptor: int, operation: int) -> None:
        raise OSError(errno.EBADF, "Bad file descriptor")  # NFS, for a folder

    monkeypatch.setattr(fcntl, "flock", no_locks)
    file = new_name(tmp_path / "nas", NOON)
    make_backup(data_dir, file, at_once(tmp_path))
    check_file(file)


async def test_two_at_once_in_a_folder_are_refused(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data")
    folder = tmp_path / "backups"
    with only_one(folder), pytest.raises(StorageError, match="just being made"):
        make_backup(data_dir, new_name(folder, NOON), at_once(tmp_path))


async def test_nothing_is_overwritten(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data")
    (tmp_path / "mine.tar.gz").write_text("mine")
    with pytest.raises(StorageError, match="exists already"):
        make_backup(data_dir, tmp_path / "mine.tar.gz", at_once(tmp_path))
    assert (tmp_path / "mine.tar.gz").read_text() == "mine"


def _backup(at: float) -> BackupFile:
    member = BackupMember(name="ibe100.db", size=0, sha256="0" * 64)
    manifest = BackupManifest(made_at=at, version="3", schema_revision=REVISION, members=(member,))
    return BackupFile(path=Path(f"/b/{at}"), size=1, manifest=manifest)


@given(
    st.lists(st.integers(0, 200 * 24), min_size=1, max_size=60, unique=True),
    st.integers(1, 9),
    st.integers(0, 9),
)
def test_of_many_the_newest_days_and_then_weeks_stay(hours: list[int], daily: int, weekly: int) -> None:
    backups = tuple(_backup(NOON + hour * 3600) for hour in hours)
    gone = superfluous(backups, daily, weekly)
    kept = [one for one in backups if one not in gone]
    newest = max(hours)
    assert len(kept) <= daily + weekly + sum(hour > newest - 24 for hour in hours)
    assert _backup(NOON + newest * 3600) in kept, "the last good one is never thrown away"
    days = {int((NOON + hour * 3600) // DAY_S) for hour in hours}
    assert len(kept) >= min(daily, len(days))
    assert superfluous(tuple(kept), daily, weekly) == (), "what stays, stays"


def test_dailies_then_weeklies() -> None:
    backups = tuple(_backup(NOON - day * DAY_S) for day in range(60))
    gone = superfluous(backups, 7, 3)
    kept = sorted(round((NOON - float(one.path.name)) / DAY_S) for one in backups if one not in gone)
    assert kept[:7] == list(range(7))
    assert [later - sooner for sooner, later in pairwise(kept[7:])] == [7, 7]


async def test_pruning_touches_nothing_but_backups_that_can_be_read(tmp_path: Path) -> None:
    data_dir = await recorded(tmp_path / "data")
    folder = tmp_path / "backups"
    make_backup(data_dir, new_name(folder, NOON), at_once(tmp_path))
    old = _backup(NOON - 3000 * DAY_S).manifest
    assert old is not None
    write_archive(folder / "ibe100-20200101T000000Z.tar.gz", old, {"ibe100.db": b""}, lambda: None)
    (folder / "ibe100-20200102T000000Z.tar.gz").write_bytes(b"damaged")
    (folder / "notes.txt").write_text("mine")
    backups = list_backups(folder)
    assert [bool(one.problem) for one in backups] == [False, False, True]
    assert len(prune(folder, 1, 0)) == 1
    assert {path.name for path in folder.iterdir()} >= {"notes.txt", "ibe100-20200102T000000Z.tar.gz"}
    assert len(list(folder.iterdir())) == 3


@pytest.mark.parametrize(
    "name", ["../ibe100.db", "/etc/passwd", "profiles/../x.json", "a/b.json", "ibe100.db-wal", "x.sh", ""]
)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no file"):
        check_member(name)


def test_a_tar_of_another_program_is_told_apart(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "other.tar.gz", "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("x"), io.BytesIO())
    with pytest.raises(StorageError, match=r"no backup of IBE-100"):
        unpack(tmp_path / "other.tar.gz", tmp_path / "out")
