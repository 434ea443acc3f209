"""The cue log: what is asked of it, what it answers, and the steps of one cue."""

from __future__ import annotations

import base64
import re
from typing import Annotated

from pydantic import Field

from ibe100.models.base import Value
from ibe100.models.scte35_marker import Cue, CueAction, CueState

MOST_CUES = 10_000
MOST_EVENT_ID = 0xFFFFFFFF
_HEX = re.compile(r"(?:0x)?((?:[0-9a-f]{2}){6,})", re.IGNORECASE)
_NUMBER = re.compile(r"0x[0-9a-f]+|[0-9]+", re.IGNORECASE)


class CueStep(Value):
    """One committed step of a cue's life."""

    step: int
    state: CueState
    at: float
    reason: str


class CueLogQuery(Value):
    """A query for cues that meet all of its terms; without terms for every cue."""

    stream_id: str = ""
    actions: tuple[CueAction, ...] = ()
    states: tuple[CueState, ...] = ()
    since: float | None = None
    """Asked for at or after this time, seconds since the epoch."""
    text: str = ""
    """An event id (decimal or 0x…), or part of the section, of the reason or of who asked, in any case.

    Of the section as base64, or as hex from its beginning.
    """
    limit: Annotated[int, Field(ge=1, le=MOST_CUES)] = MOST_CUES

    @property
    def event_id(self) -> int | None:
        """The text as an event id, where it is a number."""
        text = self.text.strip()
        if not _NUMBER.fullmatch(text):
            return None
        number = int(text, 16 if text[:2].lower() == "0x" else 10)
        return number if number <= MOST_EVENT_ID else None

    @property
    def needles(self) -> tuple[str, ...]:
        """Texts looked for in sections and reasons: the text itself, and base64 if it is hex of a section."""
        text = self.text.strip()
        found = _HEX.fullmatch("".join(text.split()))
        if found is None:
            return (text,) if text else ()
        data = bytes.fromhex(found.group(1))
        whole = base64.b64encode(data).decode()
        # Of a part only whole groups of three bytes look the same in the base64 of the section.
        return (text, whole if len(data) % 3 == 0 else base64.b64encode(data[: len(data) // 3 * 3]).decode())

    def admits(self, cue: Cue) -> bool:
        """True when a cue meets the query, the limit aside."""
        return (
            self.stream_id in ("", cue.stream_id)
            and (not self.actions or cue.action in self.actions)
            and (not self.states or cue.state in self.states)
            and (self.since is None or cue.requested_at >= self.since)
            and (not self.needles or self._has_text(cue))
        )

    def _has_text(self, cue: Cue) -> bool:
        if self.event_id is not None and cue.splice_event_id == self.event_id:
            return True
        places = (cue.section_base64, cue.seen_base64, cue.reason, cue.requested_by)
        return any(needle.lower() in place.lower() for needle in self.needles for place in places)


class CueLog(Value):
    """The newest cues that were wanted, newest first."""

    query: CueLogQuery
    cues: tuple[Cue, ...]
    is_cut: bool
    """True when there are more than the limit."""
