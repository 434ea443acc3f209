"""Text of a window that is cut: labels that need more room, and painted words that leave their box."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from PyQt6.QtCore import QAbstractItemModel, QPoint, QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QFontMetrics, QPainter
from PyQt6.QtWidgets import (
    QAbstractButton,
    QAbstractItemView,
    QHeaderView,
    QLabel,
    QScrollArea,
    QTabBar,
    QTableView,
    QToolButton,
    QWidget,
)

from ibe100.ui.themes.sizes import LEAST_TYPE
from ibe100.ui.widgets.fitting import FittingLabel
from ibe100.ui.widgets.labels import ElidedLabel, TwoLineLabel

ELLIPSIS = "…"
SLACK = 1
"""Pixels that rounding may take."""
CELL_EDGES = 18
"""Pixels of a cell at its edges, beside its text."""
WHOLE_KINDS = frozenset({"problem", "magenta", "amber"})
"""Kinds of labels that are never elided: what they say matters."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Text that was painted: where, in which font, by which widget."""

    text: str
    room: QRectF
    metrics: QFontMetrics
    pixels: int
    widget: QWidget | None
    flags: int


def visible(root: QWidget, *kinds: type[QWidget]) -> list[QWidget]:
    """Widgets of these kinds that can be seen just now."""
    found = [child for child in root.findChildren(QWidget) if isinstance(child, kinds)]
    # One that was hidden while its parents were being shown is visible to Qt as well, and is not painted.
    shown = [child for child in found if child.isVisible() and not child.isHidden()]
    return [child for child in shown if not child.visibleRegion().isEmpty()]


def cut_text(root: QWidget) -> list[str]:
    """Each text of a window that is cut, in words."""
    wrong: list[str] = []
    for label in visible(root, QLabel):
        wrong += _label(label)
    for button in visible(root, QAbstractButton):
        wrong += _button(button)
    for bar in visible(root, QTabBar):
        wrong += _tabs(bar)
    for table in visible(root, QTableView):
        wrong += _table(table)
    for area in visible(root, QScrollArea):
        wrong += _scrolled(area)
    wrong += [words for drawn in painted(root) if (words := _painted(drawn))]
    return sorted(set(wrong))


def painted(root: QWidget) -> list[Drawn]:
    """Texts that the window's own painters draw."""
    with _recorded() as texts:
        root.grab()
    return texts


@contextmanager
def _recorded() -> Iterator[list[Drawn]]:
    texts: list[Drawn] = []
    plain = QPainter.__dict__["drawText"]

    def draw(painter: QPainter, *given: Any) -> Any:
        font, room = painter.font(), given[0]
        device = painter.device()
        if isinstance(room, QRect | QRectF) and isinstance(given[-1], str):
            texts.append(
                Drawn(
                    given[-1],
                    QRectF(room),
                    QFontMetrics(font),
                    font.pixelSize(),
                    device if isinstance(device, QWidget) else None,
                    _flags(given[1]),
                )
            )
        return plain.__get__(painter, QPainter)(*given)

    QPainter.drawText = draw  # type: ignore[method-assign, assignment]
    try:
        yield texts
    finally:
        QPainter.drawText = plain  # type: ignore[method-assign]


def _flags(given: Any) -> int:
    return int(given.value) if isinstance(given, Qt.AlignmentFlag) else int(given)


def _painted(drawn: Drawn) -> str:
    if not drawn.text.strip():
        return ""
    where = type(drawn.widget).__name__
    if drawn.pixels < LEAST_TYPE:
        return f"{where}: {drawn.text!r} is painted {drawn.pixels} px high"
    if drawn.text.endswith(ELLIPSIS) and not _is_whole_elsewhere(drawn):
        return f"{where}: {drawn.text!r} is elided, and is whole nowhere"
    if drawn.flags & Qt.TextFlag.TextWordWrap.value:
        room = drawn.room.toRect()
        needed = drawn.metrics.boundingRect(room, drawn.flags, drawn.text)
        fits = needed.height() <= room.height() + SLACK and needed.width() <= room.width() + SLACK
        return "" if fits else f"{where}: {drawn.text!r} needs {needed.size()}, has {room.size()}"
    lines = drawn.text.split("\n")
    width = max(drawn.metrics.horizontalAdvance(line) for line in lines)
    if width > drawn.room.width() + SLACK and not drawn.text.endswith(ELLIPSIS):
        return f"{where}: {drawn.text!r} needs {width}, has {drawn.room.width():.0f}"
    height = drawn.metrics.capHeight() + (len(lines) - 1) * drawn.metrics.lineSpacing()
    if height > drawn.room.height() + SLACK:
        return f"{where}: {drawn.text!r} needs a height of {height}, has {drawn.room.height():.0f}"
    return ""


def _is_whole_elsewhere(drawn: Drawn) -> bool:
    """True where a tooltip has the whole text."""
    widget, begins = drawn.widget, drawn.text.removesuffix(ELLIPSIS).strip()
    if widget is None or not begins:
        return True
    view = widget.parentWidget()
    if isinstance(view, QAbstractItemView):
        middle = QPoint(view.width() // 3, int(drawn.room.center().y()))
        index = view.indexAt(middle)
        tip = str(index.data(Qt.ItemDataRole.ToolTipRole) or "") if index.isValid() else begins
        return begins in tip
    return begins in widget.toolTip()


def _label(label: QWidget) -> list[str]:
    assert isinstance(label, QLabel)
    words = label.text()
    if not words:
        return []
    if isinstance(label, ElidedLabel):
        if label.shown_text() == words:
            return []
        if label.property("kind") in WHOLE_KINDS:
            return [f"{label.property('kind')} {words!r} is elided"]
        return [] if label.toolTip() else [f"{words!r} is elided, and its tooltip is empty"]
    if isinstance(label, TwoLineLabel | FittingLabel):  # shorter by rule; what they draw is looked at
        return []
    if label.wordWrap():
        needed = label.heightForWidth(label.width())
        return [f"{words!r} needs a height of {needed}, has {label.height()}"] * (
            needed > label.height() + SLACK
        )
    width = max(label.fontMetrics().horizontalAdvance(line) for line in words.split("\n"))
    room = label.contentsRect().width()
    if width > room + SLACK:
        return [f"{words!r} needs {width}, has {room}"]
    needed = label.fontMetrics().height()
    return [f"{words!r} needs a height of {needed}, has {label.height()}"] * (needed > label.height() + SLACK)


def _button(button: QWidget) -> list[str]:
    assert isinstance(button, QAbstractButton)
    words, hint = button.text(), button.sizeHint()
    icons_only = isinstance(button, QToolButton) and (
        button.toolButtonStyle() is Qt.ToolButtonStyle.ToolButtonIconOnly
    )
    if not words or icons_only:
        return []
    if hint.width() > button.width() + SLACK:
        return [f"button {words!r} needs {hint.width()}, has {button.width()}"]
    needed = button.fontMetrics().height()
    return [f"button {words!r} needs a height of {needed}, has {button.height()}"] * (
        needed > button.height()
    )


def _tabs(bar: QWidget) -> list[str]:
    assert isinstance(bar, QTabBar)
    wrong = []
    for at in range(bar.count()):
        place, words = bar.tabRect(at), bar.tabText(at)
        if bar.isTabVisible(at) and bar.fontMetrics().horizontalAdvance(words) > place.width():
            wrong.append(f"tab {words!r} has {place.width()}")
        if place.right() > bar.width() + SLACK and not bar.usesScrollButtons():
            wrong.append(f"tab {words!r} ends at {place.right()}, its bar at {bar.width()}")
    return wrong


def _table(table: QWidget) -> list[str]:
    assert isinstance(table, QTableView)
    wrong = []
    header = table.horizontalHeader()
    if header is not None and header.isVisible():
        wrong += _header(table, header)
    model, port = table.model(), table.viewport()
    if model is None or port is None:
        return wrong
    for row in range(model.rowCount()):
        if table.rowViewportPosition(row) > port.height():
            break
        for column in range(model.columnCount()):
            index = model.index(row, column)
            words = str(index.data() or "")
            if table.isColumnHidden(column) or not words:
                continue
            font = index.data(Qt.ItemDataRole.FontRole) or table.font()
            metrics = QFontMetrics(font)
            lines = max(1, table.rowHeight(row) // metrics.lineSpacing()) if table.wordWrap() else 1
            # A number is told by its digits, and one that is cut is another number: edges count as well.
            edges = CELL_EDGES if _is_number(model, column) else 0
            if metrics.horizontalAdvance(words) + edges > table.columnWidth(column) * lines:
                tip = str(index.data(Qt.ItemDataRole.ToolTipRole) or "")
                if words.split()[0] not in tip or _is_number(model, column):
                    wrong.append(f"cell {words!r} of {table.accessibleName()!r} is whole nowhere")
            if metrics.height() > table.rowHeight(row) + SLACK:
                wrong.append(f"a row of {table.accessibleName()!r} is {table.rowHeight(row)} high")
    return wrong


def _is_number(model: QAbstractItemModel, column: int) -> bool:
    edge = model.headerData(column, Qt.Orientation.Horizontal, Qt.ItemDataRole.TextAlignmentRole)
    return edge is not None and bool(int(edge) & int(Qt.AlignmentFlag.AlignRight))


def _header(table: QTableView, header: QHeaderView) -> list[str]:
    model, wrong = table.model(), []
    assert model is not None
    for column in range(model.columnCount()):
        title = str(model.headerData(column, Qt.Orientation.Horizontal) or "")
        size = header.sectionSize(column)
        if not table.isColumnHidden(column) and header.fontMetrics().horizontalAdvance(title) > size:
            wrong.append(f"heading {title!r} of {table.accessibleName()!r} has {size}")
    return wrong


def _scrolled(area: QWidget) -> list[str]:
    """What cannot be reached: wider than its area, without a bar to scroll it."""
    assert isinstance(area, QScrollArea)
    inside, port = area.widget(), area.viewport()
    if inside is None or port is None:
        return []
    never = area.horizontalScrollBarPolicy() is Qt.ScrollBarPolicy.ScrollBarAlwaysOff
    needed = inside.minimumSizeHint().width()
    if never and needed > port.width() + SLACK:
        return [f"{area.accessibleName()!r} needs {needed}, has {port.width()}, and cannot be scrolled"]
    return []


def out_of_place(root: QWidget) -> list[str]:
    """Widgets that stand out of their window."""
    wrong = []
    for child in visible(root, QLabel, QAbstractButton, QTabBar):
        window = child.window()
        if window is None or _is_scrolled(child):
            continue
        place = QRectF(QPointF(child.mapTo(window, QPoint())), QRectF(child.rect()).size())
        if place.right() > window.width() + SLACK or place.bottom() > window.height() + SLACK:
            name = child.accessibleName() or getattr(child, "text", lambda: "")()
            wrong.append(f"{type(child).__name__} {name!r} stands out of the window")
    return wrong


def _is_scrolled(child: QWidget) -> bool:
    above = child.parentWidget()
    while above is not None:
        if isinstance(above, QScrollArea):
            return True
        above = above.parentWidget()
    return False
