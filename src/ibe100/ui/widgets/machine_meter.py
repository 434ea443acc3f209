"""Meter of the machine in the top bar: as much of CPU, memory, disk, network and clock as fits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from PyQt6.QtCore import QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PyQt6.QtWidgets import QSizePolicy, QWidget

from ibe100.models.alarms.machine_health import ClockState, ClockSync, MachineHealth
from ibe100.ui.themes.enterprise_theme import mono, sans
from ibe100.ui.themes.sizes import SCALE, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.words.tooltips import set_tooltip

HEIGHT = 40
BAR_HEIGHT = 3
HIGH_PERCENT = 90.0
OPEN_KEYS = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Space})


@dataclass(frozen=True, slots=True)
class Cell:
    """Figure of the meter: caption, words, and how full it is where that applies."""

    caption: str
    width: int
    rank: int
    """Order in which figures are kept when room is short, the lowest first."""
    words: Callable[[MachineHealth], str]
    percent: Callable[[MachineHealth], float | None]
    is_bad: Callable[[MachineHealth], bool]


def clock_words(clock: ClockSync) -> str:
    """Offset of the clock: `+0.4 ms`, `±1.2 ms`, `in sync`, or that it is not known."""
    match clock.state:
        case ClockState.NOT_KNOWN:
            return "not known"
        case ClockState.NOT_SYNCHRONISED:
            return "no sync"
    if clock.offset_ms is not None:
        return f"{clock.offset_ms:+.1f} ms"
    return "in sync" if clock.error_ms is None else f"±{clock.error_ms:.1f} ms"


def rate_words(bps: float) -> str:
    """Rate in Mb/s: `0.4`, `33`."""
    megabits = bps / 1e6
    return f"{megabits:.1f}" if megabits < 9.95 else f"{megabits:.0f}"


CELLS = (
    Cell(
        "CPU",
        54,
        0,
        lambda h: f"{h.cpu_percent:.0f} %",
        lambda h: h.cpu_percent,
        lambda h: h.cpu_percent > HIGH_PERCENT,
    ),
    Cell(
        "MEM",
        54,
        3,
        lambda h: f"{h.memory_percent:.0f} %",
        lambda h: h.memory_percent,
        lambda h: h.memory_percent > HIGH_PERCENT,
    ),
    Cell(
        "DISK",
        54,
        1,
        lambda h: f"{h.disk_percent:.0f} %",
        lambda h: h.disk_percent,
        lambda h: h.disk_percent > HIGH_PERCENT,
    ),
    Cell(
        "NET Mb/s",
        92,
        4,
        lambda h: f"{rate_words(h.network_in_bps)}↓ {rate_words(h.network_out_bps)}↑",
        lambda h: None,
        lambda h: False,
    ),
    Cell(
        "NTP",
        74,
        2,
        lambda h: clock_words(h.clock),
        lambda h: None,
        lambda h: h.clock.state is ClockState.NOT_SYNCHRONISED,
    ),
)
GAP = 12


def cells_that_fit(width: int) -> list[Cell]:
    """Cells that fit side by side, in their places; the most important are kept longest."""
    left, chosen = width, []
    for cell in sorted(CELLS, key=lambda one: one.rank):
        if left >= px(cell.width):
            chosen.append(cell)
            left -= px(cell.width + GAP)
        else:
            break
    return [cell for cell in CELLS if cell in chosen]


class MachineMeter(QWidget):
    """Meter that is grey while all is well; a click or Return opens everything that is measured."""

    opened = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.health: MachineHealth | None = None
        scaled(self.setFixedHeight, HEIGHT)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAccessibleName("System: not measured yet")

    def sizeHint(self) -> QSize:
        """All cells."""
        return QSize(sum(px(cell.width + GAP) for cell in CELLS) - px(GAP), px(HEIGHT))

    def show_health(self, health: MachineHealth) -> None:
        """Show the newest measurement."""
        self.health = health
        words = ", ".join(f"{cell.caption} {cell.words(health)}" for cell in CELLS)
        self.setAccessibleName(f"System: {words}")
        set_tooltip(self, f"{words}\nClick for the whole system")
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the cells that fit, at the right."""
        if self.health is None:
            return
        painter = QPainter(self)
        cells = cells_that_fit(self.width())
        left = self.width() - sum(px(cell.width + GAP) for cell in cells) + px(GAP)
        for cell in cells:
            self._draw(painter, cell, QRect(left, 0, px(cell.width), self.height()), self.health)
            left += px(cell.width + GAP)

    def _draw(self, painter: QPainter, cell: Cell, place: QRect, health: MachineHealth) -> None:
        bad = cell.is_bad(health)
        top = QRect(place.left(), px(3), place.width(), px(15))
        value = QRect(place.left(), px(18), place.width(), px(15))
        painter.setFont(sans(SCALE))
        painter.setPen(shade(Colour.TEXT_MUTED))
        painter.drawText(top, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), cell.caption)
        painter.setFont(mono(SCALE))
        painter.setPen(shade(Colour.ALARM_YELLOW_TEXT if bad else Colour.TEXT))
        words = f"! {cell.words(health)}" if bad else cell.words(health)
        painter.drawText(value, int(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter), words)
        percent = cell.percent(health)
        if percent is not None:
            bar = QRect(place.left(), self.height() - px(BAR_HEIGHT) - px(2), place.width(), px(BAR_HEIGHT))
            painter.fillRect(bar, shade(Colour.BORDER))
            bar.setWidth(round(bar.width() * min(percent, 100) / 100))
            painter.fillRect(bar, shade(Colour.ALARM_YELLOW_TEXT if bad else Colour.LINE))

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Open the whole system."""
        self.opened.emit()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Return and Space open as a click does."""
        if event is not None and event.key() in OPEN_KEYS:
            self.opened.emit()
            return
        super().keyPressEvent(event)
