"""Backups: their manifest, their plan, their state."""

from __future__ import annotations

import hmac
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from ibe100.models.base import FolderPath, Text, Value
from ibe100.models.records.keys import RecordKeys
from ibe100.models.settings.forms import told
from ibe100.utils.timecode import format_utc

DATABASE = "ibe100.db"
PROFILES = "profiles"
SECRETS = "secrets.bin"
SECRET_KEY = "secrets.key"
LAYOUTS = "layouts.json"
RESTORE_WANTED = "restore.wanted"
"""Names a WantedRestore in the data folder."""
SEALING = "backup"
"""Purpose of the key that seals backups."""
MOST_MEMBERS = 10_000
_FORMER_LAYOUTS = "console.ini"
"""In older backups; nothing reads it any more."""


def check_member(name: str) -> str:
    """`name` itself. Raises ValueError when nothing of a data folder that is backed up is called so."""
    parts = PurePosixPath(name).parts
    is_plain = bool(parts) and "/".join(parts) == name and ".." not in parts and "\\" not in name
    is_json = is_plain and parts[-1].endswith(".json") and parts[:-1] in ((), (PROFILES,))
    if not is_json and name not in (DATABASE, SECRETS, SECRET_KEY, _FORMER_LAYOUTS):
        raise ValueError("no file of a data folder is called so")
    return name


def _absolute(path: Path) -> Path:
    if not path.is_absolute():
        raise ValueError("must be an absolute path")
    return path


class BackupPlan(Value):
    """Plan of the backups: when, where to, and how many are kept; section `backup` of the settings."""

    enabled: Annotated[
        bool, told("Backups by themselves", "Once a day what is on record is copied, proved and kept.")
    ] = True
    hour_utc: Annotated[
        int,
        Field(ge=0, le=23),
        told(
            "Hour of the day",
            "The backup is made at this hour, UTC; at once where the last one is older than a day.",
            "h UTC",
        ),
    ] = 3
    keep_daily: Annotated[
        int, Field(ge=1, le=366), told("Days kept", "Of so many days the newest backup is kept.", "days")
    ] = 7
    keep_weekly: Annotated[
        int,
        Field(ge=0, le=520),
        told("Weeks kept", "Before them, the newest backup of each of so many weeks.", "weeks"),
    ] = 8
    folder: Annotated[
        FolderPath | None,
        told(
            "Folder of the backups",
            "Empty is backups in the data folder; another disk is better, a folder for each console.",
        ),
    ] = None


class BackupMember(Value):
    """A file of the data folder."""

    name: Annotated[Text, AfterValidator(check_member)]
    """Below the data folder, such as `ibe100.db` or `profiles/Morning.json`."""
    size: Annotated[int, Field(ge=0)]
    """In bytes."""
    sha256: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class RecordHead(Value):
    """The last link of the chain over what is on record, when the backup was made."""

    link: Annotated[int, Field(ge=0)]
    mac: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class BackupSeal(Value):
    """Proof of which installation made a backup: an HMAC over its manifest, which has all digests."""

    key_id: Annotated[str, Field(max_length=64)]
    mac: Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class BackupManifest(Value):
    """The first file in a backup: what else is in it."""

    format: Literal[1] = 1
    made_at: float
    """Wall clock at which the copy of the database began: all that was committed before is in it."""
    version: Text
    """The IBE-100 that made it."""
    schema_revision: Annotated[str, Field(pattern=r"^\d{4}$")]
    members: Annotated[tuple[BackupMember, ...], Field(max_length=MOST_MEMBERS)]
    head: RecordHead | None = None
    """None in backups of versions that had no chain."""
    seal: BackupSeal | None = None
    """None in backups of versions that made none, and while the secrets are locked."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        names = [member.name for member in self.members]
        if DATABASE not in names or len(set(names)) < len(names):
            raise ValueError(f"{DATABASE} and each other file must be named once")
        return self

    @property
    def holds_key(self) -> bool:
        """True when the key of the secrets is in it, so that whoever has the file can read them."""
        return any(member.name == SECRET_KEY for member in self.members)

    def content(self) -> bytes:
        """What the seal is over: all but the seal."""
        return self.model_dump_json(exclude={"seal"}).encode()


def sealed(manifest: BackupManifest, key_id: str, key: bytes) -> BackupManifest:
    """`manifest` with its seal, by the key that is derived for SEALING."""
    mac = hmac.digest(key, manifest.content(), "sha256").hex()
    return manifest.model_copy(update={"seal": BackupSeal(key_id=key_id, mac=mac)})


def is_made_with(manifest: BackupManifest, keys: RecordKeys) -> bool:
    """True for a backup that one of these keys has sealed."""
    seal = manifest.seal
    if seal is None or not keys.knows(seal.key_id):
        return False
    return hmac.compare_digest(keys.mac(SEALING, seal.key_id, manifest.content()).hex(), seal.mac)


class BackupFile(Value):
    """A file in the folder of backups, as far as its manifest tells."""

    path: Path
    size: int
    """In bytes."""
    manifest: BackupManifest | None = None
    problem: str = ""
    """Reason why it cannot be used; empty when its manifest can be read."""


class KeptBackup(Value):
    """A backup as it stands in the folder, with what is on record of it."""

    file: BackupFile
    is_made_here: bool
    made_by: str = ""
    """Name on record; empty where nothing here knows of it."""
    proved_at: float | None = None
    """Wall clock at which every byte of it was proved last; None where that is not on record."""


class BackupContents(Value):
    """A backup and whom it would let in."""

    file: Path
    manifest: BackupManifest
    is_made_here: bool
    users: tuple[tuple[str, str], ...] = ()
    """Name and role; read where it was not made here."""
    tokens: tuple[tuple[str, str, str], ...] = ()
    """User, label and role."""
    streams: tuple[str, ...] = ()
    """Names."""

    def lines(self) -> list[str]:
        """A backup that was not made here, for whoever is to decide."""
        made = f"of {format_utc(self.manifest.made_at)}, IBE-100 {self.manifest.version}"
        if not (self.users or self.tokens or self.streams):
            return [f"{self.file}: not made here ({made}). It brings no users, no tokens and no streams."]
        return [
            f"{self.file}: not made here ({made}). It would bring:",
            *(f"  user {name}, {role}" for name, role in self.users),
            *(f"  token {label!r} of {user}, {role}" for user, label, role in self.tokens),
            *(f"  stream {name}" for name in self.streams),
        ]


class WantedRestore(Value):
    """A restore that is asked for in the window, to be done at the next start."""

    file: Annotated[Path, AfterValidator(_absolute)]
    also_foreign: bool = False
    who: Text
    """Name that goes on record."""
    asked_at: float
    """Wall clock."""


class BackupRequest(Value):
    """A backup to be made now."""

    file: Annotated[Path, AfterValidator(_absolute)] | None = None
    """A new file; None stands for the folder of backups."""
    with_key: bool = False


class BackupStatus(Value):
    """State of the automatic backups."""

    folder: Path
    is_running: bool = False
    last: BackupFile | None = None
    """The newest that can be read."""
    problem: str = ""
    """Reason why the last try failed; empty after one that did not."""
