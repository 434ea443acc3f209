"""Where a splice is to fall among the pictures at which decoding can begin.

The one place that decides it: a cue keeps the frame that was asked for unless its stream's options say `idr`,
then it goes to the nearest such picture that is foreseen. The return at an announced end stays on its frame.
"""

from __future__ import annotations

from ibe100.models.actor import AUTOMATIC_RETURN
from ibe100.models.cues.contract import Contract
from ibe100.models.cues.cut_points import CutForecast, GopKind, SpliceOn, offset_words
from ibe100.models.scte35_marker import Cue
from ibe100.mpegts.timestamps import PTS_HZ, pts_difference
from ibe100.mpegts.video.gops import Foreseen
from ibe100.services.streams.run import StreamRun

LEAST_CHANCE = 0.5
"""A picture that is less likely to come is not aimed at: the frame that was asked for is as good."""
LONGEST_AIM_S = 10.0
"""A splice is moved by so much at most."""


def aimed(run: StreamRun, target: int, least: int) -> int:
    """PTS of the nearest foreseen picture to cut at, not before the PTS `least`; `target` where none is."""
    if run.cue_options.splice_on is not SpliceOn.IDR or run.pictures is None or run.pictures.scrambled:
        return target
    foreseen = [
        one
        for one in run.pictures.gops.around(target)
        if one is not None
        and one.chance >= LEAST_CHANCE
        and pts_difference(one.pts, least) >= 0
        and abs(pts_difference(one.pts, target)) <= LONGEST_AIM_S * PTS_HZ
    ]
    return min(foreseen, key=lambda one: abs(pts_difference(one.pts, target))).pts if foreseen else target


def aims(cue: Cue) -> bool:
    """True for a cue whose frame may be chosen; the return at an announced end has its own."""
    return cue.requested_by != AUTOMATIC_RETURN.name


def forecast(run: StreamRun, pts_time: int) -> CutForecast:
    """The nearest picture to cut at that is foreseen for a splice, or why none is."""
    pictures = run.pictures
    if pictures is None:
        return CutForecast(why_unknown="no picture was read yet")
    if pictures.scrambled:
        return CutForecast(why_unknown="the video is scrambled")
    found = nearest(pictures.gops.around(pts_time), pts_time)
    if found is None:
        return CutForecast(why_unknown="too few GOPs were seen")
    return CutForecast(
        offset_ms=offset_ms_of(pts_time, found),
        kind=GopKind.of(found.is_open),
        chance=found.chance,
    )


def breach(contract: Contract | None, offset_ms: float | None, kind: GopKind | None) -> str:
    """Words for a splice that is farther from its picture than the contract allows; empty where it is not."""
    if contract is None or contract.splice_on is not SpliceOn.IDR or offset_ms is None:
        return ""
    if abs(offset_ms) <= contract.idr_offset_max_ms + 0.05:  # a tick, as offsets are told
        return ""
    return f"{offset_words(offset_ms, kind)}; the contract allows {contract.idr_offset_max_ms} ms"


def nearest(around: tuple[Foreseen | None, Foreseen | None], pts_time: int) -> Foreseen | None:
    """The nearer of the points around a splice."""
    known = [one for one in around if one is not None]
    return min(known, key=lambda one: abs(pts_difference(pts_time, one.pts)), default=None)


def offset_ms_of(pts_time: int, found: Foreseen) -> float:
    """Milliseconds from a point to a splice; negative where the splice is before it."""
    return round(pts_difference(pts_time, found.pts) * 1000 / PTS_HZ, 1) + 0.0
