"""Layouts on file: the last one, and those with a name.

They are JSON: Qt's own settings can hold Python objects, and reading those would run whatever code came with
somebody else's backup.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from pydantic import Base64Bytes, Field, ValidationError
from PyQt6.QtCore import QByteArray

from ibe100.models.base import Value
from ibe100.ui.qt_models.card_order import CardSize
from ibe100.utils.atomic_write import atomic_write

log = logging.getLogger(__name__)
LAYOUT_VERSION = 4
_MOST_BYTES = 1 << 20
_PRIVATE = 0o600
_Pixels = Annotated[int, Field(ge=0, le=100_000)]


@dataclass(frozen=True, slots=True)
class SideSizes:
    """Sizes in pixels: width of the streams, width of the cues, height of the alarms."""

    streams: _Pixels
    cues: _Pixels
    alarms: _Pixels


@dataclass(frozen=True, slots=True)
class Layout:
    """Places of the window and its docks, order (stream ids) and size of the cards, list or rail."""

    geometry: QByteArray
    docks: QByteArray
    sides: SideSizes | None = None
    cards: tuple[str, ...] = ()
    card_size: CardSize = CardSize.AUTO
    is_list_open: bool = False


class _StoredLayout(Value):
    geometry: Base64Bytes
    docks: Base64Bytes
    sides: SideSizes | None = None
    cards: tuple[str, ...] = ()
    card_size: CardSize = CardSize.AUTO
    is_list_open: bool = False


class _Stored(Value):
    """The whole file; one of another version is not read."""

    version: Annotated[int, Field(ge=LAYOUT_VERSION, le=LAYOUT_VERSION)] = LAYOUT_VERSION
    last: _StoredLayout | None = None
    named: dict[str, _StoredLayout] = Field(default_factory=dict)


class LayoutFile:
    """JSON file of layouts; without a path nothing is kept."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def names(self) -> tuple[str, ...]:
        """Names of the saved layouts, sorted."""
        return tuple(sorted(self._read().named, key=str.casefold))

    def read_last(self) -> Layout | None:
        """Layout the console closed with; None without one of this version."""
        return _layout(self._read().last)

    def write_last(self, layout: Layout) -> bool:
        """Keep the layout the console closes with; False when the file could not be written."""
        return self._path is None or self._write(self._read().model_copy(update={"last": _stored(layout)}))

    def read(self, name: str) -> Layout | None:
        """Read a saved layout; None when there is none of this name."""
        return _layout(self._read().named.get(name))

    def write(self, name: str, layout: Layout) -> bool:
        """Save a layout under a name, over another of that name; False when the file could not be written."""
        before = self._read()
        return self._write(before.model_copy(update={"named": {**before.named, name: _stored(layout)}}))

    def remove(self, name: str) -> bool:
        """Delete a saved layout; False when there is none, or the file could not be written."""
        before = self._read()
        others = {other: layout for other, layout in before.named.items() if other != name}
        return others != before.named and self._write(before.model_copy(update={"named": others}))

    def _read(self) -> _Stored:
        if self._path is None:
            return _Stored()
        try:
            with self._path.open("rb") as file:
                return _Stored.model_validate_json(file.read(_MOST_BYTES))
        except FileNotFoundError:
            return _Stored()
        except (OSError, ValidationError) as error:
            log.warning("the layouts in %s are not read: %s", self._path, error)
            return _Stored()

    def _write(self, stored: _Stored) -> bool:
        if self._path is None:
            return False
        try:
            atomic_write(self._path, stored.model_dump_json(exclude_none=True).encode(), _PRIVATE)
        except OSError as error:
            log.warning("the layout could not be saved to %s: %s", self._path, error)
            return False
        return True


def _stored(layout: Layout) -> _StoredLayout:
    return _StoredLayout(
        geometry=layout.geometry.toBase64().data(),
        docks=layout.docks.toBase64().data(),
        sides=layout.sides,
        cards=layout.cards,
        card_size=layout.card_size,
        is_list_open=layout.is_list_open,
    )


def _layout(stored: _StoredLayout | None) -> Layout | None:
    if stored is None:
        return None
    geometry, docks = QByteArray(stored.geometry), QByteArray(stored.docks)
    return Layout(geometry, docks, stored.sides, stored.cards, stored.card_size, stored.is_list_open)
