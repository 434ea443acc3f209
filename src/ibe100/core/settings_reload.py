"""Settings changed while the console runs: what can take effect does, the rest is named."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from ibe100.core.config import AppConfig, settings_files, sources
from ibe100.core.last_good import load_and_keep, load_or_last_good
from ibe100.models.actor import part_of_console
from ibe100.models.errors import ConfigurationError
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.settings.views import Holds
from ibe100.services.alarms.catalogue import SETTINGS_WRONG
from ibe100.services.alarms.rule import Judgements, true_if
from ibe100.services.audit_trail import AuditTrail, act_as
from ibe100.utils.tasks import keep_running

POLL_S = 1.0
RELOADED = frozenset(
    {"media", "engine", "runner", "logging", "cues", "backup", "console", "ldap", "sound", "hooks", "clips"}
)
"""Sections whose changes take effect at once, or with the next start of a stream; others need a restart."""
FILE, HANGUP = part_of_console("settings file"), part_of_console("SIGHUP")
"""Actors of a change, as far as is known."""

Stamps = tuple[tuple[int, int] | None, ...]
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SettingsSource:
    """Source of the settings of this run, to be read again."""

    overrides: Mapping[str, Any] = field(default_factory=dict)
    file: Path | None = None

    def load(self) -> AppConfig:
        """Load the settings, and keep copies of them. Blocks on the disk; raises ConfigurationError."""
        return load_and_keep(self.overrides, self.file)

    def load_to_begin(self) -> AppConfig:
        """Load the settings, or the last good ones where a file is damaged or of a newer version.

        The first look of `SettingsReload` tells what is wrong. Raises ConfigurationError without any.
        """
        settings, fault = load_or_last_good(self.overrides, self.file)
        return settings if fault else self.load()

    def places(self) -> dict[str, dict[str, Any]]:
        """Settings by the place that sets them; see `config.sources`. Blocks on the disk."""
        return sources(self.overrides, self.file)

    def stamps(self) -> Stamps:
        """Time and size of each file as last written; None for one that is not there."""
        return tuple(_stamp(path) for path in settings_files(self.file))


def _stamp(path: Path) -> tuple[int, int] | None:
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size


def flat(config: AppConfig) -> dict[str, Any]:
    """Settings by name, such as `cues.seen_timeout_s`."""
    sections: dict[str, dict[str, Any]] = config.model_dump(mode="json")
    return {
        f"{section}.{name}": value for section, values in sections.items() for name, value in values.items()
    }


class SettingsReload:
    """Reads changed settings again. Lives on the loop; the files are read in a thread."""

    def __init__(
        self,
        present: AppConfig,
        source: SettingsSource,
        apply: Callable[[AppConfig], Awaitable[None]],
        publish: Callable[[Message], None],
        audit: AuditTrail,
        judge: Callable[[Judgements], Awaitable[None]],
        *,
        poll_s: float = POLL_S,
    ) -> None:
        self.present = present
        """Settings in force."""
        self._source = source
        self._apply = apply
        self._publish = publish
        self._audit = audit
        self._judge = judge
        self._fault = ""
        self._poll_s = poll_s
        self._read: Stamps = ()
        self._waiting: dict[str, Any] = {}
        """Changes that were told to need a restart."""
        self._busy = asyncio.Lock()
        self._task: asyncio.Task[None] | None = None

    async def open(self) -> None:
        """Look at the files from now on; what was changed since they were read is taken at once."""
        self._task = keep_running(self._run, "settings")

    async def close(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def reload(self) -> None:
        """Read the settings now; a wrong one is told by name, and all stays as it was."""
        async with self._busy:
            self._read = await asyncio.to_thread(self._source.stamps)
            try:
                read = await asyncio.to_thread(self._source.load)
            except ConfigurationError as error:
                self._fault = str(error)
                self._notice("warning", f"The settings stay as they were: {error}")
                return
            self._fault = ""
            await self._take(read)

    async def edit(self, write: Callable[[], None]) -> None:
        """Have the files written, in a thread, and take what was changed as whoever acts."""
        async with self._busy:
            await asyncio.to_thread(write)
            self._read = await asyncio.to_thread(self._source.stamps)
            read = await asyncio.to_thread(self._source.load)
            self._fault = ""
            await self._take(read, tell=False)

    async def _run(self) -> None:
        act_as(FILE)
        seen: Stamps = ()
        while True:
            stamps = await asyncio.to_thread(self._source.stamps)
            # Once it stays: an editor may be in the middle of writing. One that is gone may be coming again.
            if stamps == seen and stamps != self._read and not self._is_gone(stamps):
                await self.reload()
            seen = stamps
            await self._judge({SETTINGS_WRONG: true_if(self._fault)})
            await asyncio.sleep(self._poll_s)

    def _is_gone(self, stamps: Stamps) -> bool:
        return any(
            now is None and before is not None for before, now in zip(self._read, stamps, strict=False)
        )

    async def _take(self, read: AppConfig, *, tell: bool = True) -> None:
        before, after = flat(self.present), flat(read)
        changed = {name: value for name, value in after.items() if value != before[name]}
        effective = {name for name in changed if name.partition(".")[0] in RELOADED}
        waiting = {name: value for name, value in changed.items() if name not in effective}
        for name in sorted(changed):
            if name in effective:
                await self._audit.write("setting changed", name, _change(before[name], after[name]))
            elif self._waiting.get(name, before[name]) != after[name]:
                detail = f"{_change(before[name], after[name])}, after a restart"
                await self._audit.write("setting changed", name, detail)
        if effective:
            sections = {name: getattr(read, name) for name in RELOADED}
            taken = self.present.model_copy(update=sections)
            await self._apply(taken)
            self.present = taken
            words = [f"{name} {_change(before[name], after[name])}" for name in sorted(effective)]
            if tell:
                self._notice("info", f"Settings read again: {', '.join(words)}")
        if tell and waiting and waiting != self._waiting:
            names = ", ".join(sorted(waiting))
            self._notice("warning", f"These settings hold after a restart of the console or server: {names}")
        self._waiting = waiting

    def _notice(self, level: Literal["info", "warning"], text: str) -> None:
        _log.log(logging.WARNING if level == "warning" else logging.INFO, "%s", text)
        self._publish(NoticePosted(at=time.time(), level=level, text=text))


def _change(before: Any, after: Any) -> str:
    return f"{json.dumps(before, ensure_ascii=False)} → {json.dumps(after, ensure_ascii=False)}"


def when_it_holds(name: str) -> Holds:
    """Say when a change of the setting takes effect."""
    section = name.partition(".")[0]
    if section in ("engine", "runner"):
        return "from a stream's next start"
    return "at once" if section in RELOADED else "after a restart"
