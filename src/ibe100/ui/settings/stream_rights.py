"""Choice of the streams that a user may act on: all there are and will be, or some by number."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QCheckBox, QGridLayout, QScrollArea, QVBoxLayout, QWidget

from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.choices import Segments

COLUMNS = 2
MOST_HEIGHT = 140


class StreamRights(QWidget):
    """Emits `changed` with the ids of the streams, or None for all."""

    changed = pyqtSignal(object)

    def __init__(self, streams: StreamListModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._streams = streams
        self.mode = Segments("Streams", ((True, "All streams"), (False, "Some")))
        self.boxes: dict[str, QCheckBox] = {}
        self._grid = QGridLayout()
        inside = QWidget()
        inside.setLayout(self._grid)
        self._scroll = QScrollArea()
        self._scroll.setWidget(inside)
        self._scroll.setWidgetResizable(True)
        self._scroll.setAccessibleName("Streams they may act on")
        scaled(self._scroll.setFixedHeight, MOST_HEIGHT)
        scaled(self._scroll.setMinimumWidth, 360)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.mode)
        layout.addWidget(self._scroll)
        self.mode.changed.connect(self._tell)

    def show_rights(self, streams: Sequence[str] | None) -> None:
        """Show these rights, on the streams as they are now."""
        rows = self._streams.rows()
        if list(self.boxes) != [row.stream_id for row in rows]:
            for box in self.boxes.values():
                box.deleteLater()
            self.boxes = {row.stream_id: QCheckBox(f"{row.view.number} {row.name}") for row in rows}
            for at, box in enumerate(self.boxes.values()):
                box.setAccessibleName(f"May act on {box.text()}")
                box.clicked.connect(self._tell)
                self._grid.addWidget(box, at // COLUMNS, at % COLUMNS)
        self.mode.set_value(streams is None)
        self._scroll.setVisible(streams is not None)
        for stream_id, box in self.boxes.items():
            box.setChecked(streams is None or stream_id in streams)

    def _tell(self) -> None:
        chosen = [stream_id for stream_id, box in self.boxes.items() if box.isChecked()]
        self.changed.emit(None if self.mode.value() else chosen)
