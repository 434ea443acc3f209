"""Settings shown with where each comes from, and changed in their file: checked, written whole, audited."""

from __future__ import annotations

import asyncio
import copy
import json
import os
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from ibe100.core.config import NESTED, PREFIX, AppConfig, merged_settings, place_of, settings_files
from ibe100.core.settings_reload import SettingsReload, SettingsSource, flat, when_it_holds
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.models.rights import Act
from ibe100.models.settings.forms import FieldForm, forms_of
from ibe100.models.settings.sound import SoundPlan
from ibe100.models.settings.views import Origin, OriginKind, SettingView
from ibe100.services.rights import demand
from ibe100.utils.atomic_write import atomic_write

COMMAND_LINE, ENVIRONMENT = "the command line", "the environment"
NOWHERE = "nowhere"
OF_ACCESS = frozenset({"folders", "database", "engine", "api", "console", "ldap", "hooks"})
"""Sections that say who gets in, and which programs run: for administrators."""
ABSENT = object()
"""In the place of a value that a file did not hold."""

Places = dict[str, dict[str, Any]]


class SettingsEdit:
    """The settings of a console or server. Lives on the loop; files are read and written in threads."""

    def __init__(
        self, present: AppConfig, source: SettingsSource | None, reload: SettingsReload | None
    ) -> None:
        """Without a `source` the settings are those given at the start, and cannot be changed."""
        self._given = present
        self._source, self._reload = source, reload
        self._before: dict[str, Any] = {}
        """What the file held of the settings that were changed last, by name."""

    def sound(self) -> SoundPlan:
        """The sound of alarms as it is in force; safe from any thread."""
        return self.present.sound

    def last_change(self) -> tuple[str, ...]:
        """Names of what `undo` would take back; safe from any thread."""
        return tuple(self._before)

    async def views(self) -> tuple[SettingView, ...]:
        """All settings, in the order of their sections. Raises ConfigurationError while a file is wrong."""
        places = {COMMAND_LINE: self._given.model_dump(mode="json")}
        files: tuple[Path, ...] = ()
        if self._source is not None:
            places = await asyncio.to_thread(self._source.places)
            files = settings_files(self._source.file)
        values, present, shipped = flat(merged_settings(places)), flat(self.present), flat(AppConfig())
        return tuple(
            SettingView(
                name=name,
                form=form,
                value=values[name],
                default=shipped[name],
                origin=_origin(name, places, files),
                holds=when_it_holds(name),
                act=Act.SET_ACCESS if name.partition(".")[0] in OF_ACCESS else Act.SET_SETTINGS,
                is_waiting=when_it_holds(name) == "after a restart" and values[name] != present[name],
            )
            for name, form in forms().items()
        )

    async def change(self, values: Mapping[str, Any]) -> None:
        """Set these, as JSON values by name, all or none. Raises ConfigurationError, StorageError."""
        _demand(values)
        await self._write(values)

    async def reset(self, names: Sequence[str]) -> None:
        """Set these to what is shipped; those that are fixed stay. Raises StorageError."""
        _demand(names)
        shipped = flat(AppConfig())
        differ = {view.name for view in await self.views() if view.value != view.default and _is_free(view)}
        await self._write({name: shipped[name] for name in names if name in differ})

    async def undo(self) -> None:
        """Take the last change or reset back. Raises ConfigurationError where there is none."""
        before = dict(self._before)
        _demand(before)
        if not before:
            raise ConfigurationError("nothing was changed since the start that could be taken back")
        await self._write(before)
        self._before = {}

    async def _write(self, values: Mapping[str, Any]) -> None:
        if self._source is None or self._reload is None:
            raise ConfigurationError("these settings were given at the start and stand in no file")
        if not values:
            return
        source, kept = self._source, {}

        def write() -> None:
            kept.update(_write_file(source, values))

        await self._reload.edit(write)
        self._before = kept

    @property
    def present(self) -> AppConfig:
        """Settings in force; safe from any thread."""
        return self._given if self._reload is None else self._reload.present


@lru_cache(maxsize=1)
def forms() -> dict[str, FieldForm]:
    """Form of each setting by its name, from the models."""
    schema = AppConfig.model_json_schema()
    definitions = schema["$defs"]
    found: dict[str, FieldForm] = {}
    for section, field in schema["properties"].items():
        model = definitions[field["$ref"].rpartition("/")[2]]
        found |= {f"{section}.{name}": form for name, form in forms_of(model, definitions).items()}
    return found


def _demand(names: Mapping[str, Any] | Sequence[str]) -> None:
    """Raise NotAllowed unless whoever acts may change all of these; ConfigurationError for a wrong name."""
    demand(Act.SET_SETTINGS)
    for name in names:
        if name not in forms():
            raise ConfigurationError(f"no setting is called {name}")
        if name.partition(".")[0] in OF_ACCESS:
            demand(Act.SET_ACCESS)


def _origin(name: str, places: Places, files: Sequence[Path]) -> Origin:
    place = place_of(tuple(name.split(".")), places, NOWHERE)
    if place == NOWHERE:
        return Origin()
    if place == COMMAND_LINE:
        return Origin(kind=OriginKind.COMMAND_LINE)
    if place == ENVIRONMENT:
        return Origin(kind=OriginKind.VARIABLE, name=_variable(name))
    is_layer = len(files) > 1 and place == str(files[0])
    return Origin(kind=OriginKind.ENVIRONMENT_FILE if is_layer else OriginKind.FILE, name=place)


def _variable(name: str) -> str:
    """The variable that sets it: its own, or that of its section as JSON."""
    section, _, field = name.partition(".")
    present = {variable.upper(): variable for variable in os.environ}
    own, whole = f"{PREFIX}{section}{NESTED}{field}".upper(), f"{PREFIX}{section}".upper()
    return present.get(own) or present.get(whole) or own


def _is_free(view: SettingView) -> bool:
    return not view.origin.fixed_by


def _write_file(source: SettingsSource, values: Mapping[str, Any]) -> dict[str, Any]:
    """Write values into the file that goes before; returns what it held of them.

    Raises ConfigurationError when they are not allowed together, StorageError.
    """
    places, files = source.places(), settings_files(source.file)
    merged_settings(places)  # a file that is wrong is put right by hand first
    path = files[0]
    content, before = copy.deepcopy(places[str(path)]), {}
    for name, value in values.items():
        if reason := _origin(name, places, files).fixed_by:
            raise ConfigurationError(f"{name}: {reason}")
        section, _, field = name.partition(".")
        fields = content.setdefault(section, {})
        before[name] = fields.get(field, ABSENT)
        if value is ABSENT:
            fields.pop(field, None)
        else:
            fields[field] = value
    merged_settings({**places, str(path): content})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(path, (json.dumps(content, indent=2, ensure_ascii=False) + "\n").encode())
    except OSError as error:
        raise StorageError(f"The settings file {path} cannot be written: {error.strerror}.") from error
    return before
