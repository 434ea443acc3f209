"""Sign-in in the place of the cue panel: pictures, meters and alarms stay in sight."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QLineEdit, QVBoxLayout, QWidget

from ibe100.models.console import MOST_NOTE, Seat
from ibe100.models.scte35_marker import CueAction
from ibe100.ui.cues.hold_button import HoldButton
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import ElidedLabel, label
from ibe100.ui.widgets.timers import single_shot
from ibe100.utils.program import COMMAND

COVER_MS = 30_000
"""So long the emergency buttons stay uncovered."""
STAYS = "Streams go on whoever is signed in. Pictures and alarms stay; cues and changes are locked."
NO_USERS = (
    "There is nobody yet who could sign in. In a terminal of this machine: "
    f"{COMMAND} user add NAME --role admin; or switch console.sign_in off."
)
COVERED = "Emergency cues without sign-in"
LOUD = "Goes on record as the emergency key, and raises an alarm."


class SignInPanel(QWidget):
    """Form with what one takes over, and the emergency key under a cover."""

    sign_in_requested = pyqtSignal(str, str, str)
    """Name, password, and the note that the person before leaves."""
    called_off = pyqtSignal()
    emergency_requested = pyqtSignal(object)
    """The action of the cue."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setProperty("kind", "panel")
        scaled(self.setMinimumWidth, 344)
        self.title = label("Sign in", "heading")
        self.words = label(STAYS, "second", wrap=True)
        self.name = _field("Name")
        self.password = _field("Password")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.message = label("", "problem", wrap=True)
        self.message.setAccessibleName("Why the sign-in was refused")
        self.accept_button = push_button("Sign in   Enter", "Sign in", kind="primary", height=40)
        self.call_off_button = push_button("Call off the hand-over", height=32)
        self.take_over = label("", "second", wrap=True)
        self.note = label("", "second", wrap=True)
        self.note_field = _field("Note for the next person")
        self.note_field.setPlaceholderText("Note for the next person")
        self.note_field.setMaxLength(MOST_NOTE)
        self.emergency = _Emergency()
        self._lay_out()
        self.name.returnPressed.connect(self.password.setFocus)
        self.password.returnPressed.connect(self.accept_button.click)
        self.accept_button.clicked.connect(self._ask)
        self.call_off_button.clicked.connect(self.called_off)
        self.emergency.requested.connect(self.emergency_requested)

    def _lay_out(self) -> None:
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 16, 16, 16, 16)
        scaled(layout.setSpacing, 8)
        layout.addWidget(self.title)
        layout.addWidget(self.words)
        layout.addSpacing(px(8))
        for field, words in ((self.name, "Name"), (self.password, "Password")):
            layout.addWidget(label(words, "strong"))
            layout.addWidget(field)
        layout.addWidget(self.message)
        layout.addWidget(self.accept_button)
        layout.addWidget(self.call_off_button)
        layout.addWidget(self.note_field)
        layout.addSpacing(px(12))
        layout.addWidget(label("What you would take over", "strong"))
        layout.addWidget(self.take_over)
        layout.addWidget(self.note)
        layout.addStretch(1)
        layout.addWidget(self.emergency)

    def show_seat(self, seat: Seat, *, hands_over: bool) -> None:
        """Show whose console it is and who may take it."""
        if hands_over:
            title = f"Hand over from {seat.person}"
            words = f"{seat.person} stays signed in until the next person is. Streams go on meanwhile."
        elif seat.locked_by:
            title, words = f"Locked: {seat.locked_by}", f"{STAYS} Anybody may take over."
            self.name.setText(self.name.text() or seat.locked_by)
        else:
            title, words = "Sign in", STAYS if seat.has_users else NO_USERS
        self.title.setText(title)
        self.words.setText(words)
        for widget in (self.call_off_button, self.note_field):
            widget.setVisible(hands_over)
        self.note.setText(f"Note from {seat.note_by}: {seat.note}" if seat.note else "")
        self.note.setVisible(bool(seat.note))
        self.emergency.setVisible(seat.has_emergency_key and not hands_over)

    def show_take_over(self, lines: Sequence[str]) -> None:
        """Show breaks, armed cues and alarms that the next person has to see to."""
        self.take_over.setText("\n".join(lines) or "Nothing is armed, in a break or unacknowledged.")

    def refuse(self, words: str) -> None:
        """Say why nobody was signed in; the password is typed again."""
        self.message.setText(words)
        self.accept_button.setEnabled(True)
        self.password.setFocus()

    def clear(self) -> None:
        """Forget what was typed."""
        for field in (self.name, self.password, self.note_field):
            field.clear()
        self.message.setText("")
        self.accept_button.setEnabled(True)
        self.emergency.cover()

    def _ask(self) -> None:
        name, password = self.name.text().strip(), self.password.text()
        self.password.clear()
        if not name or not password:
            self.refuse("Name and password are needed.")
            return
        self.message.setText("")
        self.accept_button.setEnabled(False)
        self.sign_in_requested.emit(name, password, self.note_field.text())


class _Emergency(QFrame):
    """Two held buttons under a cover, which closes again by itself."""

    requested = pyqtSignal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("kind", "banner")
        self.uncover_button = push_button(COVERED, icon_name="flash-alert-outline")
        self.uncover_button.setCheckable(True)
        self.target = ElidedLabel("", "strong")
        self.words = label(LOUD, "problem", wrap=True)
        self.to_break = HoldButton("TO BREAK", "exit-to-app", Qt.Key.Key_unknown, "to fire")
        self.back = HoldButton("BACK", "location-enter", Qt.Key.Key_unknown, "to fire")
        self.buttons = {CueAction.TO_BREAK: self.to_break, CueAction.BACK_TO_PROGRAMME: self.back}
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        scaled(layout.setSpacing, 8)
        layout.addWidget(self.uncover_button)
        for widget in (self.target, *self.buttons.values(), self.words):
            layout.addWidget(widget)
        for action, button in self.buttons.items():
            button.held.connect(lambda fired=action: self.requested.emit(fired))
        self._closing = single_shot(self, COVER_MS, self.cover)
        self.uncover_button.toggled.connect(self._toggled)
        self._toggled(False)

    def cover(self) -> None:
        """Close the cover."""
        self.uncover_button.setChecked(False)

    def show_target(self, words: str) -> None:
        """Name the stream that the buttons act on; without one they do nothing."""
        self.target.setText(words or "No stream is selected.")
        for button in self.buttons.values():
            button.show_state("", ready=bool(words))

    def _toggled(self, is_open: bool) -> None:
        for widget in (self.target, *self.buttons.values(), self.words):
            widget.setVisible(is_open)
        self._closing.start() if is_open else self._closing.stop()


def _field(name: str) -> QLineEdit:
    field = QLineEdit()
    field.setAccessibleName(name)
    field.setMaxLength(200)
    scaled(field.setMinimumHeight, 36)
    return field
