"""Person at the window: the real session on users in memory, none of whom has to sign in at first."""

from __future__ import annotations

from pydantic import SecretStr

from ibe100.models.actor import Actor
from ibe100.models.console import ConsolePlan
from ibe100.models.errors import NotSignedIn
from ibe100.models.rights import Role
from ibe100.models.scte35_marker import CueAction
from ibe100.models.users import StoredUser
from ibe100.services.access.console_session import ConsoleSession
from ibe100.services.ports import CuePort

PASSWORD = "correct horse battery"
PERSON = Actor("olga", Role.ADMIN)
"""User of the machine on which the tests run."""


class FakeAccess:
    """Users with one password."""

    def __init__(self) -> None:
        self.users: dict[str, StoredUser] = {}

    def add(self, name: str, role: Role) -> None:
        self.users[name] = StoredUser(name=name, role=role, password_hash="x", created_at=1.0)

    @property
    def has_users(self) -> bool:
        return bool(self.users)

    async def check(self, name: str, password: SecretStr, place: str) -> StoredUser:
        if password.get_secret_value() != PASSWORD or name not in self.users:
            raise NotSignedIn("the name or the password is wrong")
        return self.users[name]

    def as_now(self, user: StoredUser) -> StoredUser | None:
        return self.users.get(user.name)


class FakeAudit:
    """Lines that were written."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    async def write(self, action: str, subject: str, detail: str = "") -> None:
        self.lines.append(action)


class FakeConsole(ConsoleSession):
    """Session of the window; `access` has its users."""

    def __init__(self, cues: CuePort) -> None:
        self.emergencies: list[tuple[str, CueAction]] = []
        self.access = FakeAccess()
        self.audit = FakeAudit()
        super().__init__(
            self.access,  # type: ignore[arg-type]
            self.audit,  # type: ignore[arg-type]
            ConsolePlan(),
            cues,
            self._sound,
            lambda: PERSON,
        )

    async def _sound(self, stream_id: str, action: CueAction) -> None:
        self.emergencies.append((stream_id, action))
