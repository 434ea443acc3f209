from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.fernet import Fernet

from ibe100.core.secrets import SecretStore
from ibe100.models.errors import ConfigurationError, StorageError

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
