"""Support as front ends see it: versions, licences, diagnostics to copy, the bundle."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

from ibe100.core.config import AppConfig
from ibe100.core.folders import Folders
from ibe100.core.redaction import redact_text
from ibe100.core.support.bundle import doctor_text, save_bundle
from ibe100.core.support.checks import check_machine, finding
from ibe100.core.support.versions import licences, versions
from ibe100.models.rights import Act
from ibe100.models.settings.installation import CheckFinding, PackageLicence, PartVersion
from ibe100.services.ports import EnginePort
from ibe100.services.rights import demand
from ibe100.services.stream_port import StreamPort


class Support:
    """Asks the machine in threads; nothing here is in the way of a stream."""

    def __init__(
        self,
        folders: Folders,
        settings: Callable[[], AppConfig],
        streams: StreamPort,
        engine: EnginePort,
        refuse: Callable[[Path], None],
    ) -> None:
        """`refuse` raises StorageError for a path that no export may have."""
        self._folders, self._settings = folders, settings
        self._streams, self._engine, self._refuse = streams, engine, refuse

    async def versions(self) -> tuple[PartVersion, ...]:
        """Versions of the parts of this installation."""
        return await asyncio.to_thread(versions, await self._engine.engines())

    async def licences(self) -> tuple[PackageLicence, ...]:
        """Installed packages with their licences."""
        return await asyncio.to_thread(licences)

    async def diagnostics(self) -> str:
        """Versions, checks and states as text without secrets, to be pasted."""
        parts = "".join(
            f"{one.name} {one.version} {one.place}".rstrip() + "\n" for one in await self.versions()
        )
        states = "".join(
            f"{view.number} {view.name}: {view.state}, {view.tally} {view.reason}".rstrip() + "\n"
            for view in self._streams.streams()
        )
        return redact_text(f"{parts}\n{doctor_text(await self._findings())}\n{states}")

    async def save(self, file: Path) -> None:
        """Save a support bundle. Raises StorageError, NotAllowed."""
        demand(Act.SAVE_SUPPORT)
        await asyncio.to_thread(self._refuse, file)
        findings, engines = await self._findings(), await self._engine.engines()
        streams = self._streams.streams()
        await asyncio.to_thread(
            save_bundle, file, self._settings(), self._folders, findings, streams, engines
        )

    async def _findings(self) -> list[CheckFinding]:
        # Not the records: that reads the whole database, and `./run audit verify` is there for it.
        return await check_machine(self._settings(), finding("settings", "ok", "in force"), records=False)
