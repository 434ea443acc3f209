"""Editor of a planned break: stream, time, length, end."""

from __future__ import annotations

import time

from pydantic import ValidationError
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QShowEvent
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.base import describe_error
from ibe100.models.cues.recurrence import Every, Weekly
from ibe100.models.cues.schedule import After, At, BreakPlan, PlanCheck, ReturnPolicy, ScheduledBreak
from ibe100.ui.qt_models.schedule_model import ScheduleModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.schedule.moment_edit import MomentEdit
from ibe100.ui.schedule.weekly_edit import WeeklyEdit
from ibe100.ui.service_client import Call, ServiceClient
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.fitting import TallArea, room_of
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.timers import single_shot
from ibe100.utils.timecode import format_date
from ibe100.utils.units import counted

AHEAD_S, ROUND_S = 300, 60
LONGEST_S = 86_400.0
DRAFT = -1
"""break_id of a new break among the conflicts that it would make."""
MOST_TOLD = 3
OF_A_RULE = "Changed, it is a break by itself: its rule leaves this day out. For all days, edit the rule."
NO_PRE_ROLL = 3.9
"""Seconds one step below the least pre-roll: shown as the stream's own."""
CHECK_MS = 250
"""Pause after the last change before the plan is held against the others."""
KINDS = {
    "at": "At a moment",
    "weekly": "On weekdays at a local time",
    "after": "After another break",
    "every": "Every so many minutes",
}
RETURNS = {
    ReturnPolicy.AUTO: "by itself (auto_return)",
    ReturnPolicy.BACK_CUE: "by a BACK TO PROGRAMME cue",
}


class BreakEditor(QDialog):
    """Dialog, not modal. `saved` with the break before (None for a new one) and after."""

    saved = pyqtSignal(object, object)

    def __init__(
        self,
        client: ServiceClient,
        streams: StreamListModel,
        schedule: ScheduleModel,
        before: ScheduledBreak | None,
        stream_id: str,
        at: float | None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._client, self._streams, self._schedule, self._before = client, streams, schedule, before
        self.setWindowTitle("Plan a break" if before is None else f"Edit {before.title}")
        scaled(self.setMinimumWidth, 460)
        self.stream = _combo("Stream")
        for row in streams.rows():
            self.stream.addItem(f"{row.view.number} {row.name}", row.stream_id)
        self.title = QLineEdit("Break")
        self.title.setAccessibleName("Title")
        self.kind = _combo("When")
        for kind, words in KINDS.items():
            self.kind.addItem(words, kind)
        self.at = MomentEdit("Splice at")
        self.after = _combo("After which break")
        self.offset = _seconds("Seconds after it ends", 0.0, 0.0)
        self.every = _seconds("Every so many minutes", 30.0, 1.0)
        self.has_end = QCheckBox("until")
        self.has_end.setAccessibleName("The series has an end")
        self.until = MomentEdit("Until")
        self.weekly = WeeklyEdit()
        self.duration = _seconds("Duration in seconds", 60.0, 0.1)
        self.pre_roll = _seconds("Pre-roll in seconds", NO_PRE_ROLL, NO_PRE_ROLL, 60.0)
        self.pre_roll.setSpecialValueText("the stream's own")
        self.returns = _combo("End of the break")
        for policy, words in RETURNS.items():
            self.returns.addItem(words, policy)
        self.enabled = QCheckBox("wanted on air")
        self.enabled.setAccessibleName("Wanted on air")
        self.problem = label("", "problem", wrap=True)
        self.conflict = label("", "strong", wrap=True)
        self.fix_button = push_button("", "Settle the conflict", height=32, auto_default=False)
        self._fix: BreakPlan | None = None
        self._asked = 0
        self.save_button = push_button("Plan it" if before is None else "Save", kind="primary", height=32)
        self.cancel_button = push_button("Cancel", height=32)
        self._lay_out()
        self._fill(stream_id, at)
        self._check_soon = single_shot(self, CHECK_MS, self._check)
        self.fix_button.clicked.connect(self._take_fix)
        self._watch_fields()
        self._check()
        self.kind.currentIndexChanged.connect(self._show_kind)
        self.stream.currentIndexChanged.connect(self._offer_breaks)
        self.has_end.toggled.connect(self.until.setEnabled)
        self.save_button.clicked.connect(self.save)
        self.cancel_button.clicked.connect(self.reject)

    def _lay_out(self) -> None:
        inside = QWidget()
        self._form = QFormLayout(inside)
        self._form.setContentsMargins(0, 0, 0, 0)
        scaled(self._form.setSpacing, 8)
        self._form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        end = QHBoxLayout()
        end.addWidget(self.has_end)
        end.addWidget(self.until, 1)
        self._end = QWidget()
        self._end.setLayout(end)
        scaled(end.setContentsMargins, 0, 0, 0, 0)
        for caption, widget in (
            ("Stream", self.stream),
            ("Title", self.title),
            ("When", self.kind),
            ("Splice at", self.at),
            ("After", self.after),
            ("Seconds later", self.offset),
            ("Every minutes", self.every),
            ("", self._end),
            ("Rule", self.weekly),
            ("Duration s", self.duration),
            ("Pre-roll s", self.pre_roll),
            ("Ends", self.returns),
            ("", self.enabled),
        ):
            self._form.addRow(caption, widget)
        self.save_button.setDefault(True)
        foot = QHBoxLayout()
        foot.addStretch(1)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 16, 16, 16, 16)
        scaled(layout.setSpacing, 12)
        layout.addWidget(TallArea(inside, "What is planned"), 1)
        layout.addWidget(self.problem)
        rule = None if self._before is None else self._schedule.get(self._before.series_id or 0)
        if rule is not None and isinstance(rule.when, Weekly):
            layout.addWidget(label(OF_A_RULE, "second", wrap=True))
        told = QHBoxLayout()
        told.addWidget(self.conflict, 1)
        told.addWidget(self.fix_button)
        layout.addLayout(told)
        self.fix_button.hide()
        layout.addLayout(foot)

    def _fill(self, stream_id: str, at: float | None) -> None:
        soon = (time.time() + AHEAD_S) // ROUND_S * ROUND_S + ROUND_S if at is None else at
        self.at.set_value(soon)
        self.until.set_value(soon + LONGEST_S)
        self.stream.setCurrentIndex(max(0, self.stream.findData(stream_id)))
        self.enabled.setChecked(True)
        self._offer_breaks()
        row = self._streams.row_of(stream_id)
        if row is not None:
            self.duration.setValue(row.view.config.scte35.break_duration_s)
        if self._before is not None:
            self._show(self._before)
        self.until.setEnabled(self.has_end.isChecked())
        self._show_kind()

    def _show(self, one: BreakPlan) -> None:
        self.title.setText(one.title)
        self.duration.setValue(one.duration_s)
        self.pre_roll.setValue(NO_PRE_ROLL if one.pre_roll_s is None else one.pre_roll_s)
        self.returns.setCurrentIndex(self.returns.findData(one.returns))
        self.enabled.setChecked(one.enabled)
        self.kind.setCurrentIndex(self.kind.findData(one.when.kind))
        match one.when:
            case At(at=at):
                self.at.set_value(at)
            case After(break_id=break_id, offset_s=offset_s):
                self.after.setCurrentIndex(self.after.findData(break_id))
                self.offset.setValue(offset_s)
            case Weekly() as rule:
                self.weekly.show_rule(rule)
            case Every(start=start, minutes=minutes, until=until):
                self.at.set_value(start)
                self.every.setValue(minutes)
                self.has_end.setChecked(until is not None)
                self.until.set_value(start + LONGEST_S if until is None else until)

    def _watch_fields(self) -> None:
        """Hold the plan against the others after each change of it."""
        signals = (
            *(combo.currentIndexChanged for combo in (self.stream, self.kind, self.after, self.returns)),
            *(spin.valueChanged for spin in (self.offset, self.every, self.duration, self.pre_roll)),
            *(field.changed for field in (self.at, self.until, self.weekly)),
            self.has_end.toggled,
            self.enabled.toggled,
        )
        for signal in signals:
            signal.connect(self._check_soon.start)

    def _check(self) -> None:
        """Ask what stands against the plan; a refusal or a conflict is told before it is saved."""
        try:
            plan = self.plan()
        except ValidationError:
            self._tell(PlanCheck())
            return
        self._asked += 1
        asked, break_id = self._asked, None if self._before is None else self._before.break_id
        call = self._client.ask("Check the plan", lambda s: s.schedule.check(plan, break_id))
        call.then(lambda check: self._tell(check) if asked == self._asked else None, lambda _words: None)

    def _tell(self, check: PlanCheck) -> None:
        self.problem.setText(f"▲ {check.refusal}" if check.refusal else "")
        texts = [f"⚠ {finding.text}" for finding in check.findings[:MOST_TOLD]]
        more = len(check.findings) - MOST_TOLD
        texts += [f"and {counted(more, 'conflict')} more"] if more > 0 else []
        self.conflict.setText("\n".join(texts))
        own = DRAFT if self._before is None else self._before.break_id
        fix = next((one.fix for one in check.findings if one.fix and one.subject == own), None)
        self._fix = None if fix is None else fix.plan
        self.fix_button.setText("" if fix is None else fix.words)
        self.fix_button.setVisible(fix is not None)
        save = "Plan it" if self._before is None else "Save"
        self.save_button.setText(f"{save} all the same" if check.findings else save)

    def _take_fix(self) -> None:
        if self._fix is not None:
            self._show(self._fix)

    def _offer_breaks(self) -> None:
        chosen = self.after.currentData()
        own = None if self._before is None else self._before.break_id
        self.after.clear()
        for one in self._schedule.of_stream(self.stream.currentData() or ""):
            if not one.is_series and not one.state.is_final and one.break_id != own:
                self.after.addItem(f"{format_date(one.planned_at)} {one.title}", one.break_id)
        self.after.setCurrentIndex(max(0, self.after.findData(chosen)))

    def _show_kind(self) -> None:
        kind = self.kind.currentData()
        for widget, kinds in (
            (self.at, ("at", "every")),
            (self.after, ("after",)),
            (self.offset, ("after",)),
            (self.every, ("every",)),
            (self._end, ("every",)),
            (self.weekly, ("weekly",)),
        ):
            self._form.setRowVisible(widget, kind in kinds)
        self._fit()

    def _fit(self) -> None:
        """Grow to what is shown, as far as the screen has room: the form scrolls, the buttons stay."""
        self.resize(self.sizeHint().boundedTo(room_of(self)))

    def showEvent(self, a0: QShowEvent | None) -> None:
        """Fit once more: sizes are known only with the style."""
        super().showEvent(a0)
        self._fit()

    def plan(self) -> BreakPlan:
        """The plan in the fields; raises ValidationError."""
        when: dict[str, object] = {"kind": self.kind.currentData()}
        match when["kind"]:
            case "at":
                when["at"] = self.at.value()
            case "after":
                when |= {"break_id": self.after.currentData(), "offset_s": self.offset.value()}
            case "weekly":
                when = self.weekly.values()
            case _:
                until = self.until.value() if self.has_end.isChecked() else None
                when |= {"start": self.at.value(), "minutes": self.every.value(), "until": until}
        pre_roll_s = self.pre_roll.value()
        values = {
            "stream_id": self.stream.currentData(),
            "title": self.title.text(),
            "when": when,
            "duration_s": self.duration.value(),
            "pre_roll_s": pre_roll_s if pre_roll_s > NO_PRE_ROLL else None,
            "returns": self.returns.currentData(),
            "enabled": self.enabled.isChecked(),
        }
        return BreakPlan.model_validate(values)

    def save(self) -> None:
        """Ask the services; a refusal is shown here."""
        try:
            plan = self.plan()
        except ValidationError as error:
            self.problem.setText(f"▲ {describe_error(error)}")
            return
        if self._before is None:
            call = add_break(self._client, plan)
        else:
            call = change_break(self._client, self._before.break_id, plan)
        self._asked += 1  # an answer to an older question must not take the refusal away
        self.save_button.setEnabled(False)
        call.then(self._done, self._refused)

    def done(self, a0: int) -> None:
        """Close; answers that are still to come are of no use any more."""
        self._check_soon.stop()
        self._asked += 1
        super().done(a0)

    def _done(self, after: ScheduledBreak) -> None:
        self.saved.emit(self._before, after)
        self.accept()

    def _refused(self, words: str) -> None:
        self.problem.setText(f"▲ {words}")
        self.save_button.setEnabled(True)


def add_break(client: ServiceClient, plan: BreakPlan) -> Call[ScheduledBreak]:
    """Ask for a new planned break."""
    return client.ask(f"Plan {plan.title}", lambda s: s.schedule.add(plan))


def change_break(client: ServiceClient, break_id: int, plan: BreakPlan) -> Call[ScheduledBreak]:
    """Ask for a break to be planned otherwise."""
    return client.ask(f"Change {plan.title}", lambda s: s.schedule.change(break_id, plan))


def _combo(accessible_name: str) -> QComboBox:
    combo = QComboBox()
    combo.setAccessibleName(accessible_name)
    combo.setMinimumContentsLength(12)
    return combo


def _seconds(accessible_name: str, value: float, least: float, most: float = LONGEST_S) -> QDoubleSpinBox:
    spin = QDoubleSpinBox()
    spin.setRange(least, most)
    spin.setDecimals(1)
    spin.setButtonSymbols(QDoubleSpinBox.ButtonSymbols.NoButtons)
    spin.setValue(value)
    spin.setAccessibleName(accessible_name)
    return spin
