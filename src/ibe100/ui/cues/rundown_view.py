"""Rundown of the target: its steps in order, the next one fired by one key."""

from __future__ import annotations

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QListWidget, QVBoxLayout, QWidget

from ibe100.models.cues.preset import Rundown
from ibe100.models.rights import Act
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label
from ibe100.ui.words.tooltips import set_tooltip

NOTHING = "No rundown yet: put cues in order here, and F7 fires one after the other."


class RundownView(QWidget):
    """List of the steps. `step_requested` fires the next, `moved` makes another the next one."""

    step_requested = pyqtSignal()
    moved = pyqtSignal(int)
    edit_requested = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._shown = Rundown()
        self.list = QListWidget()
        self.list.setAccessibleName("Rundown of the target stream")
        self.empty = label(NOTHING, "muted", wrap=True)
        self.fire = push_button("", "Fire the next step of the rundown, key F7", auto_default=False)
        self.fire.clicked.connect(self.step_requested)
        self.go_to = push_button("Go to", "Make the chosen step the next one", act=Act.PLAN_BREAKS)
        self.go_to.clicked.connect(lambda: self.moved.emit(self.list.currentRow()))
        self.edit = push_button("Edit…", "Edit the rundown", act=Act.PLAN_BREAKS)
        self.edit.clicked.connect(self.edit_requested)
        row = QHBoxLayout()
        row.addWidget(self.fire, 1)
        row.addWidget(self.go_to)
        row.addWidget(self.edit)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 4, 0, 0)
        layout.setSpacing(4)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.list, 1)
        layout.addLayout(row)
        self.list.currentRowChanged.connect(lambda _row: self._enable())
        self.show_rundown(Rundown(), "")
        self._fill()

    def show_rundown(self, rundown: Rundown, refusal: str) -> None:
        """Show the steps and which is next; `refusal` is why that cannot be fired now."""
        if rundown != self._shown:
            self._shown = rundown
            self._fill()
        step = rundown.step
        if step is None:
            words = "The rundown is over" if rundown.steps else "No steps"
        else:
            words = f"F7  {rundown.next + 1} {step.name}"
        self.fire.setText(words)
        self.fire.setEnabled(step is not None and not refusal)
        hint = refusal or ("" if step is None else f"Fire {step.name}: {step.summary}")
        set_tooltip(self.fire, hint)
        self.fire.setAccessibleDescription(hint)

    def _fill(self) -> None:
        chosen = self.list.currentRow()
        self.list.clear()
        for at, step in enumerate(self._shown.steps):
            mark = "▶" if at == self._shown.next else "✓" if at < self._shown.next else " "
            self.list.addItem(f"{mark} {at + 1}  {step.name} · {step.summary}")
        self.list.setCurrentRow(min(chosen, len(self._shown.steps) - 1))
        ahead = self.list.item(min(self._shown.next, len(self._shown.steps) - 1))
        if ahead is not None:
            self.list.scrollToItem(ahead)
        self.empty.setVisible(not self._shown.steps)
        self.list.setVisible(bool(self._shown.steps))
        self._enable()

    def _enable(self) -> None:
        self.go_to.setEnabled(0 <= self.list.currentRow() != self._shown.next)
