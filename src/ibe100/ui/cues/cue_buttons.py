"""Cue buttons: TO BREAK and BACK, the crash pair that is held, and why one cannot be fired."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from ibe100.models.scte35_marker import CueAction, Readiness
from ibe100.ui.cues.cue_button import CueButton
from ibe100.ui.cues.hold_button import HoldButton
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.words.tooltips import set_tooltip

MOST_REASONS = 3
PAIR = (CueAction.TO_BREAK, CueAction.BACK_TO_PROGRAMME)
CRASH_PAIR = (CueAction.CRASH_OUT, CueAction.CRASH_IN)
CRASH_WORDS = {CueAction.CRASH_OUT: "no pre-roll", CueAction.CRASH_IN: "back now"}

USUAL_LINES = 3
LEAST_WIDTH = 320


class CueButtons(QWidget):
    """Emits `fire_requested` with the action, once per press or full hold."""

    fire_requested = pyqtSignal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.to_break = CueButton("TO BREAK", "exit-to-app", "F9", filled=True)
        self.back = CueButton("BACK TO\nPROGRAMME", "location-enter", "F10", filled=False)
        self.crash_out = HoldButton("CRASH OUT", "flash-alert", Qt.Key.Key_F11, "F11")
        self.crash_in = HoldButton("CRASH IN", "flash-alert-outline", Qt.Key.Key_F12, "F12")
        self.reasons = label("", "muted", wrap=True)
        self.reasons.setAlignment(Qt.AlignmentFlag.AlignTop)
        self._pair = dict(zip(PAIR, (self.to_break, self.back), strict=True))
        self._crash = dict(zip(CRASH_PAIR, (self.crash_out, self.crash_in), strict=True))
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.focusWindowChanged.connect(self.let_go)
        grid = QGridLayout()
        scaled(grid.setSpacing, 8)
        for column, action in enumerate(PAIR):
            grid.addWidget(self._pair[action], 0, column)
            self._pair[action].clicked.connect(lambda _=False, fired=action: self.fire_requested.emit(fired))
        for column, action in enumerate(CRASH_PAIR):
            grid.addWidget(self._crash[action], 1, column)
            self._crash[action].held.connect(lambda fired=action: self.fire_requested.emit(fired))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addLayout(grid)
        layout.addWidget(self.reasons)

    def take_key(self, event: QKeyEvent) -> bool:
        """Take F11 and F12, which are held anywhere in the window; True if it was one of them."""
        return any(button.take_key(event) for button in self._crash.values())

    def let_go(self) -> None:
        """End every hold: the window is no longer in front."""
        for button in self._crash.values():
            button.let_go()

    def show_state(
        self, readiness: Mapping[CueAction, Readiness], latched: Collection[CueAction], out: str, back: str
    ) -> None:
        """Show what each of the four can do now; `out` and `back` say how the first pair would go out."""
        for (action, button), how in zip(self._pair.items(), (out, back), strict=True):
            ready, is_latched = readiness[action].ready, action in latched
            words = "latched" if is_latched else how if ready else "not now"
            button.show_state(words, latched=is_latched, ready=ready or is_latched)
        for action, crash in self._crash.items():
            ready = readiness[action].ready and action not in latched
            crash.show_state(CRASH_WORDS[action] if ready else "not now", ready=ready)
        for action, either in (*self._pair.items(), *self._crash.items()):
            set_tooltip(either, "\n".join(readiness[action].reasons))

    def show_reasons(
        self,
        readiness: Mapping[CueAction, Readiness],
        latched: Collection[CueAction],
        breaches: Sequence[str],
        *,
        muted: bool,
    ) -> None:
        """Say why a button cannot be fired, each reason once, and which contract terms are broken."""
        lines = _lines({action: found for action, found in readiness.items() if action not in latched})
        lines += [f"▲ contract: {breach}" for breach in breaches]
        rest = len(lines) - MOST_REASONS
        shown = [*lines[:MOST_REASONS], *([f"and {rest} more"] if rest > 0 else [])]
        ready = [action for action, found in readiness.items() if found.ready]
        self.reasons.setText("\n".join([*([f"✓ {ready[0]} can go out now"] if ready else []), *shown]))
        set_tooltip(self.reasons, "\n".join(lines))
        self._keep_room()
        set_kind(self.reasons, "muted" if ((ready or latched) and not breaches) or muted else "problem")

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give the reasons as many lines as they need."""
        super().resizeEvent(event)
        self._keep_room()

    def _keep_room(self) -> None:
        """Keep room for the usual number of reasons, so that nothing below them jumps."""
        # Before it is laid out it is narrower than it will ever be.
        needed = max(self.reasons.heightForWidth(max(self.reasons.width(), LEAST_WIDTH)), 0)
        usual = USUAL_LINES * self.reasons.fontMetrics().lineSpacing()
        self.reasons.setMinimumHeight(max(needed, usual))


def _lines(readiness: Mapping[CueAction, Readiness]) -> list[str]:
    """One line for each reason; crash buttons are not named beside the button they stand for."""
    by_reason: dict[str, list[CueAction]] = {}
    for action, found in readiness.items():
        for reason in found.reasons:
            by_reason.setdefault(reason, []).append(action)
    lines = []
    for reason, actions in by_reason.items():
        concerns_all = len(actions) == len(readiness)
        lines.append(f"▲ {reason}" if concerns_all else f"{actions[0]}: {reason}")
    return lines
