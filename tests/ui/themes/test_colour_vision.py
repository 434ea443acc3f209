"""Colours of the console without colour, and under defects of colour vision: never colour alone."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from numpy.typing import NDArray
from PyQt6.QtCore import QRect
from PyQt6.QtGui import QColor, QImage, QPainter
from PyQt6.QtWidgets import QApplication

from ibe100.models.alarms.alarm import Severity
from ibe100.models.stream_state import Tally
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.tokens import TEXT_ON_BACKGROUND, TOKENS, Colour, Theme
from ibe100.ui.widgets.tally_mark import LOOKS, SEVERITY_FILL, draw_severity, draw_tally_box

Floats = NDArray[np.float64]

# Linear RGB as seen with one kind of cone missing: Machado, Oliveira and Fernandes (2009), severity 1.
DICHROMACY = {
    "protanopia": [
        [0.152286, 1.052583, -0.204868],
        [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ],
    "deuteranopia": [
        [0.367322, 0.860646, -0.227968],
        [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ],
    "tritanopia": [
        [1.255528, -0.076749, -0.178779],
        [-0.078411, 0.930809, 0.147602],
        [0.004733, 0.691367, 0.303900],
    ],
}
LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
D65 = np.array([0.9505, 1.0, 1.089])
TALLY_COLOURS = (Colour.TALLY_RED, Colour.TALLY_AMBER)
TOLD_APART = 10.0
"""CIE 1976 colour difference; 2.3 is just noticed side by side, this from the corner of the eye."""


def seen(colour: Colour, theme: Theme, vision: str) -> Floats:
    """Linear RGB of a colour as it is seen."""
    name = TOKENS[theme][colour]
    channels = np.array([float(part) for part in QColor(name).getRgbF()[:3] if part is not None])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    clipped: Floats = np.clip(np.array(DICHROMACY.get(vision, np.identity(3))) @ linear, 0, 1)
    return clipped


def lab(linear: Floats) -> Floats:
    """CIE 1976 L*a*b*."""
    xyz = TO_XYZ @ linear / D65
    root = np.where(xyz > 0.008856, np.cbrt(xyz), 7.787 * xyz + 16 / 116)
    return np.array([116 * root[1] - 16, 500 * (root[0] - root[1]), 200 * (root[1] - root[2])])


def ratio(text: Colour, background: Colour, theme: Theme, vision: str) -> float:
    """Contrast of two colours as they are seen (WCAG 2)."""
    luminances = (float(seen(one, theme, vision) @ LUMINANCE) for one in (text, background))
    light, dark = sorted(luminances, reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("vision", ["every cone", *DICHROMACY])
@pytest.mark.parametrize("theme", Theme)
def test_text_has_enough_contrast_to_every_eye(theme: Theme, vision: str) -> None:
    ratios = {pair: ratio(*pair, theme, vision) for pair in TEXT_ON_BACKGROUND}
    faint = {f"{a.name} on {b.name}": round(found, 2) for (a, b), found in ratios.items() if found < 4.5}
    assert not faint


def test_tally_and_alarm_share_no_colour() -> None:
    assert not set(TALLY_COLOURS) & set(SEVERITY_FILL.values())
    assert {LOOKS[tally].fill for tally in (Tally.NO_INPUT, Tally.FAULT)} == {Colour.ALARM_MAGENTA}


@pytest.mark.parametrize("vision", DICHROMACY)
@pytest.mark.parametrize("theme", Theme)
def test_a_tally_is_told_from_an_alarm_by_every_eye(theme: Theme, vision: str) -> None:
    for tally, alarm in product(TALLY_COLOURS, SEVERITY_FILL.values()):
        difference = float(np.linalg.norm(lab(seen(tally, theme, vision)) - lab(seen(alarm, theme, vision))))
        assert difference >= TOLD_APART, f"{tally.name} and {alarm.name}: {difference:.1f}"


def drawn(side: int) -> tuple[QImage, QPainter]:
    image = QImage(side, side, QImage.Format.Format_Grayscale8)
    image.fill(0)
    return image, QPainter(image)


def pixels(image: QImage) -> Floats:
    bits = image.constBits()
    assert bits is not None
    raw = np.frombuffer(bits.asstring(image.sizeInBytes()), np.uint8)
    return raw.reshape(image.height(), image.bytesPerLine())[:, : image.width()].astype(float)


def unlike(one: Floats, other: Floats) -> float:
    """Part of the pixels that are clearly different."""
    return float(np.mean(np.abs(one - other) > 60))


def test_priorities_of_alarms_differ_in_shape(themed: QApplication) -> None:
    shapes = []
    for severity in Severity:
        image, painter = drawn(40)
        draw_severity(painter, QRect(0, 0, 40, 40), severity, colour=Colour.TEXT)
        painter.end()
        shapes.append(pixels(image))
    for one, other in combinations(shapes, 2):
        assert unlike(one, other) > 0.1


def test_tallies_differ_in_word_and_sign(themed: QApplication) -> None:
    assert len({str(tally) for tally in Tally}) == len(Tally)
    signs = [
        pixels(
            icon_pixmap(LOOKS[tally].icon, Colour.TEXT, 26, 1.0)
            .toImage()
            .convertToFormat(QImage.Format.Format_Grayscale8)
        )
        for tally in Tally
    ]
    for (at, one), (other_at, other) in combinations(enumerate(signs), 2):
        assert unlike(one, other) > 0.05, f"{list(Tally)[at]} and {list(Tally)[other_at]}"


def test_armed_and_in_break_differ_in_fill_without_colour(themed: QApplication) -> None:
    fills = []
    for tally in (Tally.ARMED, Tally.IN_BREAK, Tally.ON_AIR):
        image, painter = drawn(40)
        draw_tally_box(painter, QRect(0, 0, 40, 40), tally)
        painter.end()
        fills.append(pixels(image))
    for one, other in combinations(fills, 2):
        assert unlike(one, other) > 0.5
