"""Requests of the command line to a running console or server."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ibe100.core.config import AppConfig, merged_settings, sources
from ibe100.core.folders import Folders, resolve
from ibe100.core.last_good import load_or_last_good
from ibe100.models.errors import ConfigurationError, OperatorError
from ibe100.utils.program import COMMAND
from ibe100_client import Client, ClientError, NotReachable


class NotRunning(OperatorError):
    """No console or server answers on this data folder."""


def overrides(data_dir: Path | None, engine: str | None = None) -> dict[str, Any]:
    """The command line's part of the settings."""
    settings: dict[str, Any] = {}
    if data_dir is not None:
        settings["folders"] = {"data_dir": str(data_dir)}
    if engine not in (None, "auto"):
        settings["engine"] = {"kind": engine}
    return settings


def streams_folder(data_dir: Path | None) -> Path:
    """Folder in which the runners keep their files."""
    return _folders(data_dir).streams_dir


def running(data_dir: Path | None, by: str = "") -> AbstractContextManager[Client]:
    """Connect to whoever runs on the data folder; `by` is a note beside the user's name on record.

    The client's errors become NotRunning and OperatorError.
    """
    return running_on(_folders(data_dir).data_dir, by)


@contextmanager
def running_on(folder: Path, by: str = "") -> Iterator[Client]:
    """As `running`, where the data folder is known already."""
    try:
        # A stop waits for its processor and a backup for the disk: there is no telling how long.
        with Client(folder, note=by, timeout_s=None) as client:
            yield client
    except NotReachable:
        raise NotRunning(
            f"no console or server runs on {folder}; start one with {COMMAND} or {COMMAND} serve"
        ) from None
    except ClientError as error:
        raise OperatorError(str(error)) from error


def settings_of(data_dir: Path | None) -> AppConfig:
    """The settings of this run; where a file of them is damaged others hold, and standard error says so.

    Raises ConfigurationError where there are none by which the data folder can be found.
    """
    settings, fault = settings_and_fault(data_dir)
    if fault and data_dir is None and not fault.is_made_up_for:
        raise ConfigurationError(fault.words)
    if fault:
        print(f"ibe100: {fault.which} hold: {fault.words}", file=sys.stderr)
    return settings


@dataclass(frozen=True, slots=True)
class SettingsFault:
    """Fault of a settings file, and the settings that hold instead of it."""

    words: str
    is_made_up_for: bool
    """True where there are last good settings; else those as shipped hold."""

    @property
    def which(self) -> str:
        """Name of the settings that hold."""
        return "the last good settings" if self.is_made_up_for else "the settings as shipped"


def settings_and_fault(data_dir: Path | None) -> tuple[AppConfig, SettingsFault | None]:
    """The settings of this run, and the fault of their file where others hold instead.

    Raises ConfigurationError for a fault that is not the files'.
    """
    given = overrides(data_dir)
    try:
        settings, words = load_or_last_good(given)
        return settings, SettingsFault(words, True) if words else None
    except ConfigurationError as error:
        return merged_settings(sources(given, read=lambda _path, _required: {})), SettingsFault(
            str(error), False
        )


def _folders(data_dir: Path | None) -> Folders:
    return resolve(settings_of(data_dir).folders)
