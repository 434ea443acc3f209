"""Tokens of a user: list, make one whose secret is shown once, revoke."""

from __future__ import annotations

import time

from pydantic import ValidationError
from PyQt6.QtCore import Qt, pyqtSignal
from PyQt6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from ibe100.models.base import describe_error
from ibe100.models.rights import Act
from ibe100.models.users import NewToken, Token, User, WantedToken
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.choices import Segments
from ibe100.ui.widgets.copy_button import CopyButton
from ibe100.ui.widgets.labels import label
from ibe100.ui.widgets.tables import quiet_table
from ibe100.utils.timecode import format_utc

LIFETIMES = ((30, "30 days"), (90, "90 days"), (365, "1 year"), (None, "Until revoked"))
ONCE = "This is shown once. Copy it now; it stands nowhere."
TABLE_HEIGHT = 130


def expiry_words(token: Token) -> str:
    """End of a token."""
    if token.expires_at is None:
        return "when revoked"
    return f"{format_utc(token.expires_at)}{' (over)' if token.expires_at < time.time() else ''}"


COLUMNS: tuple[Column[Token], ...] = (
    Column("Token", lambda token: f"{token.label}{' (a sign-in)' if token.by_login else ''}"),
    Column("Role", lambda token: token.role.value),
    Column("Ends (UTC)", expiry_words),
    Column(
        "Last used (UTC)",
        lambda token: "never" if token.last_used_at is None else format_utc(token.last_used_at),
    ),
)


class TokenPanel(QWidget):
    """Emits `said` with words, and whether something went wrong."""

    said = pyqtSignal(str, bool)

    def __init__(self, client: ServiceClient, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._client = client
        self._user: User | None = None
        self.model: KeyedTableModel[Token] = KeyedTableModel(COLUMNS, lambda token: token.token_id, self)
        self.table = quiet_table(self.model, "Tokens", stretch=0)
        scaled(self.table.setMinimumHeight, TABLE_HEIGHT)
        self.label_field = QLineEdit()
        self.label_field.setAccessibleName("What the token is for")
        self.label_field.setPlaceholderText("for, such as: playout 2")
        self.lifetime = Segments("Lifetime", LIFETIMES)
        self.lifetime.set_value(365)
        self.make_button = push_button("Make a token", auto_default=False, act=Act.SET_USERS)
        self.revoke_button = push_button("Revoke", "Revoke the token", auto_default=False, act=Act.SET_USERS)
        self.secret = QLineEdit()
        self.secret.setReadOnly(True)
        self.secret.setAccessibleName("Secret of the new token")
        self.copy = CopyButton("Copy the secret")
        self.once = QFrame()
        self.once.setProperty("kind", "banner")
        self._lay_out()
        self.make_button.clicked.connect(self.make)
        self.revoke_button.clicked.connect(self.revoke)
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(lambda *_: self._enable())
        self.once.hide()
        self._enable()

    def _lay_out(self) -> None:
        shown = QHBoxLayout()
        shown.addWidget(self.secret, 1)
        shown.addWidget(self.copy)
        inside = QVBoxLayout(self.once)
        inside.addWidget(label(ONCE, "strong", wrap=True))
        inside.addLayout(shown)
        row = QGridLayout()
        scaled(row.setSpacing, 8)
        row.addWidget(self.label_field, 0, 0)
        row.addWidget(self.make_button, 0, 1)
        row.addWidget(self.lifetime, 1, 0, Qt.AlignmentFlag.AlignLeft)
        row.addWidget(self.revoke_button, 1, 1)
        layout = QVBoxLayout(self)
        scaled(layout.setContentsMargins, 0, 8, 0, 0)
        scaled(layout.setSpacing, 8)
        layout.addWidget(label("Tokens", "title"))
        layout.addWidget(self.table)
        layout.addLayout(row)
        layout.addWidget(self.once)

    def show_user(self, user: User) -> None:
        """Show the tokens of a user; a secret goes when another one is chosen."""
        if self._user is None or self._user.name != user.name:
            self._hide_secret()
        self._user = user
        self.model.show(self._client.read(lambda s: s.access.tokens(user.name), ()))
        self._enable()

    def make(self) -> None:
        """Make a token with the words and the lifetime in the fields."""
        if self._user is None:
            return
        name = self._user.name
        try:
            wanted = WantedToken(user=name, label=self.label_field.text(), days=self.lifetime.value())
        except ValidationError as error:
            self.said.emit(describe_error(error), True)
            return
        call = self._client.ask(
            "Token", lambda s: s.access.add_token(name, wanted.label, None, wanted.lasts_s)
        )
        call.then(self._made, lambda words: self.said.emit(words, True), owner=self)

    def revoke(self) -> None:
        """Revoke the chosen token at once."""
        token = self.table.currentIndex().data(TABLE_ROW_ROLE)
        if isinstance(token, Token):
            call = self._client.ask("Token", lambda s: s.access.revoke_token(token.token_id))
            call.then(lambda _: self._revoked(token), lambda words: self.said.emit(words, True), owner=self)

    def hideEvent(self, a0: object) -> None:
        """Forget the secret when the page goes."""
        self._hide_secret()

    def _made(self, token: NewToken) -> None:
        self.label_field.clear()
        self._refresh()
        self.secret.setText(token.token)
        self.copy.set_text(token.token)
        self.once.show()
        self.secret.setFocus()
        self.secret.selectAll()
        self.said.emit(f"✓ The token {token.label} is made.", False)

    def _revoked(self, token: Token) -> None:
        self._refresh()
        self.said.emit(f"✓ The token {token.label} is revoked.", False)

    def _refresh(self) -> None:
        if self._user is not None:
            self.show_user(self._user)

    def _hide_secret(self) -> None:
        self.once.hide()
        self.secret.clear()
        self.copy.set_text("")

    def _enable(self) -> None:
        self.revoke_button.setEnabled(isinstance(self.table.currentIndex().data(TABLE_ROW_ROLE), Token))
        self.make_button.setEnabled(self._user is not None and not self._user.is_disabled)
