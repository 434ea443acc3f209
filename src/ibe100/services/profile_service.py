"""Profiles on disk: JSON, written atomically; a damaged one is set aside, never overwritten."""

from __future__ import annotations

import asyncio
import re
import time
from pathlib import Path

from pydantic import ValidationError

from ibe100.models.base import in_words
from ibe100.models.errors import StorageError, StreamError
from ibe100.models.profile import Profile, StreamEntry
from ibe100.services.stream_run import without_secrets
from ibe100.services.stream_service import StreamService
from ibe100.utils.atomic_write import atomic_write
from ibe100.utils.timecode import utc_stamp

SUFFIX = ".json"


class ProfileService:
    """Profiles live as `<name>.json` in one folder."""

    def __init__(self, folder: Path, streams: StreamService) -> None:
        self._folder = folder
        self._streams = streams

    async def names(self) -> tuple[str, ...]:
        """All profiles, by name."""
        found = await asyncio.to_thread(lambda: list(self._folder.glob(f"*{SUFFIX}")))
        return tuple(sorted(path.stem for path in found))

    async def save(self, name: str) -> Path:
        """Save the present list of streams under `name`. Raises StorageError."""
        path = self._path(name)
        entries = tuple(
            StreamEntry(stream_id=view.stream_id, number=view.number, config=without_secrets(view.config))
            for view in self._streams.streams()
        )
        profile = Profile(name=name, streams=entries)
        self._streams.profile = name
        await asyncio.to_thread(atomic_write, path, profile.model_dump_json(indent=2).encode())
        return path

    async def load(self, name: str) -> Profile:
        """Replace the list of streams; refused while one runs that the profile does not hold."""
        profile = await asyncio.to_thread(self._read, self._path(name), ours=True)
        await self._replace(profile)
        self._streams.profile = profile.name
        return profile

    async def import_file(self, path: Path) -> Profile:
        """Take a profile from elsewhere into the folder; its streams are not loaded yet."""
        profile = await asyncio.to_thread(self._read, path, ours=False)
        content = profile.model_dump_json(indent=2).encode()
        await asyncio.to_thread(atomic_write, self._path(profile.name), content)
        return profile

    async def export_file(self, name: str, path: Path) -> None:
        """Write a profile elsewhere. Raises StorageError."""
        profile = await asyncio.to_thread(self._read, self._path(name), ours=True)
        await asyncio.to_thread(atomic_write, path, profile.model_dump_json(indent=2).encode())

    async def _replace(self, profile: Profile) -> None:
        wanted = {entry.stream_id: entry for entry in profile.streams}
        present = {view.stream_id: view for view in self._streams.streams()}
        extra = [view for stream_id, view in present.items() if stream_id not in wanted]
        for view in extra:
            if view.state.is_active:
                raise StreamError(
                    f"{view.config.name} is running and is not in profile {profile.name}; stop it first"
                )
        for view in extra:
            await self._streams.remove(view.stream_id)
        for entry in profile.streams:
            if entry.stream_id in present:
                await self._streams.change(entry.stream_id, entry.config)
            else:
                await self._streams.add_entry(entry)

    def _read(self, path: Path, *, ours: bool) -> Profile:
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise StorageError(f"there is no profile {path.stem} ({path})") from None
        except OSError as error:
            raise StorageError(f"profile {path} cannot be read: {error.strerror}") from error
        try:
            return Profile.model_validate_json(content)
        except ValidationError as error:
            where = f"profile {path.name} is damaged ({in_words(error)})"
            if not ours:
                raise StorageError(f"{where}; nothing was imported") from error
            aside = self._set_aside(path)
            raise StorageError(f"{where}; it was set aside as {aside.name}") from error

    def _set_aside(self, path: Path) -> Path:
        aside = path.with_name(f"{path.name}.damaged-{utc_stamp(time.time())}")
        try:
            return path.rename(aside)
        except OSError as error:
            raise StorageError(
                f"profile {path} is damaged and cannot be set aside: {error.strerror}"
            ) from error

    def _path(self, name: str) -> Path:
        if not re.fullmatch(r"[\w][\w .()+-]{0,79}", name):
            raise StorageError(f"{name!r} cannot be a profile's name: use letters, digits, spaces, . ( ) + -")
        return self._folder / f"{name}{SUFFIX}"
