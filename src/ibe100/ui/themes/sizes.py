"""Sizes of the console: type, distances and radii at 100 %, and the text size that all lengths follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar
from weakref import WeakKeyDictionary

from PyQt6 import sip
from PyQt6.QtCore import QObject, QSize

TEXT_SIZES = (90, 100, 115, 130, 150)
"""Text sizes to choose from, in percent."""
NORMAL_TEXT = 100

CLOCK, COUNTDOWN, CARD_COUNTDOWN = 34, 54, 32
TARGET, STATE, HEADING, BODY, SECOND, SCALE = 20, 16, 15, 14, 13, 12
"""Heights of type in pixels at 100 %; SCALE is for scales, units and lamps."""
LEAST_TYPE = 12
"""Height in pixels below which no text is drawn, whatever the text size."""

STEP = 4
"""Grid of all distances; a distance at 100 % is a multiple of it."""
TIGHT, NEAR, INSIDE, PANEL, DIALOG = STEP, 2 * STEP, 3 * STEP, 4 * STEP, 6 * STEP
"""Distances: within a group, between cards, within a card, within the cue panel, within a dialog."""
RADIUS_SHAPE, RADIUS_STRIP, RADIUS = 3, 4, 6
"""Radii: plates and shapes; strips; cards, buttons and fields."""
LEAST_WINDOW = QSize(1180, 680)
"""Window in which everything has its place, in pixels at 100 %."""
FIELD_HEIGHT, BUTTON_HEIGHT, TARGET_HEIGHT = 32, 40, 80
"""Heights of fields and small buttons, of buttons, and of TO BREAK."""

Owner = TypeVar("Owner", bound=QObject)
_percent = NORMAL_TEXT
_calls: WeakKeyDictionary[QObject, dict[str, Callable[[QObject], object]]] = WeakKeyDictionary()


def text_size() -> int:
    """The text size that is shown, in percent."""
    return _percent


def px(length: float) -> int:
    """The pixels of a length given at 100 %; what is more than nothing stays at least one."""
    return max(1, int(length * _percent / 100 + 0.5)) if length > 0 else -int(-length * _percent / 100 + 0.5)


def unscaled(pixels: int) -> int:
    """The length at 100 % of so many pixels: of type that follows the size of its widget."""
    return pixels * NORMAL_TEXT // _percent


def type_px(size: float) -> int:
    """The height in pixels of type given at 100 %, never below LEAST_TYPE."""
    return max(LEAST_TYPE, px(size))


def scaled(setter: Callable[..., object], *lengths: int | QSize) -> None:
    """Call a setter of a widget or layout with lengths given at 100 %, now and at each change of text size.

    A later call for the same setter replaces the lengths.
    """
    owner: QObject = setter.__self__  # type: ignore[attr-defined]  # bound methods have it
    name: str = setter.__name__

    def call(target: QObject) -> None:
        getattr(target, name)(
            *(
                QSize(px(one.width()), px(one.height())) if isinstance(one, QSize) else px(one)
                for one in lengths
            )
        )

    on_text_size(owner, call, name)


def _scaled(length: int | QSize) -> int | QSize:
    return QSize(px(length.width()), px(length.height())) if isinstance(length, QSize) else px(length)


def on_text_size(owner: Owner, call: Callable[[Owner], object], name: str = "") -> None:
    """Call `call` with its owner now and at each change of text size, as long as the owner lives.

    `call` must not hold the owner itself. A later one of the same `name` replaces it.
    """
    # Keyed by the owner, which is what call() is given.
    _calls.setdefault(owner, {})[name] = call  # type: ignore[assignment]
    call(owner)


def fitting(percent: int, window: QSize) -> int:
    """The largest text size up to `percent` that a window has room for, else the smallest there is."""
    wide = min(window.width() / LEAST_WINDOW.width(), window.height() / LEAST_WINDOW.height())
    return max((size for size in TEXT_SIZES if size <= min(percent, 100 * wide)), default=TEXT_SIZES[0])


def show_text_size(percent: int) -> None:
    """Let `px` answer for a text size from now on."""
    global _percent  # one console, one text size
    _percent = percent


def follow_text_size() -> None:
    """Bring every length that was set by `scaled` and `on_text_size` up to date."""
    for owner, calls in list(_calls.items()):
        if not sip.isdeleted(owner):
            for call in list(calls.values()):
                call(owner)
