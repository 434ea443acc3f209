"""Icons from the fonts that QtAwesome brings along."""

from __future__ import annotations

from functools import lru_cache

import qtawesome
from PyQt6.QtGui import QIcon, QPixmap

from ibe100.ui.themes.enterprise_theme import Colour


@lru_cache(maxsize=256)
def icon(name: str, colour: Colour = Colour.TEXT_SECOND) -> QIcon:
    """The Material Design icon `name` in `colour`."""
    built = qtawesome.icon(f"mdi6.{name}", color=str(colour), color_disabled=str(Colour.TEXT_MUTED))
    return QIcon(built)


@lru_cache(maxsize=256)
def icon_pixmap(name: str, colour: Colour, size: int, scale: float = 1.0) -> QPixmap:
    """The icon as a square picture of `size` logical pixels on a screen of the given `scale`."""
    pixmap = icon(name, colour).pixmap(round(size * scale), round(size * scale))
    pixmap.setDevicePixelRatio(scale)
    return pixmap
