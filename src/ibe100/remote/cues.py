"""Cues of a server on another machine: presets, contracts and receipts with them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ibe100.models.cues.break_length import unusual_length
from ibe100.models.cues.contract import Contract, ContractFinding
from ibe100.models.cues.preset import CuePreset, Rundown
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.scte35_marker import Cue, CueAction, CuePreview, CueRequest, Readiness
from ibe100.models.stream_config import StreamConfig
from ibe100.mpegts.stream_report import StreamReport
from ibe100.remote.connection import Connection
from ibe100.remote.following import NOT_READ, Following
from ibe100.remote.mirror import Mirror
from ibe100.services.contracts.options import break_faults, default_pre_roll_s, under_contract
from ibe100.services.contracts.stream_linter import lint_stream
from ibe100_client import Call, contracts, cues, presets
from ibe100_client.calls import KEY, new_key, place


class RemoteCues:
    """The port of the cues."""

    def __init__(self, connection: Connection, mirror: Mirror, following: Following) -> None:
        self._connection, self._mirror, self._following = connection, mirror, following

    @property
    def unusual_break_s(self) -> float:
        """Length above which a break is unusually long on that server."""
        window = self._following.window
        return float("inf") if window is None else window.unusual_break_s

    def readiness(self, stream_id: str, action: CueAction | None = None) -> Readiness:
        """Readiness as the server said last, at most a second ago while it answers."""
        found = self._following.of_stream(stream_id)
        if found is None:
            return NOT_READ
        wanted = CueAction.SPLICE_NULL if action is None else action
        return found.readiness.get(wanted, NOT_READ)

    async def preview(self, request: CueRequest) -> CuePreview:
        """The section that would go out now."""
        path = place("streams", request.stream_id, "cues", "preview")
        return await self._connection.one(Call("POST", path, dict, body=_wanted(request)), CuePreview)

    async def fire(self, request: CueRequest) -> Cue:
        """Fire a cue under a key of its own."""
        path = place("streams", request.stream_id, "cues")
        call: Call[Any] = Call("POST", path, dict, body=_wanted(request), headers={KEY: new_key()})
        return await self.sent(call)

    async def sent(self, call: Call[Any]) -> Cue:
        """The cue that a call fires. Raises CueRefused."""
        cue = await self._connection.one(call, Cue)
        self._mirror.put_cue(cue)
        return cue

    async def cancel(self, cue_id: int) -> Cue:
        """Cancel a cue that is ARMED."""
        return await self._connection.one(cues.cancel(cue_id), Cue)

    def break_warning(self, duration_s: float) -> str:
        """Words about a break that is unusually long."""
        return unusual_length(duration_s, self.unusual_break_s)

    def recent(self, stream_id: str) -> tuple[Cue, ...]:
        """Newest cues first, as the events told them."""
        return self._mirror.cues(stream_id)

    def announced_end(self, out: Cue) -> float | None:
        """Wall clock at which the break that `out` began is over as announced."""
        view = self._mirror.view(out.stream_id)
        newest = next((one for one in self.recent(out.stream_id) if one.announced_end is not None), None)
        is_open = newest is not None and newest.cue_id == out.cue_id
        known = view.break_announced_end if view is not None and is_open else None
        return known if known is not None else out.announced_end


class RemotePresets:
    """The port of presets and rundowns."""

    def __init__(self, connection: Connection, cues: RemoteCues, following: Following) -> None:
        self._connection, self._cues, self._following = connection, cues, following

    def presets(self, stream_id: str) -> tuple[CuePreset, ...]:
        """Presets that a stream is offered, the installation's first."""
        return (*self.own(), *(self.own(stream_id) if stream_id else ()))

    def own(self, stream_id: str = "") -> tuple[CuePreset, ...]:
        """Presets of one stream alone, or of the installation."""
        window, found = self._following.window, self._following.of_stream(stream_id)
        if not stream_id:
            return () if window is None else window.presets
        return () if found is None else found.presets

    def rundown(self, stream_id: str) -> Rundown:
        """Rundown of a stream."""
        found = self._following.of_stream(stream_id)
        return Rundown() if found is None else found.rundown

    async def set_own(self, stream_id: str, presets_: Sequence[CuePreset]) -> None:
        """Replace presets; returns once they are shown as they are now."""
        values = [one.model_dump(mode="json") for one in presets_]
        await self._connection.do(presets.set_own(values, stream_id or None))
        await self._following.look()

    async def set_rundown(self, stream_id: str, rundown: Rundown) -> Rundown:
        """Replace a rundown; returns once it is shown as it is now."""
        call = presets.set_rundown(stream_id, rundown.model_dump(mode="json"))
        changed = await self._connection.one(call, Rundown)
        await self._following.look()
        return changed

    async def fire(self, stream_id: str, name: str) -> Cue:
        """Fire a preset by its name."""
        return await self._cues.sent(presets.fire(stream_id, name))

    async def fire_step(self, stream_id: str, step: int) -> Cue:
        """Fire a step of the rundown and move on."""
        cue = await self._cues.sent(presets.fire_step(stream_id, step))
        await self._following.look()
        return cue


class RemoteReturns:
    """Receipts of the return feeds."""

    def __init__(self, mirror: Mirror) -> None:
        self._mirror = mirror

    def receipt(self, cue_id: int) -> ReturnReceipt | None:
        """Receipt of a cue."""
        return self._mirror.receipt(cue_id)

    def recent(self, stream_id: str) -> tuple[ReturnReceipt, ...]:
        """Receipts, the newest first."""
        return self._mirror.receipts(stream_id)


class RemoteContracts:
    """Contracts of the server. What is asked of a stream or break by one is a rule, and judged here."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    async def templates(self) -> tuple[Contract, ...]:
        """The contracts to choose from."""
        return await self._connection.many(contracts.templates(), Contract)

    async def own(self) -> tuple[Contract, ...]:
        """Own contracts by name."""
        return await self._connection.many(contracts.own(), Contract)

    async def save(self, contract: Contract, was: str = "") -> Contract:
        """Add an own contract, or change one."""
        values = contract.model_dump(mode="json")
        return await self._connection.one(
            contracts.change(was, values) if was else contracts.add(values), Contract
        )

    async def remove(self, name: str) -> None:
        """Remove an own contract."""
        await self._connection.do(contracts.remove(name))

    def apply(self, config: StreamConfig, contract: Contract | None) -> StreamConfig:
        """A configuration with the contract and what follows from it."""
        return under_contract(config, contract)

    def default_pre_roll_s(self, contract: Contract | None, action: CueAction) -> float:
        """Seconds ahead that a cue splices which is asked for without a time."""
        return default_pre_roll_s(contract, action)

    def break_faults(
        self, contract: Contract | None, duration_s: float, pre_roll_s: float
    ) -> tuple[str, ...]:
        """Reasons for which a break as it is chosen would be refused."""
        return break_faults(contract, duration_s, pre_roll_s)

    def lint(self, config: StreamConfig, report: StreamReport | None) -> tuple[ContractFinding, ...]:
        """Findings against the stream's contract."""
        return lint_stream(config, report)


def _wanted(request: CueRequest) -> dict[str, Any]:
    """A request as the API takes it; stream and name are known by path and token."""
    return request.model_dump(mode="json", exclude={"stream_id"}, exclude_none=True)
