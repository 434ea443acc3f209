"""Icons from the fonts that QtAwesome brings along, in the colours of the theme that is shown."""

from __future__ import annotations

from functools import lru_cache

import qtawesome
from PyQt6.QtCore import QRect, QSize
from PyQt6.QtGui import QIcon, QIconEngine, QPainter, QPixmap

from ibe100.ui.themes.tokens import Colour, Theme, shade, shown_theme


class _ThemedIcon(QIconEngine):
    """Draws one icon in the colours of the moment, so that a change of theme touches no button."""

    def __init__(self, name: str, colour: Colour) -> None:
        super().__init__()
        self._name, self._colour = name, colour

    def clone(self) -> QIconEngine:
        """Make another of the same kind."""
        return _ThemedIcon(self._name, self._colour)

    def _now(self) -> QIcon:
        return _plain_icon(self._name, self._colour, shown_theme())

    def paint(self, painter: QPainter | None, rect: QRect, mode: QIcon.Mode, state: QIcon.State) -> None:
        """Paint at the resolution of the device."""
        self._now().paint(painter, rect, mode=mode, state=state)

    def pixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State) -> QPixmap:
        """Return `size` device pixels."""
        return self._now().pixmap(size, 1.0, mode, state)

    def scaledPixmap(self, size: QSize, mode: QIcon.Mode, state: QIcon.State, scale: float) -> QPixmap:
        """Return `size` device pixels for a screen of `scale`."""
        return self._now().pixmap(size / scale, scale, mode, state)


@lru_cache(maxsize=512)
def _plain_icon(name: str, colour: Colour, theme: Theme) -> QIcon:
    # `theme` is part of the key only: shade() answers for the theme that is shown.
    muted = shade(Colour.TEXT_MUTED).name()
    return QIcon(qtawesome.icon(f"mdi6.{name}", color=shade(colour).name(), color_disabled=muted))


@lru_cache(maxsize=256)
def icon(name: str, colour: Colour = Colour.TEXT_SECOND) -> QIcon:
    """The Material Design icon `name` in `colour`, whichever theme is shown when it is painted."""
    return QIcon(_ThemedIcon(name, colour))


def icon_pixmap(name: str, colour: Colour, size: int, scale: float = 1.0) -> QPixmap:
    """The icon as a square picture of `size` logical pixels on a screen of the given `scale`."""
    return _pixmap(name, colour, size, scale, shown_theme())


@lru_cache(maxsize=512)
def _pixmap(name: str, colour: Colour, size: int, scale: float, theme: Theme) -> QPixmap:
    return _plain_icon(name, colour, theme).pixmap(QSize(size, size), scale)
