"""Colours, fonts and style of the console: quiet greys, and two disjoint sets of colours with a meaning."""

from __future__ import annotations

from enum import StrEnum
from functools import lru_cache
from pathlib import Path

from PyQt6.QtGui import QColor, QFont, QFontDatabase, QPalette
from PyQt6.QtWidgets import QApplication, QStyleFactory


class Colour(StrEnum):
    """Colours of the console; the style sheet names them as `@window`, `@panel` and so on."""

    WINDOW = "#0d1116"
    PANEL = "#141920"
    CARD = "#1a2028"
    FIELD = "#0f141a"
    RAISED = "#242c36"
    HOVER = "#2f3945"
    BORDER = "#2b333d"
    BORDER_STRONG = "#55616f"
    TEXT = "#e9edf2"
    TEXT_SECOND = "#b3bdc9"
    TEXT_MUTED = "#98a3b0"
    SELECTION = "#22384f"
    FOCUS = "#8fc2ff"
    ACCENT = "#33638f"
    LINE = "#a3b5c8"
    INK = "#0b0d10"
    """Text on a bright fill."""
    ON_RED = "#ffffff"
    """Text on the red of the tally, which looks dark to a viewer who does not see red."""
    TALLY_RED = "#cb202e"
    TALLY_RED_TEXT = "#ff7b83"
    TALLY_AMBER = "#ffa31a"
    TALLY_AMBER_DIM = "#2c2110"
    ALARM_MAGENTA = "#ff6ad5"
    ALARM_MAGENTA_DIM = "#4a1f40"
    ALARM_YELLOW = "#ffd84a"
    ALARM_CYAN = "#63d2ff"


TEXT_ON_BACKGROUND: tuple[tuple[Colour, Colour], ...] = (
    *(
        (text, background)
        for text in (Colour.TEXT, Colour.TEXT_SECOND, Colour.TEXT_MUTED, Colour.TALLY_RED_TEXT)
        for background in (Colour.WINDOW, Colour.PANEL, Colour.CARD, Colour.FIELD)
    ),
    (Colour.TEXT, Colour.RAISED),
    (Colour.TEXT, Colour.HOVER),
    (Colour.TEXT, Colour.SELECTION),
    (Colour.TEXT_MUTED, Colour.SELECTION),
    (Colour.TEXT, Colour.ACCENT),
    (Colour.ON_RED, Colour.TALLY_RED),
    (Colour.TEXT, Colour.ALARM_MAGENTA_DIM),
    (Colour.INK, Colour.TALLY_AMBER),
    (Colour.TALLY_AMBER, Colour.TALLY_AMBER_DIM),
    (Colour.INK, Colour.ALARM_MAGENTA),
    (Colour.INK, Colour.ALARM_YELLOW),
    (Colour.INK, Colour.ALARM_CYAN),
)
"""Pairs of text and background; each has a contrast of at least 4.5:1."""

SANS_FAMILIES = ("Inter", "Roboto", "DejaVu Sans")
MONO_FAMILIES = ("JetBrains Mono", "DejaVu Sans Mono")
BODY_PX = 12
SMALL_PX = 11


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio of two colours, 1 to 21."""

    def luminance(name: str) -> float:
        channels = QColor(name).getRgbF()[:3]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in map(float, channels)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@lru_cache(maxsize=1)
def _families() -> tuple[str, str]:
    present = set(QFontDatabase.families())
    sans = next((family for family in SANS_FAMILIES if family in present), "Sans Serif")
    mono = next((family for family in MONO_FAMILIES if family in present), "Monospace")
    return sans, mono


def sans(pixels: int = BODY_PX, *, bold: bool = False) -> QFont:
    """The proportional font at `pixels`."""
    font = QFont(_families()[0])
    font.setPixelSize(pixels)
    font.setBold(bold)
    return font


def mono(pixels: int = BODY_PX, *, bold: bool = False) -> QFont:
    """The font for numbers: every digit as wide as the next, so that nothing jitters."""
    font = QFont(_families()[1])
    font.setPixelSize(pixels)
    font.setBold(bold)
    font.setStyleHint(QFont.StyleHint.Monospace)
    return font


def palette() -> QPalette:
    """The palette behind the style sheet, so that no widget falls back to a light default."""
    roles = {
        QPalette.ColorRole.Window: Colour.WINDOW,
        QPalette.ColorRole.WindowText: Colour.TEXT,
        QPalette.ColorRole.Base: Colour.FIELD,
        QPalette.ColorRole.AlternateBase: Colour.PANEL,
        QPalette.ColorRole.Text: Colour.TEXT,
        QPalette.ColorRole.PlaceholderText: Colour.TEXT_MUTED,
        QPalette.ColorRole.Button: Colour.RAISED,
        QPalette.ColorRole.ButtonText: Colour.TEXT,
        QPalette.ColorRole.BrightText: Colour.TEXT,
        QPalette.ColorRole.Highlight: Colour.SELECTION,
        QPalette.ColorRole.HighlightedText: Colour.TEXT,
        QPalette.ColorRole.ToolTipBase: Colour.RAISED,
        QPalette.ColorRole.ToolTipText: Colour.TEXT,
        QPalette.ColorRole.Link: Colour.FOCUS,
        QPalette.ColorRole.Light: Colour.BORDER,
        QPalette.ColorRole.Mid: Colour.BORDER,
        QPalette.ColorRole.Dark: Colour.WINDOW,
        QPalette.ColorRole.Shadow: Colour.WINDOW,
    }
    built = QPalette()
    for role, colour in roles.items():
        built.setColor(role, QColor(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        built.setColor(QPalette.ColorGroup.Disabled, role, QColor(Colour.TEXT_MUTED))
    return built


def style_sheet() -> str:
    """`enterprise.qss` with the colours and fonts filled in."""
    folder = Path(__file__).parent
    text = (folder / "enterprise.qss").read_text(encoding="utf-8")
    tokens = {f"@{colour.name.lower()}": str(colour) for colour in Colour}
    tokens["@mono"] = f'"{_families()[1]}"'
    tokens["@folder"] = folder.as_posix()
    for token in sorted(tokens, key=len, reverse=True):
        text = text.replace(token, tokens[token])
    return text


def apply_theme(application: QApplication) -> None:
    """Apply Fusion, palette, fonts and the style sheet."""
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setPalette(palette())
    application.setFont(sans())
    application.setStyleSheet(style_sheet())
