"""The dashboard: a card per stream, as large as the room allows."""

from __future__ import annotations

import time

from PyQt6.QtCore import QModelIndex, QPoint, Qt, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QFrame, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from ibe100.models.alarms.confidence import PictureSize
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.scte35_marker import Cue
from ibe100.ui.dashboard.card_grid import card_grid
from ibe100.ui.dashboard.stream_card import StreamCard
from ibe100.ui.pictures.stream_status import status_now
from ibe100.ui.qt_models.card_order import CardOrder
from ibe100.ui.qt_models.confidence_model import ConfidenceModel
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow
from ibe100.ui.themes.sizes import NEAR, on_text_size, px, scaled
from ibe100.ui.widgets.timers import repeating

TICK_MS = 100


class Dashboard(QWidget):
    """Cards of the listed streams, each updated in place."""

    chosen = pyqtSignal(str)
    start_requested = pyqtSignal(str)
    stop_requested = pyqtSignal(str)

    def __init__(
        self,
        streams: StreamListModel,
        cues: CueListModel,
        schedule: ScheduleModel,
        confidence: ConfidenceModel,
        order: CardOrder,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._streams, self._cues, self._schedule = streams, cues, schedule
        self._confidence, self._order = confidence, order
        self._can_place = False
        self._cards: dict[str, StreamCard] = {}
        self._selected = ""
        self.setAccessibleName("Dashboard")
        page = QWidget()
        self._grid = QGridLayout()
        scaled(self._grid.setSpacing, NEAR)
        column = QVBoxLayout(page)
        column.setContentsMargins(0, 0, 0, 0)
        column.addLayout(self._grid)
        column.addStretch(1)
        self.cards = scrolled(page, "Cards of the streams")
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, NEAR, NEAR, NEAR, NEAR)
        scaled(layout.setSpacing, NEAR)
        layout.addWidget(self.cards, 1)
        streams.rowsInserted.connect(self._rebuild)
        streams.rowsRemoved.connect(self._rebuild)
        order.changed.connect(self._arrange)
        streams.dataChanged.connect(self._rows_changed)
        cues.cue_changed.connect(self._cue_changed)
        cues.return_changed.connect(self._cue_changed)
        schedule.changed.connect(self._show_all)
        for changed in (confidence.picture_changed, confidence.preview_changed):
            changed.connect(self._confidence_changed)
        confidence.levels_changed.connect(self._levels_changed)
        on_text_size(self, Dashboard._arrange)
        repeating(self, TICK_MS, self._tick).start()

    def card(self, stream_id: str) -> StreamCard | None:
        """The card of a stream."""
        return self._cards.get(stream_id)

    def select(self, stream_id: str) -> None:
        """Draw a ring around the selected stream's card."""
        self._selected = stream_id
        for card in self._cards.values():
            card.set_selected(card.stream_id == stream_id)
        chosen = self._cards.get(stream_id)
        if chosen is not None:
            self.cards.ensureWidgetVisible(chosen, 0, px(NEAR))

    def set_can_place(self, can_place: bool) -> None:
        """Let cards be dragged to other places (Set-up) or not (Operate)."""
        self._can_place = can_place

    def in_sight(self) -> dict[str, PictureSize]:
        """Streams whose pictures can be seen just now, and how large they are."""
        window = self.window()
        if not self.isVisible() or window is None or window.isMinimized():
            return {}
        return {
            stream_id: card.pane.wanted_size
            for stream_id, card in self._cards.items()
            if not card.visibleRegion().isEmpty()
        }

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Lay the cards out again."""
        super().resizeEvent(event)
        self._arrange()

    def _rebuild(self) -> None:
        rows = {row.stream_id: row for row in self._streams.rows()}
        for stream_id in self._cards.keys() - rows.keys():
            card = self._cards.pop(stream_id)
            self._grid.removeWidget(card)
            card.deleteLater()
        for stream_id, row in rows.items():
            if stream_id not in self._cards:
                self._cards[stream_id] = self._new_card(stream_id)
                self._show(row)
        self._arrange()

    def _new_card(self, stream_id: str) -> StreamCard:
        card = StreamCard(stream_id)
        card.chosen.connect(self.chosen)
        card.dragged.connect(self._drag)
        card.run_button.start_requested.connect(self.start_requested)
        card.run_button.stop_requested.connect(self.stop_requested)
        card.set_selected(stream_id == self._selected)
        return card

    def _drag(self, stream_id: str, at: QPoint) -> None:
        """Give the dragged card the place of the one under the pointer (global position) at once."""
        under = next(
            (card for card in self._cards.values() if card.rect().contains(card.mapFromGlobal(at))), None
        )
        if self._can_place and under is not None:
            self._order.move(stream_id, under.stream_id)
            # At once: the next move of the pointer must find the cards where they are now.
            self._grid.activate()

    def _arrange(self) -> None:
        rows = self._order.rows()
        spacing, choice = px(NEAR), self._order.size
        width, height = self.width() - 2 * spacing, self.height() - 2 * spacing
        shape = card_grid(len(rows), width, height, spacing, choice)
        if (shape.card_height + spacing) * -(-len(rows) // shape.columns) - spacing > height:
            bar = self.cards.verticalScrollBar()
            width -= 0 if bar is None else bar.sizeHint().width()
            shape = card_grid(len(rows), width, height, spacing, choice)
        for at, row in enumerate(rows):
            card = self._cards[row.stream_id]
            card.setFixedHeight(shape.card_height)
            if card.size_class is not shape.size:
                card.set_size_class(shape.size)
                self._show(row)
            self._grid.addWidget(card, at // shape.columns, at % shape.columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < shape.columns else 0)

    def _rows_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        for row in self._streams.rows()[first.row() : last.row() + 1]:
            self._show(row)

    def _show_all(self) -> None:
        for row in self._streams.rows():
            self._show(row)

    def _levels_changed(self, stream_id: str) -> None:
        card = self._cards.get(stream_id)
        if card is not None:
            card.pane.show_levels(stream_id, self._confidence)

    def _confidence_changed(self, stream_id: str) -> None:
        row, card = self._streams.row_of(stream_id), self._cards.get(stream_id)
        if row is not None and card is not None:
            card.pane.show_stream(row, self._confidence)

    def _cue_changed(self, told: Cue | ReturnReceipt) -> None:
        row = self._streams.row_of(told.stream_id)
        if row is not None:
            self._show(row)

    def _show(self, row: StreamRow) -> None:
        card = self._cards.get(row.stream_id)
        if card is not None:
            cue = self._cues.latest(row.stream_id)
            came_back = None if cue is None else self._cues.return_of(cue.cue_id)
            status = status_now(row, self._cues, self._schedule.next_of(row.stream_id))
            errors = row.errors.shown(time.monotonic()) if row.fresh() is not None else {}
            card.show_row(row, status, errors, cue, came_back)
            card.pane.show_stream(row, self._confidence)

    def _tick(self) -> None:
        """Let countdowns run and old levels fall; what has not changed is not painted."""
        if self.isVisible():
            now = time.time()
            for card in self._cards.values():
                card.band.tick(now)
                card.pane.meter.age()


def scrolled(inside: QWidget, accessible_name: str) -> QScrollArea:
    """Scroll area around a widget that is as wide as it."""
    area = QScrollArea()
    area.setWidgetResizable(True)
    area.setFrameShape(QFrame.Shape.NoFrame)
    area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
    area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
    area.setAccessibleName(accessible_name)
    area.setWidget(inside)
    return area
