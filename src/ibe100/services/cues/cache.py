"""The cues in memory: the newest of each stream, found by number, bytes or event id."""

from __future__ import annotations

import base64
from collections.abc import Collection, Iterable

from ibe100.models.scte35_marker import Cue, CueState

KEPT = 50
ON_AIR = (CueState.SENT, CueState.SEEN)
GIVEN_UP = (CueState.FAILED, CueState.CANCELLED, CueState.AIRED_LATE)
ANY_STATE = tuple(CueState)


class CueCache:
    """Written by the loop; `recent` may be read from any thread, for it hands out finished tuples."""

    def __init__(self) -> None:
        self._cues: dict[int, Cue] = {}
        self._recent: dict[str, tuple[Cue, ...]] = {}
        self._last_id: dict[str, tuple[int, int]] = {}
        """cue_id and splice_event_id of the newest numbered cue."""

    def put(self, cue: Cue) -> None:
        """Keep a cue as it now is."""
        self._cues[cue.cue_id] = cue
        recent = self._recent.get(cue.stream_id, ())
        if any(old.cue_id == cue.cue_id for old in recent):
            recent = tuple(cue if old.cue_id == cue.cue_id else old for old in recent)
        else:
            recent = (cue, *recent)
        for dropped in recent[KEPT:]:
            if dropped.state.is_final:
                self._cues.pop(dropped.cue_id, None)
        self._recent[cue.stream_id] = recent[:KEPT]
        if cue.action.traits.event_id == "new" and cue.splice_event_id is not None:
            newest, _ = self._last_id.get(cue.stream_id, (0, 0))
            if cue.cue_id >= newest:
                self._last_id[cue.stream_id] = (cue.cue_id, cue.splice_event_id)

    def get(self, cue_id: int) -> Cue | None:
        """A cue by its number."""
        return self._cues.get(cue_id)

    def streams(self) -> Iterable[str]:
        """Ids of all streams that have cues."""
        return tuple(self._recent)

    def recent(self, stream_id: str) -> tuple[Cue, ...]:
        """The newest first, at most 50."""
        return self._recent.get(stream_id, ())

    def unfinished(self) -> tuple[Cue, ...]:
        """Cues that something can still happen to, the oldest first."""
        return tuple(cue for cue in self._cues.values() if not cue.state.is_final)

    def is_armed(self, stream_id: str) -> bool:
        """True while a pre-rolled cue of the stream is on its way to its splice."""
        return any(cue.stream_id == stream_id and cue.pts_time is not None for cue in self.unfinished())

    def open_of(self, stream_id: str) -> tuple[Cue, ...]:
        """The cues of a stream that are not over, newest first; safe from any thread."""
        return tuple(cue for cue in self.recent(stream_id) if not cue.state.is_final)

    def waiting_for(self, stream_id: str, section: bytes) -> Cue | None:
        """The cue that was sent with exactly these bytes and is not over."""
        return self._find(stream_id, section, ON_AIR)

    def armed_with(self, stream_id: str, section: bytes) -> Cue | None:
        """The cue in our custody with exactly these bytes."""
        return self._find(stream_id, section, (CueState.ARMED,))

    def newest_with(self, stream_id: str, section: bytes) -> Cue | None:
        """The newest cue with exactly these bytes."""
        return self._find(stream_id, section, ANY_STATE)

    def given_up_with(self, stream_id: str, section: bytes) -> Cue | None:
        """The newest cue with exactly these bytes, if it was given up on or disarmed."""
        newest = self.newest_with(stream_id, section)
        return newest if newest is not None and newest.state in GIVEN_UP else None

    def _find(self, stream_id: str, section: bytes, states: Collection[CueState]) -> Cue | None:
        for cue in reversed(self._cues.values()):
            if (
                cue.stream_id == stream_id
                and cue.state in states
                and base64.b64decode(cue.section_base64) == section
            ):
                return cue
        return None

    def with_event_id(self, stream_id: str, splice_event_id: int) -> Cue | None:
        """The cue of this event that was sent and is not over; one in our custody if there is no such."""
        of_event = [
            cue
            for cue in reversed(self._cues.values())
            if (cue.stream_id, cue.splice_event_id) == (stream_id, splice_event_id)
        ]
        on_air = (cue for cue in of_event if cue.state in ON_AIR)
        return next(on_air, None) or next((cue for cue in of_event if cue.state is CueState.ARMED), None)

    def next_event_id(self, stream_id: str, first: int, last: int) -> int:
        """The id that the allocator will most likely give; it alone decides."""
        _, used = self._last_id.get(stream_id, (0, 0))
        return used + 1 if first <= used < last else first
