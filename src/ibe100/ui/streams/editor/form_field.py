"""Field of a form: caption, editor, and its fault right below."""

from __future__ import annotations

from pathlib import Path

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ibe100.ui.streams.editor.field_spec import FieldKind, FieldSpec
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.file_question import ask_file_to_read, ask_file_to_write
from ibe100.ui.widgets.labels import label, set_kind

CAPTION_WIDTH = 136
NUMBER_WIDTH = 132
NUMBERS = frozenset({FieldKind.NUMBER, FieldKind.EVENT_ID})


class FormField(QWidget):
    """Field whose value is text, whatever the editor is.

    Beside a number, else below it, stands what is allowed, and in its place what is wrong: so the form keeps
    its shape when a fault comes.
    """

    changed = pyqtSignal()

    def __init__(self, spec: FieldSpec, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.spec = spec
        self.fault = label("", "muted", wrap=True)
        self.editor = self._make_editor()
        self.editor.setAccessibleName(spec.caption)
        caption = label(spec.caption, "second")
        scaled(caption.setFixedWidth, CAPTION_WIDTH)
        caption.setBuddy(self.editor)
        row = QHBoxLayout()
        scaled(row.setSpacing, 8)
        row.addWidget(caption)
        is_number = spec.kind in NUMBERS
        if is_number:
            scaled(self.editor.setFixedWidth, NUMBER_WIDTH)
            row.addWidget(self.editor)
            row.addWidget(self.fault, 1)
        else:
            row.addWidget(self.editor, 1)
        if spec.kind in (FieldKind.PATH, FieldKind.SAVE_PATH):
            browse = push_button("Browse", f"Browse for {spec.title}")
            browse.clicked.connect(self._browse)
            row.addWidget(browse)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(row)
        if not is_number:
            below = QHBoxLayout()
            scaled(below.setContentsMargins, CAPTION_WIDTH + 6, 0, 0, 0)
            below.addWidget(self.fault)
            layout.addLayout(below)
        self.show_fault("")

    def value(self) -> str:
        """The text of the field; a switch is `true` or `false`."""
        match self.editor:
            case QLineEdit():
                return self.editor.text()
            case QComboBox():
                return str(self.editor.currentData())
            case QCheckBox():
                return "true" if self.editor.isChecked() else "false"
        raise AssertionError(self.editor)

    def set_value(self, text: str) -> None:
        """Put a text into the field without `changed`."""
        self.editor.blockSignals(True)
        match self.editor:
            case QLineEdit():
                self.editor.setText(text)
            case QComboBox():
                self.editor.setCurrentIndex(max(0, self.editor.findData(text)))
            case QCheckBox():
                self.editor.setChecked(text == "true")
        self.editor.blockSignals(False)

    def show_fault(self, words: str, note: str = "") -> None:
        """Show a fault; where there is none, a note."""
        shown = f"{self.spec.title} {words}" if words else note
        self.fault.setText(f"▲ {shown}" if shown else self.spec.hint)
        self.fault.setVisible(bool(self.fault.text()))
        set_kind(self.fault, "problem" if shown else "muted")
        self.editor.setAccessibleDescription(shown or self.spec.hint)
        if self.editor.property("wrong") != bool(words):
            self.editor.setProperty("wrong", bool(words))
            style = self.editor.style()
            if style is not None:
                style.unpolish(self.editor)
                style.polish(self.editor)

    def _make_editor(self) -> QLineEdit | QComboBox | QCheckBox:
        if self.spec.kind is FieldKind.CHOICE:
            combo = QComboBox()
            for value, words in self.spec.choices:
                combo.addItem(words, self.spec.text(value))
            combo.setMinimumContentsLength(10)
            combo.currentIndexChanged.connect(self.changed)
            return combo
        if self.spec.kind is FieldKind.SWITCH:
            switch = QCheckBox()
            switch.toggled.connect(self.changed)
            return switch
        line = QLineEdit()
        if self.spec.kind is FieldKind.SECRET:
            line.setEchoMode(QLineEdit.EchoMode.Password)
        line.textChanged.connect(self.changed)
        return line

    def _browse(self) -> None:
        ask = ask_file_to_write if self.spec.kind is FieldKind.SAVE_PATH else ask_file_to_read
        ask(self, self.spec.title, self._selected)

    def _selected(self, path: Path) -> None:
        self.set_value(str(path))
        self.changed.emit()
