"""Layouts on file: the last one, and those with a name."""

from __future__ import annotations

import logging
from dataclasses import astuple, dataclass
from pathlib import Path

from PyQt6.QtCore import QByteArray, QSettings

log = logging.getLogger(__name__)
LAYOUT_VERSION = 2
LAST = "layout"
NAMED = "layouts"


@dataclass(frozen=True, slots=True)
class SideSizes:
    """Sizes in pixels: width of the streams, width of the cues, height of the alarms."""

    streams: int
    cues: int
    alarms: int


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of the window and its docks, and order of the cards (stream ids)."""

    geometry: QByteArray
    docks: QByteArray
    sides: SideSizes | None = None
    cards: tuple[str, ...] = ()


class LayoutFile:
    """INI file of layouts; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def names(self) -> tuple[str, ...]:
        """Names of the saved layouts, sorted."""
        return tuple(sorted(self._named(), key=str.casefold))

    def read_last(self) -> Layout | None:
        """Layout the console closed with; None without one of this version."""
        settings = self._open()
        return None if settings is None else _read(settings, LAST)

    def write_last(self, layout: Layout) -> bool:
        """Keep the layout the console closes with; False when the file could not be written."""
        settings = self._open()
        if settings is None:
            return True
        _write(settings, LAST, layout)
        return self._sync(settings)

    def read(self, name: str) -> Layout | None:
        """Read a saved layout; None when there is none of this name and version."""
        settings, place = self._open(), self._named().get(name)
        return None if settings is None or place is None else _read(settings, f"{NAMED}/{place}")

    def write(self, name: str, layout: Layout) -> bool:
        """Save a layout under a name, over another of that name; False when the file could not be written."""
        settings = self._open()
        if settings is None:
            return False
        named = self._named()
        place = named.get(name) or str(1 + max((int(used) for used in named.values()), default=0))
        _write(settings, f"{NAMED}/{place}", layout)
        settings.setValue(f"{NAMED}/{place}/name", name)
        return self._sync(settings)

    def remove(self, name: str) -> bool:
        """Delete a saved layout; False when the file could not be written."""
        settings, place = self._open(), self._named().get(name)
        if settings is None or place is None:
            return False
        settings.remove(f"{NAMED}/{place}")
        return self._sync(settings)

    def _named(self) -> dict[str, str]:
        """Number in the file by name: a name may hold characters that a key of an INI file may not."""
        settings = self._open()
        if settings is None:
            return {}
        settings.beginGroup(NAMED)
        places = [place for place in settings.childGroups() if place.isdecimal()]
        return {str(settings.value(f"{place}/name", "")): place for place in places}

    def _open(self) -> QSettings | None:
        return None if self._path is None else QSettings(str(self._path), QSettings.Format.IniFormat)

    def _sync(self, settings: QSettings) -> bool:
        settings.sync()
        if settings.status() is not QSettings.Status.NoError:
            log.warning("the layout could not be saved to %s", self._path)
            return False
        return True


def _write(settings: QSettings, group: str, layout: Layout) -> None:
    settings.setValue(f"{group}/version", LAYOUT_VERSION)
    settings.setValue(f"{group}/sides", [] if layout.sides is None else list(astuple(layout.sides)))
    settings.setValue(f"{group}/geometry", layout.geometry)
    settings.setValue(f"{group}/state", layout.docks)
    settings.setValue(f"{group}/cards", list(layout.cards))


def _read(settings: QSettings, group: str) -> Layout | None:
    geometry, docks = settings.value(f"{group}/geometry"), settings.value(f"{group}/state")
    if str(settings.value(f"{group}/version", "")) != str(LAYOUT_VERSION):
        return None
    if not isinstance(geometry, QByteArray) or not isinstance(docks, QByteArray):
        return None
    sides, cards = settings.value(f"{group}/sides"), settings.value(f"{group}/cards")
    return Layout(geometry, docks, _sides(sides), _cards(cards))


def _sides(saved: object) -> SideSizes | None:
    """Saved sizes; None where the file holds anything else."""
    if not isinstance(saved, list) or len(saved) != 3 or not all(str(size).isdigit() for size in saved):
        return None
    return SideSizes(*(int(size) for size in saved))


def _cards(saved: object) -> tuple[str, ...]:
    """Saved order of cards; an INI file holds a list of one as a plain text."""
    if isinstance(saved, str):
        return (saved,) if saved else ()
    return tuple(str(one) for one in saved) if isinstance(saved, list) else ()
