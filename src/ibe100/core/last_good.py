"""Copies of the settings that held last, beside their files: a damaged file keeps nothing off the air."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ibe100.core.config import AppConfig, load, merged_settings, read_file, settings_files, sources
from ibe100.models.errors import ConfigurationError
from ibe100.utils.atomic_write import atomic_write

SUFFIX = ".last-good"

_log = logging.getLogger(__name__)


def load_and_keep(overrides: Mapping[str, Any] | None = None, file: Path | None = None) -> AppConfig:
    """The settings of this run, of which copies are kept. Blocks on the disk; raises ConfigurationError."""
    places = sources(overrides, file)
    settings = merged_settings(places)
    for path in settings_files(file):
        _keep(path, places[str(path)])
    return settings


def load_or_last_good(
    overrides: Mapping[str, Any] | None = None, file: Path | None = None
) -> tuple[AppConfig, str]:
    """The settings of this run, and the fault of their files where the last good ones hold instead.

    What this version does not understand of a copy, for a newer one has kept it, is left out.
    Raises ConfigurationError where there is no copy, and for a fault that is not the files'.
    """
    try:
        return load(overrides, file), ""
    except ConfigurationError as error:
        try:
            return _from_copies(overrides, file), str(error)
        except ConfigurationError:
            raise error from None


def _from_copies(overrides: Mapping[str, Any] | None, file: Path | None) -> AppConfig:
    places = sources(overrides, file, read=_read_copy)
    try:
        return merged_settings(places)
    except ConfigurationError as error:
        if not isinstance(error.__cause__, ValidationError):
            raise
        for fault in error.__cause__.errors(include_url=False):
            for path in settings_files(file):
                _leave_out(places[str(path)], fault["loc"])
    return merged_settings(places)


def _copy_of(path: Path) -> Path:
    return path.with_name(path.name + SUFFIX)


def _read_copy(path: Path, required: bool) -> dict[str, Any]:
    """The last good settings of a file. One that is there and has none was never good."""
    return read_file(_copy_of(path), required or path.exists())


def _keep(path: Path, values: Mapping[str, Any]) -> None:
    copy, content = _copy_of(path), json.dumps(values, indent=1, ensure_ascii=False).encode()
    try:
        if path.exists() and not (copy.exists() and copy.read_bytes() == content):
            atomic_write(copy, content, path.stat().st_mode & 0o777)
    except OSError as error:
        _log.warning("no copy of the settings can be kept as %s: %s", copy, error.strerror)


def _leave_out(values: dict[str, Any], location: tuple[int | str, ...]) -> None:
    *sections, name = location
    for section in sections:
        below = values.get(str(section))
        if not isinstance(below, dict):
            return
        values = below
    values.pop(str(name), None)
