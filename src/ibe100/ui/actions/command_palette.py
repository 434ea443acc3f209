"""Command palette (Ctrl+K): type a few letters, press Enter."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QModelIndex, QObject, QSortFilterProxyModel, Qt
from PyQt6.QtGui import QAction, QKeyEvent, QPainter, QStandardItem, QStandardItemModel
from PyQt6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QWidget,
)

from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import SCALE, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.popup import popup_layout

ACTION_ROLE = int(Qt.ItemDataRole.UserRole) + 1
KEYS_ROLE = ACTION_ROLE + 1
WIDTH, HEIGHT = 520, 380
KEYS_EDGE = 10
LIST_KEYS = frozenset({Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown})


class CommandPalette(QDialog):
    """List of actions, filtered by every word typed."""

    def __init__(self, actions: Sequence[QAction], parent: QWidget) -> None:
        super().__init__(parent, Qt.WindowType.Popup | Qt.WindowType.FramelessWindowHint)
        self.setAccessibleName("Command palette")
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        model = QStandardItemModel(self)
        for action in actions:
            item = QStandardItem(action.text())
            item.setData(action, ACTION_ROLE)
            item.setData(action.shortcut().toString(), KEYS_ROLE)
            item.setEditable(False)
            model.appendRow(item)
        self._filter = _AllWords(self)
        self._filter.setSourceModel(model)
        self.edit = QLineEdit()
        self.edit.setPlaceholderText("Type a command or a stream")
        self.edit.setAccessibleName("Command")
        self.edit.textChanged.connect(self._typed)
        self.edit.installEventFilter(self)
        self.list = QListView()
        self.list.setModel(self._filter)
        self.list.setItemDelegate(_WithKeys(self.list))
        self.list.setAccessibleName("Matching commands")
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.clicked.connect(lambda _index: self.accept_current())
        self.edit.returnPressed.connect(self.accept_current)
        layout = popup_layout(self)
        scaled(layout.setContentsMargins, 12, 12, 12, 12)
        layout.addWidget(self.edit)
        layout.addWidget(self.list, 1)
        self.resize(px(WIDTH), px(HEIGHT))
        top = parent.mapToGlobal(parent.rect().center())
        self.move(top.x() - self.width() // 2, top.y() - self.height() // 2)
        self._typed("")

    def accept_current(self) -> None:
        """Run the marked command."""
        action = self.list.currentIndex().data(ACTION_ROLE)
        self.close()
        if isinstance(action, QAction):
            action.trigger()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Move in the list with the arrow keys while the field keeps the focus."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress and event.key() in LIST_KEYS:
            self.list.keyPressEvent(event)
            return True
        return super().eventFilter(watched, event)

    def _typed(self, text: str) -> None:
        self._filter.set_text(text)
        self.list.setCurrentIndex(self._filter.index(0, 0))


class _WithKeys(QStyledItemDelegate):
    """Row with the command, and its key at the right edge."""

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Paint both on one line."""
        super().paint(painter, option, index)
        keys = index.data(KEYS_ROLE)
        if painter is None or not keys:
            return
        painter.save()
        painter.setFont(sans(SCALE))
        painter.setPen(shade(Colour.TEXT_SECOND))
        room = option.rect.adjusted(0, 0, -px(KEYS_EDGE), 0)
        painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, str(keys))
        painter.restore()


class _AllWords(QSortFilterProxyModel):
    """Filter for entries that hold every word."""

    _words: tuple[str, ...] = ()

    def set_text(self, text: str) -> None:
        """Keep what holds each word of `text`."""
        self._words = tuple(text.casefold().split())
        self.invalidate()

    def filterAcceptsRow(self, source_row: int, source_parent: object) -> bool:
        model = self.sourceModel()
        if model is None:
            return False
        index = model.index(source_row, 0)
        entry = f"{index.data()} {index.data(KEYS_ROLE)}".casefold()
        return all(word in entry for word in self._words)
