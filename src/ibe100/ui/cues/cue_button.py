"""Large cue button: its action, its key, and a word when it does not react."""

from __future__ import annotations

from PyQt6.QtCore import QRect, QSize, Qt
from PyQt6.QtGui import QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ibe100.ui.themes.enterprise_theme import mono, sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import HEADING, RADIUS, RADIUS_SHAPE, RADIUS_STRIP, SCALE, STATE, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.words.tooltips import set_tooltip

WIDTH, HEIGHT = 160, 74
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class CueButton(QAbstractButton):
    """One of the pair TO BREAK and BACK TO PROGRAMME; the `filled` one is amber."""

    def __init__(
        self, title: str, icon_name: str, key: str, *, filled: bool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setText(title)
        self._icon_name, self._key, self._filled = icon_name, key, filled
        self._detail = ""
        self._latched = False
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        scaled(self.setFixedHeight, HEIGHT)
        scaled(self.setMinimumWidth, WIDTH)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{' '.join(title.split())}, key {key}")

    @property
    def is_latched(self) -> bool:
        """A press is ignored now."""
        return self._latched

    def show_state(self, detail: str, *, latched: bool, ready: bool) -> None:
        """Show what a press does now."""
        if (detail, latched, ready) != (self._detail, self._latched, self.isEnabled()):
            self._detail, self._latched = detail, latched
            if not ready and self.hasFocus():
                self.clearFocus()  # Qt would hand it to the next button, which is another cue
            self.setEnabled(ready)
            self.setAccessibleDescription(detail)
            set_tooltip(self, detail)
            self.update()

    def sizeHint(self) -> QSize:
        """The biggest target in the window."""
        return QSize(px(WIDTH), px(HEIGHT))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint box, icon, title, key cap and detail."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        fill, ink, edge = self._colours()
        pen = QPen(shade(edge), px(2) if self.isEnabled() else 1)
        if not self.isEnabled():
            pen.setStyle(Qt.PenStyle.DashLine)
        elif self._latched:
            pen.setStyle(Qt.PenStyle.DotLine)
        painter.setPen(pen)
        painter.setBrush(shade(fill))
        painter.drawRoundedRect(self.rect().adjusted(1, 1, -px(2), -px(2)), px(RADIUS), px(RADIUS))
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            for colour, inset in ((Colour.FOCUS, 1), (Colour.WINDOW, 3)):
                painter.setPen(QPen(shade(colour), px(2)))
                painter.drawRoundedRect(
                    self.rect().adjusted(inset, inset, -inset - 1, -inset - 1),
                    px(RADIUS_STRIP),
                    px(RADIUS_STRIP),
                )
        pixmap = icon_pixmap(self._icon_name, ink, px(20), self.devicePixelRatioF())
        painter.drawPixmap(px(11), px(14), pixmap)
        painter.setPen(shade(ink))
        painter.setFont(sans(HEADING if "\n" in self.text() else STATE, bold=True))
        painter.drawText(QRect(px(39), px(6), self.width() - px(43), px(36)), LEFT, self.text())
        cap = QRect(px(11), self.height() - px(28), px(30), px(18))
        painter.setPen(QPen(shade(ink), 1))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRoundedRect(cap, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
        painter.setFont(mono(SCALE, bold=True))
        painter.drawText(cap, Qt.AlignmentFlag.AlignCenter, self._key)
        painter.setFont(sans(SCALE))
        room = QRect(px(49), self.height() - px(29), self.width() - px(55), px(20))
        shown = painter.fontMetrics().elidedText(self._detail, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, LEFT, shown)

    def _colours(self) -> tuple[Colour, Colour, Colour]:
        if not self.isEnabled():
            return Colour.PANEL, Colour.TEXT_MUTED, Colour.BORDER
        if self._latched:
            return Colour.TALLY_AMBER_DIM, Colour.TALLY_AMBER_TEXT, Colour.TALLY_AMBER_EDGE
        if self.isDown():
            return Colour.HOVER, Colour.TEXT, Colour.TALLY_AMBER_EDGE
        if self._filled:
            return Colour.TALLY_AMBER, Colour.INK, Colour.TALLY_AMBER_EDGE
        return Colour.RAISED, Colour.TEXT, Colour.BORDER_STRONG
