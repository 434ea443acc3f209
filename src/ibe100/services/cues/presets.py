"""Presets and rundowns of cues: kept in a file of the data folder, fired like any other cue."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractAsyncContextManager, nullcontext
from pathlib import Path

from ibe100.models.cues.preset import MOST_PRESETS, CuePreset, KeptCues, Rundown
from ibe100.models.errors import ConfigurationError, CueRefused, NotFound, StorageError
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.rights import Act
from ibe100.models.scte35_marker import Cue
from ibe100.models.stored import DamagedDocument, keep_unknown, read_stored, write_stored
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.ports import CuePort
from ibe100.services.rights import demand
from ibe100.utils.atomic_write import atomic_write
from ibe100.utils.set_aside import set_aside

_log = logging.getLogger(__name__)


class CuePresets:
    """Lives on the loop; reading is safe from any thread."""

    def __init__(
        self,
        file: Path | None,
        cues: CuePort,
        publish: Callable[[Message], None] = lambda _: None,
        audit: AuditTrail | None = None,
    ) -> None:
        """Changes last as long as this object where there is no `file`."""
        self._file, self._cues, self._publish, self._audit = file, cues, publish, audit
        self._kept = KeptCues()
        self._lock = asyncio.Lock()

    async def open(self) -> None:
        """Read what is kept; a damaged file is set aside and told of, and the shipped presets hold."""
        if self._file is not None:
            self._kept = await asyncio.to_thread(self._read, self._file)

    def presets(self, stream_id: str) -> tuple[CuePreset, ...]:
        """List the presets that a stream is offered, the installation's first."""
        return (*self._kept.presets, *self._kept.streams.get(stream_id, ()))

    def own(self, stream_id: str = "") -> tuple[CuePreset, ...]:
        """List the presets of one stream alone, or with an empty id those of the installation."""
        return self._kept.streams.get(stream_id, ()) if stream_id else self._kept.presets

    def rundown(self, stream_id: str) -> Rundown:
        """Return the rundown of a stream, empty where none was made."""
        return self._kept.rundowns.get(stream_id, Rundown())

    async def set_own(self, stream_id: str, presets: Sequence[CuePreset]) -> None:
        """Replace the presets of a stream or of the installation.

        Raises ConfigurationError for two of one name, StorageError when they cannot be kept.
        """
        demand(Act.SET_PRESETS, *([stream_id] if stream_id else []))
        _check_names(presets)
        async with self._lock:
            if stream_id:
                streams = {**self._kept.streams, stream_id: tuple(presets)}
                changed = self._with({"streams": {name: own for name, own in streams.items() if own}})
            else:
                changed = self._with({"presets": tuple(presets)})
            detail = ", ".join(f"{one.name}: {one.summary}" for one in presets) or "none"
            async with self._doing("cue presets changed", stream_id, detail):
                await self._keep(changed)

    async def set_rundown(self, stream_id: str, rundown: Rundown) -> Rundown:
        """Replace the rundown of a stream, or move to another of its steps. Raises StorageError."""
        demand(Act.PLAN_BREAKS, stream_id)
        async with self._lock:
            detail = f"{len(rundown.steps)} steps, next {rundown.next + 1}"
            async with self._doing("rundown changed", stream_id, detail):
                await self._keep(self._with_rundown(stream_id, rundown))
        return rundown

    async def fire(self, stream_id: str, name: str) -> Cue:
        """Fire a preset by its name. Raises NotFound, CueRefused, StorageError."""
        demand(Act.FIRE_CUE, stream_id)
        found = next((one for one in self.presets(stream_id) if one.name == name), None)
        if found is None:
            raise NotFound(f"there is no preset called {name}")
        return await self._cues.fire(found.request(stream_id))

    async def fire_step(self, stream_id: str, step: int) -> Cue:
        """Fire a step and move on. Raises CueRefused when it is not the next, and as a cue does.

        A step whose cue is refused stays the next one; one that went out is not fired again when the place
        in the rundown cannot be kept.
        """
        demand(Act.FIRE_CUE, stream_id)
        async with self._lock:
            rundown = self.rundown(stream_id)
            preset = rundown.step
            if preset is None:
                raise CueRefused("the rundown is over: choose a step to go on from")
            if step != rundown.next:
                raise CueRefused(f"step {step + 1} is not the next: it is {rundown.next + 1} {preset.name}")
            cue = await self._cues.fire(preset.request(stream_id))
            moved = self._with_rundown(stream_id, rundown.moved_on())
            try:
                await self._keep(moved)
            except StorageError as error:
                self._kept = moved
                self._warn(f"{preset.name} went out, and its place in the rundown is not kept: {error}")
        return cue

    def _with(self, changes: dict[str, object]) -> KeptCues:
        return keep_unknown(self._kept.model_copy(update=changes), self._kept)

    def _with_rundown(self, stream_id: str, rundown: Rundown) -> KeptCues:
        rundowns = {**self._kept.rundowns, stream_id: rundown}
        return self._with({"rundowns": {name: one for name, one in rundowns.items() if one.steps}})

    async def _keep(self, kept: KeptCues) -> None:
        """Write what is changed, then let it hold. Raises StorageError, and nothing has changed."""
        if self._file is not None:
            try:
                await asyncio.to_thread(atomic_write, self._file, write_stored(kept, indent=1))
            except OSError as error:
                raise StorageError(
                    f"presets and rundowns cannot be kept in {self._file}: {error.strerror}"
                ) from error
        self._kept = kept

    def _read(self, file: Path) -> KeptCues:
        try:
            return read_stored(KeptCues, file.read_bytes())
        except FileNotFoundError:
            return KeptCues()
        except OSError as error:
            self._warn(f"Presets of cues cannot be read, the shipped ones hold: {error.strerror}")
        except DamagedDocument as damage:
            try:
                where = f"set aside as {set_aside(file, time.time()).name}"
            except OSError as error:
                where = f"still in its place: {error.strerror}"
            self._warn(f"{file.name} is damaged ({damage}) and {where}; the shipped presets hold")
        return KeptCues()

    def _doing(self, action: str, stream_id: str, detail: str) -> AbstractAsyncContextManager[None]:
        return nullcontext() if self._audit is None else self._audit.doing(action, stream_id, detail)

    def _warn(self, text: str) -> None:
        _log.warning("%s", text)
        self._publish(NoticePosted(at=time.time(), level="warning", text=text))


def _check_names(presets: Sequence[CuePreset]) -> None:
    if len(presets) > MOST_PRESETS:
        raise ConfigurationError(f"{len(presets)} presets are too many: {MOST_PRESETS} at most")
    names = [preset.name.casefold() for preset in presets]
    if twice := next((preset.name for preset in presets if names.count(preset.name.casefold()) > 1), None):
        raise ConfigurationError(f"two presets are called {twice}: give one of them another name")
