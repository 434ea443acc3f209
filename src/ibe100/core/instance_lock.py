"""Lock that allows one console or server per data folder."""

from __future__ import annotations

import fcntl
import json
import os
from pathlib import Path
from types import TracebackType
from typing import Self

from ibe100.models.errors import OperatorError, StorageError

FILE_NAME = "instance.lock"


class AlreadyRunning(OperatorError):
    """A second console or server on the same data folder; the text names the first."""


class InstanceLock:
    """Held until `release` or the end of the process, however it ends. The file itself stays."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor: int | None = descriptor

    @classmethod
    def acquire(cls, data_dir: Path, role: str) -> Self:
        """Lock `data_dir` for this process; `role` in words, such as "console" or "ibe100 serve".

        Raises AlreadyRunning, or StorageError when the folder cannot be written.
        """
        path = data_dir / FILE_NAME
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StorageError(
                f"The lock file {path} cannot be opened: {error.strerror}. Check the data folder."
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, json.dumps({"pid": os.getpid(), "role": role}).encode(), 0)
        except BlockingIOError:
            holder = _holder(descriptor)
            os.close(descriptor)
            raise AlreadyRunning(
                f"IBE-100 is already running on {data_dir}: {holder}. "
                "Close it, or choose another data folder."
            ) from None
        except OSError as error:
            os.close(descriptor)
            raise StorageError(f"The lock file {path} cannot be written: {error.strerror}.") from error
        return cls(descriptor)

    def release(self) -> None:
        """Let another process in; nothing happens the second time."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.release()


def _holder(descriptor: int) -> str:
    try:
        holder = json.loads(os.pread(descriptor, 1000, 0))
        return f"{holder['role']}, process {holder['pid']}"
    except (ValueError, KeyError, TypeError):
        return "a process that is just starting"
