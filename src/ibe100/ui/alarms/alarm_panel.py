"""Alarms: a line that is always there, and below it the list, or the time line of breaks without any."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QEvent, QItemSelectionModel, QModelIndex, QObject, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QStackedWidget, QVBoxLayout, QWidget

from ibe100.models.alarms.alarm import Alarm
from ibe100.ui.alarms.alarm_delegate import AlarmDelegate
from ibe100.ui.alarms.alarm_line import HEIGHT, AlarmLine
from ibe100.ui.alarms.hidden_alarms_view import HiddenAlarmsView
from ibe100.ui.alarms.shelve_question import ShelveQuestion
from ibe100.ui.alarms.wrapped_rows import WrappedRows
from ibe100.ui.qt_models.alarm_groups import AlarmRow
from ibe100.ui.qt_models.alarm_table import (
    AGED,
    ALARM_ROLE,
    AWAITING,
    CONDITION_COLUMN,
    REMEDY_COLUMN,
    ROW_ROLE,
    STATE_COLUMN,
    AlarmTableModel,
)
from ibe100.ui.themes.sizes import NEAR, px, scaled
from ibe100.ui.widgets.tables import fit_columns, quiet_table
from ibe100.ui.widgets.timers import repeating

FLASH_MS = 500
"""Half a period in ms: one flash a second at the most."""
WIDTHS = {0: 40, 1: 96, 2: 58, 3: 112, 4: 160, 5: 90, REMEDY_COLUMN: 106, STATE_COLUMN: 122}
SHARES = {3: 0.12, 4: 0.18, 5: 0.1}
"""Columns that grow with the panel, as parts of its width."""
VALUE_COLUMN, WHAT_TO_DO_COLUMN = 5, 6
ROOMY_WIDTH = 1040
"""Width in pixels at 100 % below which values are in tooltips."""
LOOK_MS = 1000
LOW_WINDOW = 820
"""Height of the window in pixels at 100 % below which all but the line is folded up."""
LEAST_LOWER, MOST_PART = 136, 0.2
"""Height of list or time line in pixels at 100 %, and the part of the window it may take."""
GAP = 4
"""Pixels at 100 % between the panel and the status bar below it."""
MOST_HEIGHT = 16_777_215  # as Qt has it


class AlarmPanel(QWidget):
    """Line, list of active alarms, list of shelved and grouped ones, and what can be done about an alarm."""

    acknowledge_requested = pyqtSignal(object)
    """The ids of the alarms."""
    shelve_requested = pyqtSignal(object, int, str)
    unshelve_requested = pyqtSignal(object)
    history_requested = pyqtSignal()
    remedy_requested = pyqtSignal(object)
    """The alarm whose remedy is to be begun."""
    height_changed = pyqtSignal()

    def __init__(
        self,
        model: AlarmTableModel,
        rate: Callable[[], int] = lambda: 0,
        shortcomings: Callable[[], Sequence[str]] = lambda: (),
        breaks: QWidget | None = None,
        parent: QWidget | None = None,
    ) -> None:
        """`shortcomings`: what is not as it should be, though no alarm says so; `breaks`: the time line."""
        super().__init__(parent)
        self._model, self._rate_of, self._shortcomings = model, rate, shortcomings
        self._breaks = breaks
        self._is_low = False
        self._waiting = 0
        self._may_flash = True
        self.setProperty("kind", "panel")
        line = self.line = AlarmLine(model)
        self.waiting, self.hidden_button = line.waiting, line.hidden_button
        self.acknowledge_button, self.page_button = line.acknowledge_button, line.page_button
        self.shelve_button, self.history_button = line.shelve_button, line.history_button
        line.hidden_button.toggled.connect(self._show_hidden)
        line.breaks_button.toggled.connect(self._refresh)
        line.fold_button.toggled.connect(self._fold)
        line.acknowledge_button.clicked.connect(self.acknowledge)
        line.page_button.clicked.connect(self.acknowledge_page)
        line.shelve_button.clicked.connect(self.shelve)
        line.history_button.clicked.connect(self.history_requested)
        line.begun.connect(self.remedy_requested)
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
        for signal in (model.rowsInserted, model.rowsRemoved, self.hidden_alarms.changed):
            signal.connect(self._refresh)
        model.dataChanged.connect(self._rows_changed)
        self._flash = repeating(self, FLASH_MS, self._toggle)
        self._every_second = repeating(self, LOOK_MS, self._look)
        self._every_second.start()
        self._refresh()
        self._look()

    def _lay_out(self) -> None:
        self.below = QStackedWidget()
        for page in (self._breaks or QWidget(), self.table, self.hidden_alarms):
            self.below.addWidget(page)
        scaled(self.below.setMinimumHeight, LEAST_LOWER // 2)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, NEAR, 0, NEAR, GAP)
        layout.setSpacing(0)
        layout.addWidget(self.line)
        layout.addWidget(self.below, 1)

    @property
    def is_folded(self) -> bool:
        """True while nothing but the line is shown: in a low window, unless it is unfolded."""
        return self._is_low and not self.line.fold_button.isChecked()

    def height_in(self, window_height: int) -> int:
        """Height that line and lower part take by themselves: the same with alarms and without."""
        if self.is_folded:
            return px(HEIGHT) + px(GAP)
        wanted = 0 if self._breaks is None else self._breaks.sizeHint().height()
        return px(HEIGHT) + px(GAP) + max(px(LEAST_LOWER), min(wanted, int(window_height * MOST_PART)))

    def set_window_height(self, height: int) -> None:
        """Fold everything but the line in a low window."""
        is_low = height < px(LOW_WINDOW)
        if is_low is not self._is_low:
            self._is_low = is_low
            self._fold()

    def unfold(self) -> None:
        """Bring the time line of breaks into sight."""
        self.line.hidden_button.setChecked(False)
        self.line.breaks_button.setChecked(True)
        self.line.fold_button.setChecked(True)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Stream, condition and value take their share of the room."""
        super().resizeEvent(event)
        self.table.setColumnHidden(VALUE_COLUMN, self.width() < px(ROOMY_WIDTH))
        for column, share in SHARES.items():
            self.table.setColumnWidth(column, max(px(WIDTHS[column]), int(self.width() * share)))

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
        alarm = self.chosen()
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

    def chosen(self) -> Alarm | None:
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
        """Alarms in sight: rows of the list, or the one that the line names."""
        alarms = self._model.alarms()
        if not self.table.isVisible():
            return alarms[:1] if self.is_folded else ()
        viewport = self.table.viewport()
        assert viewport is not None
        first = max(0, self.table.rowAt(0))
        last = self.table.rowAt(viewport.height() - 1)
        shown = alarms[first : len(alarms) if last < 0 else last + 1]
        return tuple(alarm for alarm in shown if alarm.is_shown)

    def _fold(self) -> None:
        folded = self.is_folded
        self.below.setVisible(not folded)
        self.setMaximumHeight(px(HEIGHT) + px(GAP) if folded else MOST_HEIGHT)
        if folded:
            self.line.hidden_button.setChecked(False)
        self._refresh()
        self.height_changed.emit()

    def _show_hidden(self, shown: bool) -> None:
        if shown:
            self.line.fold_button.setChecked(True)
        self._refresh()

    def _rows_changed(self, first: QModelIndex, last: QModelIndex, roles: Sequence[int] = ()) -> None:
        if list(roles) == AGED:
            self.line.grow_older()
        else:
            self._refresh()

    def set_flashing(self, flashing: bool) -> None:
        """Let an unacknowledged priority 1 flash, or show it steadily in inverse video."""
        self._may_flash = flashing
        self._refresh()

    def _refresh(self) -> None:
        waiting = self._model.awaiting_count()
        if waiting > self._waiting:
            self.line.breaks_button.setChecked(False)
        self._waiting = waiting
        on_hidden = self.hidden_button.isChecked()
        self.acknowledge_button.setEnabled(not on_hidden and self._to_acknowledge() is not None)
        self.page_button.setEnabled(not on_hidden and waiting > 0)
        can_shelve = self.hidden_alarms.chosen() if on_hidden else self.chosen()
        self.shelve_button.setEnabled(can_shelve is not None)
        on_breaks = self._breaks is not None and self.line.breaks_button.isChecked()
        is_listed = self._model.rowCount() and not on_breaks
        self.below.setCurrentIndex(2 if on_hidden else 1 if is_listed else 0)
        self.line.show_alarms(
            folded=self.is_folded,
            on_hidden=on_hidden,
            can_fold=self._is_low,
            has_breaks=self._breaks is not None,
        )
        if self._model.flashes() and self._may_flash:
            if not self._flash.isActive():
                self._flash.start()
        else:
            self._flash.stop()
            self.delegate.bright = True

    def _look(self) -> None:
        self.line.show_quiet(self._shortcomings())
        self.line.show_rate(self._rate_of())

    def _toggle(self) -> None:
        self.delegate.bright = not self.delegate.bright
        viewport = self.table.viewport()
        if viewport is not None:
            viewport.update()
