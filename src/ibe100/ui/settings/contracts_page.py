"""Contracts: those that ship to look at and copy, own ones to edit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from PyQt6.QtWidgets import QHBoxLayout, QWidget

from ibe100.models.cues.contract import Contract
from ibe100.models.rights import Act
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.settings.contract_editor import ContractEditor
from ibe100.ui.settings.pages import Page
from ibe100.ui.settings.sections import Section
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.tables import quiet_table

if TYPE_CHECKING:
    from ibe100.services.ports import Services

INTRO = (
    "What a distributor asks of a stream and its cues. Those that ship are copied, not changed. A stream "
    "keeps the contract as it was when it was chosen: choose it again in the stream's editor after a change."
)
TABLE_HEIGHT = 200


class ContractsPage(Page):
    """List of the contracts, and the editor of the chosen one."""

    def __init__(
        self,
        section: Section,
        client: ServiceClient,
        streams: StreamListModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(section, parent)
        self._client, self._streams = client, streams
        self._own: frozenset[str] = frozenset()
        self._wanted = ""
        """Name of the contract to be chosen once the list is read."""
        self.model: KeyedTableModel[Contract] = KeyedTableModel(
            (
                Column("Name", lambda one: one.name),
                Column("Whose", lambda one: "own" if one.name in self._own else "ships"),
                Column("PID", lambda one: f"{one.scte35_pid}", numeric=True),
                Column("Command", lambda one: one.command.kind),
                Column("Pre-roll, s", lambda one: f"{one.pre_roll_min_s:g}", numeric=True),
                Column("Streams", self._used_by, numeric=True),
            ),
            lambda one: one.name,
            self,
        )
        self.table = quiet_table(self.model, "Contracts", stretch=0)
        scaled(self.table.setMinimumHeight, TABLE_HEIGHT)
        self.words = label(INTRO, "second", wrap=True)
        self.copy_button = push_button(
            "Copy as a new one", kind="primary", auto_default=False, act=Act.SET_CONTRACTS
        )
        self.save_button = push_button("Save", auto_default=False, act=Act.SET_CONTRACTS)
        self.remove_button = push_button("Delete", auto_default=False, act=Act.SET_CONTRACTS)
        self.editor = ContractEditor()
        row = QHBoxLayout()
        scaled(row.setContentsMargins, 0, 8, 0, 8)
        scaled(row.setSpacing, 8)
        row.addWidget(self.copy_button)
        row.addStretch(1)
        row.addWidget(self.remove_button)
        row.addWidget(self.save_button)
        for widget in (self.words, self.table):
            self.body.addWidget(widget)
        self.body.addLayout(row)
        self.body.addWidget(self.editor)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(lambda *_: self._choose())
        self.copy_button.clicked.connect(self.copy)
        self.save_button.clicked.connect(self.save)
        self.remove_button.clicked.connect(self.remove)
        self.editor.edited.connect(self._enable)

    def look(self) -> None:
        async def both(services: Services) -> tuple[Sequence[Contract], Sequence[Contract]]:
            return await services.contracts.templates(), await services.contracts.own()

        call = self._client.ask("Contracts", both)
        call.then(self._show, self._fail, owner=self)

    def copy(self) -> None:
        """Begin a new contract from the chosen one."""
        contract = self._chosen()
        if contract is not None:
            names = {one.name for one in self.model.rows()}
            name = f"{contract.name}, copy"
            number = 2
            while name in names:
                name, number = f"{contract.name}, copy {number}", number + 1
            self._save(contract.model_copy(update={"name": name[:80]}), "")

    def save(self) -> None:
        """Save the chosen contract as it was edited."""
        chosen, edited = self._chosen(), self.editor.contract()
        if chosen is not None and edited is not None:
            self._save(edited, chosen.name)

    def remove(self) -> None:
        """Delete the chosen own contract, once it was asked for twice."""
        contract = self._chosen()
        if contract is None:
            return
        if self.remove_button.text() == "Delete":
            self.remove_button.setText("Delete it for good?")
            set_kind(self.remove_button, "confirm")
            return
        call = self._client.ask("Contracts", lambda s: s.contracts.remove(contract.name))
        call.then(lambda _: self._done(f"{contract.name} is deleted.", ""), self._fail, owner=self)

    def _save(self, contract: Contract, was: str) -> None:
        call = self._client.ask("Contracts", lambda s: s.contracts.save(contract, was))
        call.then(lambda kept: self._done(f"{kept.name} is saved.", kept.name), self._refuse, owner=self)

    def _show(self, found: tuple[Sequence[Contract], Sequence[Contract]]) -> None:
        contracts, own = found
        self._own = frozenset(one.name for one in own)
        self.model.show(tuple(contracts))
        names = [one.name for one in contracts]
        if self._wanted in names:
            self.table.selectRow(names.index(self._wanted))
        elif names and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        self._wanted = ""
        self._choose()

    def _choose(self) -> None:
        contract = self._chosen()
        self.remove_button.setText("Delete")
        set_kind(self.remove_button, "")
        if contract is not None:
            self.editor.show_contract(contract, is_own=contract.name in self._own)
        self._enable()

    def _enable(self) -> None:
        contract = self._chosen()
        is_own = contract is not None and contract.name in self._own
        self.copy_button.setEnabled(contract is not None)
        self.remove_button.setEnabled(is_own)
        self.save_button.setEnabled(is_own and self.editor.contract() not in (None, contract))

    def _chosen(self) -> Contract | None:
        row = self.table.currentIndex().data(TABLE_ROW_ROLE)
        return row if isinstance(row, Contract) else None

    def _used_by(self, contract: Contract) -> str:
        chosen = [row.view.config.contract for row in self._streams.rows()]
        return str(sum(one is not None and one.name == contract.name for one in chosen) or "–")

    def _done(self, words: str, wanted: str) -> None:
        self._wanted = wanted
        self._say(f"✓ {words}")
        self.look()

    def _refuse(self, words: str) -> None:
        self.editor.show_refusal(words)
        self._fail(words)

    def _fail(self, words: str) -> None:
        self._say(f"▲ {words}", bad=True)

    def _say(self, words: str, *, bad: bool = False) -> None:
        self.words.setText(words)
        set_kind(self.words, "problem" if bad else "second")
