"""Lists that drop down: as wide as their longest words, whatever the width of their field."""

from __future__ import annotations

from PyQt6.QtCore import QEvent
from PyQt6.QtWidgets import QComboBox, QWidget


def widen_list(widget: QWidget, _event: QEvent) -> bool:
    """Give the list of a field room for its longest words; called when a widget is shown."""
    field = widget.parentWidget()
    if not isinstance(field, QComboBox) or not widget.isWindow():
        return False
    view, screen = field.view(), widget.screen()
    if view is None or screen is None:
        return False
    bar = view.verticalScrollBar()
    needed = view.sizeHintForColumn(0) + widget.width() - view.width() + 2 * view.frameWidth()
    needed += 0 if bar is None else bar.sizeHint().width()
    room = screen.availableGeometry()
    place = widget.geometry()
    if needed > place.width():
        place.setWidth(min(needed, room.width()))
        place.moveLeft(max(room.left(), min(place.left(), room.right() + 1 - place.width())))
        widget.setGeometry(place)
    return False
