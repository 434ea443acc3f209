"""Fonts, palette and style sheet of the console, in the theme that is shown."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path

from PyQt6.QtGui import QFont, QFontDatabase, QPalette
from PyQt6.QtWidgets import QApplication, QStyleFactory

from ibe100.ui.themes.tokens import TOKENS, Colour, Theme, shade, show_theme, shown_theme

SANS_FAMILIES = ("Inter", "Roboto", "DejaVu Sans")
MONO_FAMILIES = ("JetBrains Mono", "DejaVu Sans Mono")
BODY_PX = 12
SMALL_PX = 11


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
        built.setColor(role, shade(colour))
    for role in (QPalette.ColorRole.Text, QPalette.ColorRole.ButtonText, QPalette.ColorRole.WindowText):
        built.setColor(QPalette.ColorGroup.Disabled, role, shade(Colour.TEXT_MUTED))
    return built


def style_sheet() -> str:
    """`enterprise.qss` with the colours and fonts filled in."""
    folder = Path(__file__).parent
    text = (folder / "enterprise.qss").read_text(encoding="utf-8")
    theme = shown_theme()
    tokens = {f"@{colour.name.lower()}": name for colour, name in TOKENS[theme].items()}
    tokens["@chevron"] = f"{folder.as_posix()}/chevron{'-ink' if theme is Theme.LIGHT else ''}"
    tokens["@mono"] = f'"{_families()[1]}"'
    tokens["@folder"] = folder.as_posix()
    for token in sorted(tokens, key=len, reverse=True):
        text = text.replace(token, tokens[token])
    return text


def apply_theme(application: QApplication, theme: Theme = Theme.DARK) -> None:
    """Apply Fusion, palette, fonts and the style sheet; what is shown already is painted anew."""
    show_theme(theme)
    application.setStyle(QStyleFactory.create("Fusion"))
    application.setPalette(palette())
    application.setFont(sans())
    application.setStyleSheet(style_sheet())


@contextmanager
def unstyled() -> Iterator[None]:
    """Take the style sheet off while many widgets are built.

    Under a style sheet Qt styles a widget and all within it again at each change of parent, which takes
    longer than building them; put on at the end, it is applied once.
    """
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    sheet = application.styleSheet()
    application.setStyleSheet("")
    try:
        yield
    finally:
        application.setStyleSheet(application.styleSheet() or sheet)
