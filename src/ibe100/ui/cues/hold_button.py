"""Button that is held: a bar fills while it is down, and only a full bar counts."""

from __future__ import annotations

from PyQt6.QtCore import QElapsedTimer, QEvent, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QBrush, QFocusEvent, QFontMetrics, QKeyEvent, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QAbstractButton, QSizePolicy, QWidget

from ibe100.ui.cues.cue_button import fitting
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import BODY, RADIUS, SCALE, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.timers import repeating
from ibe100.ui.words.tooltips import set_tooltip

HOLD_MS = 500
STEP_MS = 20
WIDTH, HEIGHT = 144, 48
LEFT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft
RIGHT = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight


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
        self._details: tuple[str, ...] = ("",)
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

    def show_state(self, *details: str, ready: bool) -> None:
        """Show what a hold does now, or why nothing; `details` say it in ever fewer words."""
        if (details, ready) != (self._details, self.isEnabled()):
            self._details = details
            if not ready and self.hasFocus():
                self.clearFocus()  # Qt would hand it to the next button, which is another cue
            self.setEnabled(ready)
            self.setAccessibleDescription(details[0])
            set_tooltip(self, details[0])
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

    @property
    def detail(self) -> str:
        """What the button says besides its action, as it fits now."""
        return fitting(self._details, sans(SCALE), self._detail_room())

    def _detail_room(self) -> QRect:
        key_width = QFontMetrics(sans(SCALE, bold=True)).horizontalAdvance(self._key_words) + px(8)
        kept = key_width if self.isEnabled() else 0
        return QRect(px(12), px(25), self.width() - px(24) - kept, px(18))

    @property
    def _key_words(self) -> str:
        return f"hold {self._key_name}"

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the hatched edge, the bar, title and key; words over the bar are white."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        ready = self.isEnabled()
        box = QRectF(self.rect()).adjusted(1, 1, -1, -1)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(shade(Colour.PANEL if not ready else Colour.RAISED))
        painter.drawRoundedRect(box, px(RADIUS), px(RADIUS))
        bar = QRectF(box.left(), box.top(), box.width() * self.part, box.height())
        if self.part:
            painter.setBrush(shade(Colour.TALLY_RED))
            painter.drawRoundedRect(bar, px(RADIUS), px(RADIUS))
        if ready:
            painter.setBrush(QBrush(shade(Colour.TALLY_RED), Qt.BrushStyle.BDiagPattern))
            painter.drawRect(QRectF(box.left(), box.top(), box.width(), px(6)))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        edge = QPen(shade(Colour.TALLY_RED_TEXT if ready else Colour.BORDER_STRONG), px(2 if ready else 1))
        edge.setStyle(Qt.PenStyle.SolidLine if ready else Qt.PenStyle.DashLine)
        painter.setPen(edge)
        painter.drawRoundedRect(box, px(RADIUS), px(RADIUS))
        if self.part:
            painter.setClipRect(bar)
            self._paint_words(painter, Colour.ON_RED)
            painter.setClipRect(box.adjusted(bar.width(), 0, 0, 0))
        self._paint_words(painter, Colour.TEXT if ready else Colour.TEXT_MUTED)

    def _paint_words(self, painter: QPainter, ink: Colour) -> None:
        icon = icon_pixmap(self._icon_name, ink, px(16), self.devicePixelRatioF())
        painter.drawPixmap(px(12), px(7), icon)
        painter.setPen(shade(ink))
        painter.setFont(sans(BODY, bold=True))
        painter.drawText(QRect(px(34), px(5), self.width() - px(40), px(20)), LEFT, self.text())
        room = self._detail_room()
        if self.isEnabled():
            painter.setFont(sans(SCALE, bold=True))
            key = QRect(room.right(), room.top(), self.width() - room.right() - px(12), room.height())
            painter.drawText(key, RIGHT, self._key_words)
        painter.setFont(sans(SCALE))
        painter.drawText(room, LEFT, self.detail)
