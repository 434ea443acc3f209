"""Pages of the settings window: their frame, and the page that is made of settings."""

from __future__ import annotations

from typing import Any

from PyQt6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from ibe100.ui.qt_models.seat_model import SeatModel
from ibe100.ui.settings.sections import Section, is_of
from ibe100.ui.settings.setting_row import RowFrame, SettingRow
from ibe100.ui.settings.settings_model import SettingsModel
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.labels import label


class Page(QScrollArea):
    """Page with a title; `body` takes what stands on it."""

    def __init__(self, section: Section, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.section = section
        self.setWidgetResizable(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setAccessibleName(section.title)
        inside = QWidget()
        inside.setProperty("kind", "panel")
        outer = QVBoxLayout(inside)
        scaled(outer.setContentsMargins, 24, 16, 24, 16)
        scaled(outer.setSpacing, 0)
        self.heading = label(section.title, "heading")
        outer.addWidget(self.heading)
        outer.addSpacing(8)
        self.body = QVBoxLayout()
        scaled(self.body.setSpacing, 0)
        outer.addLayout(self.body)
        outer.addStretch(1)
        self.setWidget(inside)

    @property
    def can_reset(self) -> bool:
        """True for a page that can be set to what is shipped."""
        return False

    def reset(self) -> None:
        """Set all of the page to what is shipped."""

    def look(self) -> None:
        """Bring the page up to date; called when it comes to the front."""

    def show_row(self, title: str) -> None:
        """Scroll to the row of this title, where there is one, and put the focus into its control."""
        row = next((one for one in self.findChildren(RowFrame) if one.title == title), None)
        if row is None:
            return
        self.ensureWidgetVisible(row)
        row.control.setFocus()
        first = row.control.nextInFocusChain()
        if not row.control.hasFocus() and first is not None and row.control.isAncestorOf(first):
            first.setFocus()


class SettingsPage(Page):
    """Page made of the settings of its section; values that are refused together stay, with the reason."""

    def __init__(
        self, section: Section, model: SettingsModel, seat: SeatModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(section, parent)
        self._model, self._seat = model, seat
        self._rows: dict[str, SettingRow] = {}
        self._box = QVBoxLayout()
        self.body.addLayout(self._box)
        self._drafts: dict[str, Any] = {}
        """Values that were typed and are not taken yet, by the name of their setting."""
        model.shown.connect(self._show)
        model.taken.connect(self._take)
        model.refused.connect(self._refuse)
        seat.changed.connect(self._permit)
        self._show()

    @property
    def can_reset(self) -> bool:
        return bool(self._rows)

    def reset(self) -> None:
        self._drafts.clear()
        self._model.reset(tuple(self._rows))

    def row(self, name: str) -> SettingRow:
        """Row of a setting."""
        return self._rows[name]

    def _show(self) -> None:
        if not self._rows and self._model.views:
            self._fill()
        for name, row in self._rows.items():
            if name not in self._drafts:
                row.show_view(self._model.views[name])
        self._permit()

    def _fill(self) -> None:
        for heading, wanted in self.section.groups:
            if heading:
                title = label(heading, "title")
                scaled(title.setContentsMargins, 0, 16, 0, 4)
                self._box.addWidget(title)
            names = [name for one in wanted for name in self._model.views if is_of(name, one)]
            for name in names:
                row = SettingRow(self._model.views[name])
                row.editor.changed.connect(lambda row=row: self._send(row))
                self._rows[name] = row
                self._box.addWidget(row)

    def _send(self, row: SettingRow) -> None:
        row.show_fault("")
        self._drafts.pop(row.name, None)
        if row.editor.value() != row.view.value:
            self._drafts[row.name] = row.editor.value()
        if self._drafts:
            # What was refused before may be right together with this, as a certificate is with its key.
            self._model.change(dict(self._drafts))

    def _take(self, names: tuple[str, ...]) -> None:
        for name in names:
            self._drafts.pop(name, None)

    def _refuse(self, names: tuple[str, ...], words: str) -> None:
        """Show the reason at the settings that it names, else at the one that was typed last."""
        mine = [name for name in names if name in self._drafts]
        for name in [name for name in mine if name in words] or mine[-1:]:
            self._rows[name].show_fault(words)

    def _permit(self) -> None:
        for row in self._rows.values():
            row.set_refusal(self._seat.refusal(row.view.act))
