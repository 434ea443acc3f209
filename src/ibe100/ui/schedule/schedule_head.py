"""Head of the schedule: day, view, span, filter, and what can be done with all of it."""

from __future__ import annotations

from datetime import UTC, date, datetime

from PyQt6.QtCore import QDate, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QResizeEvent
from PyQt6.QtWidgets import QCheckBox, QDateEdit, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from ibe100.models.rights import Act
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.schedule.day_items import Day
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import on_text_size, px, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.choices import Segments, choice_combo
from ibe100.ui.widgets.labels import ElidedLabel
from ibe100.ui.words.tooltips import set_tooltip

SPANS = ((3600.0, "1 h"), (4 * 3600.0, "4 h"), (86_400.0, "24 h"))
DAY, LIST = "day", "list"
ROOMY_PX = 720
DATE_ARROW_PX = 44
EXPORT_HINT = "The shown day as CSV or JSON, such that an import takes it back"


class ScheduleHead(QWidget):
    """Two rows of controls; `changed` when the day or the filter was."""

    changed = pyqtSignal()

    def __init__(self, streams: StreamListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._streams = streams
        self.day = QDateEdit()
        self.day.setCalendarPopup(True)
        self.day.setDisplayFormat("ddd d MMM yyyy")
        self.day.setAccessibleName("Day of the schedule, UTC")
        on_text_size(self.day, _fit_date)
        self.before = push_button("", "The day before", icon_name="chevron-left", hint="The day before")
        self.after = push_button("", "The day after", icon_name="chevron-right", hint="The day after")
        self.today = push_button("Today", "Show today, UTC", hint="Show today, UTC")
        self.view = Segments("View", ((DAY, "Day"), (LIST, "List")), DAY)
        self.span = Segments("Span", SPANS, SPANS[1][0])
        self.stream = choice_combo("Stream", (("", "all streams"),))
        self.filter = QLineEdit()
        self.filter.setPlaceholderText("Filter")
        self.filter.setAccessibleName("Filter the schedule")
        self.filter.setClearButtonEnabled(True)
        set_tooltip(self.filter, "Title, stream or state of a break")
        self.with_past = QCheckBox("past ones too")
        self.with_past.setAccessibleName("Show breaks that are over")
        self.summary = ElidedLabel("", "second")
        self.undo_button = _button("Undo", "undo")
        self.export_button = push_button(
            "Export", "Export the shown day", icon_name="export", hint=EXPORT_HINT
        )
        self.import_button = _button("Import", "import")
        self.plan_button = _button("Plan a break", "calendar-plus", "primary")
        self._lay_out()
        self.go_to_today()
        self._connect()

    def _lay_out(self) -> None:
        first, second = QHBoxLayout(), QHBoxLayout()
        first.addWidget(self.view)
        first.addSpacing(px(8))
        for widget in (self.before, self.day, self.after, self.today):
            first.addWidget(widget)
        first.addSpacing(px(8))
        first.addWidget(self.span)
        first.addWidget(self.with_past)
        first.addSpacing(px(8))
        first.addWidget(self.summary, 100)
        first.addStretch(1)
        second.addWidget(self.stream)
        second.addWidget(self.filter, 1)
        for button in (self.undo_button, self.export_button, self.import_button, self.plan_button):
            second.addWidget(button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 0, 0, 0, 0)
        scaled(layout.setSpacing, 6)
        layout.addLayout(first)
        layout.addLayout(second)
        self.with_past.hide()

    def _connect(self) -> None:
        self.day.dateChanged.connect(self.changed)
        self.before.clicked.connect(lambda: self.show_day(self.shown().moved(-1)))
        self.after.clicked.connect(lambda: self.show_day(self.shown().moved(1)))
        self.today.clicked.connect(self.go_to_today)
        self.view.changed.connect(self._show_view)
        self.stream.currentIndexChanged.connect(self.changed)
        self.filter.textChanged.connect(self.changed)
        self.with_past.toggled.connect(self.changed)
        for signal in (self._streams.rowsInserted, self._streams.rowsRemoved, self._streams.dataChanged):
            signal.connect(self._offer_streams)
        self._offer_streams()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Leave the count out where it would be cut."""
        super().resizeEvent(event)
        self.summary.setVisible(self.width() > px(ROOMY_PX))

    def shown(self) -> Day:
        """The day and the filter."""
        chosen = self.day.date()
        day = date(chosen.year(), chosen.month(), chosen.day())
        return Day(day, self.stream.currentData() or "", self.filter.text())

    def show_day(self, day: date) -> None:
        """Choose a day."""
        self.day.setDate(QDate(day.year, day.month, day.day))

    def go_to_today(self) -> None:
        """Choose today, UTC."""
        self.show_day(datetime.now(UTC).date())

    def _show_view(self) -> None:
        is_day = self.view.value() == DAY
        for widget in (self.before, self.day, self.after, self.today, self.span):
            widget.setVisible(is_day)
        self.export_button.setEnabled(is_day)
        set_tooltip(self.export_button, EXPORT_HINT if is_day else "A day is exported: show it first")
        self.with_past.setVisible(not is_day)
        self.changed.emit()

    def _offer_streams(self) -> None:
        names = [(row.stream_id, f"{row.view.number} {row.name}") for row in self._streams.rows()]
        if names == [
            (self.stream.itemData(at), self.stream.itemText(at)) for at in range(1, self.stream.count())
        ]:
            return
        chosen = self.stream.currentData()
        self.stream.blockSignals(True)
        self.stream.clear()
        self.stream.addItem("all streams", "")
        for stream_id, name in names:
            self.stream.addItem(name, stream_id)
        self.stream.setCurrentIndex(max(0, self.stream.findData(chosen)))
        self.stream.blockSignals(False)
        self.changed.emit()


def _fit_date(day: QDateEdit) -> None:
    """Leave room for the longest date, beside the arrow of its calendar."""
    day.setMinimumWidth(QFontMetrics(sans()).horizontalAdvance("Wed 30 Nov 2026") + px(DATE_ARROW_PX))


def _button(text: str, icon_name: str, kind: str = "") -> QPushButton:
    return push_button(text, f"{text}: planned breaks", icon_name=icon_name, kind=kind, act=Act.PLAN_BREAKS)
