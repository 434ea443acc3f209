"""About: versions, licences, and what is sent to who helps."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication, QGridLayout, QHBoxLayout, QWidget

from ibe100.models.rights import Act
from ibe100.models.settings.installation import PackageLicence, PartVersion
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.settings.pages import Page
from ibe100.ui.settings.sections import Section
from ibe100.ui.settings.setting_row import RowFrame
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.file_question import ask_file_to_write
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tables import quiet_table

BUNDLE = "ibe100-support.zip"
COLUMNS: tuple[Column[PackageLicence], ...] = (
    Column("Package", lambda one: one.name),
    Column("Version", lambda one: one.version),
    Column("Licence", lambda one: one.licence),
)
LICENCE = "IBE-100 is free software under the GNU General Public License, version 3 or later."


class AboutPage(Page):
    """Versions are asked for when the page comes to the front."""

    def __init__(self, section: Section, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(section, parent)
        self._client = client
        self._versions = QGridLayout()
        scaled(self._versions.setHorizontalSpacing, 24)
        scaled(self._versions.setVerticalSpacing, 4)
        scaled(self._versions.setContentsMargins, 0, 8, 0, 12)
        self._versions.setColumnStretch(1, 1)
        self.copy_button = push_button("Copy diagnostics", icon_name="content-copy", auto_default=False)
        self.copy_button.clicked.connect(self.copy)
        self.save_button = push_button(
            "Save support bundle…", icon_name="folder-zip-outline", auto_default=False, act=Act.SAVE_SUPPORT
        )
        self.save_button.clicked.connect(self._ask)
        buttons = QWidget()
        row = QHBoxLayout(buttons)
        row.setContentsMargins(0, 0, 0, 0)
        row.addWidget(self.copy_button)
        row.addWidget(self.save_button)
        self.support = RowFrame(
            "For who helps",
            "Versions, settings, checks, states of streams and the last logs. Passphrases, passwords and "
            "tokens are masked; names of streams and hosts are in it.",
            buttons,
        )
        self.support.foot.show()
        self._is_asked = False
        self.model: KeyedTableModel[PackageLicence] = KeyedTableModel(COLUMNS, lambda one: one.name, self)
        self.table = quiet_table(self.model, "Packages and their licences", stretch=2)
        scaled(self.table.setMinimumHeight, 240)
        self.body.addLayout(self._versions)
        self.body.addWidget(self.support)
        title = label("Licences", "title")
        scaled(title.setContentsMargins, 0, 12, 0, 4)
        self.body.addWidget(title)
        self.body.addWidget(label(LICENCE, "second", wrap=True))
        self.body.addWidget(self.table)

    def look(self) -> None:
        if not self._is_asked:
            self._is_asked = True
            call = self._client.ask("Versions", lambda s: s.support.versions())
            call.then(self._show_versions, self._fail, owner=self)
            call_licences = self._client.ask("Licences", lambda s: s.support.licences())
            call_licences.then(self.model.replace, self._fail, owner=self)

    def copy(self) -> None:
        """Put the diagnostics onto the clipboard."""
        self.support.foot.setText("Collecting …")
        call = self._client.ask("Diagnostics", lambda s: s.support.diagnostics())
        call.then(self._copied, self._fail, owner=self)

    def save(self, file: Path) -> None:
        """Save the support bundle."""
        self.support.foot.setText("Collecting …")
        call = self._client.ask("Support bundle", lambda s: s.support.save(file))
        call.then(lambda _: self.support.foot.setText(f"✓ Saved as {file}."), self._fail, owner=self)

    def _ask(self) -> None:
        ask_file_to_write(self, "Save support bundle", self.save, BUNDLE, "Archives (*.zip)")

    def _copied(self, text: str) -> None:
        clipboard = QApplication.clipboard()
        if clipboard is not None:
            clipboard.setText(text)
            self.support.foot.setText("✓ Copied: paste it where it is asked for.")

    def _fail(self, words: str) -> None:
        self.support.foot.setText(f"▲ {words}")

    def _show_versions(self, parts: Sequence[PartVersion]) -> None:
        for at, part in enumerate(parts):
            self._versions.addWidget(label(part.name, "strong"), at, 0, Qt.AlignmentFlag.AlignTop)
            version = label(part.version, wrap=True)
            version.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
            self._versions.addWidget(version, at, 1)
