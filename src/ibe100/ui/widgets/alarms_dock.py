"""Alarms: each with its shape, how long it stands, what to do, and Acknowledge."""

from __future__ import annotations

from PyQt6.QtCore import QItemSelectionModel, QModelIndex, QRect, QTimer, pyqtSignal
from PyQt6.QtGui import QColor, QFont, QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QStackedLayout,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.alarm import Alarm, AlarmState, Severity
from ibe100.ui.icons import icon
from ibe100.ui.qt_models.alarm_table import ALARM_ROLE, AWAITING, PRIORITY_COLUMN, AlarmTableModel
from ibe100.ui.themes.enterprise_theme import Colour, mono, sans
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tables import fit_columns, quiet_table
from ibe100.ui.widgets.tally_mark import draw_severity

FLASH_MS = 500
"""Half a period: one flash a second at the most."""
WIDTHS = {0: 34, 1: 92, 2: 62, 3: 110, 4: 170, 5: 90, 7: 132}
SHARES = {3: 0.10, 4: 0.18, 5: 0.12}
"""Columns that grow with the panel, as parts of its width."""
WHAT_TO_DO_COLUMN = 6
MONO_COLUMNS = frozenset({1, 2, 5})


class AlarmDelegate(QStyledItemDelegate):
    """The shape in the first column; only an unacknowledged priority 1 has a bright row, and flashes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.bright = True

    def initStyleOption(self, option: QStyleOptionViewItem | None, index: QModelIndex) -> None:
        """Fonts and colours by the alarm's state."""
        super().initStyleOption(option, index)
        alarm = index.data(ALARM_ROLE)
        if option is None or not isinstance(alarm, Alarm):
            return
        waits = alarm.state is AlarmState.UNACKNOWLEDGED
        font = mono(12) if index.column() in MONO_COLUMNS else sans(12)
        font.setWeight(QFont.Weight.Bold if waits else QFont.Weight.Normal)
        option.font = font
        text = QColor(Colour.TEXT if waits else Colour.TEXT_SECOND)
        for role in (option.palette.ColorRole.Text, option.palette.ColorRole.HighlightedText):
            option.palette.setColor(role, text)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Row fill, then the shape or the text."""
        alarm = index.data(ALARM_ROLE)
        if painter is None or not isinstance(alarm, Alarm):
            return
        waits = alarm.state is AlarmState.UNACKNOWLEDGED
        flashing = waits and alarm.severity is Severity.CRITICAL
        if flashing and self.bright:
            painter.fillRect(option.rect, QColor(Colour.ALARM_MAGENTA_DIM))
        super().paint(painter, option, index)
        if index.column() == PRIORITY_COLUMN:
            side = 19
            box = QRect(option.rect.left() + 7, option.rect.center().y() - side // 2, side, side)
            draw_severity(painter, box, alarm.severity, hollow=not waits)


class AlarmPanel(QWidget):
    """The table, its counts, and Acknowledge."""

    acknowledge_requested = pyqtSignal(int)

    def __init__(self, model: AlarmTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self.setProperty("kind", "panel")
        self.setMinimumHeight(120)
        self.counts = {severity: label("", "second") for severity in Severity}
        self._shapes = {severity: _Shape(severity) for severity in Severity}
        self.waiting = label("", "strong")
        self.acknowledge_button = QPushButton(icon("bell-check-outline"), "Acknowledge  A")
        self.acknowledge_button.setAccessibleName("Acknowledge the selected alarm, key A")
        self.acknowledge_button.clicked.connect(self.acknowledge)
        self.table = quiet_table(model, "Alarms")
        fit_columns(self.table, WIDTHS, WHAT_TO_DO_COLUMN)
        self.delegate = AlarmDelegate(self)
        self.table.setItemDelegate(self.delegate)
        self._lay_out()
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentChanged.connect(self._refresh)
        for signal in (model.rowsInserted, model.rowsRemoved, model.dataChanged):
            signal.connect(self._refresh)
        self._flash = QTimer(self)
        self._flash.setInterval(FLASH_MS)
        self._flash.timeout.connect(self._toggle)
        self._refresh()

    def _lay_out(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(12)
        for severity, shown in self.counts.items():
            pair = QHBoxLayout()
            pair.setSpacing(5)
            pair.addWidget(self._shapes[severity])
            pair.addWidget(shown)
            head.addLayout(pair)
        head.addSpacing(8)
        head.addWidget(self.waiting)
        head.addStretch(1)
        head.addWidget(self.acknowledge_button)
        empty = label("No alarms. Everything the console watches is as it should be.", "muted")
        empty.setContentsMargins(10, 8, 10, 8)
        self._stack = QStackedLayout()
        page = QWidget()
        page_layout = QVBoxLayout(page)
        page_layout.setContentsMargins(0, 0, 0, 0)
        page_layout.addWidget(empty)
        page_layout.addStretch(1)
        self._stack.addWidget(page)
        self._stack.addWidget(self.table)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(4)
        layout.addLayout(head)
        layout.addLayout(self._stack, 1)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Stream, condition and value take their share of the room."""
        super().resizeEvent(event)
        for column, share in SHARES.items():
            self.table.setColumnWidth(column, max(WIDTHS[column], int(self.width() * share)))

    def acknowledge(self) -> None:
        """Acknowledge the selected alarm, or else the first that waits."""
        alarm = self._chosen()
        if alarm is not None:
            self.acknowledge_requested.emit(alarm.alarm_id)

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

    def _chosen(self) -> Alarm | None:
        selected = self.table.currentIndex().data(ALARM_ROLE)
        if isinstance(selected, Alarm) and selected.state in AWAITING:
            return selected
        return self._model.next_to_acknowledge()

    def _refresh(self) -> None:
        for severity, count in self._model.counts().items():
            self.counts[severity].setText(f"{count} {severity.name.lower()}")
            self._shapes[severity].set_lit(count > 0)
        waiting = self._model.awaiting_count()
        self.waiting.setText(f"{waiting} to acknowledge" if waiting else "")
        self.acknowledge_button.setEnabled(self._chosen() is not None)
        self._stack.setCurrentIndex(1 if self._model.rowCount() else 0)
        if self._model.flashes():
            if not self._flash.isActive():
                self._flash.start()
        else:
            self._flash.stop()
            self.delegate.bright = True

    def _toggle(self) -> None:
        self.delegate.bright = not self.delegate.bright
        viewport = self.table.viewport()
        if viewport is not None:
            viewport.update()


class _Shape(QWidget):
    """The shape of one severity, beside its count; grey while the count is 0."""

    def __init__(self, severity: Severity) -> None:
        super().__init__()
        self._severity = severity
        self._is_lit = False
        self.setFixedSize(18, 18)
        self.setAccessibleName(f"Priority {int(severity)}")

    def set_lit(self, lit: bool) -> None:
        """There are such alarms."""
        if lit is not self._is_lit:
            self._is_lit = lit
            self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """The shape."""
        colour = None if self._is_lit else Colour.TEXT_MUTED
        draw_severity(QPainter(self), self.rect(), self._severity, hollow=not self._is_lit, colour=colour)
