"""Picture of a stream with its tally, its format, and what is wrong with it."""

from __future__ import annotations

import time

from PyQt6.QtCore import QRect, QRectF, QSize, Qt
from PyQt6.QtGui import QColor, QFontMetrics, QImage, QPainter, QPaintEvent, QPen, QPixmap
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.models.stream_state import Tally
from ibe100.ui.pictures.picture_state import PictureState
from ibe100.ui.pictures.status_band import paint_band
from ibe100.ui.pictures.stream_status import StatusKind, StreamStatus, over_run
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import BODY, HEADING, RADIUS_SHAPE, SCALE, SECOND, TARGET, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.labels import wrapped
from ibe100.ui.widgets.tally_mark import LOOKS
from ibe100.ui.widgets.timers import repeating
from ibe100.ui.words.tooltips import set_tooltip

BORDER = 3
COUNTDOWN_MS = 100
GREYED = 0.35
VEIL = QColor(11, 13, 16, 205)
SMALL_WIDTH = 150
"""Width below which there is room for the headline only, in pixels at 100 %."""
LARGE_WIDTH = 420
BAND_PART, LEAST_BAND, MOST_BAND = 0.2, 24, 96
"""Height of the band of the status, as a part of the picture's, and in pixels at 100 %."""
WORTH_A_BAND = frozenset({StatusKind.ARMED, StatusKind.IN_BREAK, StatusKind.OVER_RUN, StatusKind.ALARM})
CENTRE = Qt.AlignmentFlag.AlignCenter


class PictureView(QWidget):
    """Picture of sixteen by nine; its layout keeps the ratio."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: QImage | None = None
        self._scaled: QPixmap | None = None
        """The picture as it is painted: grey where it is not live, in the pixels of the screen."""
        self._state = PictureState(Tally.OFF, is_live=False, has_picture=False)
        self._status: StreamStatus | None = None
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Ignored)
        self._ticking = repeating(self, COUNTDOWN_MS, self._tick)

    @property
    def state(self) -> PictureState:
        """The state that is shown."""
        return self._state

    @property
    def status(self) -> StreamStatus | None:
        """The status that is shown in a band over the picture; None without one."""
        return self._status

    def show_picture(self, image: QImage | None) -> None:
        """Show a newer picture."""
        if image is not self._image:
            self._image, self._scaled = image, None
            self.update()

    def show_state(self, state: PictureState, status: StreamStatus | None = None) -> None:
        """Show the picture in this state, with a band for a `status` that must not be missed."""
        band = status if status is not None and status.kind in WORTH_A_BAND else None
        if (state, band) != (self._state, self._status):
            if state.is_live is not self._state.is_live:
                self._scaled = None
            self._state, self._status = state, band
            words = state.headline or ("live" if state.is_live else state.detail)
            self.setAccessibleName(f"Picture: {words}")
            set_tooltip(self, f"{state.headline} {state.detail or state.note}".strip())
            self.update()
        if band is None or band.at is None:
            self._ticking.stop()
        elif not self._ticking.isActive():
            self._ticking.start()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint picture, veil and words, band, tally."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), shade(Colour.INK))
        self._paint_picture(painter)
        if self._state.is_live:
            self._paint_label(painter, self._state.tag, top=True)
            if self._status is None:
                self._paint_label(painter, self._state.note, top=False)
        else:
            self._paint_reason(painter)
        if self._status is not None:
            now = time.time()
            status = over_run(self._status, now)
            paint_band(painter, self._band(), status, status.countdown(now))
        self._paint_tally(painter)

    def _tick(self) -> None:
        if self._status is not None and self.isVisible():
            self.update(self._band())

    def _band(self) -> QRect:
        edge = px(BORDER)
        height = min(px(MOST_BAND), max(px(LEAST_BAND), int(self.height() * BAND_PART)))
        return QRect(edge, self.height() - edge - height, self.width() - 2 * edge, height)

    def _paint_picture(self, painter: QPainter) -> None:
        if self._image is None or not self._state.has_picture:
            return
        scale = self.devicePixelRatioF()
        wanted = QSize(round(self.width() * scale), round(self.height() * scale))
        if self._scaled is None or self._scaled.size() != wanted:
            image = self._image.scaled(
                wanted, Qt.AspectRatioMode.IgnoreAspectRatio, Qt.TransformationMode.SmoothTransformation
            )
            if not self._state.is_live:
                image = image.convertToFormat(QImage.Format.Format_Grayscale8)
            self._scaled = QPixmap.fromImage(image)
            self._scaled.setDevicePixelRatio(scale)
        if self._state.is_live:
            painter.drawPixmap(0, 0, self._scaled)
            return
        painter.setOpacity(GREYED)
        painter.drawPixmap(0, 0, self._scaled)
        painter.setOpacity(1.0)
        painter.setPen(QPen(shade(Colour.TEXT_MUTED), 1))
        step = px(14)
        for left in range(-self.height(), self.width(), step):
            painter.drawLine(left, self.height(), left + self.height(), 0)

    def _paint_label(self, painter: QPainter, text: str, *, top: bool) -> None:
        """Paint a few words on a veil; they are left out where the picture is too small for them."""
        font = sans(SCALE)
        metrics = QFontMetrics(font)
        width, height = metrics.horizontalAdvance(text) + px(10), metrics.height() + px(4)
        edge = px(BORDER) + px(3)
        if not text or width > self.width() - 2 * edge or self.width() < px(SMALL_WIDTH):
            return
        y = edge if top else self.height() - edge - height
        x = self.width() - width - edge if top else edge
        box = QRect(x, y, width, height)
        _veil(painter, box)
        painter.setFont(font)
        painter.setPen(shade(Colour.ON_PICTURE))
        painter.drawText(box, CENTRE, text)

    def _paint_reason(self, painter: QPainter) -> None:
        state, small = self._state, self.width() < px(SMALL_WIDTH)
        large = self.width() >= px(LARGE_WIDTH)
        head = sans(SCALE if small else TARGET if large else HEADING, bold=True)
        below = sans(BODY if large else SECOND)
        room = self.width() - 2 * px(BORDER) - (px(4) if small else px(16))
        heads = wrapped(state.headline, head, room)
        if small and _is_cut(heads):
            # Where even that is too long, the state beside the picture has to do.
            heads = wrapped(state.headline.replace("last picture", "last"), head, room)
            heads = [] if _is_cut(heads) else heads
        lines = [] if small else wrapped(state.detail, below, room - px(12))
        texts = [(head, line) for line in heads] + [(below, line) for line in lines]
        if not texts:
            return
        heights = [QFontMetrics(font).height() for font, _ in texts]
        width = max(QFontMetrics(font).horizontalAdvance(line) for font, line in texts)
        edge = px(4) if small else px(10)
        tall = sum(heights) + edge
        free = self.height() if self._status is None else self._band().top()
        box = QRect(0, 0, min(room, width + 2 * edge), min(tall, free))
        box.moveCenter(QRect(0, 0, self.width(), free).center())
        _veil(painter, box)
        painter.setPen(shade(Colour.ON_PICTURE))
        top = box.top() + edge // 2
        for (font, line), height in zip(texts, heights, strict=True):
            painter.setFont(font)
            painter.drawText(QRect(box.left(), top, box.width(), height), CENTRE, line)
            top += height

    def _paint_tally(self, painter: QPainter) -> None:
        look = LOOKS[self._state.tally]
        pen = QPen(shade(look.edge), px(BORDER))
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        if look.dashed:
            pen.setStyle(Qt.PenStyle.CustomDashLine)
            pen.setDashPattern([4, 2])
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(pen)
        inset = px(BORDER) / 2
        painter.drawRect(QRectF(self.rect()).adjusted(inset, inset, -inset, -inset))


def _is_cut(lines: list[str]) -> bool:
    return any(line.endswith("…") for line in lines)


def _veil(painter: QPainter, box: QRect) -> None:
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(VEIL)
    painter.drawRoundedRect(box, px(RADIUS_SHAPE), px(RADIUS_SHAPE))
    painter.restore()
