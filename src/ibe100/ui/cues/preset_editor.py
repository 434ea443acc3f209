"""Editor of a list of presets: those of the console, those of one stream, or the steps of a rundown."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import (
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QListWidget,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.base import build
from ibe100.models.cues.preset import NOT_BY_ONE_PRESS, PRE_ROLLED, CuePreset
from ibe100.models.cues.segmentation import SegmentationType
from ibe100.models.errors import ConfigurationError
from ibe100.models.scte35_marker import BreakEnd, CueAction, Direction
from ibe100.ui.cues.break_end_row import WORDS
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label

ACTIONS = tuple(action for action in CueAction if action not in NOT_BY_ONE_PRESS)
AS_STREAM = "as the stream has it"


class PresetEditor(QDialog):
    """List on the left, the chosen one's fields on the right; `saved` with all of them.

    Stays open until `close` is called, or shows `refuse` with the reason: nothing that was typed is lost.
    """

    saved = pyqtSignal(object)

    def __init__(
        self,
        title: str,
        presets: Sequence[CuePreset],
        parent: QWidget,
        *,
        to_copy: Sequence[CuePreset] = (),
    ) -> None:
        """`to_copy` are presets that can be put in as they are."""
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(title)
        self.setAccessibleName(title)
        self._presets = list(presets)
        self._at = -1
        self._is_wrong = False
        self.list = QListWidget()
        self.list.setAccessibleName(title)
        self.add_button = push_button("Add", "Add a cue", auto_default=False)
        self.copy = QComboBox()
        self.copy.setAccessibleName("Preset to add")
        self.copy.addItem("new", None)
        for preset in to_copy:
            self.copy.addItem(preset.name, preset)
        self.copy.setVisible(bool(to_copy))
        self.remove_button = push_button("Remove", "Remove the chosen cue", auto_default=False)
        self.up = push_button("Up", "Move the chosen cue up", auto_default=False)
        self.down = push_button("Down", "Move the chosen cue down", auto_default=False)
        self.name = _field("Name", "up to 24 characters")
        self.name.setMaxLength(24)
        self.action = _combo("Cue", [(str(action), action) for action in ACTIONS])
        self.duration = _field("Length in seconds", AS_STREAM)
        self.pre_roll = _field("Pre-roll in seconds", "as the contract asks")
        returns = [(AS_STREAM, None), *((WORDS[way][0], way) for way in BreakEnd)]
        self.returns = _combo("Return", returns)
        self.segmentation = _combo("Segmentation", [(str(one), one) for one in SegmentationType])
        self.section = _field("Section", "base64, hex or XML")
        self.fault = label("", "problem", wrap=True)
        self.fault.setAccessibleName("What is wrong")
        self.save = push_button("Save", kind="primary", height=36)
        self.cancel = push_button("Cancel", height=36, auto_default=False)
        self._lay_out()
        self.list.currentRowChanged.connect(self._chosen)
        for button, work in (
            (self.add_button, self._add),
            (self.remove_button, self._remove),
            (self.up, lambda: self._move(-1)),
            (self.down, lambda: self._move(1)),
            (self.save, self._save),
            (self.cancel, self.reject),
        ):
            button.clicked.connect(work)
        for field in (self.name, self.duration, self.pre_roll, self.section):
            field.textEdited.connect(lambda _text: self._edited())
        for combo in (self.action, self.returns, self.segmentation):
            combo.activated.connect(lambda _index: self._edited())
        self._fill(0)

    def _lay_out(self) -> None:
        order = QHBoxLayout()
        for button in (self.copy, self.add_button, self.remove_button, self.up, self.down):
            order.addWidget(button)
        left = QVBoxLayout()
        left.addWidget(self.list, 1)
        left.addLayout(order)
        self._form = QFormLayout()
        fields = (
            ("Name", self.name),
            ("Cue", self.action),
            ("Length, s", self.duration),
            ("Pre-roll, s", self.pre_roll),
            ("Return", self.returns),
            ("Segmentation", self.segmentation),
            ("Section", self.section),
        )
        for words, field in fields:
            self._form.addRow(words, field)
        right = QVBoxLayout()
        right.addLayout(self._form)
        right.addStretch(1)
        right.addWidget(self.fault)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.cancel)
        foot.addWidget(self.save)
        right.addLayout(foot)
        layout = QHBoxLayout(self)
        scaled(layout.setContentsMargins, 24, 20, 24, 20)
        scaled(layout.setSpacing, 16)
        layout.addLayout(left, 1)
        layout.addLayout(right, 1)
        scaled(self.resize, 760, 420)

    def refuse(self, words: str) -> None:
        """Say why it could not be saved."""
        self.fault.setText(f"▲ {words}")

    def _fill(self, at: int) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        self.list.addItems([f"{preset.name} · {preset.summary}" for preset in self._presets])
        self.list.blockSignals(False)
        self.list.setCurrentRow(min(at, len(self._presets) - 1))
        self._chosen(self.list.currentRow())

    def _chosen(self, at: int) -> None:
        self._at = at
        there = 0 <= at < len(self._presets)
        for part in (self.name, self.action, self.duration, self.pre_roll, self.returns):
            part.setEnabled(there)
        for button in (self.remove_button, self.up, self.down):
            button.setEnabled(there)
        if there:
            self._show(self._presets[at])
        self._show_fields()

    def _show(self, preset: CuePreset) -> None:
        self.name.setText(preset.name)
        self.action.setCurrentIndex(self.action.findData(preset.action))
        self.duration.setText("" if preset.duration_s is None else f"{preset.duration_s:g}")
        self.pre_roll.setText("" if preset.pre_roll_s is None else f"{preset.pre_roll_s:g}")
        self.returns.setCurrentIndex(max(0, self.returns.findData(preset.returns)))
        if preset.segmentation is not None:
            self.segmentation.setCurrentIndex(self.segmentation.findData(preset.segmentation.type))
        self.section.setText(preset.section)
        self._is_wrong = False
        self.fault.setText("")

    def _show_fields(self) -> None:
        """Show the fields that the chosen action has."""
        action = self.action.currentData()
        out = action.traits.direction is Direction.OUT
        for field, is_there in (
            (self.duration, out),
            (self.pre_roll, action.traits.splices in PRE_ROLLED),
            (self.returns, out),
            (self.segmentation, action is CueAction.TIME_SIGNAL),
            (self.section, action is CueAction.SEND_SECTION),
        ):
            self._form.setRowVisible(field, is_there)

    def _values(self) -> dict[str, object]:
        action = self.action.currentData()
        values: dict[str, object] = {"name": self.name.text(), "action": action}
        for field, name in ((self.duration, "duration_s"), (self.pre_roll, "pre_roll_s")):
            if self._form.isRowVisible(field) and (text := field.text().strip()):
                values[name] = text.replace(",", ".")
        if self._form.isRowVisible(self.returns):
            values["returns"] = self.returns.currentData()
        if action is CueAction.TIME_SIGNAL:
            values["segmentation"] = {"type": self.segmentation.currentData()}
        if action is CueAction.SEND_SECTION:
            values["section"] = "".join(self.section.text().split())
        return values

    def _edited(self) -> None:
        """Take what is typed; what is wrong is said at once, and keeps it from being saved."""
        self._show_fields()
        try:
            preset = build(CuePreset, self._values(), self.name.text() or "cue")
        except ConfigurationError as error:
            self._is_wrong = True
            self.refuse(str(error))
            return
        self._is_wrong = False
        self.fault.setText("")
        self._presets[self._at] = preset
        item = self.list.item(self._at)
        if item is not None:
            item.setText(f"{preset.name} · {preset.summary}")

    def _add(self) -> None:
        copied = self.copy.currentData()
        new = copied or CuePreset(name=f"Break {len(self._presets) + 1}", duration_s=30)
        self._presets.insert(self._at + 1, new)
        self._fill(self._at + 1)
        self.name.setFocus()
        self.name.selectAll()

    def _remove(self) -> None:
        del self._presets[self._at]
        self._fill(max(0, self._at - 1))

    def _move(self, by: int) -> None:
        to = self._at + by
        if 0 <= to < len(self._presets):
            self._presets[self._at], self._presets[to] = self._presets[to], self._presets[self._at]
            self._fill(to)

    def _save(self) -> None:
        if not self._is_wrong:
            self.saved.emit(tuple(self._presets))


def _field(name: str, placeholder: str) -> QLineEdit:
    built = QLineEdit()
    built.setAccessibleName(name)
    built.setPlaceholderText(placeholder)
    return built


def _combo(name: str, choices: Sequence[tuple[str, object]]) -> QComboBox:
    built = QComboBox()
    built.setAccessibleName(name)
    for words, value in choices:
        built.addItem(words, value)
    return built
