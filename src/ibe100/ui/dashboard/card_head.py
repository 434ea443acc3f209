"""Head of a card: number and tally on a plate, name and route of the stream, its flags."""

from __future__ import annotations

from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QPainter, QPaintEvent, QPen
from PyQt6.QtWidgets import QWidget

from ibe100.models.alarms.alarm import Severity
from ibe100.models.stream_state import Tally
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.ui.themes.enterprise_theme import sans
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import BODY, HEADING, SECOND, TARGET, px
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.cue_flag import cue_flag_width, draw_cue_flag
from ibe100.ui.widgets.fitting import first_that_fits
from ibe100.ui.widgets.tally_mark import LOOKS, draw_severity, draw_tally_box
from ibe100.ui.words.inputs import on_air_words
from ibe100.ui.words.srt import route_words
from ibe100.ui.words.tooltips import set_tooltip

PLATE, SMALL_PLATE, ICON, MARK, FLAG, EDGE = 32, 24, 14, 22, 22, 8
LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
CENTRE = Qt.AlignmentFlag.AlignCenter


class CardHead(QWidget):
    """Painted whole when something of it changes, which is seldom."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.number, self.name, self.tally = 0, "", Tally.OFF
        self.routes: tuple[str, ...] = ("",)
        """Wordings of the route, the longest first."""
        self.severity: Severity | None = None
        self.has_flag = False
        self.has_route = True
        self.is_large = False

    def show_row(self, row: StreamRow) -> None:
        """Show number, tally, name, route and flags as of now."""
        view = row.view
        on_air = on_air_words(row.telemetry)
        route = " · ".join(filter(None, (on_air, row.route)))
        whole = " · ".join(filter(None, (route, view.engine, route_words(row.telemetry))))
        source = row.route.split(" → ")[0]
        routes = tuple(
            dict.fromkeys((whole, " · ".join(filter(None, (route, view.engine))), route, on_air or source))
        )
        shown = (view.number, row.name, view.tally, routes, row.severity, row.is_cue_target)
        if shown == (self.number, self.name, self.tally, self.routes, self.severity, self.has_flag):
            return
        self.number, self.name, self.tally, self.routes, self.severity, self.has_flag = shown
        alarm = "no alarm" if row.severity is None else f"alarm of priority {int(row.severity)}"
        aim = ", cues go here" if row.is_cue_target else ""
        self.setAccessibleName(f"{view.number} {row.name}, tally {view.tally}, {alarm}{aim}")
        set_tooltip(self, f"{row.name}\n{whole}")
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint plate, name, route, flag and mark."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        height = px(PLATE if self.has_route else SMALL_PLATE)
        plate = QRect(0, (self.height() - height) // 2, 0, height)
        right = self._paint_flags(painter)
        # The icon of the tally goes before the name is cut.
        least = QFontMetrics(sans(SECOND, bold=True)).horizontalAdvance(self.name) + px(EDGE)
        has_icon = self._plate_width(has_icon=True) + least <= right
        plate.setWidth(min(right, self._plate_width(has_icon=has_icon)))
        self._paint_plate(painter, plate, has_icon=has_icon)
        left = plate.right() + 1 + px(EDGE)
        room = QRect(left, 0, right - left, self.height())
        name_sizes = (TARGET, HEADING) if self.is_large else (HEADING, BODY, SECOND)
        line = self._name_font(painter, name_sizes, room.width())
        if self.has_route and room.height() >= line + QFontMetrics(sans(SECOND)).height():
            below = QFontMetrics(sans(SECOND)).height()
            top = (self.height() - line - below) // 2
            self._paint_name(painter, QRect(left, top, room.width(), line))
            painter.setFont(sans(SECOND))
            painter.setPen(shade(Colour.TEXT_SECOND))
            route = first_that_fits(self.routes, painter.fontMetrics(), room.width())
            painter.drawText(QRect(left, top + line, room.width(), below), LEFT, route)
        else:
            self._paint_name(painter, room)

    def _name_font(self, painter: QPainter, sizes: tuple[int, ...], width: int) -> int:
        """Set the largest font in which the name fits; returns the height of its line."""
        for size in sizes:
            painter.setFont(sans(size, bold=True))
            if painter.fontMetrics().horizontalAdvance(self.name) <= width:
                break
        return painter.fontMetrics().height()

    def _paint_name(self, painter: QPainter, room: QRect) -> None:
        painter.setPen(shade(Colour.TEXT if self.tally is not Tally.OFF else Colour.TEXT_SECOND))
        painter.drawText(room, LEFT, first_that_fits((self.name,), painter.fontMetrics(), room.width()))

    def _paint_flags(self, painter: QPainter) -> int:
        """Paint mark and flag at the right; returns where they begin."""
        side, scale = px(MARK), self.devicePixelRatioF()
        mark = QRect(self.width() - side, (self.height() - side) // 2, side, side)
        if self.severity is None:
            inset = px(4)
            tick = icon_pixmap("check", Colour.TEXT_MUTED, side - 2 * inset, scale)
            painter.drawPixmap(mark.left() + inset, mark.top() + inset, tick)
        else:
            draw_severity(painter, mark, self.severity)
        if not self.has_flag:
            return mark.left() - px(EDGE)
        width = cue_flag_width()
        flag = QRect(mark.left() - px(EDGE) - width, (self.height() - px(FLAG)) // 2, width, px(FLAG))
        draw_cue_flag(painter, flag, scale)
        return flag.left() - px(EDGE)

    def _plate_fonts(self) -> tuple[QFont, QFont]:
        return sans(HEADING if self.has_route else BODY, bold=True), sans(SECOND, bold=True)

    def _number_width(self) -> int:
        return QFontMetrics(self._plate_fonts()[0]).horizontalAdvance(str(self.number)) + px(2 * EDGE)

    def _plate_width(self, *, has_icon: bool) -> int:
        word = QFontMetrics(self._plate_fonts()[1]).horizontalAdvance(str(self.tally))
        return self._number_width() + px(2 * EDGE) + word + (px(ICON + 4) if has_icon else 0)

    def _paint_plate(self, painter: QPainter, box: QRect, *, has_icon: bool) -> None:
        """Paint number, icon and word."""
        look, (number, word), width = LOOKS[self.tally], self._plate_fonts(), self._number_width()
        draw_tally_box(painter, box, self.tally)
        painter.setPen(shade(look.text))
        painter.setFont(number)
        painter.drawText(QRect(box.left(), box.top(), width, box.height()), CENTRE, str(self.number))
        edge = box.left() + width
        painter.setPen(QPen(shade(look.text), 1))
        painter.drawLine(edge, box.top() + px(5), edge, box.bottom() - px(5))
        left = edge + px(EDGE)
        if has_icon:
            pixmap = icon_pixmap(look.icon, look.text, px(ICON), self.devicePixelRatioF())
            painter.drawPixmap(left, box.center().y() - px(ICON) // 2 + 1, pixmap)
            left += px(ICON + 4)
        painter.setFont(word)
        painter.drawText(QRect(left, box.top(), box.right() - left, box.height()), LEFT, str(self.tally))
