"""Editor of a contract, made of its model's fields; a fault stands beside its field."""

from __future__ import annotations

from typing import Any

from pydantic import ValidationError
from PyQt6.QtCore import pyqtSignal
from PyQt6.QtWidgets import QVBoxLayout, QWidget

from ibe100.models.base import describe_fault
from ibe100.models.cues.contract import Contract, SrtTerms, TimeSignalCommand
from ibe100.models.settings.forms import FieldForm, FieldShape, forms_of
from ibe100.ui.settings.field_editor import FieldEditor, editor_of
from ibe100.ui.settings.setting_row import RowFrame
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.timers import repeating

ROWS_AT_ONCE = 3
SHIPPED = "This one ships: copy it to change something."
GROUPS = {
    "": "Breaks and ids",
    "head": "Contract",
    "command": "Announced by",
    "video": "Video",
    "audio": "Audio",
    "srt": "Delivery by SRT",
}
HEAD = ("name", "description", "scte35_pid")
COMMAND = "command.kind"
HAS_SRT = "srt"
KINDS = {
    COMMAND: FieldForm(
        name=COMMAND,
        title="Command",
        effect="The command that begins and ends a break.",
        shape=FieldShape.CHOICE,
        choices=(("splice_insert", "splice_insert"), ("time_signal", "time_signal")),
    ),
    HAS_SRT: FieldForm(
        name=HAS_SRT, title="SRT", effect="The distributor takes SRT only.", shape=FieldShape.SWITCH
    ),
}


class ContractEditor(QWidget):
    """Rows for all fields; `edited` when one has another value."""

    edited = pyqtSignal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.rows: dict[str, RowFrame] = {}
        self.editors: dict[str, FieldEditor] = {}
        self.head = label("", "second", wrap=True)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.head)
        self._to_come = list(_fields().items())
        self._group: str | None = None
        self._shown: tuple[Contract, bool] | None = None
        self._building = repeating(self, 0, self._build_some)
        self._building.start()

    def _build_some(self) -> None:
        """Build some rows between two turns of the event loop: all at once would hold up the keys of cues."""
        for key, form in self._to_come[:ROWS_AT_ONCE]:
            prefix = _group(key)
            if prefix != self._group:
                self._group = prefix
                title = label(GROUPS[prefix], "title")
                scaled(title.setContentsMargins, 0, 12, 0, 4)
                self._layout.addWidget(title)
            self._add(key, form)
        del self._to_come[:ROWS_AT_ONCE]
        if not self._to_come:
            self._building.stop()
            if self._shown is not None:
                self.show_contract(self._shown[0], is_own=self._shown[1])
                self.edited.emit()

    def _add(self, key: str, form: FieldForm) -> None:
        editor = editor_of(form)
        allowed = f" Allowed: {form.allowed}." if form.allowed else ""
        row = RowFrame(form.title, f"{form.effect}{allowed}".strip(), editor)
        editor.changed.connect(self._check)
        self.rows[key], self.editors[key] = row, editor
        self._layout.addWidget(row)

    def show_contract(self, contract: Contract, *, is_own: bool) -> None:
        """Show a contract; only an own one can be edited."""
        self._shown = (contract, is_own)
        self.head.setText("" if is_own else SHIPPED)
        if self._to_come:
            return
        values = contract.model_dump(mode="json")
        for key, editor in self.editors.items():
            editor.set_value(_value_at(values, key))
            editor.setEnabled(is_own)
            self.rows[key].show_fault("")
        self._show_parts()

    def contract(self) -> Contract | None:
        """The contract as it is edited; None while that is wrong, which stands beside the field."""
        if self._to_come:
            return None
        for row in self.rows.values():
            row.show_fault("")
        try:
            return Contract.model_validate(self._values())
        except ValidationError as error:
            for fault in error.errors(include_url=False):
                self._row_of(fault["loc"], fault["msg"]).show_fault(describe_fault(fault))
            return None

    def show_refusal(self, words: str) -> None:
        """Show why the contract was not kept."""
        self.rows["name"].show_fault(words)

    def _values(self) -> dict[str, Any]:
        values: dict[str, Any] = {"command": {}, "video": {}, "audio": {}, "srt": {}}
        for key, editor in self.editors.items():
            section, dot, name = key.partition(".")
            if dot:
                values[section][name] = editor.value()
            elif key != HAS_SRT:
                values[key] = editor.value()
        if not self.editors[HAS_SRT].value():
            values["srt"] = None
        if self.editors[COMMAND].value() == "splice_insert":
            values["command"] = {"kind": "splice_insert"}
        return values

    def _row_of(self, location: tuple[int | str, ...], words: str) -> RowFrame:
        """Row of the field that a fault is about: by its place, else by the first field it names."""
        names = [str(part) for part in location if isinstance(part, str)]
        for key in (".".join(names), ".".join((*names[:1], *names[-1:])), *names[:1]):
            if key in self.rows:
                return self.rows[key]
        named = {words.find(key.rpartition(".")[2]): key for key in self.rows}
        named.pop(-1, None)
        return self.rows[named[min(named)] if named else "name"]

    def _check(self) -> None:
        self._show_parts()
        self.edited.emit()

    def _show_parts(self) -> None:
        has_types = self.editors[COMMAND].value() == "time_signal"
        has_srt = bool(self.editors[HAS_SRT].value())
        for key, row in self.rows.items():
            if key.startswith("command.") and key != COMMAND:
                row.setVisible(has_types)
            if key.startswith("srt."):
                row.setVisible(has_srt)


def _group(key: str) -> str:
    if key in HEAD:
        return "head"
    return key.partition(".")[0] if "." in key or key == HAS_SRT else ""


def _fields() -> dict[str, FieldForm]:
    """Forms of all fields, in the order in which they are shown."""
    schema = Contract.model_json_schema()
    definitions = schema["$defs"]
    top = forms_of(schema, definitions)
    found = {name: top[name] for name in HEAD}
    found[COMMAND] = KINDS[COMMAND]
    signal = forms_of(TimeSignalCommand.model_json_schema(), {})
    found |= {f"command.{name}": form for name, form in signal.items() if name != "kind"}
    parts = {"command", "video", "audio", "srt"}
    found |= {name: form for name, form in top.items() if name not in parts and name not in found}
    for part, model in (("video", "VideoTerms"), ("audio", "AudioTerms")):
        found |= {f"{part}.{name}": form for name, form in forms_of(definitions[model], definitions).items()}
    found[HAS_SRT] = KINDS[HAS_SRT]
    terms = forms_of(definitions["SrtTerms"], definitions)
    return found | {f"srt.{name}": form for name, form in terms.items()}


def _value_at(values: dict[str, Any], key: str) -> Any:
    """Value of a field; for what the contract has not, that of a new one."""
    if key == HAS_SRT:
        return values["srt"] is not None
    section, dot, name = key.partition(".")
    if not dot:
        return values[key]
    usual: dict[str, Any] = {"command": TimeSignalCommand().model_dump(), "srt": SrtTerms().model_dump()}
    return {**usual.get(section, {}), **(values[section] or {})}[name]
