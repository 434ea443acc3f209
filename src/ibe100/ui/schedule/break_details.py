"""Details of the chosen break, and what can be done with it."""

from __future__ import annotations

import time

from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from ibe100.models.cues.schedule import At, BreakState, ReturnPolicy, ScheduledBreak
from ibe100.models.rights import Act
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.schedule.import_dialog import when_words
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import ElidedLabel, label, set_kind
from ibe100.ui.widgets.timers import single_shot
from ibe100.ui.words.tooltips import set_tooltip
from ibe100.utils.timecode import format_clock, format_countdown, format_date
from ibe100.utils.units import UNKNOWN

SURE_MS = 4000
"""Time in which the second press of Send early counts."""
FACTS = ("Out", "Back", "Pre-roll", "Made by")
NOTHING = "Choose a break to see it here: click it, or use ↑ and ↓."
SEND_EARLY = "Send early …"


class BreakDetails(QFrame):
    """Emits `edit_requested`, `early_requested`, `remove_requested` with the break."""

    edit_requested = pyqtSignal(int)
    early_requested = pyqtSignal(int)
    remove_requested = pyqtSignal(int)

    def __init__(
        self, streams: StreamListModel, schedule: ScheduleModel, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._streams, self._schedule = streams, schedule
        self._break_id: int | None = None
        self._carried_to: float | None = None
        self._made_at: float | None = None
        self.setProperty("kind", "card")
        self.title = ElidedLabel(NOTHING, "title")
        self.check = label("", "second", wrap=True)
        self._facts: dict[str, QLabel] = {}
        self.edit_button = _button("Edit", "pencil")
        self.early_button = _button(SEND_EARLY, "flash-outline", Act.FIRE_CUE)
        self.remove_button = _button("Take off", "calendar-remove-outline")
        self.edit_button.clicked.connect(lambda: self._emit(self.edit_requested))
        self.early_button.clicked.connect(self._early)
        self.remove_button.clicked.connect(lambda: self._emit(self.remove_requested))
        self._sure = single_shot(self, SURE_MS, self._be_unsure)
        self._lay_out()
        self.show_break(None)

    def _lay_out(self) -> None:
        self._grid = QWidget()
        facts = QGridLayout(self._grid)
        scaled(facts.setContentsMargins, 0, 0, 0, 0)
        scaled(facts.setHorizontalSpacing, 12)
        scaled(facts.setVerticalSpacing, 2)
        for place, name in enumerate(FACTS):
            value = label("", "number")
            value.setAccessibleName(name)
            value.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._facts[name] = value
            facts.addWidget(label(name, "second"), place % 2, place // 2 * 2)
            facts.addWidget(value, place % 2, place // 2 * 2 + 1)
        facts.setColumnStretch(1, 1)
        facts.setColumnStretch(3, 1)
        head = QHBoxLayout()
        head.addWidget(self.title, 1)
        for button in (self.edit_button, self.early_button, self.remove_button):
            head.addWidget(button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 10, 6, 10, 6)
        scaled(layout.setSpacing, 4)
        layout.addLayout(head)
        layout.addWidget(self._grid)
        layout.addWidget(self.check)

    def show_break(
        self, break_id: int | None, carried_to: float | None = None, made_at: float | None = None
    ) -> None:
        """Show a break; `carried_to` while it is moved, `made_at` for one its series is still to make."""
        if break_id != self._break_id:
            self._be_unsure()
        self._break_id, self._carried_to, self._made_at = break_id, carried_to, made_at
        self.read()

    def be_low(self, is_low: bool) -> None:
        """Leave the facts out, where the page has little room: their times are beside the break."""
        self._grid.setVisible(not is_low)

    def read(self) -> None:
        """Show the break as it is now."""
        one = None if self._break_id is None else self._schedule.get(self._break_id)
        self._show_buttons(one)
        if one is None:
            self.title.setText(NOTHING)
            for value in self._facts.values():
                value.setText(UNKNOWN)
            self.check.setText("")
            return
        state = "SERIES" if one.is_series else str(one.state)
        at = self._carried_to or self._made_at or one.planned_at
        self.title.setText(
            f"{one.title} · {self._streams.words(one.stream_id)} · {state} · {format_clock(at)}"
        )
        self._facts["Out"].setText(_out(one, at))
        back = "by itself" if one.returns is ReturnPolicy.AUTO else "by a cue"
        self._facts["Back"].setText(UNKNOWN if at is None else f"{format_clock(at + one.duration_s)} {back}")
        self._facts["Pre-roll"].setText(self._pre_roll(one))
        self._facts["Made by"].setText(self._maker(one))
        conflict = self._schedule.conflict(one.break_id)
        hint = "Arrows move it by 1 s, with Shift by 10 s." if isinstance(one.when, At) else ""
        if self._made_at is not None:
            hint = "Its series makes it when its time comes near; until then only the series can be changed."
        said = f"⚠ {conflict}" if conflict else one.reason or hint
        self.check.setText(f"to {format_clock(at)}; Esc leaves it" if self._carried_to else said)
        set_kind(self.check, "strong" if conflict else "second")

    def _show_buttons(self, one: ScheduledBreak | None) -> None:
        is_planned = one is not None and (one.state is BreakState.PLANNED or one.is_series)
        can_send = is_planned and one is not None and not one.is_series
        why = NOTHING if one is None else "" if is_planned else f"It is {one.state}: that stays as it is"
        for button in (self.edit_button, self.remove_button):
            button.setEnabled(is_planned)
            set_tooltip(button, why)
        self.early_button.setEnabled(can_send)
        series = "A series has no time of its own: choose one of its breaks"
        set_tooltip(self.early_button, series if is_planned and not can_send else why)

    def _pre_roll(self, one: ScheduledBreak) -> str:
        row = self._streams.row_of(one.stream_id)
        if one.pre_roll_s is not None:
            return f"{one.pre_roll_s:g} s"
        return UNKNOWN if row is None else f"{row.view.config.scte35.start_delay_ms / 1000:g} s, the stream's"

    def _maker(self, one: ScheduledBreak) -> str:
        if one.when.kind != "at":
            return when_words(one.plan)
        rule = None if one.series_id is None else self._schedule.get(one.series_id)
        return "hand or import" if rule is None else when_words(rule.plan)

    def _early(self) -> None:
        """Ask a second press: it goes on air within seconds."""
        if self._sure.isActive():
            self._be_unsure()
            self._emit(self.early_requested)
        else:
            self.early_button.setText("Press again to send")
            set_kind(self.early_button, "confirm")
            self._sure.start()

    def _be_unsure(self) -> None:
        self._sure.stop()
        self.early_button.setText(SEND_EARLY)
        set_kind(self.early_button, "")

    def _emit(self, signal: object) -> None:
        if self._break_id is not None:
            signal.emit(self._break_id)  # type: ignore[attr-defined]


def _out(one: ScheduledBreak, at: float | None) -> str:
    if at is None:
        return UNKNOWN
    left_s = at - time.time()
    soon = f" in {format_countdown(left_s)}" if left_s > 0 and not one.state.is_final else ""
    return f"{format_date(at)} UTC{soon}"


def _button(text: str, icon_name: str, act: Act = Act.PLAN_BREAKS) -> QPushButton:
    return push_button(text, f"{text.strip(' …')}: the chosen break", icon_name=icon_name, act=act)
