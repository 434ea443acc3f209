"""Sections on our cue PID that nobody here has sent: told, and on record as cues of another sender."""

from __future__ import annotations

import logging
from collections import defaultdict, deque
from collections.abc import Callable

from ibe100.database.database import Database
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.scte35_marker import ANOTHER_SENDER, BreakEnd, Cue, CueAction, CueState, Direction
from ibe100.scte35.direction import auto_return_of, direction_of
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.values import SpliceInfoSection, SpliceNull
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.cues.section import event_ids_of, event_of
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_facts import CueOnInput, CueOnOutput
from ibe100.utils.units import format_event_id

REPLAYED_S = 10.0
"""After its splice, none of a cue's repeats is still on its way: the same bytes are somebody else's."""
REMEMBERED_INPUT_CUES = 64
MOST_PER_MINUTE = 20
"""Of each stream; a flood is on record by its first ones."""
REASON = "on our cue PID, and not sent from here"

_log = logging.getLogger(__name__)


class ForeignCues:
    """Used on the loop only."""

    def __init__(
        self,
        storage: Database,
        cache: CueCache,
        ledger: CueLedger,
        publish: Callable[[Message], None],
        watch: Callable[[Cue], None],
    ) -> None:
        """`watch` sees a cue to its splice."""
        self._storage = storage
        self._cache = cache
        self._ledger = ledger
        self._publish = publish
        self._watch = watch
        self._of_input: dict[str, deque[str]] = defaultdict(lambda: deque(maxlen=REMEMBERED_INPUT_CUES))
        self._taken_at: dict[str, deque[float]] = defaultdict(lambda: deque(maxlen=MOST_PER_MINUTE))

    def note_input(self, run: StreamRun, fact: CueOnInput) -> None:
        """A cue of the source: should it come out on our PID, it is the source's all the same."""
        self._of_input[run.stream_id].append(fact.section_base64)

    async def take(self, run: StreamRun, fact: CueOnOutput) -> None:
        """A section that no cue of ours waits for. Raises StorageError once it has been told."""
        if run.record is None or fact.splice_pid != run.record.plan.splice_pid:
            return
        section = _decoded(fact.section)
        if section is not None and isinstance(section.command, SpliceNull):
            return  # nothing is spliced by it, and heartbeats are alike
        if fact.section_base64 in self._of_input[run.stream_id] or await self._is_ours(run, fact):
            return
        if self._is_flood(run, fact.at):
            return
        words = "a section that cannot be read"
        direction = Direction.NONE
        if section is not None:
            direction = direction_of(section, run.contract)
            event_id = event_of(section)[0]
            words = f"{_WORDS[direction]}, event {format_event_id(event_id)}"
        text = f"{words}: {REASON}; find who sends to this stream, and go BACK TO PROGRAMME if it is a break"
        self._publish(NoticePosted(at=fact.at, level="error", text=text, stream_id=run.stream_id))
        _log.error("%s: %s", run.name, text)
        cue = _cue(run, fact, section, direction)
        ids = () if section is None else event_ids_of(section)
        cue = await self._storage.cues.create(cue, foreign_ids=ids)
        self._ledger.keep(cue)
        self._watch(cue)

    async def _is_ours(self, run: StreamRun, fact: CueOnOutput) -> bool:
        """True for the bytes of a cue on record that may still have been on its way."""
        known = self._cache.newest_with(run.stream_id, fact.section)
        if known is None:
            known = await self._storage.cues.newest_with(run.stream_id, fact.section_base64)
        if known is None:
            return False
        times = (known.requested_at, known.sent_at, known.seen_at, known.splice_at)
        return fact.at <= max(at for at in times if at is not None) + REPLAYED_S

    def _is_flood(self, run: StreamRun, at: float) -> bool:
        taken = self._taken_at[run.stream_id]
        if len(taken) == MOST_PER_MINUTE and at - taken[0] < 60.0:
            _log.error("%s: one more section that was not sent from here", run.name)
            return True
        taken.append(at)
        return False


_WORDS = {
    Direction.OUT: "a break began",
    Direction.IN: "a break was ended",
    Direction.NONE: "a cue went out",
}


def _decoded(section: bytes) -> SpliceInfoSection | None:
    try:
        return decode(section)
    except SpliceDecodeError:
        return None


def _cue(run: StreamRun, fact: CueOnOutput, section: SpliceInfoSection | None, direction: Direction) -> Cue:
    """The cue as it was seen; its splice lies ahead, or was at once."""
    event_id, duration_s = (None, None) if section is None else event_of(section)
    pts = None if section is None else section.splice_pts
    splice_at = None
    if pts is not None and run.clock is not None and run.clock.is_known(fact.mono_s):
        splice_at = fact.at + run.clock.ms_until(pts, fact.mono_s) / 1000
    resumes_itself = section is not None and auto_return_of(section)
    return Cue(
        cue_id=0,
        stream_id=run.stream_id,
        session_id=run.record.session_id if run.record is not None else None,
        action=CueAction.SEND_SECTION,
        state=CueState.SEEN,
        direction=direction if event_id is not None else Direction.NONE,
        requested_by=ANOTHER_SENDER,
        requested_at=fact.at,
        splice_event_id=event_id,
        duration_s=duration_s,
        # Where the clock of the stream is not known it is taken as it comes.
        pts_time=pts if splice_at is not None else None,
        splice_at=splice_at,
        section_base64=fact.section_base64,
        seen=1,
        seen_base64=fact.section_base64,
        seen_at=fact.at,
        reason=REASON,
        returns=(BreakEnd.AUTO if resumes_itself else BreakEnd.HAND) if direction is Direction.OUT else None,
    )
