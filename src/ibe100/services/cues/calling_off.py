"""Calling off a cue: disarmed while it is ours alone, withdrawn once it is announced."""

from __future__ import annotations

import asyncio
import time
from base64 import b64decode
from collections.abc import Awaitable, Callable

from ibe100.models.errors import CueRefused, StorageError
from ibe100.models.scte35_marker import CALL_OFF_LEAST_S, Cue, CueAction, CueRequest, CueState
from ibe100.scte35.cues import cancel, time_signal
from ibe100.scte35.section import decode, encode, to_base64
from ibe100.scte35.values import SegmentationDescriptor, SpliceInsert, TimeSignal
from ibe100.services.audit_trail import acting
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.dispatch import CueDispatch
from ibe100.services.cues.draft import REPLACED
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.cues.on_air.break_change import gives_way
from ibe100.utils.units import format_event_id

POLL_S = 0.02
SIGHT_S = 1.0
"""A cue that was just sent is on the output within this time: before that a withdrawal would overtake it."""


def withdrawal_of(section: bytes) -> bytes | None:
    """The section that cancels the events of another (SCTE 35, 9.7.3 and 10.3.3); None where it has none."""
    values = decode(section)
    if isinstance(values.command, SpliceInsert) and not values.command.splice_event_cancel_indicator:
        return encode(cancel(values.command.splice_event_id, tier=values.tier))
    events = [
        SegmentationDescriptor(one.segmentation_event_id, segmentation_event_cancel_indicator=True)
        for one in values.descriptors
        if isinstance(one, SegmentationDescriptor) and not one.segmentation_event_cancel_indicator
    ]
    if isinstance(values.command, TimeSignal) and events:
        return encode(time_signal(*events, tier=values.tier))
    return None


class CallingOff:
    """Used on the loop only."""

    def __init__(
        self,
        cache: CueCache,
        ledger: CueLedger,
        dispatch: CueDispatch,
        fire: Callable[[CueRequest], Awaitable[Cue]],
    ) -> None:
        self._cache = cache
        self._ledger = ledger
        self._dispatch = dispatch
        self._fire = fire

    async def call_off(self, cue: Cue, why: str = "") -> Cue:
        """Call off a cue: it is CANCELLED then. Raises CueRefused, StorageError: it goes on as it was.

        `why`: reason on record where nobody has asked for it.
        """
        withdrawal = self._check(cue)
        unsure = await self._dispatch.call_off(cue)
        try:
            cue = await self._announced(self._ledger.now(cue))
            words = f"by {acting().words}" + (f"; {unsure}" if unsure else "")
            if cue.state is CueState.ARMED:
                return self._ledger.move(cue, CueState.CANCELLED, reason=why or f"disarmed {words}")
            self._check(cue)
            action = CueAction.CALL_OFF
            request = CueRequest(stream_id=cue.stream_id, action=action, section=to_base64(withdrawal))
            withdrawn = await self._fire(request)
        except (CueRefused, StorageError):
            self._dispatch.go_on_with(cue)
            raise
        cue = self._ledger.now(cue)
        if cue.state.is_final:
            return cue
        reason = (
            f"{why or f'called off {words}'}: it was announced and is withdrawn by cue {withdrawn.cue_id}"
        )
        return self._ledger.move(cue, CueState.CANCELLED, reason=reason)

    async def make_way(self, request: CueRequest) -> None:
        """Withdraw the automatic return that is announced for an end which the break will not have.

        Raises CueRefused, StorageError.
        """
        for cue in filter(gives_way, self._cache.open_of(request.stream_id)):
            await self.call_off(cue, f"{REPLACED} {request.action}")

    async def announced_again(self, cue: Cue) -> None:
        """Withdraw a cue that came behind its withdrawal once more. Raises CueRefused, StorageError."""
        withdrawal = withdrawal_of(b64decode(cue.section_base64))
        assert withdrawal is not None, "it was withdrawn before"
        request = CueRequest(
            stream_id=cue.stream_id, action=CueAction.CALL_OFF, section=to_base64(withdrawal)
        )
        await self._fire(request)

    def settle(self) -> None:
        """What a console that ended had called off, and had not on record so: its withdrawal went out."""
        for cue in self._cache.unfinished():
            for later in self._cache.recent(cue.stream_id):
                is_withdrawal = later.action is CueAction.CALL_OFF and later.seen > 0
                if is_withdrawal and later.cue_id > cue.cue_id and _withdraws(later, cue):
                    reason = f"it was announced and is withdrawn by cue {later.cue_id}"
                    self._ledger.move(cue, CueState.CANCELLED, reason=reason)
                    break

    def _check(self, cue: Cue) -> bytes:
        """The section that withdraws the cue. Raises CueRefused where it cannot be called off any more."""
        event = format_event_id(cue.splice_event_id)
        until = cue.can_be_called_off_until
        if until is None:
            why = "immediate" if cue.pts_time is None and not cue.state.is_final else str(cue.state)
            raise CueRefused(f"event {event} is {why}: only a cue whose splice lies ahead can be called off")
        withdrawal = withdrawal_of(b64decode(cue.section_base64))
        if cue.state is CueState.ARMED:
            return withdrawal or b""
        if (left_s := until - time.time()) < 0:
            left_s = max(0.0, left_s + CALL_OFF_LEAST_S)
            raise CueRefused(
                f"event {event} splices in {left_s:.1f} s: it cannot be called off any more; "
                "go BACK TO PROGRAMME after it"
            )
        if withdrawal is None:
            raise CueRefused(f"event {event} is announced by a section that cannot be withdrawn")
        return withdrawal

    async def _announced(self, cue: Cue) -> Cue:
        """The cue once it is on the output, where it was just sent."""
        deadline = time.monotonic() + SIGHT_S
        while cue.state is CueState.SENT and time.monotonic() < deadline:
            await asyncio.sleep(POLL_S)
            cue = self._ledger.now(cue)
        return cue


def _withdraws(withdrawal: Cue, cue: Cue) -> bool:
    section = withdrawal_of(b64decode(cue.section_base64)) if cue.section_base64 else None
    return cue.sent > 0 and section is not None and section == b64decode(withdrawal.section_base64)
