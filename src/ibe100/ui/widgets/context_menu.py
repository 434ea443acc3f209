"""Context menu of a widget: by the right mouse button, the Menu key or Shift+F10."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PyQt6.QtCore import QEvent, QObject, QPoint, Qt
from PyQt6.QtGui import QAction, QContextMenuEvent, QKeyEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QAbstractScrollArea,
    QApplication,
    QHeaderView,
    QMenu,
    QWidget,
)

from ibe100.ui.words.tooltips import set_tooltip


@dataclass(frozen=True, slots=True)
class Choice:
    """Entry of a menu that is no action of the catalogue."""

    text: str
    run: Callable[[], object]
    refusal: str = ""
    """Reason for which it cannot be chosen now; it is shown in the menu."""


Entry = QAction | QMenu | Choice | None
"""Entry of a menu; None is a line between groups."""
Entries = Callable[[QPoint], Sequence[Entry]]
"""Entries for a place in the widget (of a scroll area: in its viewport); none at all opens no menu."""


def add_context_menu(widget: QWidget, entries: Entries) -> None:
    """Give `widget` a context menu; `entries` is asked each time it opens.

    By the mouse a list has made the row under it the current one before. By keys the place is the current
    row of a list, else the middle of what has the focus within the widget. Catalogue actions keep their
    keys, reasons and tooltips.
    """
    _ContextMenu(widget, entries)


class _ContextMenu(QObject):
    """Filter of the events that ask for a menu."""

    def __init__(self, widget: QWidget, entries: Entries) -> None:
        super().__init__(widget)
        self._widget, self._entries = widget, entries
        self._menu: QMenu | None = None
        area = widget.viewport() if isinstance(widget, QAbstractScrollArea) else None
        self._area = area or widget
        for watched in {widget, self._area}:
            watched.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Open the menu; True for an event that is used up."""
        match event:
            case QContextMenuEvent():
                is_mouse = event.reason() is QContextMenuEvent.Reason.Mouse
                self._open(self._area.mapFromGlobal(event.globalPos()) if is_mouse else self._place())
                return True
            case QKeyEvent() if event.type() is QEvent.Type.KeyPress and _asks_for_menu(event):
                self._open(self._place())
                return True
        return False

    def _place(self) -> QPoint:
        if isinstance(self._widget, QAbstractItemView) and not isinstance(self._widget, QHeaderView):
            shown = self._widget.visualRect(self._widget.currentIndex())
            if shown.isValid():
                return shown.center()
        focus = QApplication.focusWidget()
        if focus is not None and self._area.isAncestorOf(focus):
            return focus.mapTo(self._area, focus.rect().center())
        return self._area.rect().center()

    def _open(self, place: QPoint) -> None:
        if self._menu is not None:  # some platforms send the key and the event
            return
        menu = menu_of(self._entries(place), self._widget)
        if menu.isEmpty():
            menu.deleteLater()
            return
        self._menu = menu
        menu.aboutToHide.connect(self._closed)
        menu.popup(self._area.mapToGlobal(place))

    def _closed(self) -> None:
        if self._menu is not None:
            self._menu.deleteLater()
            self._menu = None


def menu_of(entries: Sequence[Entry], parent: QWidget) -> QMenu:
    """Menu of these entries; a disabled one shows its reason."""
    menu = QMenu(parent)
    menu.setToolTipsVisible(True)
    for entry in entries:
        match entry:
            case None:
                menu.addSeparator()
            case QMenu():
                entry.setParent(menu, entry.windowFlags())  # it goes with this menu
                menu.addMenu(entry)
            case QAction():
                menu.addAction(entry)
            case Choice():
                reason = f" ({entry.refusal})" if entry.refusal else ""
                action = QAction(entry.text.replace("&", "&&") + reason, menu)
                action.setEnabled(not entry.refusal)
                set_tooltip(action, entry.refusal)
                action.triggered.connect(lambda _checked=False, run=entry.run: run())
                menu.addAction(action)
    return menu


def _asks_for_menu(event: QKeyEvent) -> bool:
    shift = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier == Qt.KeyboardModifier.ShiftModifier
    return event.key() == Qt.Key.Key_Menu or (event.key() == Qt.Key.Key_F10 and shift)
