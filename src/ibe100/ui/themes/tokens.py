"""Colours of the console by what they mean, and what each is in the three themes."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import Enum, StrEnum, auto

from PyQt6.QtGui import QColor


class Theme(StrEnum):
    """Looks of the window: for a dark control room, a bright gallery, and eyes that need contrast."""

    DARK = "dark"
    LIGHT = "light"
    HIGH_CONTRAST = "high contrast"


class Colour(Enum):
    """Meanings of a colour; the style sheet names them as `@window`, `@panel` and so on."""

    WINDOW = auto()
    PANEL = auto()
    CARD = auto()
    FIELD = auto()
    RAISED = auto()
    HOVER = auto()
    BORDER = auto()
    BORDER_STRONG = auto()
    TEXT = auto()
    TEXT_SECOND = auto()
    TEXT_MUTED = auto()
    SELECTION = auto()
    CHOSEN = auto()
    """Edge of what is chosen; links. `SELECTION` is its fill."""
    RING = auto()
    """Ring around what has the keyboard."""
    ACCENT = auto()
    ACCENT_HOVER = auto()
    ON_ACCENT = auto()
    LINE = auto()
    INK = auto()
    """Text on a bright fill, and the black behind a picture."""
    ON_PICTURE = auto()
    """Text over a picture, on a dark veil."""
    ON_RED = auto()
    """Text on the red of the tally, which looks dark to a viewer who does not see red."""
    TALLY_RED = auto()
    TALLY_RED_TEXT = auto()
    TALLY_AMBER = auto()
    TALLY_AMBER_EDGE = auto()
    TALLY_AMBER_DIM = auto()
    TALLY_AMBER_TEXT = auto()
    ALARM_EDGE = auto()
    """Outline of an alarm's shape, where the fill alone would not stand out."""
    ALARM_MAGENTA = auto()
    ALARM_MAGENTA_DIM = auto()
    ALARM_MAGENTA_TEXT = auto()
    ON_MAGENTA = auto()
    ALARM_YELLOW = auto()
    ALARM_YELLOW_TEXT = auto()
    ALARM_CYAN = auto()
    ALARM_CYAN_TEXT = auto()


_DARK_LIGHT_CONTRAST = {
    Colour.WINDOW: "#0d1015 #dde2e8 #000000",
    Colour.PANEL: "#141920 #eef1f4 #000000",
    Colour.CARD: "#1b212a #ffffff #000000",
    Colour.FIELD: "#0f141a #ffffff #000000",
    Colour.RAISED: "#28313d #e3e8ee #000000",
    Colour.HOVER: "#364250 #cfd8e2 #333333",
    Colour.BORDER: "#303a47 #c3cbd5 #ffffff",
    Colour.BORDER_STRONG: "#748296 #667485 #ffffff",
    Colour.TEXT: "#eaeff5 #10161d #ffffff",
    Colour.TEXT_SECOND: "#aeb9c7 #414d5b #ffffff",
    Colour.TEXT_MUTED: "#8f9bab #4f5c6b #e6e6e6",
    Colour.SELECTION: "#1b324c #dcebfb #00294d",
    Colour.CHOSEN: "#6cb2ff #0b5cad #4db8ff",
    Colour.RING: "#ffffff #10161d #ffffff",
    Colour.ACCENT: "#2f6db3 #0b5cad #00529e",
    Colour.ACCENT_HOVER: "#27609f #084b8f #003f7a",
    Colour.ON_ACCENT: "#ffffff #ffffff #ffffff",
    Colour.LINE: "#a3b5c8 #3d5a78 #ffffff",
    Colour.INK: "#0b0d10 #0b0d10 #000000",
    Colour.ON_PICTURE: "#e9edf2 #e9edf2 #ffffff",
    Colour.ON_RED: "#ffffff #ffffff #ffffff",
    Colour.TALLY_RED: "#cb202e #c2101f #b0000e",
    Colour.TALLY_RED_TEXT: "#ff7b83 #a80c1a #ff8f8f",
    Colour.TALLY_AMBER: "#ff9a0f #ff9a0f #ffa000",
    Colour.TALLY_AMBER_EDGE: "#ff9a0f #8a4a00 #ffa000",
    Colour.TALLY_AMBER_DIM: "#2c2210 #fff1db #000000",
    Colour.TALLY_AMBER_TEXT: "#ffae38 #8a4a00 #ffc133",
    Colour.ALARM_EDGE: "#0d1116 #10161d #000000",
    Colour.ALARM_MAGENTA: "#ff66d4 #b8008f #ff7add",
    Colour.ALARM_MAGENTA_DIM: "#3c1535 #fbe3f5 #45003a",
    Colour.ALARM_MAGENTA_TEXT: "#ff66d4 #a10080 #ff7add",
    Colour.ON_MAGENTA: "#0b0d10 #ffffff #000000",
    Colour.ALARM_YELLOW: "#fff06a #ffeb1f #fff685",
    Colour.ALARM_YELLOW_TEXT: "#fff06a #5c4a00 #fff685",
    Colour.ALARM_CYAN: "#5ad4ff #39c3ee #6fdcff",
    Colour.ALARM_CYAN_TEXT: "#5ad4ff #005069 #6fdcff",
}
TOKENS: dict[Theme, dict[Colour, str]] = {
    theme: {colour: row.split()[at] for colour, row in _DARK_LIGHT_CONTRAST.items()}
    for at, theme in enumerate(Theme)
}

_TEXTS = (
    Colour.TEXT,
    Colour.TEXT_SECOND,
    Colour.TEXT_MUTED,
    Colour.TALLY_RED_TEXT,
    Colour.TALLY_AMBER_TEXT,
    Colour.ALARM_MAGENTA_TEXT,
    Colour.ALARM_YELLOW_TEXT,
    Colour.ALARM_CYAN_TEXT,
)
TEXT_ON_BACKGROUND: tuple[tuple[Colour, Colour], ...] = (
    *((text, back) for text in _TEXTS for back in (Colour.WINDOW, Colour.PANEL, Colour.CARD, Colour.FIELD)),
    (Colour.TEXT, Colour.RAISED),
    (Colour.TEXT, Colour.HOVER),
    (Colour.TEXT, Colour.SELECTION),
    (Colour.TEXT_MUTED, Colour.SELECTION),
    (Colour.ON_ACCENT, Colour.ACCENT),
    (Colour.ON_ACCENT, Colour.ACCENT_HOVER),
    (Colour.ON_RED, Colour.TALLY_RED),
    (Colour.ON_PICTURE, Colour.INK),
    (Colour.WINDOW, Colour.TEXT),
    (Colour.TEXT, Colour.ALARM_MAGENTA_DIM),
    (Colour.INK, Colour.TALLY_AMBER),
    (Colour.TALLY_AMBER_TEXT, Colour.TALLY_AMBER_DIM),
    (Colour.ON_MAGENTA, Colour.ALARM_MAGENTA),
    (Colour.INK, Colour.ALARM_YELLOW),
    (Colour.INK, Colour.ALARM_CYAN),
    (Colour.FIELD, Colour.CHOSEN),
)
"""Pairs of text and background; each has a contrast of at least 4.5:1 in every theme."""

_shown: Theme = Theme.DARK
_SHADES = {theme: {colour: QColor(name) for colour, name in row.items()} for theme, row in TOKENS.items()}


def shown_theme() -> Theme:
    """The theme that the window wears."""
    return _shown


def show_theme(theme: Theme) -> None:
    """Let `shade` answer for `theme` from now on; `enterprise_theme.apply_theme` repaints the window."""
    global _shown  # one window, one look
    _shown = theme


@contextmanager
def painted_as(theme: Theme) -> Iterator[None]:
    """Let `shade` answer for `theme` while something is painted that shows how it looks."""
    before = _shown
    show_theme(theme)
    try:
        yield
    finally:
        show_theme(before)


def shade(colour: Colour) -> QColor:
    """The colour as the theme shows it; a fresh value, for a QColor can be changed."""
    return QColor(_SHADES[_shown][colour])


def contrast(first: str, second: str) -> float:
    """WCAG 2 contrast ratio of two colours, 1 to 21."""

    def luminance(name: str) -> float:
        channels = QColor(name).getRgbF()[:3]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in map(float, channels)]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
