"""Folders in which streams may read and write, and those of the console itself, in which they never may."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ibe100.models.base import FolderPath, Value
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.models.rights import Act
from ibe100.models.stored import DamagedDocument, read_stored, write_stored
from ibe100.models.stream_config import (
    FileInput,
    FileOutput,
    HlsOutput,
    StreamConfig,
    plain_edges,
    with_edges,
)
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.rights import demand
from ibe100.utils.atomic_write import atomic_write
from ibe100.utils.exact_files import real_path
from ibe100.utils.program import COMMAND

HOW_TO_ADD = (
    f"whoever runs the console adds a folder: in the window, which asks once, with {COMMAND} stream add, "
    "or by the setting media.folders"
)

_log = logging.getLogger(__name__)


class KeptFolders(Value):
    """Folders that were allowed while the console ran."""

    folders: tuple[FolderPath, ...] = ()


class MediaFolders:
    """The media folders: our own, those of the settings, and those that were allowed while the console ran.

    Paths are judged by where they lead: `..` and symbolic links are followed first.
    """

    def __init__(
        self,
        own: Path,
        refused: Mapping[Path, str],
        file: Path,
        settings: Sequence[Path],
        audit: AuditTrail | None = None,
    ) -> None:
        """`refused`: the console's own folders, each with what it is for; `own` may lie in one of them.

        `file` keeps what is allowed while the console runs.
        """
        self._own = own
        self._refused = refused
        self._file = file
        self._settings = tuple(settings)
        self._audit = audit
        self._kept, self._is_new = _read(file)

    def set_settings(self, folders: Sequence[Path]) -> None:
        """Change the folders of the settings."""
        self._settings = tuple(folders)

    def folders(self) -> tuple[Path, ...]:
        """All media folders, our own first."""
        return tuple(dict.fromkeys((self._own, *self._settings, *self._kept)))

    def take_over(self, configs: Sequence[StreamConfig]) -> tuple[str, ...]:
        """Allow what streams used before there was such a list; returns what to tell. Blocks.

        Nothing happens where a list was kept already.
        """
        if not self._is_new:
            return ()
        found = dict.fromkeys(folder for config in configs for folder in self.outside(config))
        added = [folder for folder in found if not self._is_refused(folder)]
        told = [f"Streams may go on using their files in {folder}, as they did so far" for folder in added]
        try:
            self._keep(added)
        except StorageError as error:
            told.append(str(error))
        return tuple(told)

    def outside(self, config: StreamConfig) -> tuple[Path, ...]:
        """Folders of a stream's files that are no media folders yet. Blocks."""
        found = (real_path(path) for _, path in paths_of(config))
        return tuple(dict.fromkeys(path.parent for path in found if self._holding(path) is None))

    async def not_allowed(self, config: StreamConfig) -> tuple[Path, ...]:
        """Folders that `allow` would have to allow for this stream."""
        return await asyncio.to_thread(self.outside, config)

    async def allow(self, folders: Sequence[Path]) -> None:
        """Allow streams to use these folders from now on. Raises OperatorError.

        For whoever runs the console: nobody comes here over a network.
        """
        demand(Act.SET_UP_STREAM)
        await asyncio.to_thread(self._allow, folders)
        for folder in folders:
            if self._audit is not None:
                await self._audit.write("media folder allowed", str(folder))

    def checked(self, config: StreamConfig) -> StreamConfig:
        """`config` with its files where they really are. Blocks; raises ConfigurationError."""
        edges = dict(plain_edges(config))
        for field, path in paths_of(config):
            side, _, name = field.rpartition(".")
            edges[side] = edges[side].model_copy(update={name: self._place_of(field, path)})
        return with_edges(config, edges)

    def refuse_ours(self, path: Path) -> None:
        """Refuse to write a file of ours over, such as with an export. Blocks; raises StorageError."""
        try:
            self._refuse_ours(path, real_path(path))
        except ConfigurationError as error:
            raise StorageError(str(error)) from error

    def _place_of(self, field: str, path: Path) -> Path:
        try:
            place = real_path(path)
            folder = self._holding(place)
            if folder is not None and (hidden := _hidden_part(place.relative_to(folder))):
                raise ConfigurationError(f"{path}: {hidden} is hidden, and streams use no hidden files")
            self._refuse_ours(path, place)
        except ConfigurationError as error:
            raise ConfigurationError(f"{field} {error}") from error
        if folder is None:
            names = ", ".join(map(str, self.folders()))
            raise ConfigurationError(f"{field} {path}: it is in no media folder ({names}); {HOW_TO_ADD}")
        return place

    def _refuse_ours(self, path: Path, place: Path) -> None:
        if ours := self._is_refused(place):
            raise ConfigurationError(f"{path}: this is in the console's own folder of {ours}; choose another")

    def _is_refused(self, place: Path) -> str:
        """What one of our own folders is for in which a resolved path lies; empty for all others."""
        if place.is_relative_to(real_path(self._own)):
            return ""
        found = ((real_path(folder), what) for folder, what in self._refused.items())
        return next((what for folder, what in found if place.is_relative_to(folder)), "")

    def _holding(self, place: Path) -> Path | None:
        """The media folder in which a resolved path lies; of several the innermost one."""
        found = (real_path(folder) for folder in self.folders())
        return max(filter(place.is_relative_to, found), key=lambda folder: len(folder.parts), default=None)

    def _allow(self, folders: Sequence[Path]) -> None:
        for folder in folders:
            place = real_path(folder)
            self._refuse_ours(folder, place)
            home = real_path(Path.home())
            if home in place.parents and place.relative_to(home).parts[0].startswith("."):
                raise ConfigurationError(f"{folder}: a hidden folder of your home folder is none for media")
        self._keep([folder.absolute() for folder in folders])

    def _keep(self, folders: Sequence[Path]) -> None:
        kept = KeptFolders(folders=tuple(dict.fromkeys((*self._kept, *folders))))
        self._kept, self._is_new = kept.folders, False
        try:
            atomic_write(self._file, write_stored(kept, indent=1), 0o600)
        except OSError as error:
            words = f"the media folders hold until the next start: {self._file} cannot be written"
            raise StorageError(f"{words}: {error.strerror}") from error


def paths_of(config: StreamConfig) -> Iterator[tuple[str, Path]]:
    """Field and path of each file that a stream reads or writes."""
    for side, edge in plain_edges(config):
        match edge:
            case FileInput(path=path) | FileOutput(path=path):
                yield f"{side}.path", path
            case HlsOutput(playlist=path):
                yield f"{side}.playlist", path


def _hidden_part(path: Path) -> str:
    return next((part for part in path.parts if part.startswith(".")), "")


def _read(file: Path) -> tuple[tuple[Path, ...], bool]:
    """The folders that are kept, and whether none were ever; a damaged file allows nothing."""
    try:
        return read_stored(KeptFolders, file.read_bytes()).folders, False
    except FileNotFoundError:
        return (), True
    except (OSError, DamagedDocument) as error:
        _log.error("the media folders in %s cannot be read, and none of them is allowed: %s", file, error)
        return (), False
