"""Guard of the wheel: it changes only what has the focus, and scrolls the page otherwise."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, Qt
from PyQt6.QtWidgets import QAbstractSlider, QAbstractSpinBox, QComboBox, QScrollBar, QTabBar, QWidget

from ibe100.ui.actions.application_events import ApplicationEvents

CHANGED_BY_WHEEL = (QAbstractSpinBox, QComboBox, QAbstractSlider, QTabBar)


class WheelGuard(QObject):
    """Keeps the wheel from numbers, dates, lists that drop down, sliders and tabs without the focus."""

    def __init__(self, events: ApplicationEvents) -> None:
        super().__init__(events)
        events.take(self._polished, QEvent.Type.Polish)
        events.take(self._turned, QEvent.Type.Wheel)

    def _polished(self, widget: QWidget, _event: QEvent) -> bool:
        # By default the wheel gives them the focus first, and then changes them.
        if isinstance(widget, CHANGED_BY_WHEEL) and widget.focusPolicy() == Qt.FocusPolicy.WheelFocus:
            widget.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        return False

    def _turned(self, widget: QWidget, event: QEvent) -> bool:
        if not isinstance(widget, CHANGED_BY_WHEEL) or isinstance(widget, QScrollBar) or widget.hasFocus():
            return False
        event.ignore()  # the page around it gets it next
        return True
