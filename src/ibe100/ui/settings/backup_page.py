"""Backups: those that are there, make one, prove, copy, and restore one."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PyQt6.QtCore import QModelIndex
from PyQt6.QtWidgets import QHBoxLayout, QWidget

from ibe100.models.backup import BackupContents, KeptBackup
from ibe100.models.rights import Act
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.settings.pages import Page
from ibe100.ui.settings.restore_panel import RestorePanel
from ibe100.ui.settings.sections import Section
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.themes.tokens import Colour
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.file_question import ask_file_to_read, ask_file_to_write
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.tables import quiet_table
from ibe100.utils.timecode import format_utc
from ibe100.utils.units import format_bytes

if TYPE_CHECKING:
    from ibe100.services.ports import Services

ARCHIVES = "Backups (*.tar.gz);;All files (*)"
TABLE_HEIGHT = 220


def proof_words(kept: KeptBackup) -> str:
    """Proof of a backup, or what is wrong with it."""
    if kept.file.problem:
        return kept.file.problem
    return "not proved" if kept.proved_at is None else f"proved {format_utc(kept.proved_at)}"


def maker_words(kept: KeptBackup) -> str:
    """Whoever made it, as far as is on record."""
    if kept.file.manifest is None:
        return "–"
    return (kept.made_by or "here, not on record who") if kept.is_made_here else "NOT MADE HERE"


COLUMNS: tuple[Column[KeptBackup], ...] = (
    Column("Made (UTC)", lambda k: format_utc(k.file.manifest.made_at if k.file.manifest else None)),
    Column("Size", lambda k: format_bytes(k.file.size), numeric=True),
    Column("Proved", proof_words, colour=lambda k: Colour.ALARM_YELLOW_TEXT if k.file.problem else None),
    Column(
        "Made by",
        maker_words,
        colour=lambda k: Colour.ALARM_YELLOW_TEXT if maker_words(k).isupper() else None,
    ),
    Column("File", lambda k: k.file.path.name),
)


class BackupPage(Page):
    """List of the backups with what can be done to the chosen one; a restore is guarded."""

    def __init__(
        self,
        section: Section,
        client: ServiceClient,
        restart: Callable[[], object],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(section, parent)
        self._client = client
        self.words = label("", "second", wrap=True)
        self.model: KeyedTableModel[KeptBackup] = KeyedTableModel(COLUMNS, lambda k: k.file.path, self)
        self.table = quiet_table(self.model, "Backups", stretch=4)
        scaled(self.table.setMinimumHeight, TABLE_HEIGHT)
        self.make_button = push_button(
            "Back up now",
            kind="primary",
            icon_name="content-save-outline",
            auto_default=False,
            act=Act.BACK_UP,
        )
        self.prove_button = push_button("Prove it", auto_default=False, act=Act.BACK_UP)
        self.export_button = push_button("Copy to…", auto_default=False, act=Act.BACK_UP)
        self.restore_button = push_button("Restore…", auto_default=False, act=Act.RESTORE)
        self.other_button = push_button("Restore another file…", auto_default=False, act=Act.RESTORE)
        self.restore = RestorePanel(client, restart)
        self._lay_out()
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(self._chosen)
        self.make_button.clicked.connect(self.make)
        self.prove_button.clicked.connect(self.prove)
        self.export_button.clicked.connect(self._ask_where)
        self.restore_button.clicked.connect(lambda: self._look_into(self._path()))
        self.other_button.clicked.connect(
            lambda: ask_file_to_read(self, "Restore a backup", self._look_into, ARCHIVES)
        )
        self._enable()

    def _lay_out(self) -> None:
        row = QHBoxLayout()
        scaled(row.setContentsMargins, 0, 8, 0, 8)
        scaled(row.setSpacing, 8)
        row.addWidget(self.make_button)
        row.addStretch(1)
        row.addWidget(self.other_button)
        below = QHBoxLayout()
        scaled(below.setContentsMargins, 0, 8, 0, 8)
        scaled(below.setSpacing, 8)
        below.addStretch(1)
        for button in (self.prove_button, self.export_button, self.restore_button):
            below.addWidget(button)
        self.body.addWidget(self.words)
        self.body.addLayout(row)
        self.body.addWidget(self.table)
        self.body.addLayout(below)
        self.body.addWidget(self.restore)

    def look(self) -> None:
        call = self._client.ask("Backups", lambda s: s.kept_backups.list())
        call.then(self._show, self._fail, owner=self)

    def make(self) -> None:
        """Make a backup now."""
        self._begin("Making a backup: the database is copied and every byte proved …")
        self._do("Backup", lambda s: s.backups.make(), "The backup is made and proved.")

    def prove(self) -> None:
        """Prove the chosen backup."""
        path = self._path()
        self._begin(f"Proving {path.name} …")
        self._do("Backup", lambda s: s.kept_backups.prove(path), f"{path.name} is intact.")

    def export(self, to: Path) -> None:
        """Copy the chosen backup elsewhere."""
        path = self._path()
        self._do("Backup", lambda s: s.kept_backups.export(path, to), f"Copied to {to}.")

    def _do(self, what: str, work: Callable[[Services], Coroutine[Any, Any, object]], words: str) -> None:
        call = self._client.ask(what, work)
        call.then(lambda _: self._done(f"✓ {words}"), self._fail, owner=self)

    def _ask_where(self) -> None:
        ask_file_to_write(self, "Copy the backup to", self.export, self._path().name, ARCHIVES)

    def _look_into(self, path: Path) -> None:
        self._begin(f"Looking into {path.name} …")
        call = self._client.ask("Restore", lambda s: s.kept_backups.look_into(path))
        call.then(self._offer, self._fail, owner=self)

    def _offer(self, contents: BackupContents) -> None:
        self._say("")
        self.restore.offer(contents)
        self.ensureWidgetVisible(self.restore)

    def _path(self) -> Path:
        row = self.table.currentIndex().data(TABLE_ROW_ROLE)
        assert isinstance(row, KeptBackup)
        return row.file.path

    def _show(self, backups: Sequence[KeptBackup]) -> None:
        self.model.show(tuple(backups))
        if backups and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        status = self._client.read(lambda s: s.backups.status(), None)
        if status is not None and not self.words.text():
            none = "" if backups else "There is no backup yet. "
            problem = f" The last try failed: {status.problem}" if status.problem else ""
            self._say(f"{none}They are kept in {status.folder}.{problem}", bad=bool(status.problem))
        self._enable()

    def _chosen(self, current: QModelIndex) -> None:
        self.restore.hide()
        self._enable()

    def _enable(self) -> None:
        row = self.table.currentIndex().data(TABLE_ROW_ROLE)
        usable = isinstance(row, KeptBackup) and row.file.manifest is not None
        for button in (self.prove_button, self.export_button, self.restore_button):
            button.setEnabled(usable)

    def _begin(self, words: str) -> None:
        self._say(words)

    def _done(self, words: str) -> None:
        self._say(words)
        self.look()

    def _fail(self, words: str) -> None:
        self._say(f"▲ {words}", bad=True)

    def _say(self, words: str, *, bad: bool = False) -> None:
        self.words.setText(words)
        set_kind(self.words, "problem" if bad else "second")
