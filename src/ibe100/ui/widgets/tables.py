"""Tables as the console shows them: quiet, whole rows, no edits."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from PyQt6.QtCore import (
    QAbstractItemModel,
    QEvent,
    QModelIndex,
    QObject,
    QSortFilterProxyModel,
    Qt,
)
from PyQt6.QtGui import QFontMetrics, QKeySequence, QShortcut
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QApplication,
    QHeaderView,
    QLabel,
    QTableView,
    QTreeView,
    QVBoxLayout,
)

from ibe100.ui.themes.enterprise_theme import figures, sans
from ibe100.ui.themes.sizes import SCALE, on_text_size, px, scaled
from ibe100.ui.widgets.context_menu import Choice, Entry, add_context_menu, menu_of

ROW_HEIGHT = 28
LEAST_REST = 120
Columned = QTableView | QTreeView
"""What has columns that can be chosen."""
Widths = Mapping[int, int | str]
"""Widths by column: pixels at 100 %, or the longest text of the column."""
CELL_EDGES = 20
"""Pixels at 100 % that a cell has besides its text."""
CLOCK, PRECISE_CLOCK, DAY, DATE = "00:00:00", "00:00:00.000", "30 Nov 00:00:00", "2026-11-30 00:00:00"
EVENT_ID, ACTION, STATE = "0x60000000", "BACK TO PROGRAMME", "WITHDRAWN"
"""Longest texts of columns."""
HIDDEN = "hidden_by_choice"
"""Property of a table: the columns that somebody hid."""
_NUMBERS = re.compile(r"(\d+)", re.ASCII)
NO_MATCH = "Nothing matches the filter."
READING = "Reading what is on record …"


def quiet_table(model: QAbstractItemModel, accessible_name: str, *, stretch: int | None = None) -> QTableView:
    """Table over `model`: quiet, whole rows, no edits."""
    table = QTableView()
    table.setModel(model)
    table.setAccessibleName(accessible_name)
    table.setShowGrid(False)
    table.setAlternatingRowColors(True)
    table.setWordWrap(False)
    table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
    table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
    table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
    table.setTextElideMode(Qt.TextElideMode.ElideRight)
    table.setTabKeyNavigation(False)
    table.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    table.setHorizontalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
    rows, columns = table.verticalHeader(), table.horizontalHeader()
    assert rows is not None
    assert columns is not None
    rows.setAccessibleName(f"{accessible_name}: rows")
    columns.setAccessibleName(f"{accessible_name}: columns")
    rows.hide()
    scaled(rows.setDefaultSectionSize, ROW_HEIGHT)
    rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
    columns.setHighlightSections(False)
    columns.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
    columns.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
    scaled(columns.setMinimumSectionSize, 28)
    if stretch is not None:
        columns.setSectionResizeMode(stretch, QHeaderView.ResizeMode.Stretch)
    return table


def fit_columns(table: QTableView, widths: Widths, stretch: int) -> None:
    """Starting widths, which the operator may drag; one column takes what is left.

    Where its longest text is given, the cells of a column are whole in every font: an event id that is cut
    is another one. No column is narrower than its heading; where all have no room side by side, the table is
    scrolled.
    """
    columns = table.horizontalHeader()
    assert columns is not None
    assert all(column < columns.count() for column in (stretch, *widths)), "a column that is not there"
    columns.setSectionResizeMode(QHeaderView.ResizeMode.Interactive)
    rest_width = widths.get(stretch, LEAST_REST)
    _Rest(table, stretch, LEAST_REST if isinstance(rest_width, str) else rest_width)

    def fit(resized: QTableView) -> None:
        header, rest = resized.horizontalHeader(), resized.findChild(_Rest)
        assert header is not None
        assert rest is not None
        for column, width in widths.items():
            if column != stretch:
                resized.setColumnWidth(column, max(_pixels(width), header.sectionSizeHint(column)))
        rest.fit()

    on_text_size(table, fit, "columns")


def _pixels(width: int | str) -> int:
    if not isinstance(width, str):
        return px(width)
    return px(CELL_EDGES) + max(
        QFontMetrics(font(SCALE)).horizontalAdvance(width) for font in (figures, sans)
    )


class _Rest(QObject):
    """Gives one column the room that the others leave, and `least` pixels at 100 % where they leave none."""

    def __init__(self, table: QTableView, column: int, least: int) -> None:
        super().__init__(table)
        self._table, self._column, self._least = table, column, least
        port, columns = table.viewport(), table.horizontalHeader()
        assert port is not None
        assert columns is not None
        port.installEventFilter(self)
        columns.sectionResized.connect(self._resized)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Fit the column when the table gets another width."""
        if event is not None and event.type() == QEvent.Type.Resize:
            self.fit()
        return False

    def fit(self) -> None:
        """Set the width of the column."""
        port, columns = self._table.viewport(), self._table.horizontalHeader()
        if port is None or columns is None:
            return
        others = sum(columns.sectionSize(at) for at in range(columns.count()) if at != self._column)
        least = max(px(self._least), columns.sectionSizeHint(self._column))
        self._table.setColumnWidth(self._column, max(least, port.width() - others))

    def _resized(self, column: int, _old: int, _new: int) -> None:
        if column != self._column:
            self.fit()


class RowOrder(QSortFilterProxyModel):
    """Rows in the order of a column that was clicked, and as the model has them otherwise.

    A column is ordered by the values of its cells (EditRole) where it has any, else by their words, in which
    numbers count as numbers.
    """

    def lessThan(self, left: QModelIndex, right: QModelIndex) -> bool:
        """Compare two cells; what is not known stands first."""
        first, second = left.data(Qt.ItemDataRole.EditRole), right.data(Qt.ItemDataRole.EditRole)
        if isinstance(first, int | float) and isinstance(second, int | float):
            return first < second
        if isinstance(first, int | float) or isinstance(second, int | float):
            return not isinstance(first, int | float)
        return _natural(str(left.data() or "")) < _natural(str(right.data() or ""))


def _natural(words: str) -> list[tuple[int, str]]:
    """Words to be ordered by, in which numbers count as numbers."""
    parts = _NUMBERS.split(words.casefold())
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in parts]


def text_filter(model: QAbstractItemModel, parent: QObject) -> RowOrder:
    """Filter for the rows of `model` in which any column holds the text, in any case."""
    filtered = RowOrder(parent)
    filtered.setSourceModel(model)
    filtered.setFilterKeyColumn(-1)
    filtered.setFilterCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
    return filtered


def record_table(
    model: QAbstractItemModel,
    accessible_name: str,
    nothing: str,
    *,
    stretch: int | None = None,
    is_filtered: Callable[[], bool] = lambda: False,
    sorts: bool = True,
) -> QTableView:
    """Quiet table of which columns are chosen, sorted and kept, and rows copied as CSV.

    `nothing` is said where there is no row, unless a filter hides all: `is_filtered`, or `model` itself.
    """
    rows = model
    if sorts and not isinstance(model, QSortFilterProxyModel):
        rows = RowOrder(model)
        rows.setSourceModel(model)
    table = quiet_table(rows, accessible_name, stretch=stretch)
    table.setSelectionMode(QAbstractItemView.SelectionMode.ExtendedSelection)
    header = table.horizontalHeader()
    assert header is not None
    if sorts:
        header.setSortIndicatorClearable(True)
        header.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)
        table.setSortingEnabled(True)
    offer_copy(table)
    offer_columns(table, header)
    _Nothing(table, nothing, is_filtered)
    return table


def select_source_row(table: QTableView, row: int) -> None:
    """Choose a row by its place in the model below the order."""
    model = table.model()
    if isinstance(model, QSortFilterProxyModel):
        source = model.sourceModel()
        row = -1 if source is None else model.mapFromSource(source.index(row, 0)).row()
    table.selectRow(row)


def offer_copy(view: QAbstractItemView) -> None:
    """Copy the highlighted rows as CSV by Ctrl+C, and them or all by the context menu."""
    copying = QShortcut(QKeySequence(QKeySequence.StandardKey.Copy), view)
    copying.setContext(Qt.ShortcutContext.WidgetShortcut)
    copying.activated.connect(lambda: _copy(_highlighted(view)))
    add_context_menu(view, lambda _place: copy_choices(view))


def copy_choices(view: QAbstractItemView) -> list[Entry]:
    """Entries of a context menu by which rows of `view` are copied, and its columns chosen."""
    why = "" if _highlighted(view) else "no row is highlighted"
    choices: list[Entry] = [
        Choice("Copy row as CSV (Ctrl+C)", lambda: _copy(_highlighted(view)), why),
        Choice("Copy all rows as CSV", lambda: _copy(as_csv(view))),
    ]
    if isinstance(view, QTableView | QTreeView) and view.property(HIDDEN) is not None:
        columns = menu_of(_column_choices(view), view)
        columns.setTitle("Columns")
        choices.append(columns)
    return choices


def as_csv(view: QAbstractItemView, rows: Sequence[QModelIndex] | None = None) -> str:
    """Columns in sight as CSV, a line per row: `rows`, or all with a head of titles."""
    model = view.model()
    assert model is not None
    columns = shown_columns(view)
    text = io.StringIO()
    lines = csv.writer(text, lineterminator="\n")
    if rows is None:
        lines.writerow([model.headerData(at, Qt.Orientation.Horizontal) for at in columns])
        rows = list(_all_rows(model, QModelIndex()))
    for row in rows:
        lines.writerow([row.siblingAtColumn(at).data() or "" for at in columns])
    return text.getvalue()


def _all_rows(model: QAbstractItemModel, parent: QModelIndex) -> Iterator[QModelIndex]:
    """Rows in their order, each before those below it in a tree."""
    for at in range(model.rowCount(parent)):
        row = model.index(at, 0, parent)
        yield row
        yield from _all_rows(model, row)


def shown_columns(view: QAbstractItemView) -> list[int]:
    """Columns in sight, from left to right."""
    header = header_of(view)
    places = sorted(range(header.count()), key=header.visualIndex)
    return [column for column in places if not header.isSectionHidden(column)]


def header_of(view: QAbstractItemView) -> QHeaderView:
    """Header of a table or tree."""
    assert isinstance(view, QTableView | QTreeView)
    header = view.horizontalHeader() if isinstance(view, QTableView) else view.header()
    assert header is not None
    return header


def _highlighted(view: QAbstractItemView) -> str:
    selection = view.selectionModel()
    rows = [] if selection is None else selection.selectedRows()
    return as_csv(view, sorted(rows, key=lambda index: index.row())) if rows else ""


def _copy(text: str) -> None:
    clipboard = QApplication.clipboard()
    if text and clipboard is not None:
        clipboard.setText(text)


def offer_columns(table: Columned, header: QHeaderView) -> None:
    """Move columns, and choose them by the context menu of the header; what is hidden by choice stays so."""
    table.setProperty(HIDDEN, [])
    header.setSectionsMovable(True)
    add_context_menu(header, lambda _place: _column_choices(table))


def _column_choices(table: Columned) -> list[Choice]:
    """An entry per column, ticked where it is in sight."""
    model, shown = table.model(), shown_columns(table)
    assert model is not None
    made = []
    for column in range(model.columnCount()):
        title = str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        is_shown = column in shown
        why = "the last one in sight" if is_shown and len(shown) == 1 else ""
        words = f"✓ {title}" if is_shown else title
        made.append(Choice(words, partial(_choose, table, column, not is_shown), why))
    return made


def _choose(table: Columned, column: int, wanted: bool) -> None:
    hidden = {*(table.property(HIDDEN) or ())} - {column}
    table.setProperty(HIDDEN, sorted(hidden if wanted else hidden | {column}))
    table.setColumnHidden(column, not wanted)


def show_column(table: Columned, column: int, wanted: bool) -> None:
    """Show a column where there is something in it, unless it was hidden by choice."""
    table.setColumnHidden(column, not wanted or column in (table.property(HIDDEN) or ()))


class _Nothing(QLabel):
    """Words over an empty table that say why it is empty: `nothing`, unless a filter hides all."""

    def __init__(self, table: QTableView, nothing: str, is_filtered: Callable[[], bool]) -> None:
        super().__init__()
        self.nothing = nothing
        self._model, self._is_filtered = table.model(), is_filtered
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setProperty("kind", "second")
        self.setWordWrap(True)
        self.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        viewport, model = table.viewport(), self._model
        assert viewport is not None
        assert model is not None
        QVBoxLayout(viewport).addWidget(self)
        for signal in (model.modelReset, model.rowsInserted, model.rowsRemoved, model.layoutChanged):
            signal.connect(self.say)
        self.say()

    def say(self) -> None:
        """Bring the words up to date."""
        model = self._model
        assert model is not None
        has_words = isinstance(model, QSortFilterProxyModel) and model.filterRegularExpression().pattern()
        is_read = self.nothing != READING
        self.setText(NO_MATCH if is_read and (has_words or self._is_filtered()) else self.nothing)
        self.setVisible(model.rowCount() == 0)


def say_nothing(table: QTableView, nothing: str) -> None:
    """Say other words over a record table while it has no row: that it is read, or that nothing was found."""
    words = table.findChild(_Nothing)
    assert words is not None
    words.nothing = nothing
    words.say()
