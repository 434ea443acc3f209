"""Bar of presets: named buttons, each of which fires what it says by one press."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QSize, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QMenu, QPushButton, QSizePolicy, QToolButton, QWidget

from ibe100.models.cues.preset import CuePreset
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.buttons import give_menu, push_button
from ibe100.ui.words.tooltips import set_tooltip

HEIGHT, GAP = 36, 4


class PresetBar(QWidget):
    """As many buttons as fit whole, in their order; the others, and the way to edit them, are in a menu."""

    fire_requested = pyqtSignal(object)
    edit_requested = pyqtSignal(bool)
    """True for the presets of the target alone."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._presets: tuple[CuePreset, ...] = ()
        self._refusals: tuple[str, ...] = ()
        """Why each cannot be fired; empty where it can."""
        self._summaries: tuple[str, ...] = ()
        self.buttons: list[QPushButton] = []
        self.more = QToolButton(self)
        self.more.setText("More")
        self.more.setProperty("kind", "preset")
        self.more.setAccessibleName("More presets of cues")
        set_tooltip(self.more, "More presets; edit presets")
        self.more.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.menu = QMenu(self.more)
        self.menu.setAccessibleName("Presets of cues")
        self.menu.aboutToShow.connect(self._fill_menu)
        give_menu(self.more, self.menu)
        self.setAccessibleName("Presets of cues")
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        scaled(self.setFixedHeight, HEIGHT)

    def show_presets(
        self,
        presets: Sequence[CuePreset],
        refusal: Callable[[CuePreset], str],
        summary: Callable[[CuePreset], str],
    ) -> None:
        """Show the presets of the target; a dead one says why in its tooltip and in the menu.

        `summary` is what a preset sends on the target.
        """
        if tuple(presets) != self._presets:
            self._presets = tuple(presets)
            for button in self.buttons:
                button.hide()
                button.deleteLater()
            self.buttons = [self._button(preset) for preset in self._presets]
            self._refusals = self._summaries = ()
            self._arrange()
        refusals = tuple(refusal(preset) for preset in self._presets)
        summaries = tuple(summary(preset) for preset in self._presets)
        if (refusals, summaries) != (self._refusals, self._summaries):
            self._refusals, self._summaries = refusals, summaries
            for button, why, words in zip(self.buttons, refusals, summaries, strict=True):
                if why and button.hasFocus():
                    button.clearFocus()  # Qt would hand it to the next one, which is another cue
                button.setEnabled(not why)
                set_tooltip(button, why or words)
                button.setAccessibleDescription(why or words)

    def sizeHint(self) -> QSize:
        """One row, as wide as there is room."""
        return QSize(px(200), px(HEIGHT))

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Show as many as fit."""
        super().resizeEvent(event)
        self._arrange()

    def _button(self, preset: CuePreset) -> QPushButton:
        built = push_button(preset.name, f"Preset {preset.name}", kind="preset")
        built.setParent(self)
        built.clicked.connect(lambda: self.fire_requested.emit(preset))
        return built

    def _arrange(self) -> None:
        height, gap = px(HEIGHT), px(GAP)
        more = self.more.sizeHint().width()
        room = self.width() - more - gap
        left, is_full = 0, False
        for button in self.buttons:
            width = button.sizeHint().width()
            is_full = is_full or left + width > room
            button.setVisible(not is_full)
            if not is_full:
                button.setGeometry(left, 0, width, height)
                left += width + gap
        self.more.setGeometry(self.width() - more, 0, more, height)

    def _fill_menu(self) -> None:
        self.menu.clear()
        every = zip(self.buttons, self._presets, self._refusals, self._summaries, strict=True)
        for button, preset, refusal, summary in every:
            if not button.isVisible():
                words = f"{preset.name}: {refusal or summary}"
                action = self.menu.addAction(words.replace("&", "&&"))
                if action is not None:
                    action.setEnabled(not refusal)
                    action.triggered.connect(lambda _=False, fired=preset: self.fire_requested.emit(fired))
        self.menu.addSeparator()
        scopes = (("Edit presets of all streams…", False), ("Edit presets of this stream…", True))
        for words, of_target in scopes:
            edit = self.menu.addAction(words)
            if edit is not None:
                edit.triggered.connect(lambda _=False, own=of_target: self.edit_requested.emit(own))
