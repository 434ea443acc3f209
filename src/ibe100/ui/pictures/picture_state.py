"""State of a stream's picture: live, greyed with the reason and its age, or absent."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ibe100.models.alarms.confidence import Preview
from ibe100.models.scte35_marker import Cue, CueState
from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.qt_models.confidence_model import ShownPicture
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.utils.timecode import format_clock, format_span

LIVE_S = 3.0
"""Age in seconds up to which a picture is shown without its age."""
OLD_S = 8.0
"""Age in seconds from which a picture is not shown as live: a keyframe was due long ago."""


@dataclass(frozen=True, slots=True)
class PictureState:
    """A picture as it is to be shown: grey unless `is_live`, with `headline` in the colours of `tally`."""

    tally: Tally
    is_live: bool = True
    headline: str = ""
    detail: str = ""
    tag: str = ""
    """The format, such as `1080i25 H.264`."""
    note: str = ""
    """Remark beside a live picture."""
    has_picture: bool = True


@dataclass(frozen=True, slots=True)
class Countdown:
    """Next event of a stream and its moment (wall clock)."""

    words: str
    at: float
    is_armed: bool


def picture_state(
    row: StreamRow, picture: ShownPicture | None, preview: Preview, now: float, begun_at: float = 0.0
) -> PictureState:
    """State of a picture at `now`; the preview has run since `begun_at`. Both are wall clock."""
    view = row.view
    if picture is not None and view.started_at is not None and picture.taken_at < view.started_at:
        picture = None
    tag = preview.video
    if not view.state.is_active:
        headline = "NOT RUNNING" if view.state is StreamState.OFF else str(view.state)
        return PictureState(view.tally, False, headline, has_picture=False)
    age_s = math.inf if picture is None else now - picture.taken_at
    last = (
        "" if picture is None else f"last picture {format_clock(picture.taken_at)}, {format_span(age_s)} ago"
    )
    shown = picture is not None
    if view.tally in (Tally.NO_INPUT, Tally.FAULT):
        headline = row.tally_words if view.tally is Tally.NO_INPUT else str(view.state)
        return PictureState(view.tally, False, headline, last or view.reason, has_picture=shown)
    if age_s < OLD_S:
        note = preview.problem or (f"{age_s:.0f} s ago" if age_s >= LIVE_S else "")
        return PictureState(view.tally, tag=tag, note=note)
    if preview.problem:
        return PictureState(view.tally, False, "NO PREVIEW", preview.problem, has_picture=shown)
    if shown:
        missed = preview.is_on and now - begun_at >= OLD_S
        return PictureState(view.tally, False, "NO NEW PICTURE" if missed else "", last)
    waiting = "waiting for the first picture" if preview.is_on else "no preview yet"
    return PictureState(view.tally, False, "", waiting, has_picture=False)


def countdown_of(row: StreamRow, cue: Cue | None, now: float) -> Countdown | None:
    """Countdown to the armed cue of a stream, or else to the end of its break."""
    pending = cue is not None and cue.state in (CueState.ARMED, CueState.SENT, CueState.SEEN)
    if pending and cue is not None and cue.splice_at is not None and cue.splice_at > now:
        return Countdown(str(cue.action), cue.splice_at, is_armed=True)
    if row.view.break_ends_at is not None and row.view.tally is Tally.IN_BREAK:
        return Countdown("BREAK ENDS", row.view.break_ends_at, is_armed=False)
    return None
