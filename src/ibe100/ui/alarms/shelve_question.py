"""Question for how long an alarm is shelved, and why."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QButtonGroup, QDialog, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ibe100.models.alarms.alarm import Alarm
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import choice_button, push_button
from ibe100.ui.widgets.labels import label

MINUTES = ((15, "15 min"), (60, "1 h"), (240, "4 h"), (480, "8 h"), (1440, "24 h"))
FIRST = 60
REASONS = ("known, being worked on", "planned maintenance", "nuisance: the limit is to be changed")
LONGEST_REASON = 200


class ShelveQuestion(QDialog):
    """Asks once: `answered` with minutes and the reason, nothing when cancelled."""

    answered = pyqtSignal(int, str)

    def __init__(self, alarm: Alarm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Shelve an alarm")
        self.setAccessibleName("Shelve an alarm")
        self.minutes = QButtonGroup(self)
        times = QHBoxLayout()
        scaled(times.setSpacing, 4)
        for minutes, words in MINUTES:
            choice = choice_button(words, f"Shelve for {words}", kind="choice", chosen=minutes == FIRST)
            scaled(choice.setMinimumHeight, 32)
            self.minutes.addButton(choice, minutes)
            times.addWidget(choice, 1)
        self.reason = QLineEdit()
        self.reason.setMaxLength(LONGEST_REASON)
        self.reason.setPlaceholderText("Reason, for the next shift")
        self.reason.setAccessibleName("Reason")
        offered = QVBoxLayout()
        scaled(offered.setSpacing, 4)
        for words in REASONS:
            offer = push_button(words, f"Reason: {words}", kind="flat", auto_default=False)
            offer.clicked.connect(lambda _checked=False, text=words: self.reason.setText(text))
            offered.addWidget(offer)
        self.accept_button = push_button("Shelve", "Shelve the alarm", kind="primary")
        self.accept_button.setDefault(True)
        self.accept_button.setEnabled(False)
        self.accept_button.clicked.connect(self._answer)
        cancel = push_button("Cancel")
        cancel.clicked.connect(self.reject)
        self.reason.textChanged.connect(lambda text: self.accept_button.setEnabled(bool(text.strip())))
        row = QHBoxLayout()
        row.addStretch(1)
        row.addWidget(cancel)
        row.addWidget(self.accept_button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 24, 16, 24, 16)
        scaled(layout.setSpacing, 12)
        layout.addWidget(label(f"Shelve: {alarm.title}", "title", wrap=True))
        whose = alarm.stream_name or "this machine"
        words = f"On {whose}. It stays out of the list until then, also when it clears and comes again."
        layout.addWidget(label(words, "second", wrap=True))
        layout.addLayout(times)
        layout.addWidget(self.reason)
        layout.addLayout(offered)
        layout.addLayout(row)
        scaled(self.setMinimumWidth, 420)
        self.reason.setFocus()
        self.finished.connect(self.deleteLater)

    def _answer(self) -> None:
        self.answered.emit(self.minutes.checkedId(), self.reason.text().strip())
        self.accept()
