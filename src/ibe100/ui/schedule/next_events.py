"""List of the next events of all streams: countdown, time, stream, event, and who asked for it."""

from __future__ import annotations

import time

from PyQt6.QtCore import QModelIndex, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QFontMetrics, QPainter, QResizeEvent
from PyQt6.QtWidgets import (
    QHBoxLayout,
    QListView,
    QPushButton,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.rights import Act
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.schedule.coming_events import ComingEvent, EventKind, coming_events
from ibe100.ui.themes.enterprise_theme import figures, sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import SCALE, STATE, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.timers import repeating
from ibe100.utils.timecode import format_clock, format_countdown

ROW_HEIGHT = 40
TICK_MS = 200
TICKS_PER_READING = 5
COUNTDOWN_WIDTH = 74
ROOMY_HEIGHT = 124
"""Height at 100 % that two events and the buttons take."""
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LOOKS: dict[EventKind, tuple[str, Colour]] = {
    EventKind.ARMED: ("timer-sand", Colour.TALLY_AMBER_TEXT),
    EventKind.RETURN: ("location-enter", Colour.TALLY_AMBER_TEXT),
    EventKind.PLANNED: ("calendar-clock", Colour.TEXT_SECOND),
    EventKind.CONFLICT: ("alert-outline", Colour.ALARM_YELLOW_TEXT),
    EventKind.OFF: ("calendar-remove-outline", Colour.TEXT_MUTED),
}


class NextEventDelegate(QStyledItemDelegate):
    """Row of two lines beside a countdown in digits of one width."""

    def __init__(self, streams: StreamListModel, parent: QWidget) -> None:
        super().__init__(parent)
        self._streams = streams

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """All rows have one height."""
        return QSize(px(200), px(ROW_HEIGHT))

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint countdown, event and time; stream and origin below."""
        event = index.data(TABLE_ROW_ROLE)
        if painter is None or not isinstance(event, ComingEvent):
            return
        painter.save()
        box = option.rect
        if option.state & QStyle.StateFlag.State_Selected:
            painter.fillRect(box, shade(Colour.SELECTION))
        painter.setPen(shade(Colour.BORDER))
        painter.drawLine(box.bottomLeft(), box.bottomRight())
        icon_name, colour = LOOKS[event.kind]
        painter.setFont(figures(STATE, bold=True))
        painter.setPen(shade(colour if event.kind is not EventKind.PLANNED else Colour.TEXT))
        countdown = QRect(box.left() + px(6), box.top(), px(COUNTDOWN_WIDTH), px(ROW_HEIGHT))
        painter.drawText(countdown, LEFT, format_countdown(event.at - time.time()))
        device = painter.device()
        ratio = 1.0 if device is None else device.devicePixelRatioF()
        left = countdown.right() + px(4)
        painter.drawPixmap(left, box.top() + px(5), icon_pixmap(icon_name, colour, px(14), ratio))
        upper = QRect(left + px(20), box.top() + px(2), box.right() - left - px(26), px(ROW_HEIGHT) // 2 - 1)
        lower = upper.translated(0, px(ROW_HEIGHT) // 2 - px(2))
        painter.setFont(figures(SCALE))
        painter.setPen(shade(Colour.TEXT_SECOND))
        when = format_clock(event.at)
        painter.drawText(upper, RIGHT, when)
        time_width = painter.fontMetrics().horizontalAdvance(when) + px(8)
        painter.setFont(sans(SCALE, bold=True))
        painter.setPen(shade(Colour.TEXT))
        _elided(painter, upper.adjusted(0, 0, -time_width, 0), event.title)
        painter.setFont(sans(SCALE))
        painter.setPen(shade(Colour.TEXT_SECOND if event.kind is EventKind.PLANNED else colour))
        _elided(painter, lower, f"{self._streams.words(event.stream_id)} · {event.origin}")
        painter.restore()


class NextEvents(QWidget):
    """List of events, and buttons to plan more."""

    plan_requested = pyqtSignal()
    import_requested = pyqtSignal()
    edit_requested = pyqtSignal(int)

    def __init__(
        self,
        streams: StreamListModel,
        cues: CueListModel,
        schedule: ScheduleModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._streams, self._cues, self._schedule = streams, cues, schedule
        self._ticks = 0
        self.model: KeyedTableModel[ComingEvent] = KeyedTableModel(
            (Column("Next event", self._words),), lambda event: event.key, self
        )
        self.list = QListView()
        self.list.setModel(self.model)
        self.list.setItemDelegate(NextEventDelegate(streams, self.list))
        self.list.setUniformItemSizes(True)
        self.list.setAccessibleName("Next events of all streams")
        scaled(self.list.setMinimumHeight, ROW_HEIGHT // 2)
        self.list.activated.connect(self._activated)
        self.empty = label("Nothing is planned, nothing is on its way.", "muted", wrap=True)
        self.plan_button = _button("Plan a break", "calendar-plus", "Plan a break on the target stream")
        self.plan_button.clicked.connect(self.plan_requested)
        self.import_button = _button("Import", "import", "Import planned breaks from CSV, JSON or XMLTV")
        self.import_button.clicked.connect(self.import_requested)
        self._buttons = QWidget()
        buttons = QHBoxLayout(self._buttons)
        buttons.setContentsMargins(0, 0, 0, 0)
        buttons.addWidget(self.plan_button, 1)
        buttons.addWidget(self.import_button, 1)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 0, 4, 0, 0)
        scaled(layout.setSpacing, 4)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignTop)
        layout.addWidget(self.empty, 1)
        layout.addWidget(self.list, 1)
        layout.addWidget(self._buttons)
        for signal in (schedule.changed, schedule.conflicts_changed, cues.cue_changed, streams.rowsRemoved):
            signal.connect(self._read)
        self._timer = repeating(self, TICK_MS, self._tick)
        self._timer.start()
        self._read()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Leave out the buttons where they would take the place of the events: the schedule has them too."""
        super().resizeEvent(event)
        self._buttons.setVisible(self.height() >= px(ROOMY_HEIGHT))

    def _tick(self) -> None:
        self._ticks += 1
        if self._ticks % TICKS_PER_READING == 0:
            self._read()
        viewport = self.list.viewport()
        if viewport is not None and self.isVisible():
            viewport.update()

    def _read(self) -> None:
        rows = self._streams.rows()
        cues = [cue for row in rows for cue in self._cues.of_stream(row.stream_id)]
        breaks = self._schedule.breaks()
        conflicts = {one.break_id: self._schedule.conflict(one.break_id) for one in breaks}
        events = coming_events(breaks, cues, [row.view for row in rows], conflicts, time.time())
        self.model.show(events)
        # One or the other: in a low window there is no room for both above the buttons.
        self.empty.setVisible(not events)
        self.list.setVisible(bool(events))

    def _activated(self, index: QModelIndex) -> None:
        event = index.data(TABLE_ROW_ROLE)
        if isinstance(event, ComingEvent) and event.break_id is not None:
            self.edit_requested.emit(event.break_id)

    def _words(self, event: ComingEvent) -> str:
        stream = self._streams.words(event.stream_id)
        return f"{format_clock(event.at)} {event.title}, {stream}, {event.origin}"


def _button(text: str, icon_name: str, accessible_name: str) -> QPushButton:
    return push_button(text, accessible_name, icon_name=icon_name, hint=accessible_name, act=Act.PLAN_BREAKS)


def _elided(painter: QPainter, room: QRect, text: str) -> None:
    shown = QFontMetrics(painter.font()).elidedText(text, Qt.TextElideMode.ElideRight, room.width())
    painter.drawText(room, LEFT, shown)
