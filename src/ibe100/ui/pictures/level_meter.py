"""Sound of a stream: true peak of each channel as bars, momentary loudness (EBU R128) as a number."""

from __future__ import annotations

import time

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QFontMetrics, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.models.alarms.confidence import SoundLevels
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.sizes import SCALE, px
from ibe100.ui.themes.tokens import Colour, Theme, shade, shown_theme
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.units import UNKNOWN

FLOOR_DBTP, TOP_DBTP = -54.0, 3.0
LOUD_DBTP = -9.0
"""True peak in dBTP from which the bar is bright: the permitted maximum level of many houses."""
OVER_DBTP = -1.0
"""Highest true peak in dBTP that EBU R128 permits."""
SILENT_LUFS = -70.0
"""Absolute gate of EBU R128 in LUFS."""
STALE_S = 2.0
HOLD_S = 1.5
DESCRIBE_S = 1.0
"""Seconds between new texts for screen readers and the tooltip."""
MARKS_DBTP = (0, -9, -18, -36)
WIDE = 44
"""Width from which there is room for the scale and the number, in pixels at 100 %."""
PEAK_UNIT, LOUDNESS_UNIT = "dBTP", "LUFS"
RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter


class LevelMeter(QWidget):
    """Meter that is repainted when levels come, at most ten times a second."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._levels: SoundLevels | None = None
        self._held: list[tuple[float, float]] = []
        """Highest recent peak of each channel, and when it was."""
        self._was_stale = True
        self._described_s = 0.0
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Ignored)
        self._describe()

    def show_levels(self, levels: SoundLevels | None) -> None:
        """Show the latest levels; None where nothing is to be heard."""
        if levels is None:
            self._levels = None
            self._held.clear()
        if levels is None or levels is self._levels:
            self.age()
            return
        held = self._held if len(self._held) == len(levels.true_peaks_dbtp) else []
        moment = levels.monotonic_s
        self._held = [
            old if old[0] > peak and moment - old[1] < HOLD_S else (peak, moment)
            for peak, old in zip(
                levels.true_peaks_dbtp,
                held or [(FLOOR_DBTP, 0.0)] * len(levels.true_peaks_dbtp),
                strict=True,
            )
        ]
        self._levels = levels
        if self._was_stale or moment - self._described_s >= DESCRIBE_S:
            self._described_s = moment
            self._describe()
        self._was_stale = False
        self.update()

    def age(self) -> None:
        """Clear levels that have become old."""
        if not self._was_stale and self._fresh() is None:
            self._was_stale = True
            self._describe()
            self.update()

    def text(self) -> str:
        """Loudness as it is shown: `-23.1`, `silent`, or `–` where nothing is measured yet."""
        levels = self._fresh()
        if levels is None:
            return UNKNOWN
        if levels.momentary_lufs > SILENT_LUFS:
            return f"{levels.momentary_lufs:.1f}"
        return "silent" if _is_silent(levels) else UNKNOWN

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint bars, scale and number, each with its unit."""
        painter = QPainter(self)
        levels = self._fresh()
        bars = self.rect().adjusted(0, px(2), 0, -px(2))
        if self.width() >= px(WIDE):
            font = sans(SCALE)
            metrics = QFontMetrics(font)
            line = metrics.height()
            painter.setFont(font)
            number = self._number_lines(levels, metrics)
            bars = self.rect().adjusted(0, line, 0, -line * len(number) - px(4))
            scale = metrics.horizontalAdvance("−36")
            painter.setPen(shade(Colour.TEXT_MUTED))
            painter.drawText(QRect(0, 0, self.width(), line), RIGHT, PEAK_UNIT)
            self._paint_scale(painter, bars.adjusted(bars.width() - scale, 0, 0, 0), line)
            silent = levels is not None and _is_silent(levels)
            painter.setPen(shade(Colour.ALARM_YELLOW_TEXT if silent else Colour.TEXT))
            for at, words in enumerate(number):
                top = self.height() - line * (len(number) - at)
                painter.drawText(QRect(0, top, self.width(), line), RIGHT, words)
            bars.adjust(0, 0, -scale - px(4), 0)
        peaks = (FLOOR_DBTP, FLOOR_DBTP) if levels is None else levels.true_peaks_dbtp
        for at, peak in enumerate(peaks):
            left = bars.left() + bars.width() * at // len(peaks)
            right = bars.left() + bars.width() * (at + 1) // len(peaks)
            gap = px(2) if len(peaks) <= 2 else 1
            bar = QRect(left, bars.top(), max(2, right - left - gap), bars.height())
            held = self._held[at][0] if levels is not None else FLOOR_DBTP
            _paint_bar(painter, bar, peak, held)

    def _number_lines(self, levels: SoundLevels | None, metrics: QFontMetrics) -> list[str]:
        """Loudness and its unit, on two lines where one is too narrow."""
        if levels is None or levels.momentary_lufs <= SILENT_LUFS:
            return ["", self.text()]
        one = f"{self.text()} {LOUDNESS_UNIT}"
        return ["", one] if metrics.horizontalAdvance(one) <= self.width() else [self.text(), LOUDNESS_UNIT]

    def _paint_scale(self, painter: QPainter, room: QRect, line: int) -> None:
        last = room.top() - line
        for mark in MARKS_DBTP:
            y = room.top() + _from_top(mark, room.height())
            if y - last >= line and y + line // 2 <= room.bottom():
                box = QRect(room.left(), y - line // 2, room.width(), line)
                painter.drawText(box, RIGHT, f"{mark}".replace("-", "−"))
                last = y

    def _fresh(self) -> SoundLevels | None:
        levels = self._levels
        if levels is None or time.monotonic() - levels.monotonic_s > STALE_S:
            return None
        return levels

    def _describe(self) -> None:
        levels = self._fresh()
        if levels is None:
            self.setAccessibleName("Sound: not measured")
            set_tooltip(self, "")
            return
        peaks = ", ".join(f"{peak:.1f}" for peak in levels.true_peaks_dbtp)
        self.setAccessibleName(f"Sound: {self.text()} LUFS momentary, true peak {peaks} dBTP")
        set_tooltip(self, f"{self.text()} LUFS momentary (EBU R128)\ntrue peak {peaks} dBTP")


def _is_silent(levels: SoundLevels) -> bool:
    """True where no channel has a peak either: loudness is none for the first 400 ms of any sound."""
    return max((levels.momentary_lufs, *levels.true_peaks_dbtp)) <= SILENT_LUFS


def _paint_bar(painter: QPainter, bar: QRect, peak: float, held: float) -> None:
    painter.fillRect(bar, shade(Colour.RAISED))  # white on a white card is no scale
    if shown_theme() is Theme.HIGH_CONTRAST:
        painter.setPen(shade(Colour.BORDER))  # all its grounds are black
        painter.drawRect(bar.adjusted(0, 0, -1, -1))
    loud, over = _from_top(LOUD_DBTP, bar.height()), _from_top(OVER_DBTP, bar.height())
    top = _from_top(peak, bar.height())
    for begins, ends, colour in (
        (loud, bar.height(), Colour.LINE),
        (over, loud, Colour.TEXT),
        (0, over, Colour.ALARM_YELLOW_TEXT),
    ):
        y = max(begins, top)
        if y < ends:
            painter.fillRect(QRect(bar.left(), bar.top() + y, bar.width(), ends - y), shade(colour))
    if held > FLOOR_DBTP:
        y = min(_from_top(held, bar.height()), bar.height() - 2)
        colour = Colour.ALARM_YELLOW_TEXT if held > OVER_DBTP else Colour.TEXT
        painter.fillRect(QRect(bar.left(), bar.top() + y, bar.width(), 2), shade(colour))


def _from_top(level_dbtp: float, height: int) -> int:
    """Pixels of a level below the top of its bar."""
    part = (TOP_DBTP - level_dbtp) / (TOP_DBTP - FLOOR_DBTP)
    return round(min(1.0, max(0.0, part)) * height)
