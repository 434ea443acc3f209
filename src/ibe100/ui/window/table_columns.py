"""Columns of tables as somebody arranged them: hidden ones, widths and order, kept in a file of the user."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError
from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QHeaderView, QTableView, QTreeView, QWidget

from ibe100.models.base import Value
from ibe100.ui.themes.sizes import px, unscaled
from ibe100.ui.widgets.tables import HIDDEN, Columned, header_of
from ibe100.ui.widgets.timers import single_shot
from ibe100.utils.atomic_write import atomic_write

log = logging.getLogger(__name__)
COLUMNS_FILE = "columns.json"
SETTLE_MS = 1000
_MOST_BYTES = 1 << 20
_PRIVATE = 0o600


class Columns(Value):
    """Columns of a table by their titles; widths in pixels at 100 %."""

    hidden: tuple[str, ...] = ()
    widths: dict[str, Annotated[int, Field(ge=1, le=10_000)]] = Field(default_factory=dict)
    order: tuple[str, ...] = ()


class _Stored(Value):
    version: Annotated[int, Field(ge=1, le=1)] = 1
    tables: dict[str, Columns] = Field(default_factory=dict)
    """By the accessible name of the table."""


class TableColumns(QObject):
    """Restores the columns of each table and tree that offers them, and writes them down when they change."""

    def __init__(self, window: QWidget, path: Path | None) -> None:
        """`path` is the file; None keeps nothing."""
        super().__init__(window)
        self._path = path
        found: list[Columned] = [*window.findChildren(QTableView), *window.findChildren(QTreeView)]
        self._tables = [one for one in found if one.property(HIDDEN) is not None]
        self._soon = single_shot(self, SETTLE_MS, self.write)
        stored = read_columns(path)
        for table in self._tables:
            known = stored.get(table.accessibleName())
            if known is not None:
                arrange(table, known)
            header = header_of(table)
            header.sectionMoved.connect(self._soon.start)
            header.sectionResized.connect(lambda at, _old, _new, of=header: self._resized(of, at))

    def _resized(self, header: QHeaderView, column: int) -> None:
        """Note a column that was dragged, or hidden; those that follow the window are not kept."""
        if header.sectionResizeMode(column) is QHeaderView.ResizeMode.Interactive:
            self._soon.start()

    def write(self) -> None:
        """Write the columns of all tables down."""
        self._soon.stop()
        if self._path is None:
            return
        stored = _Stored(tables={table.accessibleName(): arrangement(table) for table in self._tables})
        try:
            atomic_write(self._path, stored.model_dump_json(indent=1).encode(), _PRIVATE)
        except OSError as error:
            log.warning("the columns of tables cannot be kept in %s: %s", self._path, error.strerror)


def read_columns(path: Path | None) -> dict[str, Columns]:
    """Columns by table; none where there is no file, or none that can be read."""
    if path is None:
        return {}
    try:
        with path.open("rb") as file:
            return _Stored.model_validate_json(file.read(_MOST_BYTES)).tables
    except FileNotFoundError:
        return {}
    except (OSError, ValidationError) as error:
        log.warning("%s cannot be read, columns stand as delivered: %s", path, type(error).__name__)
        return {}


def arrangement(table: Columned) -> Columns:
    """Columns of a table as they stand now."""
    header, titles = header_of(table), _titles(table)
    widths = {
        title: max(1, unscaled(header.sectionSize(column)))
        for column, title in enumerate(titles)
        if header.sectionResizeMode(column) is QHeaderView.ResizeMode.Interactive
        and not header.isSectionHidden(column)
    }
    order = sorted(range(len(titles)), key=header.visualIndex)
    hidden = tuple(titles[column] for column in table.property(HIDDEN))
    return Columns(hidden=hidden, widths=widths, order=tuple(titles[column] for column in order))


def arrange(table: Columned, columns: Columns) -> None:
    """Give a table these columns; what they do not name stands as delivered."""
    header, titles = header_of(table), _titles(table)
    hidden = [column for column, title in enumerate(titles) if title in columns.hidden]
    if len(hidden) < len(titles):
        table.setProperty(HIDDEN, hidden)
        for column in hidden:
            table.setColumnHidden(column, True)
    for column, title in enumerate(titles):
        is_free = header.sectionResizeMode(column) is QHeaderView.ResizeMode.Interactive
        if title in columns.widths and is_free:
            table.setColumnWidth(column, px(columns.widths[title]))
    known = [title for title in columns.order if title in titles]
    for place, title in enumerate(known):
        header.moveSection(header.visualIndex(titles.index(title)), place)


def _titles(table: Columned) -> list[str]:
    model = table.model()
    assert model is not None
    return [str(model.headerData(at, Qt.Orientation.Horizontal)) for at in range(model.columnCount())]
