"""Rules of alarms, for all streams or one: on or off, priority, delays, thresholds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from PyQt6.QtCore import QModelIndex, pyqtSignal
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QDoubleSpinBox,
    QHBoxLayout,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.alarms.alarm import Severity
from ibe100.models.alarms.settings import RuleChange, RuleParameter, RuleView
from ibe100.ui.qt_models.alarm_table import SEVERITY_WORDS
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.qt_models.undo_stack import Change, Superseded
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.tables import fit_columns, quiet_table
from ibe100.ui.words.tooltips import set_tooltip

if TYPE_CHECKING:
    from ibe100.services.ports import Services

WIDTH, HEIGHT = 780, 540
COLUMNS: tuple[Column[RuleView], ...] = (
    Column("Condition", lambda rule: rule.title),
    Column("Priority", lambda rule: f"{int(rule.severity)}" if rule.enabled else "off", numeric=True),
    Column("Raised after, s", lambda rule: f"{rule.on_delay_s:g}", numeric=True),
    Column("Cleared after, s", lambda rule: f"{rule.off_delay_s:g}", numeric=True),
    Column("Threshold", lambda rule: _threshold(rule), numeric=True),
    Column("", lambda rule: "" if rule.change.is_empty else "changed"),
)


class AlarmRulesView(QDialog):
    """Table of the rules, and one row of fields for the chosen one."""

    changed = pyqtSignal(object)
    """Change for the undo stack."""

    def __init__(
        self, client: ServiceClient, streams: Mapping[str, str], parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle("Alarm rules")
        self.setAccessibleName("Alarm rules")
        self._client = client
        self._rule: RuleView | None = None
        self.stream = QComboBox()
        self.stream.setAccessibleName("For which stream")
        self.stream.addItem("all streams", "")
        for stream_id, name in streams.items():
            self.stream.addItem(f"only {name}", stream_id)
        self.model: KeyedTableModel[RuleView] = KeyedTableModel(COLUMNS, lambda rule: rule.condition, self)
        self.table = quiet_table(self.model, "Alarm rules")
        fit_columns(self.table, {1: 64, 2: 104, 3: 110, 4: 110, 5: 70}, 0)
        self.enabled = QCheckBox("On")
        self.severity = QComboBox()
        self.severity.setAccessibleName("Priority")
        for severity in Severity:
            self.severity.addItem(f"{int(severity)} {SEVERITY_WORDS[severity]}", severity)
        self.on_delay = _seconds("Raised after, seconds")
        self.off_delay = _seconds("Cleared after, seconds")
        self.parameters: dict[str, QDoubleSpinBox] = {}
        """Parameters of the chosen rule, by name."""
        self._fields = QHBoxLayout()
        self.set_button = push_button("Set", kind="primary", auto_default=False)
        self.undo_button = push_button("As shipped", auto_default=False)
        self.close_button = push_button("Close", auto_default=False)
        self.words = label("", "muted", wrap=True)
        self._lay_out()
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._chosen)
        self.stream.currentIndexChanged.connect(self.read)
        self.set_button.clicked.connect(self.set_rule)
        self.undo_button.clicked.connect(lambda: self._send(RuleChange()))
        self.close_button.clicked.connect(self.accept)
        self.finished.connect(self.deleteLater)
        self.read()

    def _lay_out(self) -> None:
        for widget in (self.enabled, self.severity, self.on_delay, self.off_delay):
            self._fields.addWidget(widget)
        self._fields.addStretch(1)
        row = QHBoxLayout()
        row.addWidget(self.words, 1)
        for button in (self.undo_button, self.set_button, self.close_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 16, 12, 16, 12)
        scaled(layout.setSpacing, 8)
        layout.addWidget(self.stream)
        layout.addWidget(self.table, 1)
        layout.addLayout(self._fields)
        layout.addLayout(row)
        self.resize(px(WIDTH), px(HEIGHT))

    def read(self) -> None:
        """Show the rules as they are in force now."""
        stream_id = self.stream.currentData()
        call = self._client.ask("Alarm rules", lambda s: s.alarm_rules.views(stream_id))
        call.then(
            lambda rules: self._show(stream_id, rules), lambda words: self._say(words, bad=True), owner=self
        )

    def _show(self, stream_id: str, rules: tuple[RuleView, ...]) -> None:
        if stream_id != self.stream.currentData():
            return
        self.model.show(rules)
        if self.table.currentIndex().isValid():
            self._show_rule(self.table.currentIndex())
        else:
            self.table.selectRow(0)

    def set_rule(self) -> None:
        """Change the rule where the fields differ from it."""
        rule = self._rule
        if rule is None:
            return
        own = rule.change
        changes: dict[str, object] = {}
        for name, value in (
            ("enabled", self.enabled.isChecked()),
            ("severity", self.severity.currentData()),
            ("on_delay_s", self.on_delay.value()),
            ("off_delay_s", self.off_delay.value()),
        ):
            if value != getattr(rule, name):
                changes[name] = value
        numbers = {one.name: self.parameters[one.name].value() for one in rule.parameters}
        changed = {one.name: numbers[one.name] for one in rule.parameters if numbers[one.name] != one.value}
        changes["parameters"] = {**own.parameters, **changed}
        self._send(own.model_copy(update=changes))

    def _send(self, change: RuleChange) -> None:
        if self._rule is None:
            return
        rule, stream_id = self._rule, self.stream.currentData()
        call = self._client.ask("Alarm rule", lambda s: s.alarm_rules.set(stream_id, rule.condition, change))
        call.then(
            lambda _rule: self._done(rule, stream_id, change),
            lambda words: self._say(words, bad=True),
            owner=self,
        )

    def _done(self, rule: RuleView, stream_id: str, change: RuleChange) -> None:
        self.read()
        self._say(f"{rule.title}: in force from now on.")
        words = f"Alarm rule {rule.title} is changed."
        self.changed.emit(rule_changed(self._client, words, (stream_id, rule.condition), rule.change, change))

    def _chosen(self, index: QModelIndex) -> None:
        self._say("")
        self._show_rule(index)

    def _show_rule(self, index: QModelIndex) -> None:
        rule = index.data(TABLE_ROW_ROLE)
        if rule is not None and rule == self._rule:
            return  # read again: what is being typed stays
        self._rule = rule if isinstance(rule, RuleView) else None
        for button in (self.set_button, self.undo_button):
            button.setEnabled(self._rule is not None)
        if self._rule is None:
            return
        self.enabled.setChecked(self._rule.enabled)
        self.severity.setCurrentIndex(self.severity.findData(self._rule.severity))
        self.on_delay.setValue(self._rule.on_delay_s)
        self.off_delay.setValue(self._rule.off_delay_s)
        self._show_parameters(self._rule)
        self.undo_button.setEnabled(not self._rule.change.is_empty)

    def _show_parameters(self, rule: RuleView) -> None:
        for box in self.parameters.values():
            self._fields.removeWidget(box)
            box.deleteLater()
        self.parameters = {one.name: _parameter_box(one) for one in rule.parameters}
        for box in self.parameters.values():
            self._fields.insertWidget(self._fields.count() - 1, box)

    def _say(self, words: str, *, bad: bool = False) -> None:
        self.words.setText(f"▲ {words}" if bad else words)
        set_kind(self.words, "problem" if bad else "muted")


def _seconds(accessible_name: str) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(0, 3600)
    box.setDecimals(1)
    box.setPrefix("raised after " if accessible_name.startswith("Raised") else "cleared after ")
    box.setSuffix(" s")
    box.setAccessibleName(accessible_name)
    return box


def _parameter_box(parameter: RuleParameter) -> QDoubleSpinBox:
    box = QDoubleSpinBox()
    box.setRange(parameter.lowest, parameter.highest)
    box.setDecimals(parameter.decimals)
    box.setSuffix(f" {parameter.unit}")
    box.setAccessibleName(parameter.label)
    set_tooltip(box, parameter.label)
    box.setValue(parameter.value)
    return box


def _threshold(rule: RuleView) -> str:
    """The first parameter; the fields below the table have all."""
    return f"{rule.parameters[0].value:g} {rule.parameters[0].unit}" if rule.parameters else "–"


def rule_changed(
    client: ServiceClient, words: str, place: tuple[str, str], before: RuleChange, after: RuleChange
) -> Change:
    """Change of a rule as the undo stack takes it; `place` is its stream_id and condition."""
    stream_id, condition = place

    async def take_back(services: Services) -> Change | Superseded:
        rules = await services.alarm_rules.views(stream_id)
        if not any(rule.condition == condition and rule.change == after for rule in rules):
            return Superseded("the rule was changed since by somebody else.")
        await services.alarm_rules.set(stream_id, condition, before)
        return rule_changed(client, words, place, after, before)

    return Change(words, lambda: client.ask("Undo: alarm rule", take_back))
