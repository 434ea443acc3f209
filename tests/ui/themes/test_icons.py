"""Painted icons keep their size on screens of any scale."""

from __future__ import annotations

import pytest
from PyQt6.QtGui import QImage
from PyQt6.QtWidgets import QApplication

from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.tokens import Colour

SIDE = 20


def inked(image: QImage) -> tuple[int, int, int, int]:
    """Left, top, right and bottom of what is drawn, in pixels of the device."""
    drawn = [
        (x, y)
        for x in range(image.width())
        for y in range(image.height())
        if image.pixelColor(x, y).alpha() > 60
    ]
    across, down = [x for x, _ in drawn], [y for _, y in drawn]
    return min(across), min(down), max(across) + 1, max(down) + 1


@pytest.mark.parametrize("scale", [1.25, 1.5, 1.75, 2.0, 3.0])
@pytest.mark.parametrize("name", ["exit-to-app", "stop", "record-circle-outline"])
def test_an_icon_takes_the_same_room_at_every_scale(themed: QApplication, name: str, scale: float) -> None:
    plain = inked(icon_pixmap(name, Colour.TEXT, SIDE, 1.0).toImage())
    pixmap = icon_pixmap(name, Colour.TEXT, SIDE, scale)
    assert pixmap.devicePixelRatio() == scale
    assert pixmap.deviceIndependentSize().width() == pytest.approx(SIDE, abs=1)
    scaled = inked(pixmap.toImage())
    for one, other in zip(plain, scaled, strict=True):
        assert other / scale == pytest.approx(one, abs=1.5)
