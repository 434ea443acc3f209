"""Sections of the settings window, and which settings stand in each."""

from __future__ import annotations

from dataclasses import dataclass

Group = tuple[str, tuple[str, ...]]
"""Heading, empty for none, and names of settings; `cues.` stands for all of the section."""


@dataclass(frozen=True, slots=True)
class Section:
    """Section of the window."""

    name: str
    title: str
    icon: str
    groups: tuple[Group, ...] = ()
    """Empty for a page of its own kind."""
    rows: tuple[str, ...] = ()
    """Titles of what stands there besides, for the search."""


APPEARANCE, NOTIFICATIONS, USERS, BACKUPS = "appearance", "notifications", "users", "backups"
CONTRACTS, ALARMS, ABOUT = "contracts", "alarms", "about"

SECTIONS = (
    Section(
        APPEARANCE,
        "Appearance",
        "palette-outline",
        rows=("Theme", "Text size", "Flashing", "Frames in the clock"),
    ),
    Section(
        "cues",
        "Cues and safety",
        "flash-outline",
        (("", ("cues.",)), ("Safety", ("console.four_eyes", "console.emergency_key"))),
    ),
    Section(ALARMS, "Alarms and sound", "volume-high", (("Sound", ("sound.",)),), ("Test", "Mute", "Rules")),
    Section(NOTIFICATIONS, "Notifications", "bell-outline", rows=("Recipients",)),
    Section(
        USERS,
        "Users and tokens",
        "account-outline",
        rows=("Users", "Role", "Streams", "Password", "Access", "Tokens"),
    ),
    Section(
        "sign_in",
        "Sign-in and directory",
        "lock-outline",
        (("", ("console.sign_in", "console.lock_after_min")), ("Directory (LDAP)", ("ldap.",))),
    ),
    Section("api", "API and automation", "api", (("", ("api.",)), ("Hooks", ("hooks.",)))),
    Section(CONTRACTS, "Contracts", "file-document-outline", rows=("Contracts of distributors",)),
    Section(
        "storage",
        "Storage",
        "folder-outline",
        (
            ("Files of streams", ("media.",)),
            ("Folders", ("folders.",)),
            ("Database", ("database.",)),
            ("Several hosts", ("cluster.",)),
            ("Backups", ("backup.",)),
        ),
    ),
    Section("clips", "Clips", "filmstrip", (("", ("clips.",)),)),
    Section(BACKUPS, "Backup and restore", "backup-restore", rows=("Back up now", "Prove", "Restore")),
    Section(
        "processor",
        "Processor",
        "cog-outline",
        (("", ("engine.",)), ("Restarts of a processor", ("runner.",))),
    ),
    Section("logs", "Logs", "text-box-outline", (("", ("logging.",)),)),
    Section(
        ABOUT,
        "About",
        "information-outline",
        rows=("Versions", "Licences", "Support bundle and diagnostics"),
    ),
)


def section_of(name: str) -> Section | None:
    """Section in which a setting stands."""
    found = (
        section
        for section in SECTIONS
        for _, wanted in section.groups
        if any(is_of(name, one) for one in wanted)
    )
    return next(found, None)


def is_of(name: str, wanted: str) -> bool:
    """True for a setting that an entry of a group stands for."""
    return name.startswith(wanted) if wanted.endswith(".") else name == wanted
