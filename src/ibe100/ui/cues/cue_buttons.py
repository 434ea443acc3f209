"""Cue buttons: TO BREAK and BACK, the crash pair that is held, and why one cannot be fired."""

from __future__ import annotations

from collections.abc import Mapping

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent
from PyQt6.QtWidgets import QGridLayout, QLabel, QWidget

from ibe100.models.scte35_marker import CueAction, Readiness
from ibe100.ui.cues.cue_button import CueButton, short_reasons
from ibe100.ui.cues.hold_button import HoldButton
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.timers import single_shot

PAIR = (CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME)
CRASH_PAIR = (CueAction.CRASH_OUT, CueAction.CRASH_IN)
CRASH_WORDS = {CueAction.CRASH_OUT: ("no pre-roll",), CueAction.CRASH_IN: ("back at once", "at once")}
SAME_REASON = {CueAction.CRASH_OUT: "as TO BREAK", CueAction.CRASH_IN: "as BACK"}
"""What a crash button says where its reason does not fit: the button above it has the same, and the room."""
PRESS = "press it: why"
"""What a dead button says whose reason does not fit."""
STILL_ARMED = "is still on its way. Esc went to what was in front; Esc again, or Shift+Esc, disarms."
SAID_MS = 6000


class CueButtons(QWidget):
    """Emits `fire_requested` with the action, once per press or full hold."""

    fire_requested = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.to_break = CueButton("TO BREAK", "exit-to-app", "F9")
        self.back = CueButton("BACK TO\nPROGRAMME", "location-enter", "F10")
        self.crash_out = HoldButton("CRASH OUT", "flash-alert", Qt.Key.Key_F11, "F11")
        self.crash_in = HoldButton("CRASH IN", "flash-alert-outline", Qt.Key.Key_F12, "F12")
        self._pair = dict(zip(PAIR, (self.to_break, self.back), strict=True))
        self._crash = dict(zip(CRASH_PAIR, (self.crash_out, self.crash_in), strict=True))
        self._said: QLabel | None = None
        self._said_timer = single_shot(self, SAID_MS, self.unsay)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.focusWindowChanged.connect(self.let_go)
        grid = QGridLayout(self)
        grid.setContentsMargins(0, 0, 0, 0)
        scaled(grid.setSpacing, 8)
        for column, action in enumerate(PAIR):
            grid.addWidget(self._pair[action], 0, column)
            self._pair[action].clicked.connect(lambda _=False, fired=action: self.fire_requested.emit(fired))
        for column, action in enumerate(CRASH_PAIR):
            grid.addWidget(self._crash[action], 1, column)
            self._crash[action].held.connect(lambda fired=action: self.fire_requested.emit(fired))

    def take_key(self, event: QKeyEvent) -> bool:
        """Take F11 and F12, which are held anywhere in the console; True if it was one of them.

        The key of a dead button is a request too: it is answered with the reason.
        """
        for action, button in self._crash.items():
            if button.take_key(event):
                is_press = event.type() == QKeyEvent.Type.KeyPress and not event.isAutoRepeat()
                if is_press and not button.isEnabled():
                    self.fire_requested.emit(action)
                return True
        return False

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Take a click on a dead button, which Qt passes on: it is answered with the reason."""
        place = None if event is None else self.childAt(event.position().toPoint())
        for action, button in (*self._pair.items(), *self._crash.items()):
            if place is button and not button.isEnabled():
                self.fire_requested.emit(action)

    def let_go(self) -> None:
        """End every hold: the window is no longer in front."""
        for button in self._crash.values():
            button.let_go()

    def show_state(
        self,
        readiness: Mapping[CueAction, Readiness],
        latched: Mapping[CueAction, str],
        out: tuple[str, ...],
        back: str,
    ) -> None:
        """Show what each of the four can do now.

        `out` and `back` say how the first pair would go out, `out` in ever fewer words.
        `latched` has the words of those whose press is ignored.
        """
        for (action, button), how in zip(self._pair.items(), (out, (back,)), strict=True):
            ready, is_latched = readiness[action].ready, action in latched
            why = (*_why(readiness[action]), PRESS)
            words = (latched[action],) if is_latched else how if ready else why
            button.show_state(*words, latched=is_latched, ready=ready or is_latched)
        for action, crash in self._crash.items():
            ready = readiness[action].ready and action not in latched
            words = CRASH_WORDS[action] if ready else (*_why(readiness[action]), SAME_REASON[action])
            crash.show_state(*words, ready=ready)

    def say(self, words: str, spoken: str = "") -> None:
        """Say above the buttons, over what stands there, what became of a press; `spoken` to a reader."""
        self.unsay()
        place = self.parentWidget() or self
        said = label(words, "said", wrap=True)
        said.setParent(place)
        said.setAccessibleName(spoken or words)
        said.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        said.setFixedWidth(self.width())
        said.show()
        said.adjustSize()
        said.move(self.x(), max(0, self.y() - said.height()))
        said.raise_()
        self._said = said
        self._said_timer.start()

    def unsay(self) -> None:
        """Take away what was said: it holds no more, or was there long enough."""
        if self._said is not None:
            self._said.deleteLater()
            self._said.hide()
            self._said = None

    @property
    def said(self) -> str:
        """The refusal that is shown; empty when there is none."""
        return "" if self._said is None else self._said.text()


def _why(found: Readiness) -> tuple[str, ...]:
    return short_reasons("; ".join(found.reasons)) if found.reasons else ("not now",)
