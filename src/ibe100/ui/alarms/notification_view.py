"""Recipients of alarms: list, form and test. An address is a secret: it goes in and is never shown again."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex
from PyQt6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDialog,
    QFormLayout,
    QHBoxLayout,
    QLineEdit,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from ibe100.models.alarms.alarm import Severity
from ibe100.models.alarms.notification import NotificationTarget, TargetView
from ibe100.models.base import build
from ibe100.models.errors import ConfigurationError
from ibe100.ui.qt_models.alarm_table import SEVERITY_WORDS
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.tables import fit_columns, quiet_table
from ibe100.utils.timecode import format_clock

EXAMPLES = (
    "mailtos://user:password@host?to=…   tgram://token/chat   slack://tokens/#channel   json://host/path"
)
KEPT = "kept secret; type a new address to replace it"
WIDTH, HEIGHT = 640, 520


def state_words(view: TargetView) -> str:
    """State of a recipient: how the last messages went."""
    if view.problem:
        return view.problem
    if not view.target.enabled:
        return "switched off"
    if view.last_told_at is None:
        return "nothing sent yet"
    return f"{view.told} sent, last {format_clock(view.last_told_at)}"


COLUMNS: tuple[Column[TargetView], ...] = (
    Column("Name", lambda view: view.target.name),
    Column("Kind", lambda view: view.kind or "–"),
    Column(
        "From priority", lambda view: f"{int(view.target.severity)} {SEVERITY_WORDS[view.target.severity]}"
    ),
    Column("State", state_words, colour=lambda view: Colour.ALARM_YELLOW_TEXT if view.problem else None),
)


class NotificationView(QDialog):
    """List and form of the recipients; read again after each change."""

    def __init__(self, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle("Notifications")
        self.setAccessibleName("Notifications")
        self._client = client
        self._target_id = ""
        self.model: KeyedTableModel[TargetView] = KeyedTableModel(
            COLUMNS, lambda view: view.target.target_id, self
        )
        self.table = quiet_table(self.model, "Recipients of alarms")
        fit_columns(self.table, {0: 140, 1: 80, 2: 100}, 3)
        self.name = _line("Name", "such as: night shift")
        self.address = _line("Address", EXAMPLES)
        self.address.setEchoMode(QLineEdit.EchoMode.Password)
        self.severity = QComboBox()
        self.severity.setAccessibleName("From priority")
        for severity in Severity:
            self.severity.addItem(f"{int(severity)} {SEVERITY_WORDS[severity]} and worse", severity)
        self.most = QSpinBox()
        self.most.setRange(1, 100)
        self.most.setAccessibleName("Messages in 10 minutes at the most")
        self.clearing = QCheckBox("Also send when an alarm clears")
        self.enabled = QCheckBox("Switched on")
        self.words = label("", "muted", wrap=True)
        self.new_button = push_button("New", auto_default=False)
        self.save_button = push_button("Save", kind="primary", auto_default=False)
        self.test_button = push_button("Send a test", auto_default=False)
        self.remove_button = push_button("Remove", auto_default=False)
        self.close_button = push_button("Close", auto_default=False)
        self._lay_out()
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._chosen)
        self.new_button.clicked.connect(self.begin_new)
        self.save_button.clicked.connect(self.save)
        self.test_button.clicked.connect(self.test)
        self.remove_button.clicked.connect(self.remove)
        self.close_button.clicked.connect(self.accept)
        self.finished.connect(self.deleteLater)
        self.begin_new()
        self.refresh()

    def _lay_out(self) -> None:
        form = QFormLayout()
        form.addRow("Name", self.name)
        form.addRow("Address", self.address)
        form.addRow("", label(EXAMPLES, "muted", wrap=True))
        form.addRow("From priority", self.severity)
        form.addRow("Most in 10 min", self.most)
        form.addRow("", self.clearing)
        form.addRow("", self.enabled)
        row = QHBoxLayout()
        for button in (self.new_button, self.remove_button):
            row.addWidget(button)
        row.addStretch(1)
        for button in (self.test_button, self.save_button, self.close_button):
            row.addWidget(button)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 16, 12, 16, 12)
        scaled(layout.setSpacing, 8)
        layout.addWidget(label("Recipients of alarms when nobody is at the console", "strong"))
        layout.addWidget(self.table, 1)
        layout.addLayout(form)
        layout.addWidget(self.words)
        layout.addLayout(row)
        self.resize(px(WIDTH), px(HEIGHT))

    def refresh(self) -> None:
        """Show the recipients as they are now."""
        self.model.show(self._client.read(lambda s: s.notifications.targets(), ()))

    def begin_new(self) -> None:
        """Empty the form for a new recipient."""
        self.table.clearSelection()
        self._show(TargetView(target=NotificationTarget.model_construct(target_id="", name="")))

    def save(self) -> None:
        """Add or change the recipient in the form."""
        values = {
            "target_id": self._target_id,
            "name": self.name.text(),
            "severity": self.severity.currentData(),
            "enabled": self.enabled.isChecked(),
            "tells_clearing": self.clearing.isChecked(),
            "most_per_10_min": self.most.value(),
        }
        try:
            target = build(NotificationTarget, values, "This target")
        except ConfigurationError as error:
            self._say(str(error), bad=True)
            return
        url = self.address.text()
        call = self._client.ask(f"Save {target.name}", lambda s: s.notifications.save(target, url))
        call.then(self._saved, self._refused, owner=self)

    def test(self) -> None:
        """Send the chosen recipient a message now."""
        self._say("Sending a test …")
        self.test_button.setEnabled(False)
        target_id = self._target_id
        call = self._client.ask("Test", lambda s: s.notifications.test(target_id))
        call.then(lambda _none: self._say("The test was delivered."), self._refused, owner=self)
        call.finished.connect(self._settled)

    def remove(self) -> None:
        """Remove the chosen recipient; its address is deleted."""
        target_id = self._target_id
        call = self._client.ask("Remove", lambda s: s.notifications.remove(target_id))
        call.then(lambda _none: self._removed(), self._refused, owner=self)

    def _chosen(self, index: QModelIndex) -> None:
        view = index.data(TABLE_ROW_ROLE)
        if isinstance(view, TargetView):
            self._show(view)

    def _show(self, view: TargetView) -> None:
        target = view.target
        self._target_id = target.target_id
        self.name.setText(target.name)
        self.address.clear()
        self.address.setPlaceholderText(KEPT if view.kind else "mailtos://…, tgram://…, slack://…, json://…")
        self.severity.setCurrentIndex(self.severity.findData(target.severity))
        self.most.setValue(target.most_per_10_min)
        self.clearing.setChecked(target.tells_clearing)
        self.enabled.setChecked(target.enabled)
        for button in (self.test_button, self.remove_button):
            button.setEnabled(bool(target.target_id))
        self._say("")

    def _saved(self, view: TargetView) -> None:
        self.refresh()
        self._show(view)
        self._say(f"{view.target.name} is saved. Send a test to see that it is reached.")

    def _removed(self) -> None:
        self.refresh()
        self.begin_new()

    def _settled(self) -> None:
        self.test_button.setEnabled(bool(self._target_id))
        self.refresh()

    def _refused(self, words: str) -> None:
        self._say(words, bad=True)

    def _say(self, words: str, *, bad: bool = False) -> None:
        self.words.setText(f"▲ {words}" if bad else words)
        set_kind(self.words, "problem" if bad else "muted")


def _line(accessible_name: str, hint: str) -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(accessible_name)
    line.setPlaceholderText(hint)
    return line
