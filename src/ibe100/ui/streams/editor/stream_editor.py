"""Stream editor: fields on the left, contract, result of the probe and command on the right."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from pydantic import BaseModel, ValidationError
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ibe100.models.cues.contract import Contract, ContractFinding
from ibe100.models.messages import StreamView
from ibe100.models.stream_config import StreamConfig, StreamInput
from ibe100.models.stream_list import Clash
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.streams.editor.address_words import free_name, name_for
from ibe100.ui.streams.editor.contract_form import ContractForm, by_editor_field, correctable
from ibe100.ui.streams.editor.endpoint_form import EndpointForm
from ibe100.ui.streams.editor.field_spec import FieldSpec
from ibe100.ui.streams.editor.fields import (
    GENERAL_FIELDS,
    INPUT,
    OUTPUT,
    RETURN_FEED,
    RETURN_WINDOW_FIELD,
    SECTIONS,
)
from ibe100.ui.streams.editor.folder_question import FolderGate
from ibe100.ui.streams.editor.foot import EditorFoot
from ibe100.ui.streams.editor.form import FORM, config_from, faults, input_from
from ibe100.ui.streams.editor.form_field import FormField
from ibe100.ui.streams.editor.probe_view import ProbeView
from ibe100.ui.streams.stream_requests import RunAfter, add_stream, change_stream, run_after
from ibe100.ui.themes.sizes import px, scaled
from ibe100.ui.widgets.copy_button import CommandView
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.timers import single_shot

if TYPE_CHECKING:
    from ibe100.mpegts.stream_report import StreamReport

CHECK_MS = 250
SIZE = (1080, 680)
NEW_NAME = "New stream"
EXISTING = "scte35.existing"
"""Field that no contract sets."""
ENTER = frozenset({Qt.Key.Key_Return, Qt.Key.Key_Enter})


class StreamEditor(QDialog):
    """Dialog, not modal: cues can be fired while it is open. `saved` with the StreamView."""

    saved = pyqtSignal(object)

    def __init__(
        self,
        client: ServiceClient,
        view: StreamView | None,
        parent: QWidget | None = None,
        *,
        names: Collection[str] = (),
    ) -> None:
        """`names` are those of the other streams: a new one begins with a name that none of them has."""
        super().__init__(parent)
        self._client, self._view, self._now = client, view, view
        self._report: StreamReport | None = None
        self._clashes: tuple[Clash, ...] = ()
        self._checked: StreamConfig | None = None
        self._probing: StreamInput | None = None
        self._is_saving = False
        self.folders = FolderGate(client, self)
        self.setWindowTitle("Add a stream" if view is None else f"Edit {view.config.name}")
        self.setModal(False)
        self._names = names
        self._new_name = free_name(NEW_NAME, names)
        self._config = StreamConfig(name=self._new_name) if view is None else view.config
        self._general = [FormField(spec) for spec in GENERAL_FIELDS]
        self.input, self.output = EndpointForm(INPUT), EndpointForm(OUTPUT)
        self.return_feed = EndpointForm(RETURN_FEED)
        self.return_window = FormField(RETURN_WINDOW_FIELD)
        self._sections = [(title, [FormField(spec) for spec in specs]) for title, specs in SECTIONS]
        self.contract = ContractForm(self._config.contract)
        self.probe = ProbeView()
        self.command = CommandView("Command it would run (secrets masked)")
        self.foot = EditorFoot()
        self.problem, self.save_button, self.cancel_button = (
            self.foot.problem,
            self.foot.save,
            self.foot.cancel,
        )
        self._lay_out()
        self._fill()
        self._timer = single_shot(self, CHECK_MS, self.check)
        self._connect()
        client.ask("Contracts", lambda s: s.contracts.templates()).then(self.contract.offer, owner=self)
        self.show_view(view)
        self.check()
        self._began_with = self._texts()
        self.input.address.line.setFocus()

    def _lay_out(self) -> None:
        form = QWidget()
        column = QVBoxLayout(form)
        scaled(column.setContentsMargins, 0, 0, 12, 0)
        scaled(column.setSpacing, 4)
        for field in self._general:
            column.addWidget(field)
        for endpoint in (self.input, self.output, self.return_feed):
            column.addSpacing(px(8))
            column.addWidget(endpoint)
        column.addWidget(self.return_window)
        for title, fields in self._sections:
            column.addSpacing(px(8))
            column.addWidget(label(title, "title"))
            for field in fields:
                column.addWidget(field)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setAccessibleName("Fields of the stream")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the first field has the keyboard when it opens
        scroll.setWidget(form)
        bar = scroll.verticalScrollBar()
        assert bar is not None
        scroll.setMinimumWidth(form.minimumSizeHint().width() + bar.sizeHint().width())
        right = QVBoxLayout()
        scaled(right.setSpacing, 12)
        right.addWidget(self.contract)
        right.addWidget(self.probe, 3)
        right.addWidget(self.command, 2)
        body = QHBoxLayout()
        scaled(body.setSpacing, 16)
        body.addWidget(scroll, 5)
        body.addLayout(right, 6)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 16, 16, 16, 12)
        scaled(layout.setSpacing, 12)
        layout.addLayout(body, 1)
        layout.addWidget(self.foot)
        self.resize(px(SIZE[0]), px(SIZE[1]))

    def _fill(self) -> None:
        for endpoint in self._endpoints:
            endpoint.show_config(self._config)
        for field in self._plain:
            field.set_value(field.spec.shown(self._config))
        self._show_window()

    def _connect(self) -> None:
        self.return_feed.kind_changed.connect(self._show_window)
        for endpoint in self._endpoints:
            endpoint.changed.connect(self._timer.start)
        for field in self._plain:
            field.changed.connect(self._timer.start)
        self.input.changed.connect(self._forget_report)
        self.input.address_taken.connect(self._take_input)
        self.contract.chosen.connect(self._take_contract)
        self.contract.correction_requested.connect(self._correct)
        self.probe.probe_requested.connect(self._probe)
        self.probe.service_chosen.connect(self._choose_service)
        self.foot.save_requested.connect(self.save)
        self.foot.cancelled.connect(self.reject)
        self.foot.discarded.connect(lambda: QDialog.reject(self))

    @property
    def stream_id(self) -> str:
        """Stream that is edited; empty for a new one."""
        return "" if self._view is None else self._view.stream_id

    @property
    def name(self) -> FormField:
        """The field of the stream's name."""
        return self.field("name")

    def field(self, key: str) -> FormField:
        """The field of a key that is shown now."""
        return next(field for field in self._fields() if field.spec.key == key)

    def show_view(self, view: StreamView | None) -> None:
        """Show what saving would do to the stream as it is now."""
        self._now = view
        self._show_effect()

    def _show_effect(self) -> None:
        view, config, restart_s = self._now, self._checked, 0.0
        if view is not None:
            stream_id = view.stream_id
            restart_s = self._client.read(lambda s: s.streams.restart_s(stream_id), 0.0)
        is_in_list_only = config is not None and config != self._config and config.runs_as(self._config)
        self.foot.show_stream(view, restart_s, in_list_only=is_in_list_only)

    def take_address(self, text: str) -> None:
        """Read the address of the input, as if it had been pasted into its field."""
        self.input.address.take(text)

    @property
    def is_changed(self) -> bool:
        """True where closing it would lose something."""
        return self._texts() != self._began_with or self.contract.contract != self._config.contract

    def reject(self) -> None:
        """Close; where something was changed it is asked first, and Esc on the question goes on editing."""
        if self.foot.is_asking:
            self.foot.answer_no()
        elif self.is_changed and not self._is_saving:
            self.foot.ask()
        else:
            super().reject()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Save with Ctrl+Enter; with Shift it is started or restarted as well."""
        modifiers = Qt.KeyboardModifier.NoModifier if event is None else event.modifiers()
        if event is None or event.key() not in ENTER or not modifiers & Qt.KeyboardModifier.ControlModifier:
            super().keyPressEvent(event)
            return
        runs = modifiers & Qt.KeyboardModifier.ShiftModifier and not self.foot.run.isHidden()
        button = self.foot.run if runs else self.foot.save
        if self.check() is not None:
            button.click()

    def check(self) -> StreamConfig | None:
        """The configuration if it is valid; faults appear beside the fields."""
        texts = self._texts()
        found: dict[str, str] = {}
        config = None
        try:
            config = config_from(texts, self._config, self.contract.contract)
        except ValidationError as error:
            found = faults(error, texts)
        if config is None or config != self._checked:
            self._clashes = ()
        self._checked = config
        self._show_effect()
        self._show_faults(found, None if config is None else self._lint(config))
        self.probe.button.setEnabled(self._source() is not None and self._probing is None)
        if config is not None:
            self._ask_command(config)
            self._ask_clashes(config)
        else:
            self.command.show_command("")
        return config

    def _show_faults(self, found: dict[str, str], findings: tuple[ContractFinding, ...] | None) -> None:
        fields = self._fields()
        shown = {clash.field: clash.words for clash in self._clashes} | found
        self.contract.show_findings(findings)
        self.contract.offer_correction([field.spec.title for field, _asked in self._corrections(findings)])
        notes = by_editor_field(findings or ())
        for field in fields:
            field.show_fault(shown.get(field.spec.key, ""), notes.get(field.spec.key, ""))
        wrong = ", ".join(field.spec.full_title for field in fields if field.spec.key in shown)
        self.foot.show_problem(found.get(FORM) or (f"▲ To correct: {wrong}" if wrong else ""))
        self.foot.set_ready(not shown and self._checked is not None)

    def save(self, then: RunAfter = RunAfter.AS_IT_IS) -> None:
        """Add or change the stream, and start or restart it; a refusal is shown here."""
        config = self.check()
        if config is not None:
            self.foot.set_ready(False)
            self.folders.pass_on(config, lambda: self._save(config, then), self._refused)

    def _save(self, config: StreamConfig, then: RunAfter) -> None:
        self._is_saving = True
        if self._view is None:
            call = add_stream(self._client, config)
        else:
            call = change_stream(self._client, self._view.stream_id, config)
        call.then(lambda view: self._done(view, then), self._refused, owner=self)

    def _done(self, view: StreamView, then: RunAfter) -> None:
        run_after(self._client, view, then)
        self.saved.emit(view)
        self.accept()

    def _refused(self, words: str) -> None:
        self._is_saving = False
        self.foot.show_problem(words)
        self.foot.set_ready(True)

    @property
    def _endpoints(self) -> tuple[EndpointForm, ...]:
        return self.input, self.output, self.return_feed

    @property
    def _plain(self) -> list[FormField]:
        below = [field for _title, fields in self._sections for field in fields]
        return [*self._general, self.return_window, *below]

    def _fields(self) -> list[FormField]:
        """Fields that are shown now."""
        return [*(field for endpoint in self._endpoints for field in endpoint.fields()), *self._plain]

    def _texts(self) -> dict[FieldSpec, str]:
        return {field.spec: field.value() for field in self._fields()}

    def _show_window(self) -> None:
        """Hide the time a cue may take to the return feed while none is watched."""
        self.return_window.setVisible(bool(self.return_feed.kind.value()))

    def _source(self) -> StreamInput | None:
        try:
            return input_from(self._texts(), self._config)
        except ValidationError:
            return None

    def _take_input(self, endpoint: BaseModel) -> None:
        """Name a new stream after the address that was pasted, and look at what is there."""
        if self._view is None and self.name.value() in (self._new_name, ""):
            self.name.set_value(free_name(name_for(endpoint) or NEW_NAME, self._names))
        self.check()
        self._probe()

    def _probe(self) -> None:
        source = self._source()
        if source is not None:
            alone = StreamConfig(name=NEW_NAME, input=source)
            self.folders.pass_on(alone, lambda: self._probe_it(source), self._refused)

    def _probe_it(self, source: StreamInput) -> None:
        self._probing = source
        self.check()
        self.probe.show_busy()
        call = self._client.ask("Probe", lambda s: s.streams.probe(source))
        call.then(
            lambda report: self._probed(source, report),
            lambda words: self._probed(source, words),
            owner=self,
        )

    def _probed(self, source: StreamInput, found: StreamReport | str) -> None:
        """Show a report, or why there is none; what was found at an address before this one is not shown."""
        if source is not self._probing:
            return
        self._probing = None
        if self._source() != source:
            self.probe.show_problem("The input was changed while it was looked at: probe it again.")
        elif isinstance(found, str):
            self.probe.show_problem(found)
        else:
            self._report = found
            self.probe.show_report(found)
            self.check()

    def _forget_report(self) -> None:
        self._report = None

    def _take_contract(self, contract: Contract | None) -> None:
        """Fill in the options that follow from a contract; they can still be changed."""
        if contract is not None:
            for field, asked in self._asked_by(contract):
                if field.spec.key != EXISTING:
                    field.set_value(asked)
        self.check()

    def _asked_by(self, contract: Contract) -> list[tuple[FormField, str]]:
        """Fields of cue options, each with its text under the contract."""
        new = StreamConfig(name=NEW_NAME)
        asked = self._client.read(lambda s: s.contracts.apply(new, contract), new)
        return [
            (field, field.spec.shown(asked)) for field in self._plain if field.spec.key.startswith("scte35.")
        ]

    def _corrections(self, findings: tuple[ContractFinding, ...] | None) -> list[tuple[FormField, str]]:
        """Fields that differ from the contract and can be set as it asks."""
        contract, keys = self.contract.contract, correctable(findings or ())
        if contract is None or not keys:
            return []
        asked = self._asked_by(contract)
        return [(field, text) for field, text in asked if field.spec.key in keys and field.value() != text]

    def _correct(self) -> None:
        config = self._checked
        for field, text in self._corrections(None if config is None else self._lint(config)):
            field.set_value(text)
        self.check()

    def _choose_service(self, service_id: int) -> None:
        self.field("service_id").set_value(str(service_id))
        self.check()

    def _ask_command(self, config: StreamConfig) -> None:
        report = self._report
        call = self._client.ask("Command preview", lambda s: s.streams.preview_command(config, report))
        show = self.command.show_command
        call.then(show, lambda words: show(f"# {words}"), owner=self)

    def _ask_clashes(self, config: StreamConfig) -> None:
        stream_id = self.stream_id
        call = self._client.ask("Ports of others", lambda s: s.streams.clashes(stream_id, config))
        call.then(lambda clashes: self._show_clashes(config, clashes), lambda _words: None, owner=self)

    def _show_clashes(self, config: StreamConfig, clashes: tuple[Clash, ...]) -> None:
        if config == self._checked and clashes != self._clashes:
            self._clashes = clashes
            self._show_faults({}, self._lint(config))

    def _lint(self, config: StreamConfig) -> tuple[ContractFinding, ...]:
        return self._client.read(lambda s: s.contracts.lint(config, self._report), ())
