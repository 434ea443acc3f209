"""Picture of a stream with its tally, its format, and what is wrong with it."""

from __future__ import annotations

import time

from PyQt6.QtCore import QRect, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.models.stream_state import Tally
from ibe100.ui.pictures.picture_state import Countdown, PictureState
from ibe100.ui.themes.enterprise_theme import mono, sans
from ibe100.ui.themes.sizes import HEADING, RADIUS_SHAPE, SCALE, STATE, TARGET, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.labels import wrapped
from ibe100.ui.widgets.tally_mark import LOOKS
from ibe100.ui.widgets.timers import repeating
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.timecode import format_countdown

BORDER = 3
COUNTDOWN_MS = 200
GREYED = 0.35
VEIL = QColor(11, 13, 16, 190)
SMALL_WIDTH = 150
"""Width below which there is room for one word only, in pixels."""
LARGE_WIDTH = 420


class PictureView(QWidget):
    """Picture of sixteen by nine; its layout keeps the ratio."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._grey: QImage | None = None
        self._state = PictureState(Tally.OFF, is_live=False, has_picture=False)
        self._countdown: Countdown | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._ticking = repeating(self, COUNTDOWN_MS, self.update)

    @property
    def state(self) -> PictureState:
        """The state that is shown."""
        return self._state

    def show_picture(self, image: QImage | None) -> None:
        """Show a newer picture."""
        if image is not self._image:
            self._image, self._grey = image, None
            self.update()

    def show_state(self, state: PictureState, countdown: Countdown | None) -> None:
        """Show the picture in this state."""
        if (state, countdown) != (self._state, self._countdown):
            self._state, self._countdown = state, countdown
            words = state.headline or ("live" if state.is_live else state.detail)
            self.setAccessibleName(f"Picture: {words}")
            set_tooltip(self, f"{state.headline} {state.detail or state.note}".strip())
            self.update()
        if countdown is None:
            self._ticking.stop()
        elif not self._ticking.isActive():
            self._ticking.start()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint picture, veil and words, tally."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        painter.fillRect(self.rect(), shade(Colour.INK))
        self._paint_picture(painter)
        if self._state.is_live:
            self._paint_tag(painter)
            self._paint_note(painter)
        else:
            self._paint_reason(painter)
        if self._countdown is not None:
            self._paint_countdown(painter, self._countdown)
        self._paint_tally(painter)

    def _paint_picture(self, painter: QPainter) -> None:
        if self._image is None or not self._state.has_picture:
            return
        if self._state.is_live:
            painter.drawImage(self.rect(), self._image)
            return
        if self._grey is None:
            self._grey = self._image.convertToFormat(QImage.Format.Format_Grayscale8)
        painter.setOpacity(GREYED)
        painter.drawImage(self.rect(), self._grey)
        painter.setOpacity(1.0)
        painter.fillRect(self.rect(), Qt.BrushStyle.BDiagPattern)

    def _paint_tag(self, painter: QPainter) -> None:
        if self._state.tag and self.width() >= px(SMALL_WIDTH):
            self._paint_label(painter, self._state.tag, top=True)

    def _paint_note(self, painter: QPainter) -> None:
        if self._state.note and self.width() >= px(SMALL_WIDTH) and self._countdown is None:
            self._paint_label(painter, self._state.note, top=False)

    def _paint_label(self, painter: QPainter, text: str, *, top: bool) -> None:
        font = sans(SCALE)
        metrics = QFontMetrics(font)
        shown = metrics.elidedText(text, Qt.TextElideMode.ElideRight, self.width() - px(24))
        width, height = metrics.horizontalAdvance(shown) + px(10), px(18)
        y = px(BORDER) + px(3) if top else self.height() - px(BORDER) - px(3) - height
        x = self.width() - width - px(BORDER) - px(3) if top else px(BORDER) + px(3)
        box = QRect(x, y, width, height)
        _fill(painter, box, VEIL)
        painter.setFont(font)
        painter.setPen(shade(Colour.ON_PICTURE))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, shown)

    def _paint_reason(self, painter: QPainter) -> None:
        state, small = self._state, self.width() < px(SMALL_WIDTH)
        alarm = state.tally in (Tally.NO_INPUT, Tally.FAULT)
        large = self.width() >= px(LARGE_WIDTH)
        head = sans(SCALE if small else TARGET if large else HEADING, bold=True)
        detail = "" if small else state.detail
        room = self.width() - 2 * px(BORDER) - (px(4) if small else px(16))
        lines = wrapped(detail, sans(HEADING if large else SCALE), room - px(12))
        heads = wrapped(state.headline, head, room)
        head_line = QFontMetrics(head).height()
        head_height = head_line * len(heads)
        line_height = QFontMetrics(sans(HEADING if large else SCALE)).height()
        if not heads and not lines:
            return
        height = head_height + line_height * len(lines) + (px(4) if small else px(12))
        widths = [QFontMetrics(head).horizontalAdvance(line) for line in heads]
        widths += [QFontMetrics(sans(HEADING if large else SCALE)).horizontalAdvance(line) for line in lines]
        width = min(room, max(widths) + (px(8) if small else px(20)))
        box = QRect((self.width() - width) // 2, (self.height() - height) // 2, width, height)
        _fill(painter, box, shade(LOOKS[state.tally].fill) if alarm else VEIL)
        painter.setPen(shade(LOOKS[state.tally].text if alarm else Colour.ON_PICTURE))
        painter.setFont(head)
        top = box.top() + (px(2) if small else px(6))
        centre = Qt.AlignmentFlag.AlignCenter
        for at, line in enumerate(heads):
            painter.drawText(QRect(box.left(), top + at * head_line, width, head_line), centre, line)
        painter.setFont(sans(HEADING if large else SCALE))
        for at, line in enumerate(lines):
            y = top + head_height + at * line_height
            painter.drawText(QRect(box.left(), y, width, line_height), centre, line)

    def _paint_countdown(self, painter: QPainter, countdown: Countdown) -> None:
        large, small = self.width() >= px(LARGE_WIDTH), self.width() < px(SMALL_WIDTH)
        height = px(40) if large else px(18) if small else px(24)
        band = QRect(px(BORDER), self.height() - px(BORDER) - height, self.width() - 2 * px(BORDER), height)
        fill = Colour.TALLY_AMBER if countdown.is_armed else Colour.TALLY_AMBER_DIM
        painter.fillRect(band, shade(fill))
        painter.setPen(shade(Colour.INK if countdown.is_armed else Colour.TALLY_AMBER_TEXT))
        inside = band.adjusted(px(6), 0, -px(6), 0)
        painter.setFont(mono(26 if large else SCALE if small else STATE, bold=True))
        left = format_countdown(countdown.at - time.time())
        painter.drawText(inside, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, left)
        if not small:
            taken = painter.fontMetrics().horizontalAdvance(left) + px(8)
            font = sans(STATE if large else SCALE, bold=True)
            words = QFontMetrics(font).elidedText(
                countdown.words, Qt.TextElideMode.ElideRight, inside.width() - taken
            )
            painter.setFont(font)
            painter.drawText(inside, Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter, words)

    def _paint_tally(self, painter: QPainter) -> None:
        state = LOOKS[self._state.tally]
        pen = QPen(shade(state.edge), px(BORDER))
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        if state.dashed:
            pen.setStyle(Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([4, 2])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        inset = px(BORDER) / 2
        painter.drawRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset))


def _fill(painter: QPainter, box: QRect, colour: QColor) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(colour)
    painter.drawRoundedRect(box, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
    painter.restore()
