"""Preview of the section that goes out if TO BREAK or BACK TO PROGRAMME is pressed now."""

from __future__ import annotations

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QWidget

from ibe100.models.scte35_marker import CueAction
from ibe100.ui.cues.section_preview import SectionPreview
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import choice_button
from ibe100.ui.widgets.labels import label

SHORT = {CueAction.TO_BREAK: "Break", CueAction.BACK_TO_PROGRAMME: "Programme"}


class CuePreviewView(SectionPreview):
    """Preview of one of the two actions."""

    action_changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._action = CueAction.TO_BREAK
        self._actions = {action: self._action_button(action) for action in SHORT}
        head = QHBoxLayout()
        scaled(head.setSpacing, 4)
        head.addWidget(label("Would go out", "strong"), 1)
        for button in self._actions.values():
            head.addWidget(button)
        self.column.insertLayout(0, head)

    def _action_button(self, action: CueAction) -> QPushButton:
        choice = choice_button(SHORT[action], f"Preview {action}", kind="flat", chosen=action is self._action)
        choice.setAutoExclusive(True)
        choice.clicked.connect(lambda: self._choose(action))
        return choice

    @property
    def action(self) -> CueAction:
        """The action that is previewed."""
        return self._action

    def choose(self, action: CueAction) -> None:
        """Preview this action, as if its button had been pressed."""
        self._actions[action].setChecked(True)
        self._choose(action)

    def _choose(self, action: CueAction) -> None:
        self._action = action
        self.action_changed.emit()
