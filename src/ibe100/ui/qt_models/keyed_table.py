"""Qt table over values with keys: what changed is repainted, nothing is rebuilt."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt

from ibe100.ui.themes.enterprise_theme import figures, sans
from ibe100.ui.themes.sizes import SECOND
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.words.tooltips import plain_tooltip

Row = TypeVar("Row")
TABLE_ROW_ROLE = int(Qt.ItemDataRole.UserRole) + 1
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class Column(Generic[Row]):
    """Title and text of one column."""

    title: str
    text: Callable[[Row], str]
    numeric: bool = False
    """True for numbers: they stand right, in digits of one width."""
    colour: Callable[[Row], Colour | None] | None = None
    value: Callable[[Row], float | None] | None = None
    """Number by which rows are ordered; by their words without one."""
    hint: Callable[[Row], str] | None = None
    """Tooltip; the text itself without one."""


class KeyedTableModel(QAbstractTableModel, Generic[Row]):
    """Rows of one type, each with a key that stays."""

    def __init__(
        self,
        columns: Sequence[Column[Row]],
        key: Callable[[Row], Hashable],
        parent: QObject | None = None,
        *,
        font_size: int = SECOND,
    ) -> None:
        super().__init__(parent)
        self._font_size = font_size
        self._columns = tuple(columns)
        self._key = key
        self._rows: list[Row] = []

    def rowCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of rows."""
        return 0 if parent.isValid() else len(self._rows)

    def columnCount(self, parent: QModelIndex = QModelIndex()) -> int:
        """Number of columns."""
        return 0 if parent.isValid() else len(self._columns)

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> object:
        """Column titles, aligned as their columns."""
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._columns[section].title
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return RIGHT if self._columns[section].numeric else LEFT
        return None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Text, colour, font or alignment of a cell."""
        if not 0 <= index.row() < len(self._rows):
            return None
        row, column = self._rows[index.row()], self._columns[index.column()]
        match role:
            case Qt.ItemDataRole.DisplayRole:
                return column.text(row)
            case Qt.ItemDataRole.ToolTipRole:
                return plain_tooltip(column.text(row) if column.hint is None else column.hint(row))
            case Qt.ItemDataRole.EditRole:
                return None if column.value is None else column.value(row)
            case Qt.ItemDataRole.TextAlignmentRole:
                return RIGHT if column.numeric else LEFT
            case Qt.ItemDataRole.FontRole:
                return (figures if column.numeric else sans)(self._font_size)
            case Qt.ItemDataRole.ForegroundRole if column.colour is not None:
                colour = column.colour(row)
                return None if colour is None else shade(colour)
            case _ if role == TABLE_ROW_ROLE:
                return row
        return None

    def rows(self) -> tuple[Row, ...]:
        """All rows in order."""
        return tuple(self._rows)

    def replace(self, rows: Sequence[Row]) -> None:
        """Show thousands of other rows at once; nothing of the view's selection is kept."""
        self.beginResetModel()
        self._rows = list(rows)
        self.endResetModel()

    def put(self, row: Row) -> None:
        """Show `row` in place of the one with its key, or on top."""
        self._place(max(0, self.row_of(row)), row)

    def take_off(self, row: Row) -> None:
        """Remove the row with the key of `row`."""
        at = self.row_of(row)
        if at >= 0:
            self.beginRemoveRows(QModelIndex(), at, at)
            del self._rows[at]
            self.endRemoveRows()

    def row_of(self, row: Row) -> int:
        """Position of the row with the key of `row`; -1 where there is none."""
        key = self._key(row)
        return next((at for at, known in enumerate(self._rows) if self._key(known) == key), -1)

    def show(self, rows: Sequence[Row]) -> None:
        """Show `rows` in their order; only what differs is touched."""
        wanted = {self._key(row) for row in rows}
        for at in reversed(range(len(self._rows))):
            if self._key(self._rows[at]) not in wanted:
                self.beginRemoveRows(QModelIndex(), at, at)
                del self._rows[at]
                self.endRemoveRows()
        for at, row in enumerate(rows):
            self._place(at, row)

    def _place(self, at: int, row: Row) -> None:
        if at < len(self._rows) and self._key(self._rows[at]) == self._key(row):
            if self._rows[at] != row:
                self._rows[at] = row
                self.dataChanged.emit(self.index(at, 0), self.index(at, len(self._columns) - 1))
            return
        old = next(
            (i for i in range(at, len(self._rows)) if self._key(self._rows[i]) == self._key(row)), None
        )
        if old is not None:
            self.beginRemoveRows(QModelIndex(), old, old)
            del self._rows[old]
            self.endRemoveRows()
        self.beginInsertRows(QModelIndex(), at, at)
        self._rows.insert(at, row)
        self.endInsertRows()
        # A header fits its columns when data changes, not when rows come.
        self.dataChanged.emit(self.index(at, 0), self.index(at, len(self._columns) - 1))
