"""Backups that are there: listed with who made them, proved, copied, restored at the next start."""

from __future__ import annotations

import json
import time
from pathlib import Path

import pytest

from ibe100.core.folders import resolve
from ibe100.core.restore import WISH_S, restore_as_wanted
from ibe100.models.actor import Actor
from ibe100.models.backup import RESTORE_WANTED
from ibe100.models.errors import NotAllowed, StorageError
from ibe100.models.rights import Role
from ibe100.models.stream_config import NoOutput, StreamConfig, TestPatternInput
from ibe100.services.audit_trail import acting_as
from services_rig import console, settings

ADA = Actor("ada", Role.ADMIN)


def named(name: str) -> StreamConfig:
    return StreamConfig(name=name, input=TestPatternInput(), output=NoOutput())


async def test_a_backup_is_listed_with_who_made_and_when_it_was_proved(tmp_path: Path) -> None:
    async with console(tmp_path / "data") as house:
        with acting_as(ADA):
            made = await house.backups.make()
            (one,) = await house.kept_backups.list()
            assert (one.file.path, one.is_made_here, one.made_by) == (made.path, True, "ada")
            first = one.proved_at
            assert first is not None
            manifest = await house.kept_backups.prove(made.path)
            assert manifest == one.file.manifest
            (again,) = await house.kept_backups.list()
            assert again.proved_at is not None
            assert (again.proved_at > first, again.made_by) == (True, "ada")
            copy = tmp_path / "elsewhere.tar.gz"
            await house.kept_backups.export(made.path, copy)
            assert copy.read_bytes() == made.path.read_bytes()
            with pytest.raises(StorageError, match="is no backup in"):
                await house.kept_backups.export(tmp_path / "data" / "secrets.key", tmp_path / "key")
            with pytest.raises(StorageError):
                await house.kept_backups.export(made.path, tmp_path / "data" / "ibe100.db")
        damaged = bytearray(made.path.read_bytes())
        damaged[len(damaged) // 2] ^= 1
        made.path.write_bytes(damaged)
        with acting_as(ADA), pytest.raises(StorageError):
            await house.kept_backups.prove(made.path)
        (now,) = await house.kept_backups.list()
        assert now.proved_at == again.proved_at, "what failed proves nothing"


async def test_a_backup_is_restored_at_the_next_start_and_once(tmp_path: Path) -> None:
    data = tmp_path / "data"
    async with console(data) as house:
        with acting_as(ADA):
            await house.streams.add(named("Before"))
            made = await house.backups.make()
            await house.streams.add(named("After"))
            await house.kept_backups.restore_at_start(made.path)
    async with console(data) as house:
        assert [view.name for view in house.streams.streams()] == ["Before"]
        lines = await house.records.audit.list()
        restored = next(line for line in lines if line.action == "database restored")
        assert restored.who == "ada"
        assert not (data / RESTORE_WANTED).exists()
        assert list(data.glob("before-restore-*"))


async def test_one_of_elsewhere_is_shown_and_needs_a_word(tmp_path: Path) -> None:
    async with console(tmp_path / "other") as other:
        with acting_as(ADA):
            await other.access.add_user("mallory", Role.ADMIN, None)
            await other.streams.add(named("Theirs"))
            foreign = await other.backups.make()
    async with console(tmp_path / "data") as house:
        with acting_as(ADA):
            contents = await house.kept_backups.look_into(foreign.path)
            assert (contents.is_made_here, contents.users) == (False, (("mallory", "admin"),))
            assert contents.streams == ("Theirs",)
            with pytest.raises(StorageError, match="not made here"):
                await house.kept_backups.restore_at_start(foreign.path)
            await house.kept_backups.restore_at_start(foreign.path, also_foreign=True)
        with acting_as(Actor("ena", Role.ENGINEER)), pytest.raises(NotAllowed, match="needs admin"):
            await house.kept_backups.restore_at_start(foreign.path, also_foreign=True)
    async with console(tmp_path / "data") as house:
        assert [view.name for view in house.streams.streams()] == ["Theirs"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"asked_at": time.time() - WISH_S - 60}, "too long ago"),
        ({"file": "/nowhere/x.tar.gz"}, "Nothing was restored, the data are as they were"),
        ({"file": "x.tar.gz"}, "must be an absolute path"),
        ({"who": 3}, "Nothing was restored"),
    ],
)
async def test_a_wish_that_cannot_be_done_changes_nothing_and_is_told(
    tmp_path: Path, changes: dict[str, object], words: str
) -> None:
    folders = resolve(settings(tmp_path / "data").folders)
    folders.create()
    wish = {"file": str(tmp_path / "x.tar.gz"), "also_foreign": False, "who": "ada", "asked_at": time.time()}
    (folders.data_dir / RESTORE_WANTED).write_text(json.dumps({**wish, **changes}))
    (told,) = await restore_as_wanted(folders)
    assert words in told
    assert not (folders.data_dir / RESTORE_WANTED).exists()
    assert await restore_as_wanted(folders) == ()
