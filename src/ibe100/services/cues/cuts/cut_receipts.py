"""How far each splice fell from the picture that really came at which decoding can begin."""

from __future__ import annotations

import time
from collections.abc import Callable

from ibe100.models.cues.cut_points import GopKind
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.scte35_marker import Cue
from ibe100.mpegts.timestamps import pts_difference
from ibe100.mpegts.video.gops import Foreseen, Gops
from ibe100.services.cues.cache import CueCache
from ibe100.services.cues.cuts.aim import breach, nearest, offset_ms_of
from ibe100.services.cues.ledger import CueLedger
from ibe100.services.streams.run import StreamRun
from ibe100.utils.units import format_event_id

LATEST_S = 60.0
"""Time after a splice in which the picture next to it is still waited for."""


class CutReceipts:
    """Measures each splice against the picture that really came, and puts that on its record."""

    def __init__(self, cache: CueCache, ledger: CueLedger, publish: Callable[[Message], None]) -> None:
        self._cache, self._ledger, self._publish = cache, ledger, publish

    def follow(self, run: StreamRun) -> None:
        """Measure the cues whose splice is over and whose picture has come; used on the loop only."""
        pictures, now = run.pictures, time.time()
        if pictures is None or pictures.scrambled:
            return
        for cue in self._cache.recent(run.stream_id):
            is_over = cue.state.has_aired and cue.pts_time is not None and cue.splice_at is not None
            if not is_over or cue.idr_offset_ms is not None or now - (cue.splice_at or 0.0) > LATEST_S:
                continue
            assert cue.pts_time is not None
            if (found := _came(pictures.gops, cue.pts_time)) is not None:
                self._measured(run, cue, cue.pts_time, found)

    def _measured(self, run: StreamRun, cue: Cue, pts_time: int, found: Foreseen) -> None:
        offset_ms, kind = offset_ms_of(pts_time, found), GopKind.of(found.is_open)
        changes: dict[str, object] = {"idr_offset_ms": offset_ms, "idr_kind": kind}
        if words := breach(run.contract, offset_ms, kind):
            event = format_event_id(cue.splice_event_id)
            text = f"{cue.action} event {event} was spliced {words}"
            self._publish(NoticePosted(at=time.time(), level="warning", text=text, stream_id=cue.stream_id))
            changes["reason"] = "; ".join(filter(None, (cue.reason, f"spliced {words}")))
        self._ledger.move(cue, cue.state, **changes)


def _came(gops: Gops, pts_time: int) -> Foreseen | None:
    """The point next to a splice; None while one that is nearer may still come, and where one was missed."""
    if not gops.points or pts_difference(gops.points[-1].pts, pts_time) < 0:
        return None
    before, after = gops.around(pts_time)
    return None if before is None else nearest((before, after), pts_time)
