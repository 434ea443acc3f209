"""Which break is open on which stream, and so which cue makes sense next."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, replace

from ibe100.models.cues.contract import Contract, TimeSignalCommand
from ibe100.models.cues.log import CueLogQuery
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_config import Scte35Options
from ibe100.mpegts.timestamps import PTS_HZ, pts_add
from ibe100.services.cues.live_cues import CueShelf
from ibe100.services.cues.section import Direction, direction_of_cue
from ibe100.services.storage import Storage
from ibe100.services.streams.run import StreamRun

REMEMBERED_CUES = 500


@dataclass(frozen=True, slots=True)
class OpenBreak:
    """A break that was spliced and not yet returned from by a cue of ours."""

    splice_event_id: int
    ends_at: float | None
    """When its announced duration is over and it returns by itself; None without auto_return."""
    announced_end: float | None = None
    """When its announced duration is over, whether or not it returns then; None if none was announced."""
    end_pts: int | None = None
    """The PTS at which it is over, of a break that began at a known one."""
    returns_by_cue: bool = False
    """Whether an explicit return is sent when its announced duration is over."""
    of_earlier_run: bool = False
    """The stream ended in it: the distributor may still be in the break, the next run is not."""

    def is_running(self, now: float) -> bool:
        """Whether the break is still on at wall time `now`, at the distributor at least."""
        return self.ends_at is None or now < self.ends_at

    def is_on_air(self, now: float) -> bool:
        """Whether this run of the stream is in the break at wall time `now`."""
        return self.is_running(now) and not self.of_earlier_run


class BreakLedger:
    """No IN without an OUT, no OUT within an OUT, one cue of a break at a time."""

    def __init__(self) -> None:
        self._breaks: dict[str, OpenBreak] = {}

    def open_break(self, stream_id: str) -> OpenBreak | None:
        """The last break that no cue of ours has returned from; safe from any thread."""
        return self._breaks.get(stream_id)

    def restore(
        self,
        stream_id: str,
        newest_first: Iterable[Cue],
        session_id: int | None,
        contract: Contract | None,
        options: Scte35Options,
    ) -> None:
        """Find the open break in what is on record; `session_id` is None for a stream that is off."""
        for cue in newest_first:
            if cue.state is CueState.SPLICED:
                direction = direction_of_cue(cue, contract)
                if direction is not Direction.NONE:
                    self.spliced(cue, direction, options)
                    if cue.session_id != session_id:
                        self.stream_ended(stream_id, time.time())
                    return

    def spliced(self, cue: Cue, direction: Direction, options: Scte35Options) -> None:
        """A cue has taken effect; `options` are those of its stream."""
        if direction is Direction.IN:
            self._breaks.pop(cue.stream_id, None)
        elif direction is Direction.OUT:
            assert cue.splice_event_id is not None
            terms = options.returning(cue.returns)
            began = cue.splice_at or cue.seen_at or cue.requested_at
            end = began + cue.duration_s if cue.duration_s is not None else None
            end_pts = None
            if cue.pts_time is not None and cue.duration_s is not None:
                end_pts = pts_add(cue.pts_time, round(cue.duration_s * PTS_HZ))
            self._breaks[cue.stream_id] = OpenBreak(
                cue.splice_event_id,
                end if terms.auto_return else None,
                end,
                end_pts,
                terms.explicit_return,
            )

    def clock_was_set(self, step_s: float) -> None:
        """The wall clock was set by so much: the breaks end when they would have, at another time of it."""
        for stream_id, one in self._breaks.items():
            self._breaks[stream_id] = replace(
                one,
                ends_at=None if one.ends_at is None else one.ends_at + step_s,
                announced_end=None if one.announced_end is None else one.announced_end + step_s,
            )

    def stream_ended(self, stream_id: str, now: float) -> None:
        """The stream is off: its next run may still return from a break that has not returned by itself."""
        current = self._breaks.pop(stream_id, None)
        if current is not None and current.is_running(now):
            self._breaks[stream_id] = replace(
                current, end_pts=None, returns_by_cue=False, of_earlier_run=True
            )

    def refusal(
        self, stream_id: str, action: CueAction, direction: Direction, pending: Iterable[Cue], now: float
    ) -> str | None:
        """Why a cue of `direction` makes no sense now; None when it does. Safe from any thread.

        `pending` are the cues of the stream's breaks that are not over.
        """
        if direction is Direction.NONE:
            return None
        waiting = next(iter(pending), None)
        if waiting is not None:
            return (
                f"{waiting.action} (event {waiting.splice_event_id}) is on its way; wait for it or disarm it"
            )
        current = self._breaks.get(stream_id)
        if direction is Direction.OUT and current is not None and current.is_on_air(now):
            return "the stream is in a break already; go BACK TO PROGRAMME first"
        if direction is Direction.IN and current is None:
            return "the stream is not in a break"
        if action is CueAction.CRASH_IN and current is not None and not current.is_running(now):
            return "the stream is not in a break: it has returned when the announced duration was over"
        return None


async def spliced_on_record(storage: Storage, shelf: CueShelf, run: StreamRun) -> tuple[Cue, ...]:
    """The cues of a stream which may have begun or ended a break, the newest first.

    From the record, for a long break may have seen more time signals and splice_nulls than are in memory.
    """
    contract = run.contract
    actions = [one for one in CueAction if one.leaves or one.returns or one is CueAction.SEND_SECTION]
    if contract is not None and isinstance(contract.command, TimeSignalCommand):
        actions.append(CueAction.TIME_SIGNAL)
    states = (CueState.SPLICED,)
    query = CueLogQuery(stream_id=run.stream_id, actions=tuple(actions), states=states, limit=REMEMBERED_CUES)
    found = await storage.cues.find(query)
    # What has become known a moment ago may be in memory only: it goes before what the record says.
    known = {cue.cue_id: cue for cue in (*found, *shelf.recent(run.stream_id))}
    newest_first = sorted(known.values(), key=lambda cue: cue.cue_id, reverse=True)
    return tuple(cue for cue in newest_first if cue.state in states)
