"""Stream editor: fields on the left, result of the probe and command on the right."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import ValidationError
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QDialog, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from ibe100.models.cues.contract import Contract, ContractFinding
from ibe100.models.messages import StreamView
from ibe100.models.stream_config import StreamConfig, StreamInput
from ibe100.ui.service_client import Call, ServiceClient
from ibe100.ui.streams.contract_form import ContractForm, by_editor_field
from ibe100.ui.streams.editor_fields import (
    GENERAL_FIELDS,
    INPUT,
    OUTPUT,
    RETURN_FEED,
    RETURN_WINDOW_FIELD,
    SECTIONS,
)
from ibe100.ui.streams.editor_form import FORM, config_from, faults, input_from
from ibe100.ui.streams.endpoint_form import EndpointForm
from ibe100.ui.streams.field_spec import FieldSpec
from ibe100.ui.streams.folder_question import FolderQuestion
from ibe100.ui.streams.form_field import FormField
from ibe100.ui.streams.probe_view import ProbeView
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.copy_button import CommandView
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.timers import single_shot

if TYPE_CHECKING:
    from ibe100.mpegts.stream_report import StreamReport

CHECK_MS = 250
NEW_NAME = "New stream"
EXISTING = "scte35.existing"
"""Field that no contract sets."""


class StreamEditor(QDialog):
    """Dialog, not modal: cues can be fired while it is open. `saved` with the StreamView."""

    saved = pyqtSignal(object)

    def __init__(self, client: ServiceClient, view: StreamView | None, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client, self._view = client, view
        self._report: StreamReport | None = None
        self.folder_question: FolderQuestion | None = None
        self.setWindowTitle("Add a stream" if view is None else f"Edit {view.config.name}")
        self.setModal(False)
        self._config = StreamConfig(name=NEW_NAME) if view is None else view.config
        self._general = [FormField(spec) for spec in GENERAL_FIELDS]
        self.input, self.output = EndpointForm(INPUT), EndpointForm(OUTPUT)
        self.return_feed = EndpointForm(RETURN_FEED)
        self.return_window = FormField(RETURN_WINDOW_FIELD)
        self._sections = [(title, [FormField(spec) for spec in specs]) for title, specs in SECTIONS]
        self.contract = ContractForm(self._config.contract)
        self.probe = ProbeView()
        self.command = CommandView("Command it would run (secrets masked)")
        self.problem = label("", "problem", wrap=True)
        self.save_button = push_button(
            "Save", "Save the stream", kind="primary", height=32, auto_default=False
        )
        self.cancel_button = push_button("Cancel", height=32, auto_default=False)
        self._lay_out()
        self._fill()
        self._timer = single_shot(self, CHECK_MS, self.check)
        self._connect()
        client.ask("Contracts", lambda s: s.contracts.templates()).then(self.contract.offer, owner=self)
        self.check()

    def _lay_out(self) -> None:
        form = QWidget()
        column = QVBoxLayout(form)
        column.setContentsMargins(0, 0, 10, 0)
        column.setSpacing(5)
        for field in self._general:
            column.addWidget(field)
        for endpoint in (self.input, self.output, self.return_feed):
            column.addSpacing(6)
            column.addWidget(endpoint)
        column.addWidget(self.return_window)
        for title, fields in self._sections:
            column.addSpacing(6)
            column.addWidget(label(title, "title"))
            for field in fields:
                column.addWidget(field)
        column.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        scroll.setAccessibleName("Fields of the stream")
        scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)  # the first field has the keyboard when it opens
        scroll.setWidget(form)
        right = QVBoxLayout()
        right.setSpacing(10)
        right.addWidget(self.contract)
        right.addWidget(self.probe, 3)
        right.addWidget(self.command, 2)
        body = QHBoxLayout()
        body.setSpacing(16)
        body.addWidget(scroll, 5)
        body.addLayout(right, 6)
        foot = QHBoxLayout()
        foot.addWidget(self.problem, 1)
        foot.addWidget(self.cancel_button)
        foot.addWidget(self.save_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(16, 14, 16, 12)
        layout.setSpacing(10)
        layout.addLayout(body, 1)
        layout.addLayout(foot)
        self.resize(1020, 640)

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
        self.contract.chosen.connect(self._take_contract)
        self.probe.probe_requested.connect(self._probe)
        self.probe.service_chosen.connect(self._choose_service)
        self.save_button.clicked.connect(self.save)
        self.cancel_button.clicked.connect(self.reject)

    @property
    def name(self) -> FormField:
        """The field of the stream's name."""
        return self.field("name")

    def field(self, key: str) -> FormField:
        """The field of a key that is shown now."""
        return next(field for field in self._fields() if field.spec.key == key)

    def check(self) -> StreamConfig | None:
        """The configuration if it is valid; faults appear beside the fields."""
        fields, texts = self._fields(), self._texts()
        found: dict[str, str] = {}
        config = None
        try:
            config = config_from(texts, self._config, self.contract.contract)
        except ValidationError as error:
            found = faults(error, texts)
        findings = None if config is None else self._lint(config)
        self.contract.show_findings(findings)
        notes = by_editor_field(findings or ())
        for field in fields:
            field.show_fault(found.get(field.spec.key, ""), notes.get(field.spec.key, ""))
        wrong = ", ".join(_full_title(field.spec) for field in fields if field.spec.key in found)
        self.problem.setText(found.get(FORM) or (f"▲ To correct: {wrong}" if wrong else ""))
        self.save_button.setEnabled(config is not None)
        self.probe.button.setEnabled(self._source() is not None)
        if config is not None:
            self._ask_command(config)
        else:
            self.command.show_command("")
        return config

    def save(self) -> None:
        """Add or change the stream; a refusal is shown here."""
        config = self.check()
        if config is not None:
            self._with_folders(config, lambda: self._save(config))

    def _with_folders(self, config: StreamConfig, then: Callable[[], None]) -> None:
        """Go on once the folders of the stream's files are allowed: a new one is asked for."""

        def ask(folders: tuple[Path, ...]) -> None:
            if not folders:
                then()
                return
            self.folder_question = question = FolderQuestion(folders, self)
            question.allowed.connect(allow)
            question.rejected.connect(lambda: self._refused(""))
            question.open()

        def allow(folders: tuple[Path, ...]) -> None:
            call = self._client.ask("Allow a folder", lambda s: s.media.allow(folders))
            call.then(lambda _none: then(), self._refused, owner=self)

        self.save_button.setEnabled(False)
        call = self._client.ask("Folders of the files", lambda s: s.media.not_allowed(config))
        call.then(ask, self._refused, owner=self)

    def _save(self, config: StreamConfig) -> None:
        if self._view is None:
            call = add_stream(self._client, config)
        else:
            call = change_stream(self._client, self._view.stream_id, config)
        call.then(self._done, self._refused, owner=self)

    def _done(self, view: StreamView) -> None:
        self.saved.emit(view)
        self.accept()

    def _refused(self, words: str) -> None:
        self.problem.setText(words)
        self.save_button.setEnabled(True)

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

    def _probe(self) -> None:
        source = self._source()
        if source is not None:
            self._with_folders(StreamConfig(name=NEW_NAME, input=source), lambda: self._probe_it(source))

    def _probe_it(self, source: StreamInput) -> None:
        self.check()
        self.probe.show_busy()
        call = self._client.ask("Probe", lambda s: s.streams.probe(source))
        call.then(self._probed, self.probe.show_problem, owner=self)

    def _probed(self, report: StreamReport) -> None:
        self._report = report
        self.probe.show_report(report)
        self.check()

    def _forget_report(self) -> None:
        self._report = None

    def _take_contract(self, contract: Contract | None) -> None:
        """Fill in the options that follow from a contract; they can still be changed."""
        if contract is not None:
            new = StreamConfig(name=NEW_NAME)
            asked = self._client.read(lambda s: s.contracts.apply(new, contract), new)
            for field in self._plain:
                if field.spec.key.startswith("scte35.") and field.spec.key != EXISTING:
                    field.set_value(field.spec.shown(asked))
        self.check()

    def _choose_service(self, service_id: int) -> None:
        self.field("service_id").set_value(str(service_id))
        self.check()

    def _ask_command(self, config: StreamConfig) -> None:
        report = self._report
        call = self._client.ask("Command preview", lambda s: s.streams.preview_command(config, report))
        show = self.command.show_command
        call.then(show, lambda words: show(f"# {words}"), owner=self)

    def _lint(self, config: StreamConfig) -> tuple[ContractFinding, ...]:
        return self._client.read(lambda s: s.contracts.lint(config, self._report), ())


def add_stream(client: ServiceClient, config: StreamConfig) -> Call[StreamView]:
    """Ask for a new stream."""
    return client.ask(f"Add {config.name}", lambda s: s.streams.add(config))


def change_stream(client: ServiceClient, stream_id: str, config: StreamConfig) -> Call[StreamView]:
    """Ask for a stream to be configured otherwise."""
    return client.ask(f"Change {config.name}", lambda s: s.streams.change(stream_id, config))


def _full_title(spec: FieldSpec) -> str:
    side = spec.key.partition(".")[0]
    words = {"input": "input", "output": "output", "return_feed": "return feed"}.get(side)
    return f"{words} {spec.title}" if words else spec.title
