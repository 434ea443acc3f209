from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ibe100.core.secrets import SecretStore
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.utils.atomic_write import atomic_write

PASSPHRASE = "correct-horse-battery"


@pytest.fixture(autouse=True)
def _no_key_from_outside(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("IBE100_SECRET_KEY", raising=False)


def test_secrets_outlive_the_process_and_are_not_readable_on_disk(tmp_path: Path) -> None:
    store = SecretStore.open(tmp_path)
    store.set("one/input", PASSPHRASE)
    store.set("two/output", "ünïcode passphrase")
    again = SecretStore.open(tmp_path)
    assert again.get("one/input") == PASSPHRASE
    assert again.names() == ("one/input", "two/output")
    assert again.notices == ()
    for path in tmp_path.iterdir():
        assert PASSPHRASE.encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0, path
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secrets.bin", "secrets.key"]


def test_a_deleted_secret_is_gone_and_deleting_it_again_is_nothing(tmp_path: Path) -> None:
    store = SecretStore.open(tmp_path)
    store.set("one", PASSPHRASE)
    store.delete("one")
    store.delete("one")
    assert store.get("one") is None
    assert SecretStore.open(tmp_path).names() == ()


@pytest.mark.parametrize("damage", [b"", b"\x00\xff\x00", b"gAAAAABo"])
def test_a_damaged_file_is_set_aside_and_never_overwritten(tmp_path: Path, damage: bytes) -> None:
    SecretStore.open(tmp_path).set("one", PASSPHRASE)
    for _ in range(2):
        (tmp_path / "secrets.bin").write_bytes(damage)
        store = SecretStore.open(tmp_path)
        assert "set aside as secrets.bin.damaged-" in store.notices[0]
        assert store.names() == ()
        store.set("one", PASSPHRASE)
    aside = list(tmp_path.glob("secrets.bin.damaged-*"))
    assert [path.read_bytes() for path in aside] == [damage, damage]


def test_another_key_cannot_read_the_file_but_does_not_destroy_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    SecretStore.open(tmp_path).set("one", PASSPHRASE)
    before = (tmp_path / "secrets.bin").read_bytes()
    monkeypatch.setenv("IBE100_SECRET_KEY", Fernet.generate_key().decode())
    assert SecretStore.open(tmp_path).names() == ()
    (aside,) = tmp_path.glob("secrets.bin.damaged-*")
    assert aside.read_bytes() == before


def test_a_key_from_the_environment_is_not_written_to_disk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IBE100_SECRET_KEY", Fernet.generate_key().decode())
    SecretStore.open(tmp_path).set("one", PASSPHRASE)
    assert SecretStore.open(tmp_path).get("one") == PASSPHRASE
    assert [path.name for path in tmp_path.iterdir()] == ["secrets.bin"]


def test_a_key_that_is_none_is_refused_and_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "secrets.key").write_text("not a key")
    with pytest.raises(ConfigurationError, match=r"secrets\.key"):
        SecretStore.open(tmp_path)
    assert (tmp_path / "secrets.key").read_text() == "not a key"
    monkeypatch.setenv("IBE100_SECRET_KEY", "short")
    with pytest.raises(ConfigurationError, match="IBE100_SECRET_KEY"):
        SecretStore.open(tmp_path)


def test_a_secret_that_cannot_be_written_is_an_error_and_the_old_one_stays(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    store = SecretStore.open(folder)
    store.set("one", "the old passphrase")
    folder.rename(tmp_path / "moved")
    with pytest.raises(StorageError, match=r"secrets\.bin could not be written"):
        store.set("one", PASSPHRASE)
    assert store.get("one") == "the old passphrase"


def test_a_folder_that_is_missing_is_an_error_in_words(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"secrets\.key could not be"):
        SecretStore.open(tmp_path / "none")


def test_a_key_that_is_none_locks_the_secrets_and_keeps_what_is_stored(tmp_path: Path) -> None:
    SecretStore.open(tmp_path).set("one/input.passphrase", "correct horse battery")
    key, stored = tmp_path / "secrets.key", (tmp_path / "secrets.bin").read_bytes()
    right = key.read_bytes()
    key.write_bytes(b"half a ke")
    locked = SecretStore.open_or_lock(tmp_path)
    assert "does not hold a key" in locked.locked
    assert locked.get("one/input.passphrase") is None
    with pytest.raises(StorageError, match="locked"):
        locked.set("two/input.passphrase", "another passphrase")
    assert (tmp_path / "secrets.bin").read_bytes() == stored
    key.write_bytes(right)
    assert SecretStore.open_or_lock(tmp_path).get("one/input.passphrase") == "correct horse battery"


def test_a_new_key_opens_all_and_the_old_one_nothing(tmp_path: Path) -> None:
    store = SecretStore.open(tmp_path)
    store.set("one", PASSPHRASE)
    old, before = (tmp_path / "secrets.key").read_bytes(), (tmp_path / "secrets.bin").read_bytes()
    store.rotate(tmp_path)
    store.set("two", PASSPHRASE)
    again = SecretStore.open(tmp_path)
    assert (again.get("one"), again.get("two"), again.notices) == (PASSPHRASE, PASSPHRASE, ())
    new = (tmp_path / "secrets.key").read_bytes()
    assert new != old
    assert len(new.split()) == 1
    (tmp_path / "of_then.bin").write_bytes(before)
    of_then = SecretStore.read(tmp_path / "of_then.bin", tmp_path, again.former_keys)
    assert of_then is not None, "a backup from before the rotation can still be restored"
    assert of_then.get("one") == PASSPHRASE
    (tmp_path / "secrets.key").write_bytes(old)
    assert SecretStore.read(tmp_path / "secrets.bin", tmp_path) is None


@pytest.mark.parametrize("write", [1, 2, 3])
def test_a_rotation_that_is_broken_off_leaves_a_store_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: int
) -> None:
    store = SecretStore.open(tmp_path)
    store.set("one", PASSPHRASE)
    before = (tmp_path / "secrets.key").read_text()
    writes = 0

    def breaks_off(path: Path, content: bytes, mode: int | None = None) -> None:
        nonlocal writes
        writes += 1
        if writes == write:
            raise OSError(28, "No space left on device")
        atomic_write(path, content, mode)

    with monkeypatch.context() as patched:
        patched.setattr("ibe100.core.secrets.atomic_write", breaks_off)
        with pytest.raises(StorageError, match="No space left"):
            store.rotate(tmp_path)
    again = SecretStore.open(tmp_path)
    assert again.get("one") == PASSPHRASE
    assert len((tmp_path / "secrets.key").read_text().split()) == 1, "the next start has completed it"
    assert again.former_keys == (() if write == 1 else (before,))


def test_a_key_in_the_environment_is_rotated_by_naming_both(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    monkeypatch.setenv("IBE100_SECRET_KEY", old)
    SecretStore.open(tmp_path).set("one", PASSPHRASE)
    with pytest.raises(ConfigurationError, match="NEW OLD"):
        SecretStore.open(tmp_path).rotate(tmp_path)
    monkeypatch.setenv("IBE100_SECRET_KEY", f"{new} {old}")
    SecretStore.open(tmp_path).rotate(tmp_path)
    monkeypatch.setenv("IBE100_SECRET_KEY", new)
    assert SecretStore.open(tmp_path).get("one") == PASSPHRASE
    assert not (tmp_path / "secrets.key").exists()
