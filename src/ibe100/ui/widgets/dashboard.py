"""The dashboard: a card per stream, in as many columns as fit."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, pyqtSignal
from PyQt6.QtGui import QResizeEvent
from PyQt6.QtWidgets import QGridLayout, QScrollArea, QVBoxLayout, QWidget

from ibe100.models.scte35_marker import Cue
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow
from ibe100.ui.widgets.break_timeline import BreakTimeline
from ibe100.ui.widgets.stream_card import CARD_WIDTH, StreamCard

SPACING = 8


class Dashboard(QScrollArea):
    """Follows the stream list; each card is updated in place."""

    chosen = pyqtSignal(str)
    start_requested = pyqtSignal(str)
    stop_requested = pyqtSignal(str)

    def __init__(self, streams: StreamListModel, cues: CueListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._streams, self._cues = streams, cues
        self._cards: dict[str, StreamCard] = {}
        self._columns = 0
        self._selected = ""
        self.setAccessibleName("Dashboard")
        self.setWidgetResizable(True)
        page = QWidget()
        self._grid = QGridLayout()
        self._grid.setSpacing(SPACING)
        layout = QVBoxLayout(page)
        layout.setContentsMargins(SPACING, SPACING, SPACING, SPACING)
        layout.addLayout(self._grid)
        self.timeline = BreakTimeline(streams, cues)
        layout.addSpacing(SPACING)
        layout.addWidget(self.timeline)
        layout.addStretch(1)
        self.setWidget(page)
        streams.rowsInserted.connect(self._rebuild)
        streams.rowsRemoved.connect(self._rebuild)
        streams.dataChanged.connect(self._rows_changed)
        cues.cue_changed.connect(self._cue_changed)

    def card(self, stream_id: str) -> StreamCard | None:
        """The card of a stream."""
        return self._cards.get(stream_id)

    def select(self, stream_id: str) -> None:
        """Ring the selected stream's card."""
        self._selected = stream_id
        for card in self._cards.values():
            card.set_selected(card.stream_id == stream_id)
        chosen = self._cards.get(stream_id)
        if chosen is not None:
            self.ensureWidgetVisible(chosen, 0, SPACING)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """As many columns as fit."""
        super().resizeEvent(event)
        if self._column_count() != self._columns:
            self._arrange()

    def _column_count(self) -> int:
        viewport = self.viewport()
        width = self.width() if viewport is None else viewport.width()
        return max(1, (width - SPACING) // (CARD_WIDTH + SPACING))

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
        card.run_button.start_requested.connect(self.start_requested)
        card.run_button.stop_requested.connect(self.stop_requested)
        card.set_selected(stream_id == self._selected)
        return card

    def _arrange(self) -> None:
        self._columns = self._column_count()
        for at, row in enumerate(self._streams.rows()):
            self._grid.addWidget(self._cards[row.stream_id], at // self._columns, at % self._columns)
        for column in range(self._grid.columnCount()):
            self._grid.setColumnStretch(column, 1 if column < self._columns else 0)

    def _rows_changed(self, first: QModelIndex, last: QModelIndex) -> None:
        for row in self._streams.rows()[first.row() : last.row() + 1]:
            self._show(row)

    def _cue_changed(self, cue: Cue) -> None:
        row = self._streams.row_of(cue.stream_id)
        if row is not None:
            self._show(row)

    def _show(self, row: StreamRow) -> None:
        card = self._cards.get(row.stream_id)
        if card is not None:
            card.show_row(row, self._cues.latest(row.stream_id))
