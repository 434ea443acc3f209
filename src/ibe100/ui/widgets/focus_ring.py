"""Ring around the widget that has the keyboard, in every window of the console."""

from __future__ import annotations

from PyQt6 import sip
from PyQt6.QtCore import QObject, QRectF
from PyQt6.QtGui import QPainter, QPaintEvent, QPen, QRegion, QResizeEvent
from PyQt6.QtWidgets import QApplication, QFocusFrame, QProxyStyle, QStyle, QStyleOption, QWidget

from ibe100.ui.themes.sizes import RADIUS, px
from ibe100.ui.themes.tokens import Colour, shade

AWAY, LINE = 2, 2
"""Distance of the ring from its widget and its width, in pixels at 100 %."""
_MARGINS = frozenset(
    {QStyle.PixelMetric.PM_FocusFrameHMargin, QStyle.PixelMetric.PM_FocusFrameVMargin},
)


class FocusRing(QObject):
    """Moves the ring with the focus, as long as `parent` lives."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._ring: _Ring | None = None
        application = QApplication.instance()
        assert isinstance(application, QApplication)
        application.focusChanged.connect(self._follow)

    def _follow(self, _old: QWidget | None, focused: QWidget | None) -> None:
        # A ring lives in the window of its widget and goes with it, so each widget gets one of its own.
        if self._ring is not None and not sip.isdeleted(self._ring):
            self._ring.hide()
            self._ring.deleteLater()
        self._ring = None
        if focused is not None and not focused.isWindow():
            self._ring = _Ring(focused)


class _Ring(QFocusFrame):
    """Frame outside the widget; it takes no part of the mouse."""

    def __init__(self, focused: QWidget) -> None:
        super().__init__(focused)
        self._margins = _Margins()
        self._margins.setParent(self)
        self.setStyle(self._margins)
        self.setWidget(focused)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Cover the ring alone, so that what changes within it does not paint it anew."""
        super().resizeEvent(event)
        edge = px(LINE) + 1
        self.setMask(QRegion(self.rect()) - QRegion(self.rect().adjusted(edge, edge, -edge, -edge)))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the ring."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(shade(Colour.RING), px(LINE)))
        inset = px(LINE) / 2
        radius = px(RADIUS) + px(AWAY)
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset), radius, radius)


class _Margins(QProxyStyle):
    """Style that leaves room for the ring."""

    def pixelMetric(
        self, metric: QStyle.PixelMetric, option: QStyleOption | None = None, widget: QWidget | None = None
    ) -> int:
        """Distance of the outer edge of the ring, or what the style says."""
        return px(AWAY + LINE) if metric in _MARGINS else super().pixelMetric(metric, option, widget)
