"""Fonts, palette and style sheet of the console, in the theme that is shown."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import fontpkg
from PyQt6.QtGui import QFont, QFontDatabase, QPalette
from PyQt6.QtWidgets import QApplication, QStyleFactory

from ibe100.ui.themes.sizes import BODY, NORMAL_TEXT, follow_text_size, px, show_text_size, text_size, type_px
from ibe100.ui.themes.tokens import TOKENS, Colour, Theme, shade, show_theme, shown_theme

TABULAR, CONTEXTUAL = QFont.Tag("tnum"), QFont.Tag("calt")
WEIGHT = QFont.Tag("wght")
FUSION = "fusion"
log = logging.getLogger(__name__)
_LENGTH = re.compile(r"(?<![\w.])(\d+)px")
_TYPE = re.compile(r"font-size: (\d+)px")


@dataclass(frozen=True, slots=True)
class Family:
    """Font family, and how its bold is asked for."""

    name: str
    has_bold: bool = True
    """False where the platform offers one style only of a font whose weight is an axis."""


@lru_cache(maxsize=1)
def _families() -> tuple[Family, Family]:
    """The families for text, and for bytes and commands: as installed, else as they come with the program."""
    return (
        _family("Inter", QFontDatabase.SystemFont.GeneralFont),
        _family("JetBrains Mono", QFontDatabase.SystemFont.FixedFont),
    )


def _family(name: str, instead: QFontDatabase.SystemFont) -> Family:
    if name in QFontDatabase.families():
        return Family(name)
    try:
        added = QFontDatabase.addApplicationFont(str(fontpkg.path(name)))
    except fontpkg.FontpkgError as error:
        log.warning("the font %s is not installed: %s", name, error)
        added = -1
    if added < 0:
        return Family(QFontDatabase.systemFont(instead).family())
    return Family(name, has_bold="Bold" in QFontDatabase.styles(name))


def sans(size: int = BODY, *, bold: bool = False) -> QFont:
    """The proportional font; `size` is its height in pixels at 100 %."""
    return QFont(_font(_families()[0], type_px(size), bold))


def figures(size: int = BODY, *, bold: bool = False) -> QFont:
    """The proportional font with digits of one width, so that numbers that change do not jitter."""
    font = sans(size, bold=bold)
    font.setFeature(TABULAR, 1)
    return font


def mono(size: int = BODY, *, bold: bool = False) -> QFont:
    """The font for bytes and commands; `size` is its height in pixels at 100 %."""
    font = QFont(_font(_families()[1], type_px(size), bold))
    font.setStyleHint(QFont.StyleHint.Monospace)
    return font


@lru_cache(maxsize=64)
def _font(family: Family, pixels: int, bold: bool) -> QFont:
    font = QFont(family.name)
    font.setPixelSize(pixels)
    if bold and not family.has_bold:
        font.setVariableAxis(WEIGHT, float(QFont.Weight.Bold))
    else:
        font.setBold(bold)
    font.setFeature(CONTEXTUAL, 0)  # it turns the x of 0x01F4 into a times sign
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
        QPalette.ColorRole.Link: Colour.CHOSEN,
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
    """`enterprise.qss` with colours and fonts filled in, its lengths as the text size has them."""
    folder = Path(__file__).parent
    text = (folder / "enterprise.qss").read_text(encoding="utf-8")
    theme = shown_theme()
    tokens = {f"@{colour.name.lower()}": name for colour, name in TOKENS[theme].items()}
    tokens["@chevron"] = f"{folder.as_posix()}/chevron{'-ink' if theme is Theme.LIGHT else ''}"
    tokens["@mono"] = f'"{_families()[1].name}"'
    tokens["@folder"] = folder.as_posix()
    for token in sorted(tokens, key=len, reverse=True):
        text = text.replace(token, tokens[token])
    text = _TYPE.sub(lambda found: f"font-size: {type_px(int(found[1]))}PX", text)
    return _LENGTH.sub(lambda found: f"{px(int(found[1]))}px", text).replace("PX", "px")


def apply_theme(
    application: QApplication, theme: Theme = Theme.DARK, text_percent: int = NORMAL_TEXT
) -> None:
    """Apply Fusion, palette, fonts and the style sheet; what is shown is laid out and painted anew.

    The old sheet is taken off first: Qt takes several times longer to put one sheet in the place of another.
    """
    show_theme(theme)
    resized = text_percent != text_size()
    show_text_size(text_percent)
    application.setStyleSheet("")
    style = application.style()
    if style is None or style.objectName() != FUSION:
        application.setStyle(QStyleFactory.create(FUSION))
    application.setPalette(palette())
    application.setFont(sans())
    application.setStyleSheet(style_sheet())
    if resized:
        follow_text_size()


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


BODY_PX, SMALL_PX = 14, 12
