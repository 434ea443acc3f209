"""Profiles on disk: JSON, written atomically; a damaged one is set aside, never overwritten."""

from __future__ import annotations

import asyncio
import json
import logging
import re
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager, nullcontext
from importlib import resources
from pathlib import Path

from ibe100.models.errors import ConfigurationError, StorageError, StreamError
from ibe100.models.profile import DefaultProfiles, Profile, StreamEntry
from ibe100.models.rights import Act
from ibe100.models.stored import (
    DamagedDocument,
    keep_unknown,
    not_known,
    not_understood,
    read_stored,
    write_stored,
)
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.rights import demand
from ibe100.services.stream_service import StreamService
from ibe100.services.streams.stream_secrets import without_secrets
from ibe100.services.streams.which_stream import refuse_digits
from ibe100.utils.atomic_write import atomic_write
from ibe100.utils.set_aside import set_aside

SUFFIX = ".json"
SHIPPED = resources.files("ibe100.services") / "default_profiles.json"

_log = logging.getLogger(__name__)


class ProfileService:
    """Profiles live as `<name>.json` in one folder."""

    def __init__(
        self,
        folder: Path,
        streams: StreamService,
        refuse: Callable[[Path], None],
        media_dir: Path,
        audit: AuditTrail | None = None,
    ) -> None:
        """`refuse` raises StorageError for a path that no export may have.

        Shipped streams write their files into `media_dir`.
        """
        self._media_dir = media_dir
        self._refuse = refuse
        self._folder = folder
        self._streams = streams
        self._audit = audit

    async def shipped(self) -> tuple[str, ...]:
        """Profiles to begin with, which come with the program; a saved one of the same name goes before."""
        return tuple(profile.name for profile in await asyncio.to_thread(self._shipped))

    async def names(self) -> tuple[str, ...]:
        """Profiles by name."""
        found = await asyncio.to_thread(lambda: list(self._folder.glob(f"*{SUFFIX}")))
        return tuple(sorted(path.stem for path in found))

    async def save(self, name: str) -> Path:
        """Save the present list of streams under `name`. Raises StorageError, ConfigurationError."""
        demand(Act.SET_PROFILES)
        path = self._path(name)
        entries = tuple(
            StreamEntry(stream_id=view.stream_id, number=view.number, config=without_secrets(view.config))
            for view in self._streams.streams()
        )
        profile = Profile(name=name, streams=entries)
        self._refuse_digits(profile)
        async with self._doing("profile saved", name):
            await asyncio.to_thread(_write, path, profile, is_edit=True)
        self._streams.load_profile(name)
        return path

    async def load(self, name: str) -> Profile:
        """Replace the list of streams; refused while one runs that the profile does not hold."""
        demand(Act.SET_PROFILES)
        profile = await asyncio.to_thread(self._find, name)
        self._refuse_digits(profile)
        async with self._doing("profile loaded", name):
            await self._replace(profile)
        self._streams.load_profile(profile.name)
        return profile

    async def import_file(self, path: Path) -> Profile:
        """Take a profile from elsewhere into the folder; its streams are not loaded yet."""
        demand(Act.SET_PROFILES)
        profile = await asyncio.to_thread(self._read, path, ours=False)
        self._refuse_digits(profile)
        await asyncio.to_thread(_write, self._path(profile.name), profile)
        return profile

    async def export_file(self, name: str, path: Path) -> None:
        """Write a profile elsewhere. Raises StorageError."""
        demand(Act.SET_PROFILES)
        await asyncio.to_thread(self._refuse, path)
        profile = await asyncio.to_thread(self._read, self._path(name), ours=True)
        await asyncio.to_thread(_write, path, profile)

    def _refuse_digits(self, profile: Profile) -> None:
        """Refuse digits alone as a new id or a name, before any stream is touched."""
        present = {view.stream_id for view in self._streams.streams()}
        for entry in profile.streams:
            refuse_digits(f"stream {entry.number}: name", entry.config.name)
            if entry.stream_id not in present:
                refuse_digits(f"stream {entry.number}: stream_id", entry.stream_id)

    def _doing(self, action: str, name: str) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._audit is None else self._audit.doing(action, name)

    async def _replace(self, profile: Profile) -> None:
        wanted = {entry.stream_id: entry for entry in profile.streams}
        present = {view.stream_id: view for view in self._streams.streams()}
        extra = [view for stream_id, view in present.items() if stream_id not in wanted]
        await self._streams.check_all(profile.streams)
        for view in extra:
            if view.state.is_active:
                raise StreamError(
                    f"{view.config.name} is running and is not in profile {profile.name}; stop it first"
                )
        for view in extra:
            await self._streams.remove(view.stream_id)
        for entry in profile.streams:
            if entry.stream_id in present:
                await self._streams.replace(entry.stream_id, entry.config)
            else:
                await self._streams.add_entry(entry)

    def _shipped(self) -> tuple[Profile, ...]:
        text = SHIPPED.read_text("utf-8").replace("{media}", json.dumps(str(self._media_dir))[1:-1])
        return DefaultProfiles.model_validate_json(text).profiles

    def _find(self, name: str) -> Profile:
        path = self._path(name)
        shipped = {profile.name: profile for profile in self._shipped()}
        return shipped[name] if name in shipped and not path.exists() else self._read(path, ours=True)

    def _read(self, path: Path, *, ours: bool) -> Profile:
        try:
            return _parse(path)
        except FileNotFoundError:
            raise StorageError(f"there is no profile {path.stem} ({path})") from None
        except OSError as error:
            raise StorageError(f"profile {path} cannot be read: {error.strerror}") from error
        except DamagedDocument as damage:
            where = f"profile {path.name} is damaged ({damage})"
            if not ours:
                raise ConfigurationError(f"{where}; nothing was imported") from damage
            raise StorageError(f"{where}; it was set aside as {_put_away(path).name}") from damage

    def _path(self, name: str) -> Path:
        if not re.fullmatch(r"[\w][\w .()+-]{0,79}", name):
            raise StorageError(f"{name!r} cannot be a profile's name: use letters, digits, spaces, . ( ) + -")
        return self._folder / f"{name}{SUFFIX}"


def _parse(path: Path) -> Profile:
    """Read a profile, less secrets that somebody wrote in. Raises OSError, DamagedDocument, StorageError."""
    profile = read_stored(Profile, path.read_bytes())
    if newer := [field for field in not_understood(profile) if ".config." not in field]:
        raise StorageError(
            f"profile {path.name} was made by a newer version of IBE-100 and stays as it is: "
            f"this one does not understand {', '.join(newer)}"
        )
    if unknown := not_known(profile):
        _log.warning("%s: %s not known to this version, and kept", path, ", ".join(unknown))
    entries = (
        entry.model_copy(update={"config": without_secrets(entry.config)}) for entry in profile.streams
    )
    return profile.model_copy(update={"streams": tuple(entries)})


def _write(path: Path, profile: Profile, *, is_edit: bool = False) -> None:
    """Replace the file of that name; a damaged one is put away first. Raises StorageError."""
    try:
        before = _parse(path)
        profile = _with_unknown(profile, before) if is_edit else profile
    except DamagedDocument as damage:
        _log.warning("profile %s was damaged (%s); set aside as %s", path, damage, _put_away(path).name)
    except OSError:
        _log.debug("there is no profile %s yet", path)
    try:
        atomic_write(path, write_stored(profile, indent=2))
    except OSError as error:
        raise StorageError(f"profile {path} cannot be written: {error.strerror}") from error


def _with_unknown(profile: Profile, before: Profile) -> Profile:
    """Keep what a newer version wrote into the file beside the configurations of its streams."""
    entries = {entry.stream_id: entry.model_copy(update={"config": None}) for entry in before.streams}
    streams = tuple(keep_unknown(entry, entries.get(entry.stream_id, entry)) for entry in profile.streams)
    return keep_unknown(profile.model_copy(update={"streams": streams}), before)


def _put_away(path: Path) -> Path:
    try:
        return set_aside(path, time.time())
    except OSError as error:
        raise StorageError(f"profile {path} is damaged and cannot be set aside: {error.strerror}") from error
