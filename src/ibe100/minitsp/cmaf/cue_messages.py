"""Cues of SCTE 35 in event messages (ANSI/SCTE 214-3): each told once, however many segments repeat it."""

from collections.abc import Iterable, Iterator
from typing import Final

from ibe100.minitsp.cmaf.boxes import EventMessage
from ibe100.minitsp.reports.cue_tags import CueTag, pts_of
from ibe100.mpegts.timestamps import PTS_MODULO
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.section import decode
from ibe100.scte35.splices import Splice, splices_of

BINARY_SCHEME: Final = "urn:scte:scte35:2013:bin"
_MOST_REMEMBERED: Final = 256


class ToldMessages:
    """Messages that were told, the newest."""

    def __init__(self) -> None:
        self._told: dict[object, None] = {}

    def is_new(self, key: object) -> bool:
        """True the first time that this key is asked for."""
        if key in self._told:
            return False
        self._told[key] = None
        if len(self._told) > _MOST_REMEMBERED:
            del self._told[next(iter(self._told))]
        return True


def cues_of(
    messages: Iterable[EventMessage], segment_pts: int | None, told: ToldMessages
) -> Iterator[CueTag]:
    """Cues that were not told yet, in messages of a segment that begins with this PTS."""
    for message in messages:
        if message.scheme != BINARY_SCHEME:
            continue
        pts: int | None = pts_of(message.time / message.timescale)
        if message.is_delta:
            pts = None if segment_pts is None else (segment_pts + (pts or 0)) % PTS_MODULO
        if told.is_new((message.data, pts)) and (tag := cue_of(f"emsg {BINARY_SCHEME}", message.data, pts)):
            yield tag


def cue_of(form: str, section: bytes, pts: int | None) -> CueTag | None:
    """A cue of its section; None for one that cannot be read."""
    try:
        decode(section)
    except SpliceDecodeError:
        return None
    splice = next((one for one in splices_of(section, 0) if isinstance(one, Splice)), None)
    if splice is None:
        return CueTag(form, None, section, None, pts)
    return CueTag(form, splice.out, section, splice.duration_s if splice.out else None, pts)
