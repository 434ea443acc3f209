"""Folders of the data, the logs and the runners' state."""

from __future__ import annotations

import contextlib
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import platformdirs

from ibe100.core.config import PROGRAM, FolderSettings, default_file, settings_files
from ibe100.models.errors import StorageError
from ibe100.utils.private_files import make_private, open_to_others
from ibe100.utils.program import source_root

SCHEDULE_COPY = "schedule.copy"


@dataclass(frozen=True, slots=True)
class Folders:
    """Absolute folders of this console, and what lies where in them."""

    data_dir: Path
    log_dir: Path
    state_dir: Path
    """Files of the runners; belongs to one data folder and is never shared with another's console."""
    media_dir: Path
    """Files that streams read and write, unless the operator names other folders for them."""

    @property
    def database_file(self) -> Path:
        return self.data_dir / "ibe100.db"

    @property
    def metrics_file(self) -> Path:
        """Measurements over time; the only file of the data folder that can be thrown away without harm."""
        return self.data_dir / "metrics.db"

    @property
    def schedule_copy(self) -> Path:
        """Second copy of the planned breaks, by which a lost database gets them back."""
        return self.data_dir / SCHEDULE_COPY

    @property
    def profiles_dir(self) -> Path:
        return self.data_dir / "profiles"

    @property
    def streams_dir(self) -> Path:
        """Holds a folder per stream: spec, journal, lock, log of its runner."""
        return self.state_dir / "streams"

    def create(self) -> None:
        """Make what is missing, and keep all of it from other users. Raises StorageError with what to do.

        Logs that cannot be written keep nothing off the air: they go to standard error, and are an alarm.
        """
        for folder in (self.data_dir, self.state_dir, self.profiles_dir, self.streams_dir):
            _create(folder)
        for folder in (self.log_dir, self.media_dir):
            with contextlib.suppress(StorageError):
                _create(folder)
        for folder, deep in self._private():
            make_private(folder, deep=deep)

    def closed_to_media(self) -> dict[Path, str]:
        """Folders that no stream may read or write, each with what it is for."""
        return {
            self.data_dir: "data",
            self.log_dir: "logs",
            self.state_dir: "the runners' state",
            default_file().parent: "settings",
            **dict.fromkeys(settings_files(), "settings"),
            PROGRAM: "the program",
            **({Path(sys.prefix): "the program"} if sys.prefix != sys.base_prefix else {}),
        }

    def open_to_others(self) -> list[Path]:
        """Files and folders of ours that other users of the machine may read or write."""
        return [path for folder, deep in self._private() for path in open_to_others(folder, deep=deep)]

    def _private(self) -> tuple[tuple[Path, bool], ...]:
        """Folders of ours, and whether all below them is: recordings may lie beside the data."""
        deep = (self.state_dir, self.profiles_dir)
        return (self.data_dir, False), (self.log_dir, False), *((folder, True) for folder in deep)


def resolve(settings: FolderSettings) -> Folders:
    """Folders named by the settings, else the checkout's own, else the platform's."""
    root = source_root()
    if root is not None:
        data_dir, log_dir, media_dir = root / "database", root / "logs", root / "media"
    else:
        data_dir = platformdirs.user_data_path("ibe100", appauthor=False)
        log_dir = platformdirs.user_log_path("ibe100", appauthor=False)
        media_dir = data_dir / "media"
    if settings.data_dir is not None:
        data_dir = settings.data_dir
        log_dir, media_dir = data_dir / "logs", data_dir / "media"
    return Folders(
        data_dir=data_dir,
        log_dir=settings.log_dir or log_dir,
        state_dir=settings.state_dir or data_dir / "state",
        media_dir=media_dir,
    )


def _create(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except FileExistsError:
        raise StorageError(
            f"{folder} is a file, but a folder of that name is needed: move it away."
        ) from None
    except OSError as error:
        raise StorageError(
            f"The folder {folder} cannot be written: {error.strerror}. Give this user write permission, "
            "or set another folder in the settings (folders.data_dir, folders.log_dir, folders.state_dir)."
        ) from error
