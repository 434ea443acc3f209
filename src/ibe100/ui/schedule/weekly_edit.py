"""Fields of a rule: weekdays, local time and its zone, first and last day, exceptions; and what follows."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo, available_timezones

from pydantic import ValidationError
from PyQt6.QtCore import QDate, Qt, QTime, QTimeZone, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QCompleter,
    QDateEdit,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QPushButton,
    QTimeEdit,
    QWidget,
)

from ibe100.models.cues.recurrence import DAY_S, WEEKDAYS, Weekday, Weekly
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import choice_button
from ibe100.ui.widgets.labels import label
from ibe100.utils.timecode import format_clock

SHOWN_OCCURRENCES = 3
LOOKED_AHEAD_S = 400 * DAY_S
"""So far ahead days are named on which clocks change at the time of the break: a year, and some days."""
DATE_FORMAT = "yyyy-MM-dd"
NO_ZONE = "UTC"


class WeeklyEdit(QWidget):
    """Edits a rule of weekdays; `changed` with each key and click."""

    changed = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.days = {day: _day_button(day) for day in WEEKDAYS}
        self.time = QTimeEdit()
        self.time.setDisplayFormat("HH:mm:ss")
        self.time.setAccessibleName("Local time")
        self.zone = QComboBox()
        self.zone.setEditable(True)
        self.zone.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.zone.setAccessibleName("Time zone")
        self.zone.setMinimumContentsLength(20)
        self.zone.addItems(sorted(available_timezones()))
        completer = self.zone.completer()
        if completer is not None:
            completer.setFilterMode(Qt.MatchFlag.MatchContains)
            completer.setCompletionMode(QCompleter.CompletionMode.PopupCompletion)
        self.first = _date("First day")
        self.has_last = QCheckBox("until")
        self.has_last.setAccessibleName("The rule has a last day")
        self.last = _date("Last day")
        self.exceptions = QLineEdit()
        self.exceptions.setPlaceholderText("2026-12-24 2026-12-25")
        self.exceptions.setAccessibleName("Days without a break")
        self.next = label("", "second", wrap=True)
        self._lay_out()
        self._fill()
        self._connect()

    def _lay_out(self) -> None:
        form = QFormLayout(self)
        scaled(form.setContentsMargins, 0, 0, 0, 0)
        scaled(form.setSpacing, 8)
        days, at, dates = QHBoxLayout(), QHBoxLayout(), QHBoxLayout()
        scaled(days.setSpacing, 3)
        for button in self.days.values():
            days.addWidget(button, 1)
        at.addWidget(self.time)
        at.addWidget(self.zone, 1)
        dates.addWidget(self.first, 1)
        dates.addWidget(self.has_last)
        dates.addWidget(self.last, 1)
        for caption, row in (("On", days), ("At", at), ("From", dates)):
            form.addRow(caption, row)
        form.addRow("Except", self.exceptions)
        form.addRow("Then", self.next)

    def _fill(self) -> None:
        named = bytes(QTimeZone.systemTimeZoneId().data()).decode()
        zone = named if self.zone.findText(named) >= 0 else NO_ZONE
        self.zone.setCurrentText(zone)
        now = datetime.now(ZoneInfo(zone))
        self.first.setDate(QDate(now.year, now.month, now.day))
        self.last.setDate(self.first.date().addMonths(1))
        self.time.setTime(QTime(20, 15))
        for day in WEEKDAYS[:5]:
            self.days[day].setChecked(True)
        self.last.setEnabled(False)
        self._say()

    def _connect(self) -> None:
        self.has_last.toggled.connect(self.last.setEnabled)
        signals = (
            *(button.toggled for button in self.days.values()),
            self.time.timeChanged,
            self.zone.editTextChanged,
            self.first.dateChanged,
            self.has_last.toggled,
            self.last.dateChanged,
            self.exceptions.textChanged,
        )
        for signal in signals:
            signal.connect(self._say)
            signal.connect(self.changed)

    def values(self) -> dict[str, object]:
        """The fields as they would build a rule."""
        last = self.last.date().toString(DATE_FORMAT) if self.has_last.isChecked() else None
        return {
            "kind": "weekly",
            "weekdays": tuple(day for day, button in self.days.items() if button.isChecked()),
            "local_time": self.time.time().toString("HH:mm:ss"),
            "time_zone": self.zone.currentText().strip(),
            "first_date": self.first.date().toString(DATE_FORMAT),
            "last_date": last,
            "except_dates": tuple(self.exceptions.text().replace(",", " ").split()),
        }

    def show_rule(self, rule: Weekly) -> None:
        """Show a rule."""
        for day, button in self.days.items():
            button.setChecked(day in rule.weekdays)
        self.time.setTime(QTime(rule.local_time.hour, rule.local_time.minute, rule.local_time.second))
        self.zone.setCurrentText(rule.time_zone)
        self.first.setDate(QDate(rule.first_date.year, rule.first_date.month, rule.first_date.day))
        self.has_last.setChecked(rule.last_date is not None)
        if rule.last_date is not None:
            self.last.setDate(QDate(rule.last_date.year, rule.last_date.month, rule.last_date.day))
        self.exceptions.setText(" ".join(day.isoformat() for day in rule.except_dates))

    def _say(self) -> None:
        """Say what the rule means: the next breaks, and days on which clocks change at its time."""
        try:
            rule = Weekly.model_validate(self.values())
        except ValidationError:
            self.next.setText("–")
            return
        now = time.time()
        coming = rule.between(now, now + LOOKED_AHEAD_S, SHOWN_OCCURRENCES)
        zone = ZoneInfo(rule.time_zone)
        lines = [
            f"{datetime.fromtimestamp(at, zone):%a %d %b %H:%M:%S %Z} ({format_clock(at)} UTC)"
            for at in coming
        ]
        lines += [f"⚠ {said}" for said in rule.clock_changes(now, now + LOOKED_AHEAD_S)[:2]]
        self.next.setText("\n".join(lines) or "no day to come")


def _day_button(day: Weekday) -> QPushButton:
    button = choice_button(day.value.title(), f"On {day.value.title()}", kind="choice", chosen=False)
    scaled(button.setMinimumWidth, 40)
    return button


def _date(accessible_name: str) -> QDateEdit:
    edit = QDateEdit()
    edit.setCalendarPopup(True)
    edit.setDisplayFormat(DATE_FORMAT)
    edit.setAccessibleName(accessible_name)
    return edit
