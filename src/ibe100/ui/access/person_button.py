"""Person at the window in the top bar: name, role, and what they can do about it."""

from __future__ import annotations

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMenu, QToolButton, QWidget

from ibe100.models.console import Seat
from ibe100.ui.themes.icons import icon
from ibe100.ui.widgets.buttons import give_menu
from ibe100.ui.words.tooltips import set_tooltip

UNASKED = "Acts under the name of this machine's user; the setting console.sign_in asks for a sign-in"
LONGEST_NAME = 16


class PersonButton(QToolButton):
    """Button with a menu: hand over, leave a note, lock, sign out."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setIcon(icon("account-outline"))
        self.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        give_menu(self, QMenu(self))
        self.show_seat(Seat())

    def show_seat(self, seat: Seat) -> None:
        """Show who acts here, and as what."""
        if seat.person:
            who, role = seat.person, seat.role if seat.asks_sign_in else ""
            hint = UNASKED
            if seat.asks_sign_in:
                limits = "" if seat.streams is None else ", on some streams only"
                hint = f"{seat.person} is signed in as {seat.role}{limits}"
        elif seat.asks_sign_in:
            who, role = "Nobody", "locked" if seat.locked_by else "signed out"
            hint = f"Nobody is signed in: cues and changes are locked. {seat.locked_by}".strip()
        else:
            who, role, hint = "…", "", "The services are starting"
        name = who if len(who) <= LONGEST_NAME else f"{who[: LONGEST_NAME - 1]}…"
        self.setText(f"{name}\n{role}" if role else name)
        self.setAccessibleName(f"Person at the console: {who} {role}".strip())
        self.setEnabled(seat.asks_sign_in)
        set_tooltip(self, hint)
