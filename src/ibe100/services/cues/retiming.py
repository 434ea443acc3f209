"""Armed cues whose stream has jumped to other timestamps: the same break at its time, by the new ones."""

from __future__ import annotations

import base64
import time
from dataclasses import replace

from ibe100.models.scte35_marker import Cue
from ibe100.mpegts.timestamps import PTS_HZ, pts_add, pts_difference
from ibe100.scte35.section import decode, encode
from ibe100.scte35.values import SpliceInsert, SpliceTime, TimeSignal
from ibe100.services.cues.cuts.aim import aimed, aims
from ibe100.services.cues.readiness import CLOCK_STEP_S, send_lead_s
from ibe100.services.streams.run import StreamRun

RETIMED = "cue re-timed"
"""Action in the audit trail; its detail is that of the cue, with the new bytes."""


def audit_detail(cue: Cue) -> str:
    """Detail of a cue in the audit trail, by which it is known where the database is lost."""
    return f"event {cue.splice_event_id} {cue.section_base64} cue {cue.cue_id}"


def retimed(run: StreamRun, cue: Cue) -> Cue | None:
    """The cue with the PTS that the stream will have at its splice; None where its bytes have to stay.

    They stay while the stream keeps its time; once any were given to a processor, for repeats are the same
    bytes; and where the section was made elsewhere, for a frame that is not ours to choose.
    """
    now, wall = time.monotonic(), time.time()
    if cue.pts_time is None or cue.splice_at is None or cue.sent_at is not None:
        return None
    if cue.action.traits.splices == "as the section says" or run.clock is None:
        return None
    left_s = cue.splice_at - wall
    if left_s <= 0 or not run.clock.is_known(now):
        return None
    if abs(run.clock.ms_until(cue.pts_time, now) / 1000 - left_s) <= CLOCK_STEP_S:
        return None
    asked = run.clock.splice_pts_at(now + left_s)
    # On a picture to cut at by the new timestamps, where it was to fall on one.
    least = run.clock.splice_pts_at(now + send_lead_s(run.cue_options))
    pts_time = aimed(run, asked, least) if aims(cue) else asked
    splice_at = cue.splice_at + pts_difference(pts_time, asked) / PTS_HZ
    section = _moved(base64.b64decode(cue.section_base64), pts_difference(pts_time, cue.pts_time))
    if section is None or run.clock.refusal(now, left_s) is not None:
        return None
    text = base64.b64encode(section).decode("ascii")
    reason = "timestamps jumped: its splice is the same moment by the new ones"
    changes = {"pts_time": pts_time, "splice_at": splice_at, "section_base64": text, "reason": reason}
    return cue.model_copy(update=changes)


def _moved(section: bytes, by_pts: int) -> bytes | None:
    """The section with its splice so much later; None for one that has no time of its own."""
    values = decode(section)
    command = values.command
    if not isinstance(command, SpliceInsert | TimeSignal) or command.splice_time is None:
        return None
    if command.splice_time.pts_time is None:
        return None
    at = SpliceTime(pts_add(command.splice_time.pts_time, by_pts), command.splice_time.reserved_cleared)
    return encode(replace(values, command=replace(command, splice_time=at)))
