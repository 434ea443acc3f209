"""Secrets of streams (SRT passphrases) and keys of the records, encrypted at rest."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from ibe100.core.config import SECRET_KEY_VARIABLE
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.utils.atomic_write import atomic_write
from ibe100.utils.set_aside import set_aside

FILE_NAME = "secrets.bin"
KEY_FILE_NAME = "secrets.key"
FORMER_KEYS = "former keys"
"""Name of the secret that holds the keys before a rotation."""
_PRIVATE = 0o600


class SecretStore:
    """Secrets by name in `<data>/secrets.bin`; the key lies beside it or in IBE100_SECRET_KEY.

    Safe from any thread; `set` and `delete` block until the file is on disk.
    """

    def __init__(
        self, path: Path, key: MultiFernet | None, secrets: dict[str, str], notices: tuple[str, ...]
    ) -> None:
        self._path = path
        self._key = key
        self._secrets = secrets
        self._lock = threading.Lock()
        self.notices = notices
        """Notices for the operator about how the file was found."""
        self.locked = ""
        """Why no secret can be read or kept; empty while they can."""

    @classmethod
    def open(cls, data_dir: Path) -> Self:
        """Read the file, or begin an empty one. What cannot be decrypted is set aside, never overwritten.

        Raises StorageError when a file cannot be read or written, ConfigurationError for a bad key.
        """
        path = data_dir / FILE_NAME
        key = _key(data_dir / KEY_FILE_NAME)
        try:
            store = cls(path, key, _decrypt(key, path.read_bytes()), ())
            if len(_key_texts(data_dir / KEY_FILE_NAME)) > 1 and not os.environ.get(SECRET_KEY_VARIABLE):
                store._take_newest(data_dir / KEY_FILE_NAME)  # a rotation was broken off
            return store
        except FileNotFoundError:
            return cls(path, key, {}, ())
        except OSError as error:
            raise _unusable(path, "read", error) from error
        except (InvalidToken, ValueError):
            return cls(path, key, {}, (_begin_afresh(path),))

    @classmethod
    def open_or_lock(cls, data_dir: Path) -> Self:
        """Do as `open`; what cannot be opened is locked, so that streams without secrets run all the same."""
        try:
            return cls.open(data_dir)
        except (ConfigurationError, StorageError) as error:
            locked = cls(data_dir / FILE_NAME, None, {}, (f"The secrets are locked: {error}",))
            locked.locked = str(error)
            return locked

    @classmethod
    def read(cls, path: Path, key_dir: Path, former: Sequence[str] = ()) -> Self | None:
        """The secrets of another file, with the key that is in `key_dir`; None where it is not theirs.

        They may also be under one of the `former` keys of that folder.
        """
        if not (
            path.exists() and ((key_dir / KEY_FILE_NAME).exists() or os.environ.get(SECRET_KEY_VARIABLE))
        ):
            return None
        key = MultiFernet([*_fernets(key_dir / KEY_FILE_NAME), *(Fernet(one) for one in former)])
        try:
            return cls(path, key, _decrypt(key, path.read_bytes()), ())
        except OSError as error:
            raise _unusable(path, "read", error) from error
        except (InvalidToken, ValueError):
            return None

    @property
    def former_keys(self) -> tuple[str, ...]:
        """Keys before the last rotation: backups of then are under them."""
        return tuple((self.get(FORMER_KEYS) or "").split())

    def rotate(self, data_dir: Path) -> None:
        """Encrypt all under a new key. A crash in the middle leaves a store that opens.

        For a key in the environment the operator puts the new one in front of the old.
        Raises StorageError, ConfigurationError.
        """
        path = data_dir / KEY_FILE_NAME
        old = _key_texts(path)
        if not os.environ.get(SECRET_KEY_VARIABLE):
            new = Fernet.generate_key()
            try:
                # Until the secrets are under the new key, both open them.
                atomic_write(path, b"\n".join([new, *(one.encode() for one in old)]), _PRIVATE)
            except OSError as error:
                raise _unusable(path, "written", error) from error
        elif len(old) < 2:
            raise ConfigurationError(
                f"the key is in the environment: put a new one before it ({SECRET_KEY_VARIABLE}='NEW OLD'), "
                f"rotate, and leave out the old one then. A new one: {Fernet.generate_key().decode()}"
            )
        self._key = _key(path)
        self._take_newest(path)

    def _take_newest(self, key_file: Path) -> None:
        """Encrypt all under the newest key, and leave only that in its file. Raises StorageError."""
        newest, *former = _key_texts(key_file)
        with self._lock:
            known = " ".join(dict.fromkeys([*former, *(self._secrets.get(FORMER_KEYS) or "").split()]))
            self._store({**self._secrets, FORMER_KEYS: known})
        if not os.environ.get(SECRET_KEY_VARIABLE):
            try:
                atomic_write(key_file, newest.encode(), _PRIVATE)
            except OSError as error:
                raise _unusable(key_file, "written", error) from error
            self._key = _key(key_file)

    def get(self, name: str) -> str | None:
        with self._lock:
            return self._secrets.get(name)

    def names(self) -> tuple[str, ...]:
        with self._lock:
            return tuple(sorted(self._secrets))

    def set(self, name: str, value: str) -> None:
        """Keep a secret. Raises StorageError; the old secret stays then."""
        with self._lock:
            self._store({**self._secrets, name: value})

    def delete(self, name: str) -> None:
        """Delete a secret, if there is one. Raises StorageError; the secret stays then."""
        with self._lock:
            if name in self._secrets:
                self._store({key: value for key, value in self._secrets.items() if key != name})

    def _store(self, secrets: dict[str, str]) -> None:
        if self._key is None:
            raise StorageError(f"The secrets are locked: {self.locked}")
        token = self._key.encrypt(json.dumps(secrets).encode())
        try:
            atomic_write(self._path, token, _PRIVATE)
        except OSError as error:
            raise _unusable(self._path, "written", error) from error
        self._secrets = secrets


def _key(path: Path) -> MultiFernet:
    """The key that encrypts, and those that what is there may still be under. Raises as `open`."""
    return MultiFernet(_fernets(path))


def _fernets(path: Path) -> list[Fernet]:
    given = os.environ.get(SECRET_KEY_VARIABLE)
    what = f"The environment variable {SECRET_KEY_VARIABLE}" if given else f"The key file {path}"
    return [_fernet(one.encode(), what) for one in _key_texts(path) or [""]]


def _key_texts(path: Path) -> list[str]:
    """Keys in the environment or in the file, which is made where there is none, the newest first."""
    given = os.environ.get(SECRET_KEY_VARIABLE)
    if given:
        return given.split()
    try:
        if not path.exists():
            atomic_write(path, Fernet.generate_key(), _PRIVATE)
        path.chmod(_PRIVATE)
        return path.read_text(encoding="utf-8", errors="replace").split()
    except OSError as error:
        raise _unusable(path, "read or made", error) from error


def _fernet(key: bytes, what: str) -> Fernet:
    try:
        return Fernet(key)
    except ValueError:
        raise ConfigurationError(
            f"{what} does not hold a key (32 bytes in URL-safe base64). Put the right key back; "
            "without it the stored passphrases cannot be read and have to be entered again."
        ) from None


def _decrypt(key: MultiFernet, token: bytes) -> dict[str, str]:
    secrets = json.loads(key.decrypt(token))
    if not isinstance(secrets, dict) or not all(isinstance(value, str) for value in secrets.values()):
        raise ValueError("not a table of secrets")
    return secrets


def _begin_afresh(path: Path) -> str:
    try:
        aside = set_aside(path, time.time())
    except OSError as error:
        raise _unusable(path, "set aside", error) from error
    return (
        f"The secrets file {path} is damaged, or its key is another. It was set aside as {aside.name}: "
        "the passphrases of the streams have to be entered again."
    )


def _unusable(path: Path, doing: str, error: OSError) -> StorageError:
    return StorageError(
        f"The secrets file {path} could not be {doing}: {error.strerror}. Check the data folder."
    )
