"""Editors of values by the form of their field; a value is JSON, checked by whoever keeps it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QFocusEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QPlainTextEdit,
    QWidget,
)

from ibe100.models.settings.forms import FieldForm, FieldShape
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.choices import OFF_ON, Segments
from ibe100.ui.widgets.labels import label

NUMBER_WIDTH, TEXT_WIDTH, LINES_HEIGHT = 108, 300, 76


class FieldEditor(QWidget):
    """Editor of one value; `changed` when the person is done with it, not at each key."""

    changed = pyqtSignal()

    def __init__(self, form: FieldForm, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.form = form
        self.row = QHBoxLayout(self)
        self.row.setContentsMargins(0, 0, 0, 0)
        scaled(self.row.setSpacing, 8)

    def value(self) -> Any:
        """The value as JSON; a text that is no number stays a text, and is refused."""
        raise NotImplementedError

    def set_value(self, value: Any) -> None:
        """Show a value; `changed` is not emitted."""
        raise NotImplementedError


class ChoiceEditor(FieldEditor):
    """One of a few, or off and on."""

    def __init__(self, form: FieldForm, parent: QWidget | None = None) -> None:
        super().__init__(form, parent)
        nothing = ((None, "Any"),) if form.may_be_empty else ()
        choices = form.choices or OFF_ON
        self.segments = Segments(form.title, (*nothing, *choices))
        self.segments.changed.connect(self.changed)
        self.row.addWidget(self.segments)

    def value(self) -> Any:
        return self.segments.value()

    def set_value(self, value: Any) -> None:
        self.segments.set_value(value)


class SeveralEditor(FieldEditor):
    """Some of a few."""

    def __init__(self, form: FieldForm, parent: QWidget | None = None) -> None:
        super().__init__(form, parent)
        self.boxes = {value: QCheckBox(words) for value, words in form.choices}
        for words, box in zip((words for _, words in form.choices), self.boxes.values(), strict=True):
            box.setAccessibleName(f"{form.title}: {words}")
            box.clicked.connect(self.changed)
            self.row.addWidget(box)

    def value(self) -> Any:
        return [value for value, box in self.boxes.items() if box.isChecked()]

    def set_value(self, value: Any) -> None:
        for one, box in self.boxes.items():
            box.setChecked(one in value)


class TextEditor(FieldEditor):
    """A text, a number, or a path with a button that browses."""

    def __init__(self, form: FieldForm, parent: QWidget | None = None) -> None:
        super().__init__(form, parent)
        self.line = QLineEdit()
        self.line.setAccessibleName(f"{form.title} {form.unit}".strip())
        self._shown = ""
        self.line.editingFinished.connect(self._finish)
        if form.shape is FieldShape.NUMBER:
            scaled(self.line.setFixedWidth, NUMBER_WIDTH)
            self.line.setAlignment(Qt.AlignmentFlag.AlignRight)
        else:
            scaled(self.line.setMinimumWidth, TEXT_WIDTH)
        self.row.addWidget(self.line)
        if form.unit:
            self.row.addWidget(label(form.unit, "second"))
        if form.shape is FieldShape.PATH:
            browse = push_button("Browse", f"Browse for {form.title}", auto_default=False)
            browse.clicked.connect(self._browse)
            self.row.addWidget(browse)

    def value(self) -> Any:
        text = self.line.text().strip()
        if self.form.may_be_empty and not text:
            return None
        if self.form.shape is not FieldShape.NUMBER:
            return text
        try:
            return int(text, 0) if self.form.is_whole else float(text.replace(",", "."))
        except ValueError:
            return text

    def set_value(self, value: Any) -> None:
        self._shown = self._words(value)
        self.line.setText(self._shown)

    def _words(self, value: Any) -> str:
        if value is None:
            return ""
        if self.form.in_hex and isinstance(value, int):
            return f"0x{value:X}"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def _finish(self) -> None:
        # Qt says so as well when the field only loses the focus.
        if self.line.text().strip() != self._shown:
            self._shown = self.line.text().strip()
            self.changed.emit()

    def _browse(self) -> None:
        dialog = QFileDialog(self, self.form.title)
        dialog.setOption(QFileDialog.Option.DontUseNativeDialog)
        if self.form.is_folder:
            dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.finished.connect(dialog.deleteLater)
        dialog.fileSelected.connect(self._chosen)
        dialog.open()

    def _chosen(self, path: str) -> None:
        self.line.setText(str(Path(path)))
        self._finish()


class LinesEditor(FieldEditor):
    """A list with a line for each, or pairs as `name = value`."""

    def __init__(self, form: FieldForm, parent: QWidget | None = None) -> None:
        super().__init__(form, parent)
        self.text = _Lines()
        self.text.setAccessibleName(f"{form.title}, one a line")
        self.text.setTabChangesFocus(True)
        scaled(self.text.setMinimumWidth, TEXT_WIDTH)
        scaled(self.text.setFixedHeight, LINES_HEIGHT)
        self._shown = ""
        self.text.left.connect(self._finish)
        self.row.addWidget(self.text)

    def value(self) -> Any:
        lines = [line.strip() for line in self.text.toPlainText().splitlines() if line.strip()]
        if self.form.shape is FieldShape.LINES:
            return lines
        pairs = (line.rpartition("=") for line in lines)
        return {name.strip() or value.strip(): value.strip() for name, _, value in pairs}

    def set_value(self, value: Any) -> None:
        lines = [f"{name} = {one}" for name, one in value.items()] if isinstance(value, dict) else value
        self._shown = "\n".join(f"{line:g}" if isinstance(line, float) else str(line) for line in lines)
        self.text.setPlainText(self._shown)

    def _finish(self) -> None:
        if self.text.toPlainText().strip() != self._shown:
            self._shown = self.text.toPlainText().strip()
            self.changed.emit()


class _Lines(QPlainTextEdit):
    """Text that says when it is left."""

    left = pyqtSignal()

    def focusOutEvent(self, e: QFocusEvent | None) -> None:
        """Say that whoever typed is done."""
        super().focusOutEvent(e)
        self.left.emit()


def editor_of(form: FieldForm) -> FieldEditor:
    """The editor for a field of this form."""
    match form.shape:
        case FieldShape.SWITCH | FieldShape.CHOICE:
            return ChoiceEditor(form)
        case FieldShape.SEVERAL:
            return SeveralEditor(form)
        case FieldShape.LINES | FieldShape.PAIRS:
            return LinesEditor(form)
        case FieldShape.TEXT | FieldShape.NUMBER | FieldShape.PATH:
            return TextEditor(form)
