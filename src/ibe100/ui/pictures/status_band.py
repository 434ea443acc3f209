"""Band with the state of a stream: words, countdown, and the bar of a break with its planned end marked."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from PyQt6.QtCore import QPointF, QRect, QRectF, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from ibe100.ui.pictures.stream_status import SEPARATOR, StatusKind, StreamStatus, over_run
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import RADIUS_STRIP, SECOND, px, text_size
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.fitting import first_that_fits
from ibe100.ui.widgets.labels import wrapped
from ibe100.ui.words.tooltips import set_tooltip

SIZES = (
    (104, 54, 28),
    (84, 48, 24),
    (64, 44, 22),
    (54, 36, 20),
    (44, 32, 18),
    (36, 28, 16),
    (30, 24, 15),
    (24, 20, 14),
    (20, 18, 13),
    (0, 16, 12),
)
"""Heights at 100 % from which a size of countdown and of words is tried, the largest first."""
BAR, GAP, PADDING = 6, 8, 10
LEAST_FOR_BAR = 36
"""Height of a band that has room for the bar below its words, in pixels at 100 %."""
PAST_END = 0.12
"""Part of the bar that stands for the time after the planned end."""
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


@dataclass(frozen=True, slots=True)
class BandLook:
    """Colours of a kind of status."""

    fill: Colour
    text: Colour
    count: Colour
    edge: Colour
    dashed: bool = False


_PLAIN = BandLook(Colour.FIELD, Colour.TEXT, Colour.TEXT_SECOND, Colour.BORDER)
_BREAK = BandLook(
    Colour.TALLY_AMBER_DIM,
    Colour.TALLY_AMBER_TEXT,
    Colour.TALLY_AMBER_TEXT,
    Colour.TALLY_AMBER_EDGE,
    dashed=True,
)
BAND_LOOKS: dict[StatusKind, BandLook] = {
    StatusKind.QUIET: BandLook(Colour.FIELD, Colour.TEXT_MUTED, Colour.TEXT_MUTED, Colour.BORDER),
    StatusKind.PLANNED: _PLAIN,
    StatusKind.SETTLING: _PLAIN,
    StatusKind.OFF: BandLook(Colour.PANEL, Colour.TEXT_MUTED, Colour.TEXT_MUTED, Colour.BORDER),
    StatusKind.FAILED: BandLook(Colour.FIELD, Colour.TEXT, Colour.TEXT, Colour.TEXT),
    StatusKind.ARMED: BandLook(Colour.TALLY_AMBER, Colour.INK, Colour.INK, Colour.TALLY_AMBER_EDGE),
    StatusKind.IN_BREAK: _BREAK,
    StatusKind.OVER_RUN: _BREAK,
    StatusKind.ALARM: BandLook(
        Colour.ALARM_MAGENTA, Colour.ON_MAGENTA, Colour.ON_MAGENTA, Colour.ALARM_MAGENTA
    ),
}


@dataclass(frozen=True, slots=True)
class _Plan:
    """Sizes and texts that fit: words above detail at the left, the countdown at the right or below."""

    count_size: int
    words_size: int
    words: str
    detail: tuple[str, ...]
    """Lines."""
    is_stacked: bool


class StatusBand(QWidget):
    """The band of a card; `tick` repaints it only when its text has changed."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._given = self.status = StreamStatus(StatusKind.QUIET, "No break planned")
        self.text = ""
        """The countdown that is shown."""

    def show_status(self, status: StreamStatus) -> None:
        """Show another status."""
        if status != self._given:
            self._given = status
            self._turn(time.time())

    def tick(self, now: float) -> None:
        """Bring the countdown up to date; called ten times a second at the most."""
        if self._given.at is None:
            return
        if self._given.kind is StatusKind.IN_BREAK and over_run(self._given, now) != self.status:
            self._turn(now)
        text = self.status.countdown(now)
        if text != self.text:
            self.text = text
            self.update()

    def _turn(self, now: float) -> None:
        self.status = over_run(self._given, now)
        self.text = self.status.countdown(now)
        self.setAccessibleName(f"{self.status.words} {self.status.detail}".strip())
        set_tooltip(self, self.accessibleName())
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the band."""
        paint_band(QPainter(self), self.rect(), self.status, self.text)


def paint_band(painter: QPainter, box: QRect, status: StreamStatus, text: str) -> None:
    """Paint a status with its countdown, as large as `box` allows."""
    look = BAND_LOOKS[status.kind]
    painter.save()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    pen = QPen(shade(look.edge), px(2) if look.dashed else 1)
    if look.dashed:
        pen.setDashPattern([3, 2])
    painter.setPen(pen)
    painter.setBrush(shade(look.fill))
    inset = 1.0 if look.dashed else 0.5
    painter.drawRoundedRect(
        QRectF(box).adjusted(inset, inset, -inset, -inset), px(RADIUS_STRIP), px(RADIUS_STRIP)
    )
    room = box.adjusted(px(PADDING), px(2), -px(PADDING), -px(2))
    part = status.part(time.time())
    if part is not None and room.height() >= px(LEAST_FOR_BAR):
        bar = QRect(room.left(), room.bottom() - px(BAR) - px(3), room.width(), px(BAR))
        _paint_bar(painter, bar, part)
        room.setBottom(bar.top() - px(1))
    sample = "".join("0" if letter.isdigit() else letter for letter in text)
    detail = tuple(status.detail.split(SEPARATOR)) if status.detail else ()
    plan = _plan(status.words, status.short, detail, sample, room.width(), room.height(), text_size())
    _paint_texts(painter, room, plan, text, look)
    painter.restore()


def _paint_texts(painter: QPainter, room: QRect, plan: _Plan, text: str, look: BandLook) -> None:
    words_font, detail_font = sans(plan.words_size, bold=True), sans(SECOND)
    words_height = QFontMetrics(words_font).height()
    line = QFontMetrics(detail_font).height()
    detail_height = line * len(plan.detail)
    count_font = sans(plan.count_size, bold=True)
    count_height = QFontMetrics(count_font).height() if plan.is_stacked and text else 0
    top = room.top() + max(0, room.height() - words_height - detail_height - count_height) // 2
    painter.setPen(shade(look.text))
    painter.setFont(words_font)
    painter.drawText(QRect(room.left(), top, room.width(), words_height), LEFT, plan.words)
    painter.setFont(detail_font)
    for at, words in enumerate(plan.detail):
        below = QRect(room.left(), top + words_height + at * line, room.width(), line)
        painter.drawText(below, LEFT, words)
    if text:
        painter.setPen(shade(look.count))
        painter.setFont(count_font)
        place = room
        if plan.is_stacked:
            place = QRect(room.left(), top + words_height + detail_height, room.width(), count_height)
        painter.drawText(place, LEFT if plan.is_stacked else RIGHT, text)


def _paint_bar(painter: QPainter, bar: QRect, part: float) -> None:
    """Paint what is over, the mark at the planned end, and hatched what lies past it."""
    radius = bar.height() / 2
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shade(Colour.RAISED))
    painter.drawRoundedRect(QRectF(bar), radius, radius)
    end = bar.left() + bar.width() * (1 - PAST_END)
    done = min(part, 1.0) * (end - bar.left())
    painter.setBrush(shade(Colour.TALLY_AMBER_EDGE))
    painter.drawRoundedRect(QRectF(bar.left(), bar.top(), done, bar.height()), radius, radius)
    # The time past the end is hatched as soon as it runs, and full after an over-run of that share.
    past = min(1.0, max(0.0, part - 1) / PAST_END) if part > 1 else 0.0
    painter.setPen(QPen(shade(Colour.TALLY_AMBER_EDGE), px(2)))
    hatched = end + (bar.right() - end) * past
    for at in _steps(end + px(4), hatched, px(5)):
        painter.drawLine(QPointF(at, bar.bottom()), QPointF(min(at + px(4), bar.right()), bar.top()))
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(shade(Colour.TEXT))
    painter.drawRect(QRectF(end - px(1), bar.top() - px(2), px(2), bar.height() + px(4)))


def _steps(first: float, last: float, step: int) -> Iterable[float]:
    while first <= last:
        yield first
        first += step


@lru_cache(maxsize=1024)
def _plan(
    words: str, short: str, detail: tuple[str, ...], count: str, width: int, height: int, percent: int
) -> _Plan:
    # `percent` is part of the key only: px() and sans() answer for the text size that is shown.
    details = [SEPARATOR.join(detail[:kept]) for kept in range(len(detail), 0, -1)]
    for least, count_size, words_size in SIZES:
        if height < px(least):
            continue
        words_metrics, count_metrics = QFontMetrics(sans(words_size, bold=True)), None
        count_width = count_height = 0
        if count:
            count_metrics = QFontMetrics(sans(count_size, bold=True))
            count_width = count_metrics.horizontalAdvance(count)
            count_height = count_metrics.height()
        beside = width - (count_width + px(GAP) if count else 0)
        for shown in filter(None, (words, short)):
            if words_metrics.horizontalAdvance(shown) <= beside and count_height <= height:
                left = height - words_metrics.height()
                return _Plan(count_size, words_size, shown, _detail(details, beside, left), False)
        stacked = words_metrics.height() + count_height
        for shown in filter(None, (words, short)):
            if (
                count
                and stacked <= height
                and max(words_metrics.horizontalAdvance(shown), count_width) <= width
            ):
                left = height - stacked
                return _Plan(count_size, words_size, shown, _detail(details, width, left), True)
    # The countdown is never given up: beside it as much of the words as there is room for.
    metrics = QFontMetrics(sans(SIZES[-1][2], bold=True))
    count_width = QFontMetrics(sans(SIZES[-1][1], bold=True)).horizontalAdvance(count)
    room = width - (count_width + px(GAP) if count else 0)
    wordings = [one for one in (words, short, words.split()[0]) if one]
    fitting = first_that_fits([*wordings, ""] if count else wordings, metrics, room)
    return _Plan(SIZES[-1][1], SIZES[-1][2], fitting, (), False)


def _detail(details: list[str], width: int, height: int) -> tuple[str, ...]:
    """Lines of the whole detail, or else the most important parts that fit in one; none where none fit."""
    font = sans(SECOND)
    metrics = QFontMetrics(font)
    most = height // metrics.height()
    if not details or most < 1:
        return ()
    whole = wrapped(details[0], font, width, most)
    if not any(line.endswith("…") for line in whole):
        return tuple(whole)
    shown = first_that_fits([*details[1:], ""], metrics, width)
    return (shown,) if shown else ()
