"""Multiview: every stream on one screen, to be read from across the room."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QHideEvent, QKeyEvent, QPainter, QPaintEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from ibe100.models.alarms.confidence import PictureSize
from ibe100.models.scte35_marker import Cue
from ibe100.ui.pictures.multiview_tile import MultiviewTile
from ibe100.ui.pictures.stream_status import status_now
from ibe100.ui.pictures.tile_grid import tile_grid
from ibe100.ui.qt_models.card_order import CardOrder
from ibe100.ui.qt_models.confidence_model import ConfidenceModel
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tally_count import COUNTED, TallyCount
from ibe100.ui.widgets.timers import repeating
from ibe100.ui.widgets.utc_clock import UtcClock

MOST_TILES = 24
GAP = 4
FOOT_HEIGHT = 48
REFRESH_MS = 1000
BESIDE, BELOW = 60, 40
"""Pixels that meters and names take of a tile, about; for the choice of the grid only."""
LEAVING_KEYS = frozenset({Qt.Key.Key_Escape, Qt.Key.Key_F8})


class Multiview(QWidget):
    """Window of tiles. Nothing is operated here but the choice of a stream.

    `target` names the stream the cue panel aims at.
    """

    chosen = pyqtSignal(str)
    number_chosen = pyqtSignal(int)
    left = pyqtSignal()

    def __init__(
        self,
        streams: StreamListModel,
        cues: CueListModel,
        confidence: ConfidenceModel,
        order: CardOrder,
        target: Callable[[], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent, Qt.WindowType.Window)
        self._streams, self._cues, self._confidence = streams, cues, confidence
        self._order, self._target = order, target
        self._tiles: dict[str, MultiviewTile] = {}
        self.setWindowTitle("IBE-100 multiview")
        self.setAccessibleName("Multiview")
        self.counts = {tally: TallyCount(tally) for tally in COUNTED}
        self.words = label("", "muted")
        self.foot = QWidget(self)
        foot = QHBoxLayout(self.foot)
        scaled(foot.setContentsMargins, 8, 4, 8, 4)
        scaled(foot.setSpacing, 8)
        for count in self.counts.values():
            foot.addWidget(count)
        foot.addWidget(self.words)
        foot.addStretch(1)
        foot.addWidget(label("Esc leaves · Shift+Esc disarms · 1–9 or a click chooses", "muted"))
        foot.addSpacing(px(16))
        foot.addWidget(UtcClock())
        self._refreshing = repeating(self, REFRESH_MS, self.refresh)
        streams.rowsInserted.connect(self.rebuild)
        streams.rowsRemoved.connect(self.rebuild)
        order.changed.connect(self.rebuild)
        cues.cue_changed.connect(self._cue_changed)
        for changed in (confidence.picture_changed, confidence.preview_changed):
            changed.connect(self._changed)
        confidence.levels_changed.connect(self._levels_changed)
        self.rebuild()

    def tile(self, stream_id: str) -> MultiviewTile | None:
        """The tile of a stream."""
        return self._tiles.get(stream_id)

    def in_sight(self) -> dict[str, PictureSize]:
        """Streams whose pictures can be seen just now, and how large they are."""
        if not self.isVisible() or self.isMinimized():
            return {}
        return {stream_id: tile.pane.wanted_size for stream_id, tile in self._tiles.items()}

    def rebuild(self) -> None:
        """Make and remove tiles as streams come and go."""
        rows = self._order.rows()[:MOST_TILES]
        kept = {row.stream_id for row in rows}
        for stream_id in self._tiles.keys() - kept:
            tile = self._tiles.pop(stream_id)
            tile.hide()
            tile.deleteLater()
        for row in rows:
            if row.stream_id not in self._tiles:
                tile = MultiviewTile(row.stream_id, self)
                tile.chosen.connect(self.chosen)
                self._tiles[row.stream_id] = tile
                tile.show()
        self.refresh()
        self._arrange()

    def refresh(self) -> None:
        """Bring every tile up to date."""
        rows = self._order.rows()
        target = self._target()
        for row in rows[:MOST_TILES]:
            self._show(row)
            self._tiles[row.stream_id].set_target(row.stream_id == target)
        for tally, count in self.counts.items():
            count.show_count(sum(row.view.tally is tally for row in rows))
        hidden = len(rows) - MOST_TILES
        self.words.setText(f"{hidden} more streams are not shown" if hidden > 0 else "")
        if not rows:
            self.words.setText("There is no stream yet: add one in the console")

    def showEvent(self, event: QShowEvent | None) -> None:
        """Bring everything up to date, and keep it so."""
        super().showEvent(event)
        self.refresh()
        self._refreshing.start()

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Stop updating."""
        super().hideEvent(event)
        self._refreshing.stop()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Lay the tiles out again."""
        super().resizeEvent(event)
        self._arrange()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint what is between the tiles."""
        QPainter(self).fillRect(self.rect(), shade(Colour.INK))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Leave, or choose a stream by its number."""
        if event is None:
            return
        if event.key() in LEAVING_KEYS:
            self.left.emit()
        elif Qt.Key.Key_1 <= event.key() <= Qt.Key.Key_9:
            self.number_chosen.emit(event.key() - Qt.Key.Key_0)
        else:
            super().keyPressEvent(event)

    def _arrange(self) -> None:
        height = self.height() - px(FOOT_HEIGHT)
        self.foot.setGeometry(0, height, self.width(), px(FOOT_HEIGHT))
        grid = tile_grid(len(self._tiles), self.width(), height, px(BESIDE), px(BELOW))
        for at, row in enumerate(self._order.rows()[:MOST_TILES]):
            down, across = divmod(at, grid.columns)
            left, right = (self.width() * place // grid.columns for place in (across, across + 1))
            top, bottom = (height * place // grid.rows for place in (down, down + 1))
            tile = self._tiles[row.stream_id]
            tile.setGeometry(
                left + px(GAP) // 2, top + px(GAP) // 2, right - left - px(GAP), bottom - top - px(GAP)
            )

    def _changed(self, stream_id: str) -> None:
        row = self._streams.row_of(stream_id) if self.isVisible() else None
        if row is not None:
            self._show(row)

    def _levels_changed(self, stream_id: str) -> None:
        tile = self._tiles.get(stream_id) if self.isVisible() else None
        if tile is not None:
            tile.pane.show_levels(stream_id, self._confidence)

    def _cue_changed(self, cue: Cue) -> None:
        self._changed(cue.stream_id)

    def _show(self, row: StreamRow) -> None:
        tile = self._tiles.get(row.stream_id)
        if tile is not None:
            status = status_now(row, self._cues)
            tile.show_row(row, status, self._confidence)
