"""Other cues: time_signal, a section made elsewhere, splice_null; each is shown before it is sent."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeySequence, QShortcut, QTextOption
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QPlainTextEdit,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.base import build
from ibe100.models.errors import ConfigurationError
from ibe100.models.scte35_marker import CueAction, CueRequest, Readiness
from ibe100.ui.cues.section_preview import SectionPreview
from ibe100.ui.cues.time_signal_form import TimeSignalForm
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import choice_button
from ibe100.ui.widgets.labels import ElidedLabel, label

TITLES = {
    CueAction.TIME_SIGNAL: "Time signal",
    CueAction.SEND_SECTION: "Section",
    CueAction.SPLICE_NULL: "Splice null",
}
SEND_WORDS = {
    CueAction.SEND_SECTION: "Send this section",
    CueAction.SPLICE_NULL: "Send splice_null",
}
SEND_KEYS = "Ctrl+Return"
NULL_WORDS = "One splice_null: nothing is spliced, and receivers see that the cue PID is alive."
FORM_HEIGHT = 62


class MoreCues(QWidget):
    """Form of the other cues. `send_requested` to send what is shown; `changed` with the fields."""

    changed = pyqtSignal()
    send_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.action = CueAction.TIME_SIGNAL
        self._buttons = {action: self._button(action) for action in TITLES}
        self.signal = TimeSignalForm()
        self.section = QPlainTextEdit()
        self.section.setPlaceholderText("A whole splice_info_section: base64, hex, XML, or a playlist's tag")
        self.section.setAccessibleName("Section to send")
        self.section.setTabChangesFocus(True)
        self.section.setWordWrapMode(QTextOption.WrapMode.WrapAnywhere)
        self.preview = SectionPreview()
        self.send = QPushButton()
        self.send.setProperty("kind", "primary")
        scaled(self.send.setMinimumHeight, 30)
        self.send.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.why = ElidedLabel("", "problem")
        self.forms = QStackedWidget()
        null = label(NULL_WORDS, "muted", wrap=True)
        null.setAlignment(Qt.AlignmentFlag.AlignTop)
        for form in (self.signal, self.section, null):
            self.forms.addWidget(form)
        scaled(self.forms.setFixedHeight, FORM_HEIGHT)
        self._lay_out()
        self.signal.changed.connect(self._refresh)
        self.section.textChanged.connect(self._refresh)
        self.send.clicked.connect(self.send_requested)
        shortcut = QShortcut(QKeySequence(SEND_KEYS), self)
        shortcut.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        shortcut.activated.connect(self.send.click)
        self._refresh()

    def _lay_out(self) -> None:
        kinds = QHBoxLayout()
        scaled(kinds.setSpacing, 4)
        for button in self._buttons.values():
            kinds.addWidget(button, 1)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 0, 4, 0, 0)
        scaled(layout.setSpacing, 4)
        layout.addLayout(kinds)
        layout.addWidget(self.forms)
        layout.addWidget(self.preview, 1)
        layout.addWidget(self.why)
        layout.addWidget(self.send)

    def _button(self, action: CueAction) -> QPushButton:
        choice = choice_button(TITLES[action], f"Prepare {action}", kind="flat", chosen=action is self.action)
        choice.setAutoExclusive(True)
        choice.clicked.connect(lambda: self._choose(action))
        return choice

    def choose(self, action: CueAction) -> None:
        """Prepare this kind of cue, with the keyboard in its first field."""
        self._buttons[action].setChecked(True)
        self._choose(action)
        first = {CueAction.TIME_SIGNAL: self.signal.type, CueAction.SEND_SECTION: self.section}
        first.get(action, self.send).setFocus(Qt.FocusReason.ShortcutFocusReason)

    def request(self, stream_id: str, pre_roll_s: float) -> CueRequest | str:
        """The request that would be sent, or the reason why there is none."""
        values: dict[str, object] = {"stream_id": stream_id, "action": self.action}
        match self.action:
            case CueAction.TIME_SIGNAL:
                asked = self.signal.segmentation()
                if isinstance(asked, str):
                    return asked
                values |= {"segmentation": asked, "pre_roll_s": pre_roll_s}
            case CueAction.SEND_SECTION:
                text = "".join(self.section.toPlainText().split())
                if not text:
                    return "Paste a section: it is decoded and shown here before it goes."
                values["section"] = text
        try:
            return build(CueRequest, values, str(self.action))
        except ConfigurationError as error:
            return str(error)

    def show_state(self, ready: Readiness, *, is_previewed: bool, is_latched: bool) -> None:
        """Show whether the cue can go: only one that is previewed can."""
        # A latched one swallows the press: disabled, it would lose the keyboard to the next widget.
        self.send.setEnabled(ready.ready and (is_previewed or is_latched))
        words = "just sent" if is_latched else SEND_WORDS.get(self.action) or self._signal_words()
        self.send.setText(f"{words}   Ctrl Enter")
        self.send.setAccessibleName(f"{words}, keys Ctrl and Enter")
        self.why.setText("; ".join(ready.reasons))
        self.why.setVisible(not ready.ready)

    def _signal_words(self) -> str:
        return f"Send {self.signal.type.currentData()}"

    def _choose(self, action: CueAction) -> None:
        self.action = action
        self.forms.setCurrentIndex(list(TITLES).index(action))
        self._refresh()

    def _refresh(self) -> None:
        self.changed.emit()
