"""Alarm panel: each alarm with its shape, its age and what to do; acknowledge, shelve, history."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from ibe100.models.alarms.alarm import Alarm, Severity
from ibe100.models.rights import Act
from ibe100.ui.alarms.alarm_delegate import AlarmDelegate
from ibe100.ui.alarms.hidden_alarms_view import HiddenAlarmsView
from ibe100.ui.alarms.shelve_question import ShelveQuestion
from ibe100.ui.alarms.wrapped_rows import WrappedRows
from ibe100.ui.qt_models.alarm_groups import AlarmRow
from ibe100.ui.qt_models.alarm_table import (
    ALARM_ROLE,
    AWAITING,
    CONDITION_COLUMN,
    REMEDY_COLUMN,
    ROW_ROLE,
    SEVERITY_WORDS,
    AlarmTableModel,
)
from ibe100.ui.qt_models.shortcomings import words
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.tables import fit_columns, quiet_table
from ibe100.ui.widgets.tally_mark import draw_severity
from ibe100.ui.widgets.timers import repeating
from ibe100.ui.words.tooltips import set_tooltip

FLASH_MS = 500
"""Half a period in ms: one flash a second at the most."""
WIDTHS = {0: 40, 1: 92, 2: 62, 3: 110, 4: 170, 5: 90, 7: 114, REMEDY_COLUMN: 104}
SHARES = {3: 0.11, 4: 0.19, 5: 0.11}
"""Columns that grow with the panel, as parts of its width."""
VALUE_COLUMN, WHAT_TO_DO_COLUMN = 5, 6
ROOMY_WIDTH = 1040
"""Width in pixels below which counts lose their words, and values are in tooltips."""
RATE_MS = 1000
FLOOD = 10
"""Alarms in 10 minutes above which they are a flood (EEMUA 191)."""


class AlarmPanel(QWidget):
    """List of active alarms, list of shelved and grouped ones, and what can be done about an alarm."""

    acknowledge_requested = pyqtSignal(object)
    """The ids of the alarms."""
    shelve_requested = pyqtSignal(object, int, str)
    unshelve_requested = pyqtSignal(object)
    history_requested = pyqtSignal()
    remedy_requested = pyqtSignal(object)
    """The alarm whose remedy is to be begun."""

    def __init__(
        self,
        model: AlarmTableModel,
        rate: Callable[[], int] = lambda: 0,
        shortcomings: Callable[[], Sequence[str]] = lambda: (),
        parent: QWidget | None = None,
    ) -> None:
        """`shortcomings`: what is not as it should be, though no alarm says so."""
        super().__init__(parent)
        self._model, self._rate_of, self._shortcomings = model, rate, shortcomings
        self.setProperty("kind", "panel")
        scaled(self.setMinimumHeight, 120)
        self.counts = {severity: label("", "second") for severity in Severity}
        self._shapes = {severity: _Shape(severity) for severity in Severity}
        self.waiting = label("", "strong")
        self.rate = label("", "muted")
        self.hidden_button = _button("sleep", "", "Shelved and grouped alarms")
        self.hidden_button.setCheckable(True)
        self.hidden_button.setProperty("kind", "flat")
        self.hidden_button.toggled.connect(self._refresh)
        self.acknowledge_button = _button(
            "bell-check-outline", "Acknowledge  A", "Acknowledge the selected alarm, key A", Act.SEE_TO_ALARMS
        )
        self.acknowledge_button.clicked.connect(self.acknowledge)
        self.page_button = _button(
            "check-all", "Page  Shift A", "Acknowledge all alarms on the page, key Shift A", Act.SEE_TO_ALARMS
        )
        self.page_button.clicked.connect(self.acknowledge_page)
        self.shelve_button = _button(
            "sleep", "Shelve  S", "Shelve the selected alarm, key S", Act.SEE_TO_ALARMS
        )
        self.shelve_button.clicked.connect(self.shelve)
        self.history_button = _button("history", "History", "History of alarms")
        self.history_button.clicked.connect(self.history_requested)
        self.table = quiet_table(model, "Alarms")
        fit_columns(self.table, WIDTHS, WHAT_TO_DO_COLUMN)
        self.delegate = AlarmDelegate(self)
        self.table.setItemDelegate(self.delegate)
        self._wrapped = WrappedRows(self.table, (CONDITION_COLUMN, WHAT_TO_DO_COLUMN))
        self.table.installEventFilter(self)
        self.table.clicked.connect(self._clicked)
        self.hidden_alarms = HiddenAlarmsView(model)
        self.hidden_alarms.unshelve_requested.connect(self.unshelve_requested)
        self._lay_out()
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentChanged.connect(self._refresh)
        for signal in (model.rowsInserted, model.rowsRemoved, model.dataChanged, self.hidden_alarms.changed):
            signal.connect(self._refresh)
        self._flash = repeating(self, FLASH_MS, self._toggle)
        self._every_second = repeating(self, RATE_MS, self._look)
        self._every_second.start()
        self._refresh()
        self._look()

    def _lay_out(self) -> None:
        bar = QWidget()
        # Its words give way to the width there is; the panel is never widened by them.
        bar.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        head = QHBoxLayout(bar)
        head.setContentsMargins(0, 0, 0, 0)
        scaled(head.setSpacing, 12)
        for severity, shown in self.counts.items():
            pair = QHBoxLayout()
            scaled(pair.setSpacing, 4)
            pair.addWidget(self._shapes[severity])
            pair.addWidget(shown)
            head.addLayout(pair)
        head.addWidget(self.waiting)
        head.addWidget(self.hidden_button)
        head.addWidget(self.rate)
        head.addStretch(1)
        for button in (self.acknowledge_button, self.page_button, self.shelve_button, self.history_button):
            head.addWidget(button)
        self.empty = label("", "muted", wrap=True)
        scaled(self.empty.setContentsMargins, 12, 8, 12, 8)
        self._stack = QStackedLayout()
        page = QWidget()
        page_layout = QVBoxLayout(page)
        page_layout.setContentsMargins(0, 0, 0, 0)
        page_layout.addWidget(self.empty)
        page_layout.addStretch(1)
        for widget in (page, self.table, self.hidden_alarms):
            self._stack.addWidget(widget)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 8, 8, 8, 8)
        scaled(layout.setSpacing, 4)
        layout.addWidget(bar)
        layout.addLayout(self._stack, 1)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Stream, condition and value take their share of the room."""
        super().resizeEvent(event)
        self.table.setColumnHidden(VALUE_COLUMN, self.width() < px(ROOMY_WIDTH))
        for column, share in SHARES.items():
            self.table.setColumnWidth(column, max(px(WIDTHS[column]), int(self.width() * share)))
        self._refresh()

    def acknowledge(self) -> None:
        """Acknowledge the selected alarm, or else the first that waits."""
        alarm = self._to_acknowledge()
        if alarm is not None:
            self.acknowledge_requested.emit([alarm.alarm_id])

    def acknowledge_page(self) -> None:
        """Acknowledge the alarms whose rows are on screen; what cannot be seen is not acknowledged."""
        waiting = [alarm.alarm_id for alarm in self._on_page() if alarm.state in AWAITING]
        if waiting:
            self.acknowledge_requested.emit(waiting)

    def shelve(self) -> None:
        """Ask how long and why, then shelve; in the list of hidden alarms, unshelve the selected one."""
        if self.hidden_button.isChecked():
            self.hidden_alarms.unshelve()
            return
        alarm = self._chosen()
        if alarm is None:
            return
        question = ShelveQuestion(alarm, self.window())
        question.answered.connect(
            lambda minutes, reason: self.shelve_requested.emit(alarm.alarm_id, minutes, reason)
        )
        question.open()

    def select(self, alarm_id: int) -> None:
        """Select an alarm."""
        selection = self.table.selectionModel()
        assert selection is not None
        for at, alarm in enumerate(self._model.alarms()):
            if alarm.alarm_id == alarm_id:
                selection.setCurrentIndex(
                    self._model.index(at, 0),
                    QItemSelectionModel.SelectionFlag.ClearAndSelect | QItemSelectionModel.SelectionFlag.Rows,
                )

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Right and Left show and hide what follows from the selected alarm; Enter begins its remedy."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            row = self.table.currentIndex().data(ROW_ROLE)
            if event.key() in (Qt.Key.Key_Right, Qt.Key.Key_Left) and isinstance(row, AlarmRow):
                self._model.set_expanded(row.alarm.alarm_id, event.key() == Qt.Key.Key_Right)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._begin_remedy(row)
                return True
        return super().eventFilter(watched, event)

    def _clicked(self, index: QModelIndex) -> None:
        row = index.data(ROW_ROLE)
        if isinstance(row, AlarmRow) and row.followers and index.column() == CONDITION_COLUMN:
            self._model.set_expanded(row.alarm.alarm_id, not row.is_expanded)
        elif index.column() == REMEDY_COLUMN:
            self._begin_remedy(row)

    def _begin_remedy(self, row: object) -> None:
        if isinstance(row, AlarmRow) and row.remedy is not None:
            self.remedy_requested.emit(row.alarm)

    def _chosen(self) -> Alarm | None:
        """The selected alarm, or else the first of all."""
        row = self.table.currentIndex().data(ROW_ROLE)
        if isinstance(row, AlarmRow):
            return row.alarm
        return next(iter(self._model.alarms()), None)

    def _to_acknowledge(self) -> Alarm | None:
        selected = self.table.currentIndex().data(ALARM_ROLE)
        if isinstance(selected, Alarm) and selected.state in AWAITING and selected.is_shown:
            return selected
        return self._model.next_to_acknowledge()

    def _on_page(self) -> tuple[Alarm, ...]:
        viewport = self.table.viewport()
        assert viewport is not None
        first = max(0, self.table.rowAt(0))
        last = self.table.rowAt(viewport.height() - 1)
        shown = self._model.alarms()[first : len(self._model.alarms()) if last < 0 else last + 1]
        return tuple(alarm for alarm in shown if alarm.is_shown)

    def _refresh(self) -> None:
        is_roomy = self.width() >= px(ROOMY_WIDTH)
        for severity, count in self._model.counts().items():
            counted = f"{count} {SEVERITY_WORDS[severity]}"
            self.counts[severity].setText(counted if is_roomy else str(count))
            self.counts[severity].setAccessibleName(counted)
            self._shapes[severity].set_lit(count > 0)
        self.acknowledge_button.setText("Acknowledge  A" if is_roomy else "Ack  A")
        self.page_button.setText("Page  Shift A" if is_roomy else "Page")
        self.history_button.setText("History" if is_roomy else "")
        waiting = self._model.awaiting_count()
        self.waiting.setText(f"{waiting} to acknowledge" if waiting else "")
        kept = self._model.hidden_alarms()
        shelved = sum(one.is_shelved for one in kept)
        self.hidden_button.setText(f"{shelved} shelved · {len(kept) - shelved} grouped")
        self.hidden_button.setVisible(bool(kept) or self.hidden_button.isChecked())
        on_shelf = self.hidden_button.isChecked()
        self.acknowledge_button.setEnabled(not on_shelf and self._to_acknowledge() is not None)
        self.page_button.setEnabled(not on_shelf and waiting > 0)
        self.shelve_button.setText("Unshelve  S" if on_shelf else "Shelve  S")
        self.shelve_button.setAccessibleName(
            "Unshelve the selected alarm, key S" if on_shelf else "Shelve the selected alarm, key S"
        )
        can_shelve = self.hidden_alarms.chosen() if on_shelf else self._chosen()
        self.shelve_button.setEnabled(can_shelve is not None)
        self._stack.setCurrentIndex(2 if on_shelf else 1 if self._model.rowCount() else 0)
        if self._model.flashes():
            if not self._flash.isActive():
                self._flash.start()
        else:
            self._flash.stop()
            self.delegate.bright = True

    def _look(self) -> None:
        found = self._shortcomings()
        self.empty.setText(words(found))
        set_kind(self.empty, "problem" if found else "muted")
        rate = self._rate_of()
        self.rate.setText(f"{rate} in 10 min" + (": a flood" if rate > FLOOD else ""))
        set_tooltip(self.rate, "Alarms shown within the last ten minutes")

    def _toggle(self) -> None:
        self.delegate.bright = not self.delegate.bright
        viewport = self.table.viewport()
        if viewport is not None:
            viewport.update()


def _button(icon_name: str, text: str, accessible_name: str, act: Act | None = None) -> QPushButton:
    return push_button(text, accessible_name, icon_name=icon_name, hint=accessible_name, act=act)


class _Shape(QWidget):
    """The shape of one severity, beside its count; grey while the count is 0."""

    def __init__(self, severity: Severity) -> None:
        super().__init__()
        self._severity = severity
        self._is_lit = False
        scaled(self.setFixedSize, 18, 18)
        self.setAccessibleName(f"Priority {int(severity)}")

    def set_lit(self, lit: bool) -> None:
        """Colour the shape when there are such alarms."""
        if lit is not self._is_lit:
            self._is_lit = lit
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the shape."""
        colour = None if self._is_lit else Colour.TEXT_MUTED
        draw_severity(QPainter(self), self.rect(), self._severity, hollow=not self._is_lit, colour=colour)
