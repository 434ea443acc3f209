"""Line of the alarms: that there are none, or how many of each priority, and what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QEvent, QRectF, QSize, pyqtSignal
from PyQt6.QtGui import QPainter, QPaintEvent, QResizeEvent
from PyQt6.QtWidgets import QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from ibe100.models.alarms.alarm import Alarm, Severity
from ibe100.models.rights import Act
from ibe100.ui.qt_models.alarm_groups import HiddenAlarm
from ibe100.ui.qt_models.alarm_table import SEVERITY_WORDS, AlarmTableModel, lasted
from ibe100.ui.qt_models.shortcomings import words
from ibe100.ui.themes.icons import icon_pixmap
from ibe100.ui.themes.sizes import RADIUS, on_text_size, px, scaled
from ibe100.ui.themes.tokens import Colour, shade
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.fitting import FittingLabel, fit
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.tally_mark import draw_severity
from ibe100.ui.widgets.timers import single_shot
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.timecode import format_clock

HEIGHT = 44
SHAPE = 20
FLOOD = 10
"""Alarms in 10 minutes above which they are a flood (EEMUA 191)."""


class AlarmLine(QWidget):
    """One line, whatever stands in it: nothing around it moves when alarms come and go.

    Where the list is folded it names the first alarm, with what to do.
    """

    begun = pyqtSignal(object)
    """The alarm whose remedy is to be begun."""

    def __init__(self, model: AlarmTableModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._model = model
        self._is_folded = self._on_hidden = False
        self._first: Alarm | None = None
        self._found: Sequence[str] = ()
        self.mark = SeverityShape()
        self.quiet = FittingLabel("muted")
        self.title = label("Alarms", "strong")
        self.counts = {severity: label("", "second") for severity in Severity}
        self.shapes = {severity: SeverityShape(severity) for severity in Severity}
        self.waiting = label("", "strong")
        self.first = FittingLabel("strong")
        self.advice = FittingLabel("second")
        self.rate = label("", "muted")
        self.hidden_button = _button("sleep", "", "Shelved and grouped alarms")
        self.breaks_button = _button("chart-gantt", "Breaks", "Time line of breaks instead of the alarms")
        for button in (self.hidden_button, self.breaks_button):
            button.setCheckable(True)
            button.setProperty("kind", "flat")
        self.remedy_button = _button("wrench-outline", "", "Begin what to do")
        self.remedy_button.clicked.connect(self._begin)
        act = Act.SEE_TO_ALARMS
        name = "Acknowledge the selected alarm, key A"
        self.acknowledge_button = _button("bell-check-outline", "Acknowledge  A", name, act)
        name = "Acknowledge all alarms on the page, key Shift A"
        self.page_button = _button("check-all", "Acknowledge page  Shift A", name, act)
        self.shelve_button = _button("sleep", "Shelve  S", "Shelve the selected alarm, key S", act)
        self.history_button = _button("history", "History", "History of alarms")
        self.history_button.setProperty("kind", "flat")
        self.fold_button = _button("chevron-up", "", "Unfold alarms and breaks")
        self.fold_button.setCheckable(True)
        self.fold_button.setProperty("kind", "flat")
        self._lay_out()

    def _lay_out(self) -> None:
        # Its words give way to the width there is; the panel is never widened by them.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        scaled(self.setFixedHeight, HEIGHT)
        head = self._head = QHBoxLayout(self)
        scaled(head.setContentsMargins, 8, 0, 4, 0)
        scaled(head.setSpacing, 8)
        head.addWidget(self.mark)
        self._named = QWidget()
        self._named.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        named = QVBoxLayout(self._named)
        named.setContentsMargins(0, 0, 0, 0)
        named.setSpacing(0)
        named.addStretch(1)
        named.addWidget(self.first)
        named.addWidget(self.advice)
        named.addStretch(1)
        head.addWidget(self.title)
        head.addWidget(self.quiet, 1)
        head.addWidget(self._named, 1)
        for severity, shown in self.counts.items():
            head.addWidget(self.shapes[severity])
            head.addWidget(shown)
        head.addWidget(self.waiting)
        head.addWidget(self.rate)
        self._space = QWidget()
        self._space.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        head.addWidget(self._space, 1)
        for button in (
            *(self.hidden_button, self.remedy_button, self.acknowledge_button, self.page_button),
            *(self.shelve_button, self.breaks_button, self.history_button, self.fold_button),
        ):
            head.addWidget(button)
        # Once all of them wear another style: their widths are those of the one before until then.
        self._restyled = single_shot(self, 0, self.fit)
        on_text_size(self, AlarmLine.fit)

    def show_quiet(self, found: Sequence[str]) -> None:
        """Take what is not as it should be, though no alarm says so."""
        self._found = found
        last = self._model.last_cleared
        if found:
            rest = f", and {len(found) - 1} more" if len(found) > 1 else ""
            short = f"but {len(found)} things are not as they should be" if rest else words(found)
            self.quiet.show_wordings(words(found), f"but: {found[0]}{rest}", short)
        elif last is not None:
            cleared = f"last one cleared {format_clock(last.cleared_at)}"
            which = f"{self._model.stream_words(last)}, {last.title}"
            self.quiet.show_wordings(f"{cleared} ({which})", cleared, "")
        else:
            self.quiet.show_wordings(words(found), "")
        set_kind(self.quiet, "strong" if found else "muted")
        self.mark.show_icon("alert-outline" if found else "check")

    def show_rate(self, alarms: int) -> None:
        """Show the number of alarms within the last ten minutes."""
        self.rate.setText(f"{alarms} in 10 min" + (": a flood" if alarms > FLOOD else ""))
        set_tooltip(self.rate, "Alarms shown within the last ten minutes")

    def show_alarms(self, *, folded: bool, on_hidden: bool, can_fold: bool, has_breaks: bool) -> None:
        """Bring everything up to date; `folded`: the list is not in sight, so the first alarm is named."""
        self._is_folded, self._on_hidden = folded, on_hidden
        self.update()
        alarms = self._model.alarms()
        first = self._first = alarms[0] if alarms and folded else None
        is_listed = bool(alarms) and not folded
        self.mark.show_severity(None if first is None else first.severity)
        self.mark.setVisible(not is_listed)
        self.title.setText("Alarms" if alarms else "No alarms")
        self.title.setVisible(first is None)
        self.quiet.setVisible(not alarms)
        self._space.setVisible(is_listed)
        for severity, count in self._model.counts().items():
            counted = f"{count} {SEVERITY_WORDS[severity]}"
            self.counts[severity].setText(str(count))
            self.counts[severity].setAccessibleName(counted)
            set_tooltip(self.shapes[severity], counted)
            self.shapes[severity].set_lit(count > 0)
            for part in (self.counts[severity], self.shapes[severity]):
                part.setVisible(is_listed)
        waiting = self._model.awaiting_count()
        self.waiting.setText(f"{waiting} to acknowledge" if waiting else "")
        self.waiting.setVisible(is_listed and waiting > 0)
        self._named.setVisible(first is not None)
        if first is not None:
            self.name_first(first)
        self.remedy_button.setVisible(first is not None and first.remedy is not None)
        self.remedy_button.setText("" if first is None else str(first.remedy or ""))
        kept = self._model.hidden_alarms()
        self.hidden_button.setText(hidden_words(kept) if first is None else str(len(kept)))
        set_tooltip(self.hidden_button, f"Shelved and grouped alarms: {hidden_words(kept)}")
        self.hidden_button.setVisible(bool(kept) or on_hidden)
        self.breaks_button.setVisible(has_breaks and is_listed)
        for button in (self.acknowledge_button, self.page_button, self.shelve_button):
            button.setVisible(bool(alarms) or on_hidden)
        self.page_button.setVisible(is_listed)
        if folded and not on_hidden:
            self.shelve_button.hide()
        self.history_button.setVisible(first is None)
        more = len(alarms) - 1 if folded else 0
        self.fold_button.setText("Fold" if not folded else f"{more} more" if more > 0 else "Breaks")
        self.fold_button.setVisible(can_fold)
        self.fit()

    def name_first(self, first: Alarm) -> None:
        """Name the first alarm, how long it has stood, and what to do."""
        whose = self._model.stream_words(first)
        self.first.show_wordings(f"{whose}: {first.title}", first.title)
        since = f"for {lasted(first)}"
        self.advice.show_wordings(f"{since} · {first.what_to_do}", since)

    def _begin(self) -> None:
        if self._first is not None:
            self.begun.emit(self._first)

    def grow_older(self) -> None:
        """Bring the running time of the first alarm up to date."""
        if self._first is not None:
            self.name_first(self._first)

    def fit(self) -> None:
        """Leave out the least important parts until the rest fits."""
        listed = bool(self._model.alarms()) and not self._is_folded
        shelve = "Unshelve" if self._on_hidden else "Shelve"
        self.shelve_button.setAccessibleName(f"{shelve} the selected alarm, key S")
        fit(
            self._head,
            self.width(),
            (
                lambda gone: self.rate.setVisible(listed and not gone),
                lambda gone: self.page_button.setText("Page" if gone else "Acknowledge page  Shift A"),
                lambda gone: self.history_button.setText("" if gone else "History"),
                lambda gone: self.breaks_button.setText("" if gone else "Breaks"),
                lambda gone: self.acknowledge_button.setText("Ack  A" if gone else "Acknowledge  A"),
                lambda gone: self.shelve_button.setText(shelve if gone else f"{shelve}  S"),
                lambda gone: self.waiting.setVisible(listed and not gone and bool(self.waiting.text())),
                lambda gone: self.page_button.setVisible(listed and not gone),
            ),
        )

    def changeEvent(self, event: QEvent | None) -> None:
        """Fit anew in another style."""
        super().changeEvent(event)
        if event is not None and event.type() == QEvent.Type.StyleChange:
            self._restyled.start()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Fit the new width."""
        super().resizeEvent(event)
        self.fit()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the strip; its edge says that an alarm of priority 1 waits."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setBrush(shade(Colour.CARD))
        painter.setPen(shade(Colour.ALARM_MAGENTA if self._model.flashes() else Colour.BORDER))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), px(RADIUS), px(RADIUS))


def hidden_words(kept: Sequence[HiddenAlarm]) -> str:
    """`1 shelved until 15:00 · 2 grouped`: the first to come back is named."""
    until = [one.alarm.shelved_until for one in kept if one.alarm.shelved_until is not None]
    grouped = len(kept) - len(until)
    shelved = f"{len(until)} shelved{', first' if len(until) > 1 else ''} until "
    parts = [f"{shelved}{format_clock(min(until))[:5]}"] if until else []
    return " · ".join([*parts, f"{grouped} grouped"] if grouped else parts) or "0 shelved"


def _button(icon_name: str, text: str, accessible_name: str, act: Act | None = None) -> QPushButton:
    return push_button(text, accessible_name, icon_name=icon_name, hint=accessible_name, act=act)


class SeverityShape(QWidget):
    """Shape of a severity, grey where there is no such alarm; or an icon where no severity is shown."""

    def __init__(self, severity: Severity | None = None) -> None:
        super().__init__()
        self._severity, self._icon = severity, "check"
        self._is_lit = severity is None
        scaled(self.setFixedSize, QSize(SHAPE, SHAPE))
        self._name()

    def set_lit(self, lit: bool) -> None:
        """Colour the shape when there are such alarms."""
        if lit is not self._is_lit:
            self._is_lit = lit
            self.update()

    def show_severity(self, severity: Severity | None) -> None:
        """Show another severity; None shows the icon."""
        if severity is not self._severity:
            self._severity = severity
            self._name()
            self.update()

    def show_icon(self, name: str) -> None:
        """Show this icon where no severity is shown."""
        if name != self._icon:
            self._icon = name
            self.update()

    def _name(self) -> None:
        named = "No alarm" if self._severity is None else f"Priority {int(self._severity)}"
        self.setAccessibleName(named)

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the shape or the icon."""
        painter = QPainter(self)
        if self._severity is None:
            pixmap = icon_pixmap(self._icon, Colour.TEXT_SECOND, px(SHAPE), self.devicePixelRatioF())
            painter.drawPixmap(0, 0, pixmap)
            return
        colour = None if self._is_lit else Colour.TEXT_MUTED
        draw_severity(painter, self.rect(), self._severity, hollow=not self._is_lit, colour=colour)
