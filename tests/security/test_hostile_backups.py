"""A backup of others: what it announces is not believed, and nobody comes in by it unseen."""

from __future__ import annotations

import gzip
import io
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path

import pytest

from ibe100.core.folders import Folders
from ibe100.core.records.keys import record_keys
from ibe100.core.recovery import recover
from ibe100.core.restore import restore
from ibe100.core.secrets import SecretStore
from ibe100.database.backup.archive import read_manifest
from ibe100.database.backup.backups import make_backup, sealing
from ibe100.database.backup.contents import look_into
from ibe100.database.backup.sqlite_copy import Pace
from ibe100.database.database import Database
from ibe100.models.backup import is_made_with
from ibe100.models.errors import StorageError
from ibe100.models.users import Role, StoredUser


def folders_in(place: Path) -> Folders:
    folders = Folders(
        data_dir=place, log_dir=place / "logs", state_dir=place / "state", media_dir=place / "media"
    )
    folders.create()
    return folders


async def made_in(place: Path, file: Path, *statements: str) -> Folders:
    """A data folder with a user of its own, and a backup of it."""
    folders = folders_in(place)
    keys = record_keys(SecretStore.open(place))
    database = await Database.open(folders.database_file, keys=keys)
    await database.users.save_user(
        StoredUser(name="mallory", role=Role.ADMIN, password_hash="x", created_at=1.0)
    )
    await database.close()
    with closing(sqlite3.connect(folders.database_file)) as connection:
        for statement in statements:
            connection.execute(statement)
        connection.commit()
    make_backup(place, file, Pace(file.parent, rest=0), sealing(keys))
    return folders


def archive(path: Path, *entries: tuple[tarfile.TarInfo, bytes]) -> Path:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for entry, data in entries:
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))
    path.write_bytes(gzip.compress(content.getvalue(), 1))
    return path


def test_a_header_of_many_megabytes_is_not_read_into_memory(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("manifest.json")
    entry.pax_headers = {"comment": "x" * (32 << 20)}
    with pytest.raises(StorageError, match="a header of it is too long"):
        read_manifest(archive(tmp_path / "a.tar.gz", (entry, b"{}")))


@pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, tarfile.CHRTYPE])
def test_what_is_no_plain_file_is_refused(tmp_path: Path, kind: bytes) -> None:
    entry = tarfile.TarInfo("manifest.json")
    entry.type, entry.linkname = kind, "/etc/passwd"
    with pytest.raises(StorageError, match="does not begin with a manifest"):
        read_manifest(archive(tmp_path / "a.tar.gz", (entry, b"")))


def test_a_manifest_that_unpacks_to_gigabytes_is_refused(tmp_path: Path) -> None:
    entry = tarfile.TarInfo("manifest.json")
    with pytest.raises(StorageError, match="does not begin with a manifest"):
        read_manifest(archive(tmp_path / "a.tar.gz", (entry, bytes(64 << 20))))


async def test_users_of_another_installation_come_in_by_a_word_only(tmp_path: Path) -> None:
    file = tmp_path / "theirs.tar.gz"
    await made_in(tmp_path / "theirs", file)
    here = folders_in(tmp_path / "here")
    contents = look_into(file, record_keys(SecretStore.open(here.data_dir)))
    assert not contents.is_made_here
    assert contents.users == (("mallory", "admin"),)
    assert "  user mallory, admin" in contents.lines()
    with pytest.raises(StorageError, match="was not made here"):
        await restore(here, file)
    assert not here.database_file.exists()
    await restore(here, file, also_foreign=True)
    with closing(sqlite3.connect(here.database_file)) as connection:
        assert connection.execute("SELECT name FROM users").fetchall() == [("mallory",)]


async def test_a_lost_database_is_not_recovered_from_a_backup_that_somebody_put_there(tmp_path: Path) -> None:
    backups = tmp_path / "backups"
    backups.mkdir()
    await made_in(tmp_path / "theirs", backups / "ibe100-20261130T000000Z.tar.gz")
    here = folders_in(tmp_path / "here")
    keys = record_keys(SecretStore.open(here.data_dir))
    here.database_file.write_bytes(b"damaged by whoever put it there")
    told = await recover(here, backups, keys)
    assert any("was not made here and was passed over" in words for words in told)
    with closing(sqlite3.connect(here.database_file)) as connection:
        assert connection.execute("SELECT count(*) FROM users").fetchone() == (0,)


async def test_a_database_that_acts_by_itself_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "theirs.tar.gz"
    await made_in(
        tmp_path / "theirs",
        file,
        "CREATE TRIGGER quiet AFTER INSERT ON audit BEGIN DELETE FROM audit; END",
    )
    here = folders_in(tmp_path / "here")
    with pytest.raises(StorageError, match="the trigger 'quiet', which is none of ours"):
        await restore(here, file, also_foreign=True)


async def test_a_manifest_that_was_changed_is_not_made_here(tmp_path: Path) -> None:
    file = tmp_path / "ours.tar.gz"
    folders = await made_in(tmp_path / "ours", file)
    keys = record_keys(SecretStore.open(folders.data_dir))
    assert look_into(file, keys).is_made_here
    manifest = read_manifest(file)
    for changes in ({"made_at": 5.0}, {"version": "9"}, {"head": None}, {"seal": None}):
        assert not is_made_with(manifest.model_copy(update=changes), keys)
