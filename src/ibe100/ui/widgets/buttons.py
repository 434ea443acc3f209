"""Push buttons with the name that a screen reader says."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMenu, QPushButton, QToolButton

from ibe100.models.rights import Act
from ibe100.ui.themes.icons import icon
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.permitted import PermittedButton
from ibe100.ui.widgets.timers import single_shot
from ibe100.ui.words.tooltips import set_tooltip


def push_button(
    text: str,
    name: str = "",
    *,
    icon_name: str = "",
    hint: str = "",
    kind: str = "",
    height: int = 0,
    auto_default: bool = True,
    act: Act | None = None,
    stream_of: Callable[[], str] | None = None,
) -> QPushButton:
    """A push button; `name` is its accessible name, else its text; `kind` is looked up by the style sheet.

    `height` is the least, in pixels at 100 %. With `auto_default` False, Enter elsewhere in a dialog never
    presses it.
    With an `act` it is disabled for who may not do that (to the stream that `stream_of` says).
    """
    built = QPushButton(text) if act is None else PermittedButton(act, text, stream_of)
    if icon_name:
        built.setIcon(icon(icon_name))
    built.setAccessibleName(name or text)
    set_tooltip(built, hint)
    if kind:
        built.setProperty("kind", kind)
    if height:
        scaled(built.setMinimumHeight, height)
    if not auto_default:
        built.setAutoDefault(False)
    return built


def give_menu(button: QPushButton | QToolButton, menu: QMenu) -> None:
    """Let a button open a menu, and look as if nobody were over it once the menu is gone.

    Qt tells a button that the pointer came, and not that it went while its menu was open.
    """

    def leave() -> None:
        button.setAttribute(Qt.WidgetAttribute.WA_UnderMouse, False)
        button.update()

    button.setMenu(menu)
    menu.aboutToHide.connect(single_shot(button, 0, leave).start)


def choice_button(text: str, name: str, *, kind: str, chosen: bool) -> QPushButton:
    """A button that is pressed or not: one choice out of several."""
    built = push_button(text, name, kind=kind)
    built.setCheckable(True)
    built.setChecked(chosen)
    return built
