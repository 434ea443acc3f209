"""Users: list, add, role, rights by stream, password, switched off or on, removed."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import SecretStr, ValidationError
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QWidget

from ibe100.models.base import describe_error
from ibe100.models.rights import Act, Role
from ibe100.models.users import User, WantedUser
from ibe100.ui.qt_models.keyed_table import TABLE_ROW_ROLE, Column, KeyedTableModel
from ibe100.ui.qt_models.stream_list import StreamListModel
from ibe100.ui.service_client import ServiceClient
from ibe100.ui.settings.pages import Page
from ibe100.ui.settings.sections import Section
from ibe100.ui.settings.setting_row import RowFrame
from ibe100.ui.settings.settings_model import SettingsModel
from ibe100.ui.settings.stream_rights import StreamRights
from ibe100.ui.settings.token_panel import TokenPanel
from ibe100.ui.themes.sizes import scaled
from ibe100.ui.widgets.buttons import push_button
from ibe100.ui.widgets.choices import Segments
from ibe100.ui.widgets.labels import label, set_kind
from ibe100.ui.widgets.tables import quiet_table
from ibe100.utils.timecode import format_utc

if TYPE_CHECKING:
    from ibe100.services.ports import Services

ROLES = tuple((role, role.value.capitalize()) for role in Role)
ROLE_EFFECTS = (
    "A viewer reads; an operator fires cues, runs streams and sees to alarms; an engineer sets up; "
    "an admin sees to users and sign-in."
)
TABLE_HEIGHT = 180


def sign_in_words(user: User) -> str:
    """How a user gets in."""
    if user.is_disabled:
        return "SWITCHED OFF"
    if user.of_directory:
        return "by the directory"
    return "password" if user.has_password else "tokens only"


class UsersPage(Page):
    """List of the users, what can be changed of the chosen one, and their tokens."""

    def __init__(
        self,
        section: Section,
        model: SettingsModel,
        client: ServiceClient,
        streams: StreamListModel,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(section, parent)
        self._settings, self._client, self._streams = model, client, streams
        self._on_their_way = 0
        """Changes that are not answered."""
        self.words = label("", "second", wrap=True)
        self.model: KeyedTableModel[User] = KeyedTableModel(
            (
                Column("Name", lambda user: user.name),
                Column("Role", lambda user: user.role.value),
                Column("Acts on", self._rights_words),
                Column("Signs in", sign_in_words),
                Column("Since (UTC)", lambda user: format_utc(user.created_at)),
            ),
            lambda user: user.name,
            self,
        )
        self.table = quiet_table(self.model, "Users", stretch=2)
        scaled(self.table.setMinimumHeight, TABLE_HEIGHT)
        self.name = _line("Name of the new user", "name: small letters, digits, . - _")
        self.password = _line("Password of the new user", "password; empty: tokens only")
        self.password.setEchoMode(QLineEdit.EchoMode.Password)
        self.role = Segments("Role of the new user", ROLES)
        self.role.set_value(Role.OPERATOR)
        self.add_button = push_button("Add user", kind="primary", auto_default=False, act=Act.SET_USERS)
        self.chosen_role = Segments("Role", ROLES)
        self.new_password = _line("New password", "new password")
        self.new_password.setEchoMode(QLineEdit.EchoMode.Password)
        self.password_button = push_button("Set", "Set the password", auto_default=False, act=Act.SET_USERS)
        self.rights = StreamRights(streams)
        self.off_button = push_button("Switch off", auto_default=False, act=Act.SET_USERS)
        self.remove_button = push_button("Remove", "Remove the user", auto_default=False, act=Act.SET_USERS)
        self.tokens = TokenPanel(client)
        self._lay_out()
        self._connect()
        self._choose()

    def _lay_out(self) -> None:
        new = QWidget()
        grid = QGridLayout(new)
        grid.setContentsMargins(0, 0, 0, 0)
        scaled(grid.setSpacing, 8)
        grid.addWidget(self.name, 0, 0)
        grid.addWidget(self.password, 0, 1)
        grid.addWidget(self.role, 1, 0)
        grid.addWidget(self.add_button, 1, 1, Qt.AlignmentFlag.AlignRight)
        password, ends = QWidget(), QWidget()
        for place, widgets in (
            (password, (self.new_password, self.password_button)),
            (ends, (self.off_button, self.remove_button)),
        ):
            inside = QHBoxLayout(place)
            inside.setContentsMargins(0, 0, 0, 0)
            scaled(inside.setSpacing, 8)
            for one in widgets:
                inside.addWidget(one)
        self.of_user = label("", "title")
        scaled(self.of_user.setContentsMargins, 0, 16, 0, 4)
        self.role_row = RowFrame("Role", ROLE_EFFECTS, self.chosen_role)
        self.rights_row = RowFrame("Streams", "Those they may act on; everybody sees all.", self.rights)
        self.password_row = RowFrame(
            "Password", "At least 10 characters; sign-ins by the old one end.", password
        )
        self.end_row = RowFrame(
            "Access",
            "Switched off, nothing lets them in and their tokens are revoked; role and rights are kept.",
            ends,
        )
        self.body.addWidget(self.words)
        self.body.addWidget(self.table)
        self.body.addSpacing(8)
        self.body.addWidget(new)
        self.body.addWidget(self.of_user)
        self._of_one = (self.role_row, self.rights_row, self.password_row, self.end_row, self.tokens)
        for part in self._of_one:
            self.body.addWidget(part)

    def _connect(self) -> None:
        selection = self.table.selectionModel()
        assert selection is not None
        selection.currentRowChanged.connect(lambda *_: self._choose())
        self.add_button.clicked.connect(self.add)
        self.password.returnPressed.connect(self.add_button.click)
        self.new_password.returnPressed.connect(self.password_button.click)
        self.chosen_role.changed.connect(self.set_role)
        self.rights.changed.connect(self.set_streams)
        self.password_button.clicked.connect(self.set_password)
        self.off_button.clicked.connect(self.switch)
        self.remove_button.clicked.connect(self.remove)
        self.tokens.said.connect(self._say)

    def look(self) -> None:
        self.model.show(self._client.read(lambda s: s.access.users(), ()))
        if self.model.rows() and not self.table.currentIndex().isValid():
            self.table.selectRow(0)
        if not self.words.text():
            directory = self._settings.views.get("ldap.url")
            kept = f" Others are proved by {directory.value}." if directory and directory.value else ""
            nobody = "" if self.model.rows() else "There is nobody yet. "
            self._say(f"{nobody}Users sign in at the window and at the API.{kept}")
        self._choose()

    def add(self) -> None:
        """Add the user in the fields."""
        password = self.password.text()
        try:
            wanted = WantedUser(
                name=self.name.text(),
                role=self.role.value(),
                password=SecretStr(password) if password else None,
            )
        except ValidationError as error:
            self._say(describe_error(error), bad=True)
            return
        self.password.clear()
        self._do(
            lambda s: s.access.add_user(wanted.name, wanted.role, wanted.password), f"{wanted.name} is added."
        )
        self.name.clear()

    def set_role(self, role: Role) -> None:
        """Give the chosen user another role, at once."""
        name = self._name()
        self._do(lambda s: s.access.set_role(name, role), f"{name} is {role} now.")

    def set_streams(self, streams: Sequence[str] | None) -> None:
        """Change the streams that the chosen user may act on."""
        name = self._name()
        self._do(lambda s: s.access.set_streams(name, streams), f"The rights of {name} are changed.")

    def set_password(self) -> None:
        """Give the chosen user the password in the field."""
        name, typed = self._name(), self.new_password.text()
        try:
            password = WantedUser(name=name, role=Role.VIEWER, password=SecretStr(typed)).password
        except ValidationError as error:
            self.password_row.show_fault(describe_error(error))
            return
        self.password_row.show_fault("")
        self.new_password.clear()
        if password is not None:
            self._do(lambda s: s.access.set_password(name, password), f"The password of {name} is changed.")

    def switch(self) -> None:
        """Switch the chosen user off, or on again."""
        user = self._user()
        if user is not None:
            off, name = not user.is_disabled, user.name
            words = "switched off" if off else "switched on: give a new password or tokens"
            self._do(lambda s: s.access.set_disabled(name, off), f"{name} is {words}.")

    def remove(self) -> None:
        """Remove the chosen user once it was asked for twice."""
        name = self._name()
        if self.remove_button.text() == "Remove":
            self.remove_button.setText(f"Remove {name} for good?")
            set_kind(self.remove_button, "confirm")
            return
        self._do(lambda s: s.access.remove_user(name), f"{name} is removed.")

    def _do(self, work: Callable[[Services], Coroutine[Any, Any, object]], words: str) -> None:
        self._on_their_way += 1
        call = self._client.ask("Users", work)
        call.then(lambda _: self._done(words), self._refused, owner=self)

    def _done(self, words: str) -> None:
        self._say(f"✓ {words}")
        self._settled()

    def _refused(self, words: str) -> None:
        self._say(words, bad=True)
        self._settled()

    def _settled(self) -> None:
        # Not while another change is on its way: what it has set would be shown as it was.
        self._on_their_way -= 1
        if not self._on_their_way:
            self.look()

    def _choose(self) -> None:
        user = self._user()
        self.remove_button.setText("Remove")
        set_kind(self.remove_button, "")
        for widget in self._of_one:
            widget.setVisible(user is not None)
        self.of_user.setText("" if user is None else user.name)
        if user is None:
            return
        self.chosen_role.set_value(user.role)
        self.chosen_role.setEnabled(not user.of_directory)
        self.rights.show_rights(user.streams)
        self.password_row.setVisible(not user.of_directory)
        self.off_button.setText("Switch on" if user.is_disabled else "Switch off")
        self.tokens.show_user(user)

    def _user(self) -> User | None:
        row = self.table.currentIndex().data(TABLE_ROW_ROLE)
        return row if isinstance(row, User) else None

    def _name(self) -> str:
        user = self._user()
        return "" if user is None else user.name

    def _rights_words(self, user: User) -> str:
        if user.streams is None:
            return "all streams"
        names = {row.stream_id: row.name for row in self._streams.rows()}
        return ", ".join(names.get(one, one) for one in user.streams) or "none"

    def _say(self, words: str, bad: bool = False) -> None:
        self.words.setText(f"▲ {words}" if bad else words)
        set_kind(self.words, "problem" if bad else "second")


def _line(accessible_name: str, hint: str) -> QLineEdit:
    line = QLineEdit()
    line.setAccessibleName(accessible_name)
    line.setPlaceholderText(hint)
    scaled(line.setMinimumWidth, 190)
    return line
