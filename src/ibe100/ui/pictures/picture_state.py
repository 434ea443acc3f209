"""State of a stream's picture: live, greyed with the reason and its age, or absent."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ibe100.models.alarms.confidence import Preview
from ibe100.models.stream_state import StreamState, Tally
from ibe100.ui.qt_models.confidence_model import ShownPicture
from ibe100.ui.qt_models.stream_list import StreamRow
from ibe100.utils.timecode import format_clock, format_span

LIVE_S = 3.0
"""Age in seconds up to which a picture is shown without its age."""
OLD_S = 5.0
"""Age in seconds from which a picture is not shown as live: a keyframe was due long ago."""
MISSED = 2.0
"""Pictures that may be missed, in intervals, of a stream whose keyframes are further apart than usual."""


@dataclass(frozen=True, slots=True)
class PictureState:
    """Picture as it is to be shown: grey and hatched unless `is_live`, with the words over it."""

    tally: Tally
    is_live: bool = True
    headline: str = ""
    detail: str = ""
    tag: str = ""
    """The format, such as `1080i25 H.264`."""
    note: str = ""
    """Remark beside a live picture."""
    has_picture: bool = True


def picture_state(
    row: StreamRow, picture: ShownPicture | None, preview: Preview, now: float, begun_at: float = 0.0
) -> PictureState:
    """State of a picture at `now`; the preview has run since `begun_at`. Both are wall clock."""
    view = row.view
    if picture is not None and view.started_at is not None and picture.taken_at < view.started_at:
        picture = None
    tag = preview.video
    if view.tally is Tally.UNKNOWN:
        headline = "no picture" if picture is None else f"last picture {format_clock(picture.taken_at)}"
        return PictureState(view.tally, False, headline, view.reason, has_picture=picture is not None)
    if not view.state.is_active:
        headline = "NOT RUNNING" if view.state in (StreamState.OFF, StreamState.STOPPED) else str(view.state)
        return PictureState(view.tally, False, headline, "no picture is taken", has_picture=False)
    age_s = math.inf if picture is None else now - picture.taken_at
    last = "" if picture is None else f"last picture {format_clock(picture.taken_at)}"
    ago = "" if picture is None else f"{format_span(age_s)} ago"
    shown = picture is not None
    if view.tally in (Tally.NO_INPUT, Tally.FAULT):
        return PictureState(view.tally, False, last or "no picture", ago or view.reason, has_picture=shown)
    if picture is not None and age_s < max(OLD_S, MISSED * picture.every_s + 1):
        note = preview.problem or (f"{age_s:.0f} s ago" if age_s >= LIVE_S else "")
        return PictureState(view.tally, tag=tag, note=note)
    if preview.problem:
        return PictureState(view.tally, False, "NO PREVIEW", preview.problem, has_picture=shown)
    if shown:
        missed = preview.is_on and now - begun_at >= OLD_S
        return PictureState(view.tally, False, last, f"NO NEW PICTURE · {ago}" if missed else ago)
    waiting = "waiting for the first picture" if preview.is_on else "no preview yet"
    return PictureState(view.tally, False, "", waiting, has_picture=False)
