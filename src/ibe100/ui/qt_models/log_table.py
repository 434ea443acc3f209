"""Live log as a bounded Qt table; lines are added by the batch."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, QSortFilterProxyModel, Qt

from ibe100.models.messages import StreamLogged
from ibe100.ui.themes.enterprise_theme import mono
from ibe100.ui.themes.sizes import SCALE
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.words.tooltips import plain_tooltip
from ibe100.utils.timecode import format_clock

LINE_ROLE = int(Qt.ItemDataRole.UserRole) + 1
MOST_LINES = 2000
LEVELS = ("debug", "info", "warning", "error")
TITLES = ("UTC", "Level", "Text")
LEVEL_COLOURS = {
    "debug": Colour.TEXT_MUTED,
    "info": Colour.TEXT_SECOND,
    "warning": Colour.ALARM_YELLOW_TEXT,
    "error": Colour.ALARM_MAGENTA_TEXT,
}


class LogTableModel(QAbstractTableModel):
    """Last MOST_LINES lines of all streams, the oldest first."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._lines: deque[StreamLogged] = deque()

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of lines kept."""
        return 0 if parent.isValid() else len(self._lines)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of columns."""
        return 0 if parent.isValid() else len(TITLES)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Column titles."""
        if orientation is Qt.Orientation.Horizontal and role == Qt.ItemDataRole.DisplayRole:
            return TITLES[section]
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text of a cell; the line itself under LINE_ROLE."""
        if not 0 <= index.row() < len(self._lines):
            return None
        line = self._lines[index.row()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return (format_clock(line.at, milliseconds=True), line.level, line.text)[index.column()]
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(line.text)
            case Qt.ItemDataRole.FontRole:
                return mono(SCALE)
            case Qt.ItemDataRole.ForegroundRole:
                return shade(LEVEL_COLOURS[line.level])
            case _ if role == LINE_ROLE:
                return line
        return None

    def append(self, lines: Sequence[StreamLogged]) -> None:
        """Add a batch of lines; the oldest make room."""
        lines = lines[-MOST_LINES:]
        surplus = len(self._lines) + len(lines) - MOST_LINES
        if surplus > 0:
            self.beginRemoveRows(QModelIndex(), 0, surplus - 1)
            for _ in range(surplus):
                self._lines.popleft()
            self.endRemoveRows()
        first = len(self._lines)
        self.beginInsertRows(QModelIndex(), first, first + len(lines) - 1)
        self._lines.extend(lines)
        self.endInsertRows()


class LogFilter(QSortFilterProxyModel):
    """Lines of one stream from a level upwards."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._stream_id = ""
        self._least = LEVELS.index("info")

    def show_stream(self, stream_id: str) -> None:
        """Show another stream."""
        if stream_id != self._stream_id:
            self._stream_id = stream_id
            self.invalidate()

    def show_from(self, level: str) -> None:
        """Hide what is less than `level`."""
        self._least = LEVELS.index(level)
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: QModelIndex) -> bool:
        """True for lines of the shown stream and level."""
        model = self.sourceModel()
        if model is None:
            return False
        line: StreamLogged = model.index(source_row, 0, source_parent).data(LINE_ROLE)
        return line.stream_id == self._stream_id and LEVELS.index(line.level) >= self._least
