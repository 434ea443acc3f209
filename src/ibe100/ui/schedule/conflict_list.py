"""Conflicts to settle: a line each, with its choices as buttons."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QScrollArea, QVBoxLayout, QWidget

from ibe100.models.cues.schedule import Finding, ScheduledBreak
from ibe100.models.rights import Act
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.units import counted

MOST_LINES = 20
MOST_HEIGHT = 132
SCROLL_BAR_PX = 12
NONE = "No conflicts within the next day"
WHY = "A break that begins while another is on air is missed: nothing is sent twice."


class ConflictList(QWidget):
    """Emits `fix_requested` and `accept_requested` (finding), `drop_requested` and `chosen` (break)."""

    fix_requested = pyqtSignal(object)
    accept_requested = pyqtSignal(object)
    drop_requested = pyqtSignal(int)
    edit_requested = pyqtSignal(int)
    chosen = pyqtSignal(int)
    buttons_made = pyqtSignal()

    def __init__(
        self, streams: StreamListModel, schedule: ScheduleModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._streams, self._schedule = streams, schedule
        self._shown: tuple[Finding, ...] | None = None
        self._is_low = False
        self.head = label("", "strong", wrap=True)
        self._lines = QWidget()
        self._rows = QVBoxLayout(self._lines)
        scaled(self._rows.setContentsMargins, 0, 0, 0, 0)
        scaled(self._rows.setSpacing, 0)
        self.area = QScrollArea()
        self.area.setWidgetResizable(True)
        self.area.setWidget(self._lines)
        self.area.setAccessibleName("Conflicts to settle")
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 0, 0, 0, 0)
        scaled(layout.setSpacing, 2)
        layout.addWidget(self.head)
        layout.addWidget(self.area)
        schedule.conflicts_changed.connect(self.read)
        self.read()

    def open_findings(self) -> tuple[Finding, ...]:
        """Conflicts that nobody chose to keep."""
        return tuple(one for one in self._schedule.findings() if not one.accepted)

    def read(self) -> None:
        """Show the conflicts as they are now."""
        found = self.open_findings()
        kept = len(self._schedule.findings()) - len(found)
        said = f"⚠ {counted(len(found), 'conflict')} to settle" if found else NONE
        self.head.setText(said + (f" · {kept} kept as planned" if kept else ""))
        set_tooltip(self.head, WHY if found else "")
        if found == self._shown:
            return
        self._shown = found
        while (item := self._rows.takeAt(0)) is not None:
            gone = item.widget()
            if gone is not None:
                gone.hide()
                gone.deleteLater()
        for finding in found[:MOST_LINES]:
            self._rows.addWidget(self._line(finding))
        if len(found) > MOST_LINES:
            self._rows.addWidget(
                label(f"and {len(found) - MOST_LINES} more: see the list of breaks", "muted")
            )
        self._rows.addStretch(1)
        self.area.setVisible(bool(found))
        self._fit()
        self.buttons_made.emit()

    def be_low(self, is_low: bool) -> None:
        """Take the room of one line only, where the page has little."""
        self._is_low = is_low
        self._fit()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Take as much room as the lines need at this width."""
        super().resizeEvent(event)
        self._fit()

    def _fit(self) -> None:
        width = self.width() - px(SCROLL_BAR_PX)
        first = self._rows.itemAt(0)
        most = px(MOST_HEIGHT) if first is None or not self._is_low else first.heightForWidth(width)
        self.area.setFixedHeight(max(1, min(most, self._rows.heightForWidth(width))) + 2)

    def _line(self, finding: Finding) -> QWidget:
        one = self._schedule.get(finding.subject) if finding.subject is not None else None
        line = QFrame()
        line.setProperty("kind", "setting")
        row = QHBoxLayout(line)
        scaled(row.setContentsMargins, 4, 3, 4, 3)
        scaled(row.setSpacing, 6)
        row.addWidget(label(self._streams.words(finding.stream_id), "strong"))
        why = label(conflict_words(finding.text), wrap=True)
        set_tooltip(why, finding.text)
        row.addWidget(why, 1)
        for button in self._choices(finding, one):
            row.addWidget(button)
        return line

    def _choices(self, finding: Finding, one: ScheduledBreak | None) -> Sequence[QPushButton]:
        if one is None:
            series = next((i for i in finding.break_ids if self._schedule.get(i) is not None), None)
            if series is None:
                return ()
            edit = _button("Edit", f"Edit what conflicts: {finding.text}")
            edit.clicked.connect(lambda: self.edit_requested.emit(series))
            return (edit,)
        buttons = []
        if finding.fix is not None:
            fix = _button(finding.fix.words, f"{finding.fix.words}: {one.title}")
            fix.clicked.connect(lambda: self.fix_requested.emit(finding))
            buttons.append(fix)
        drop = _button("Drop", f"Drop {one.title}: take it off the schedule")
        drop.clicked.connect(lambda: self.drop_requested.emit(one.break_id))
        keep = _button(
            "Keep both" if len(finding.break_ids) > 1 else "Keep it", f"Keep {one.title} as planned"
        )
        keep.clicked.connect(lambda: self.accept_requested.emit(finding))
        show = push_button("Show", f"Show {one.title}")
        show.clicked.connect(lambda: self.chosen.emit(one.break_id))
        return (*buttons, drop, keep, show)


def conflict_words(text: str) -> str:
    """Text of a conflict without what to do: its buttons stand for that."""
    return text.partition(": ")[0]


def _button(text: str, name: str) -> QPushButton:
    return push_button(text, name, hint=name, act=Act.PLAN_BREAKS)
