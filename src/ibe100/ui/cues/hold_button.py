"""Button that is held: a bar fills while it is down, and only a full bar counts."""

from __future__ import annotations

from PyQt6.QtCore import QElapsedTimer, QEvent, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QFocusEvent, QKeyEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ibe100.ui.themes.enterprise_theme import mono, sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import HEADING, RADIUS, RADIUS_STRIP, SCALE, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.timers import repeating
from ibe100.ui.words.tooltips import set_tooltip

HOLD_MS = 500
STEP_MS = 20
WIDTH, HEIGHT = 160, 46
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft


class HoldButton(QAbstractButton):
    """Emits `held` once per press of HOLD_MS, by mouse, Space or its key; a shorter one does nothing.

    There is no question after it: what it does is meant to be done now.
    """

    held = pyqtSignal()

    def __init__(
        self, title: str, icon_name: str, key: Qt.Key, key_name: str, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setText(title)
        self.key, self._key_name, self._icon_name = key, key_name, icon_name
        self._detail = ""
        self._is_key_down = False
        self._since = QElapsedTimer()
        self._timer = repeating(self, STEP_MS, self._step)
        self.pressed.connect(self.press)
        self.released.connect(self.let_go)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        scaled(self.setFixedHeight, HEIGHT)
        scaled(self.setMinimumWidth, WIDTH)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName(f"{title}, hold for half a second, key {key_name}")

    @property
    def part(self) -> float:
        """Part of the hold that is over, 0 to 1."""
        return min(1.0, self._since.elapsed() / HOLD_MS) if self._timer.isActive() else 0.0

    def press(self) -> None:
        """Begin to fill the bar."""
        if self.isEnabled() and not self._timer.isActive():
            self._since.start()
            self._timer.start()
            self.update()

    def let_go(self) -> None:
        """Empty the bar; nothing has happened unless it was full."""
        # Where another program has the keyboard now, the release of the key is never told.
        self._is_key_down = False
        self._timer.stop()
        self.update()

    def take_key(self, event: QKeyEvent) -> bool:
        """Take the button's own key anywhere in the window; True if the event is used up."""
        if event.key() != self.key or event.modifiers():
            return False
        if event.isAutoRepeat():
            return True
        is_down = event.type() == QEvent.Type.KeyPress
        if is_down != self._is_key_down:
            self._is_key_down = is_down
            (self.press if is_down else self.let_go)()
        return True

    def show_state(self, detail: str, *, ready: bool) -> None:
        """Show what a hold does now."""
        if (detail, ready) != (self._detail, self.isEnabled()):
            self._detail = detail
            if not ready and self.hasFocus():
                self.clearFocus()  # Qt would hand it to the next button, which is another cue
            self.setEnabled(ready)
            self.setAccessibleDescription(detail)
            set_tooltip(self, detail)
            if not ready:
                self.let_go()
            self.update()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """End the hold when another window comes in front."""
        self.let_go()
        super().focusOutEvent(event)

    def _step(self) -> None:
        if self._since.elapsed() >= HOLD_MS:
            self._timer.stop()
            self.held.emit()
        self.update()

    def sizeHint(self) -> QSize:
        """Large, but smaller than the pair above it."""
        return QSize(px(WIDTH), px(HEIGHT))

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the hatched edge, the bar, title and key; words over the bar are white."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ready = self.isEnabled()
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade(Colour.PANEL))
        painter.drawRoundedRect(box, px(RADIUS), px(RADIUS))
        bar = QRectF(box.left(), box.top(), box.width() * self.part, box.height())
        if self.part:
            painter.setBrush(shade(Colour.TALLY_RED))
            painter.drawRoundedRect(bar, px(RADIUS), px(RADIUS))
        edge = shade(Colour.TALLY_RED if ready else Colour.BORDER)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        if ready:
            painter.setPen(QPen(QBrush(edge, Qt.BrushStyle.BDiagPattern), px(5)))
            painter.drawRoundedRect(
                box.adjusted(px(2), px(2), -px(2), -px(2)), px(RADIUS_STRIP), px(RADIUS_STRIP)
            )
        line = QPen(shade(Colour.FOCUS) if self.hasFocus() else edge, px(2) if self.hasFocus() else 1)
        line.setStyle(Qt.PenStyle.SolidLine if ready else Qt.PenStyle.DashLine)
        painter.setPen(line)
        painter.drawRoundedRect(box, px(RADIUS), px(RADIUS))
        if self.part:
            painter.setClipRect(bar)
            self._paint_words(painter, Colour.ON_RED)
            painter.setClipRect(box.adjusted(bar.width(), 0, 0, 0))
        self._paint_words(painter, Colour.TEXT if ready else Colour.TEXT_MUTED)

    def _paint_words(self, painter: QPainter, ink: Colour) -> None:
        painter.drawPixmap(px(11), px(8), icon_pixmap(self._icon_name, ink, px(15), self.devicePixelRatioF()))
        painter.setPen(shade(ink))
        painter.setFont(sans(HEADING, bold=True))
        painter.drawText(QRect(px(32), px(5), self.width() - px(38), px(20)), LEFT, self.text())
        painter.setFont(mono(SCALE, bold=True))
        key = f"hold {self._key_name}"
        key_width = painter.fontMetrics().horizontalAdvance(key)
        painter.drawText(
            QRect(self.width() - key_width - px(10), px(24), key_width + px(2), px(17)), LEFT, key
        )
        painter.setFont(sans(SCALE))
        room = QRect(px(11), px(24), self.width() - key_width - px(26), px(17))
        words = painter.fontMetrics().elidedText(self._detail, Qt.TextElideMode.ElideRight, room.width())
        painter.drawText(room, LEFT, words)
