"""Settings on a real file, users, backups and support in memory."""

from __future__ import annotations

import shutil
import tempfile
import time
import weakref
from collections.abc import Sequence
from pathlib import Path

from pydantic import SecretStr

from ibe100.core.config import AppConfig
from ibe100.core.settings_edit import SettingsEdit
from ibe100.core.settings_reload import SettingsReload, SettingsSource
from ibe100.models.backup import (
    DATABASE,
    BackupContents,
    BackupFile,
    BackupManifest,
    BackupMember,
    BackupStatus,
    KeptBackup,
)
from ibe100.models.errors import AccessRefused, NotFound, StorageError
from ibe100.models.records.hosts import ClusterView
from ibe100.models.rights import Act, Role
from ibe100.models.settings.installation import PackageLicence, PartVersion
from ibe100.models.users import NewToken, Token, User
from ibe100.services.alarms.rule import Judgements
from ibe100.services.rights import demand

MADE_AT = 1_800_000_000.0
FOLDER = Path("/srv/backups")


class FakeSettings(SettingsEdit):
    """Real settings on a file of their own, which applies to nothing."""

    def __init__(self) -> None:
        folder = tempfile.mkdtemp(prefix="ibe100-ui-")
        weakref.finalize(self, shutil.rmtree, folder, ignore_errors=True)
        self.file = Path(folder) / "app_config.json"
        self.file.write_text("{}")
        self.lines: list[tuple[str, str, str]] = []
        self.overrides: dict[str, dict[str, object]] = {}
        source = SettingsSource(self.overrides, self.file)
        present = source.load()
        reload = SettingsReload(present, source, self._apply, lambda _: None, self, self._judge)
        super().__init__(present, source, reload)

    async def write(self, action: str, subject: str, detail: str = "") -> None:
        self.lines.append((action, subject, detail))

    async def _apply(self, config: AppConfig) -> None:
        """Nothing follows it."""

    async def _judge(self, judgements: Judgements) -> None:
        """No alarm."""


class FakeUsers:
    """Users and tokens; the rights are those of whoever acts."""

    def __init__(self) -> None:
        self.by_name: dict[str, User] = {}
        self.passwords: dict[str, str] = {}
        self.kept_tokens: list[Token] = []

    def put(self, name: str, role: Role, **values: object) -> User:
        user = User(name=name, role=role, created_at=MADE_AT, **values)  # type: ignore[arg-type]
        self.by_name[name] = user
        return user

    def users(self) -> tuple[User, ...]:
        return tuple(self.by_name[name] for name in sorted(self.by_name))

    def tokens(self, user: str = "") -> tuple[Token, ...]:
        return tuple(token for token in self.kept_tokens if user in ("", token.user))

    async def add_user(
        self, name: str, role: Role, password: SecretStr | None, streams: Sequence[str] | None = None
    ) -> User:
        demand(Act.SET_USERS)
        if name in self.by_name:
            raise AccessRefused(f"there is a user {name} already")
        if password is not None:
            self.passwords[name] = password.get_secret_value()
        return self.put(name, role, has_password=password is not None)

    async def set_role(self, name: str, role: Role) -> User:
        return self._change(name, role=role)

    async def set_streams(self, name: str, streams: Sequence[str] | None) -> User:
        return self._change(name, streams=None if streams is None else tuple(streams))

    async def set_password(self, name: str, password: SecretStr) -> None:
        self._change(name, has_password=True)
        self.passwords[name] = password.get_secret_value()

    async def set_disabled(self, name: str, disabled: bool) -> User:
        if disabled:
            self.kept_tokens = [token for token in self.kept_tokens if token.user != name]
        return self._change(name, is_disabled=disabled)

    async def remove_user(self, name: str) -> None:
        demand(Act.SET_USERS)
        del self.by_name[name]

    async def add_token(self, user: str, label: str, role: Role | None, lasts_s: float | None) -> NewToken:
        demand(Act.SET_USERS)
        token = Token(
            token_id=len(self.kept_tokens) + 1,
            user=user,
            label=label,
            role=role or self.by_name[user].role,
            created_at=MADE_AT,
            expires_at=None if lasts_s is None else time.time() + lasts_s,
        )
        self.kept_tokens.append(token)
        return NewToken(token="ibe100_" + "s" * 43, **token.model_dump())

    async def revoke_token(self, token_id: int) -> None:
        demand(Act.SET_USERS)
        self.kept_tokens = [token for token in self.kept_tokens if token.token_id != token_id]

    def _change(self, name: str, **changes: object) -> User:
        demand(Act.SET_USERS)
        if name not in self.by_name:
            raise NotFound(f"there is no user {name}")
        self.by_name[name] = self.by_name[name].model_copy(update=changes)
        return self.by_name[name]


def kept(name: str, *, here: bool = True, at: float = MADE_AT, problem: str = "") -> KeptBackup:
    """A backup of 12 MB."""
    member = BackupMember(name=DATABASE, size=12_000_000, sha256="0" * 64)
    manifest = BackupManifest(made_at=at, version="3.0.0", schema_revision="0012", members=(member,))
    file = BackupFile(
        path=FOLDER / name, size=12_000_000, manifest=None if problem else manifest, problem=problem
    )
    return KeptBackup(
        file=file, is_made_here=here, made_by="ada" if here else "", proved_at=at + 1 if here else None
    )


class FakeBackups:
    """Backups of a folder that is not there."""

    def __init__(self) -> None:
        self.kept: list[KeptBackup] = []
        self.exported: list[tuple[Path, Path]] = []
        self.asked: list[tuple[Path, bool]] = []
        self.fault = ""

    def status(self) -> BackupStatus:
        return BackupStatus(folder=FOLDER, problem=self.fault)

    async def make(self, file: Path | None = None, *, with_key: bool = False) -> BackupFile:
        demand(Act.BACK_UP)
        if self.fault:
            raise StorageError(self.fault)
        at = MADE_AT + 86_400 * (len(self.kept) + 1)
        self.kept.insert(0, kept(f"ibe100-{len(self.kept)}.tar.gz", at=at))
        return self.kept[0].file

    async def list(self) -> tuple[KeptBackup, ...]:
        return tuple(self.kept)

    async def prove(self, file: Path) -> BackupManifest:
        demand(Act.BACK_UP)
        if self.fault:
            raise StorageError(self.fault)
        return self._of(file)

    async def export(self, file: Path, to: Path) -> None:
        demand(Act.BACK_UP)
        self.exported.append((file, to))

    async def look_into(self, file: Path) -> BackupContents:
        demand(Act.RESTORE)
        here = next(one.is_made_here for one in self.kept if one.file.path == file)
        return BackupContents(
            file=file,
            manifest=self._of(file),
            is_made_here=here,
            users=() if here else (("mallory", "admin"),),
            streams=() if here else ("Theirs",),
        )

    async def restore_at_start(self, file: Path, *, also_foreign: bool = False) -> None:
        demand(Act.RESTORE)
        self.asked.append((file, also_foreign))

    def _of(self, file: Path) -> BackupManifest:
        manifest = next(one.file.manifest for one in self.kept if one.file.path == file)
        assert manifest is not None
        return manifest


class FakeSupport:
    """An installation of three parts."""

    def __init__(self) -> None:
        self.saved: list[Path] = []

    async def versions(self) -> tuple[PartVersion, ...]:
        parts = (("IBE-100", "3.0.0"), ("Python", "3.11.7"), ("TSDuck", "3.45-4721 (/usr/bin/tsp)"))
        return tuple(PartVersion(name=name, version=version) for name, version in parts)

    async def licences(self) -> tuple[PackageLicence, ...]:
        return (
            PackageLicence(name="numpy", version="2.1", licence="BSD-3-Clause"),
            PackageLicence(name="PyQt6", version="6.11", licence="GPL-3.0-only"),
        )

    async def diagnostics(self) -> str:
        return "IBE-100 3.0.0\nok      minitsp: built in\n"

    async def save(self, file: Path) -> None:
        demand(Act.SAVE_SUPPORT)
        self.saved.append(file)


class FakeCluster:
    """One machine alone, until a test puts a view here."""

    def __init__(self) -> None:
        self.shown = ClusterView(here="")

    def view(self) -> ClusterView:
        return self.shown
