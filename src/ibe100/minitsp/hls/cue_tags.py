"""Cues that the tags of a media playlist tell: which of them are new, and where in the media they stand.

Read are EXT-X-DATERANGE with SCTE35-OUT, -IN and -CMD (RFC 8216 clause 4.3.2.7), EXT-X-CUE-OUT, -CUE-OUT-CONT
and -CUE-IN, EXT-OATCLS-SCTE35, and EXT-X-SCTE35. Tags of one segment that say the same are one cue.
"""

import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from ibe100.minitsp.hls.playlist_lines import attributes
from ibe100.minitsp.hls.playlist_values import MediaPlaylist, Segment
from ibe100.minitsp.reports.cue_tags import CueTag
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.pasted import sections_in
from ibe100.scte35.section import decode
from ibe100.scte35.splices import Splice, splices_of

DATE_RANGE: Final = "#EXT-X-DATERANGE"
PROGRAM_DATE: Final = "#EXT-X-PROGRAM-DATE-TIME"
CUE_TAGS: Final = frozenset(
    {"#EXT-X-CUE-OUT", "#EXT-X-CUE-OUT-CONT", "#EXT-X-CUE-IN", "#EXT-OATCLS-SCTE35", "#EXT-X-SCTE35"}
)
_OF_BREAKS: Final = frozenset({"#EXT-X-CUE-OUT", "#EXT-X-CUE-IN", "#EXT-X-CUE-OUT-CONT"})
_OF_RANGES: Final = {"SCTE35-OUT": True, "SCTE35-IN": False, "SCTE35-CMD": None}
_MOST_REMEMBERED: Final = 512
_MOST_PLACED: Final = 64
_SECONDS: Final = re.compile(r"\d{1,6}(?:\.\d{1,9})?")


@dataclass(frozen=True, slots=True)
class _Found:
    """A cue, and where it stands: before a segment, or at a date."""

    tag: CueTag
    segment: Segment | None = None
    date: float | None = None
    late_s: float = 0.0
    """By so much the cue lies before the place it stands at."""


@dataclass(frozen=True, slots=True)
class _Placed:
    segment: Segment
    pts: int


def iso_time(text: str) -> float:
    """Seconds since the epoch of an ISO 8601 date; one without a zone is UTC. Raises ValueError."""
    moment = datetime.fromisoformat(text.strip())
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


class CueTagReader:
    """Follows the playlists of one stream; used by one thread."""

    def __init__(self) -> None:
        self._known: dict[object, None] = {}
        self._waiting: list[_Found] = []
        self._placed: deque[_Placed] = deque(maxlen=_MOST_PLACED)
        self._in_break = False
        self.latency_s: float | None = None
        """Seconds from the date of the newest segment's end until it was read; None where no date is told."""

    def read(self, playlist: MediaPlaylist, now: float) -> None:
        """Take a playlist that was loaded at `now` (wall clock): its new cues wait for their media."""
        last = playlist.segments[-1] if playlist.segments else None
        if last is not None:
            self.latency_s = None if last.date is None else max(0.0, now - last.date - last.duration_s)
        for found in (*self._of_segments(playlist), *self._of_ranges(playlist)):
            if len(self._waiting) < _MOST_PLACED:
                from_edge_s = self._from_edge(playlist, found)
                tag = replace(found.tag, seen_at=now, from_edge_s=from_edge_s)
                self._waiting.append(replace(found, tag=tag))

    def loaded(self, segment: Segment, pts: int | None) -> list[CueTag]:
        """Cues that can be told now that a segment was loaded, whose first picture has this PTS."""
        if pts is not None:
            self._placed.append(_Placed(segment, pts))
        told: list[CueTag] = []
        kept: list[_Found] = []
        for found in self._waiting:
            is_ahead = found.segment is not None and found.segment.sequence > segment.sequence
            if is_ahead:
                kept.append(found)
            else:
                told.append(replace(found.tag, pts=self._pts(found)))
        self._waiting = kept
        return told

    def _is_new(self, key: object) -> bool:
        if key in self._known:
            return False
        self._known[key] = None
        if len(self._known) > _MOST_REMEMBERED:
            del self._known[next(iter(self._known))]
        return True

    def _of_segments(self, playlist: MediaPlaylist) -> Iterator[_Found]:
        for segment in playlist.segments:
            if not segment.tags:
                continue
            for tag, elapsed_s in _tags_of(segment):
                is_rest = elapsed_s is not None
                if is_rest and self._in_break:
                    continue
                # Each playlist repeats the tags of the segments that it still lists.
                if not self._is_new((segment.place, segment.sequence, tag.out)):
                    continue
                if tag.out is not None:
                    self._in_break = tag.out
                yield _Found(tag, segment, late_s=elapsed_s or 0.0)

    def _of_ranges(self, playlist: MediaPlaylist) -> Iterator[_Found]:
        for text in playlist.ranges:
            given = attributes(text)
            for name, out in _OF_RANGES.items():
                value = given.get(name)
                if not value or not self._is_new((given.get("ID"), name, value.upper())):
                    continue
                try:
                    date = _date_of(given, out)
                except ValueError:
                    continue
                duration_s = _number(given.get("PLANNED-DURATION") or given.get("DURATION"))
                tag = _with_section(f"EXT-X-DATERANGE {name}", value, out, duration_s if out else None)
                yield _Found(tag, date=date)

    def _from_edge(self, playlist: MediaPlaylist, found: _Found) -> float | None:
        if not playlist.segments:
            return None
        if found.segment is not None:
            after = [one for one in playlist.segments if one.sequence >= found.segment.sequence]
            return -sum(one.duration_s for one in after) - found.late_s
        last = playlist.segments[-1]
        return None if last.date is None or found.date is None else found.date - last.date - last.duration_s

    def _pts(self, found: _Found) -> int | None:
        """PTS at the place of a cue; by dates also between two segments, and beyond the last."""
        late = round(found.late_s * PTS_HZ)
        if found.segment is not None:
            at = next((one for one in self._placed if one.segment.place == found.segment.place), None)
            return None if at is None else (at.pts - late) % PTS_MODULO
        dated = [one for one in self._placed if one.segment.date is not None]
        if found.date is None or not dated:
            return None
        date = found.date
        near = min(dated, key=lambda one: abs(date - (one.segment.date or 0.0)))
        assert near.segment.date is not None
        return (near.pts + round((date - near.segment.date) * PTS_HZ)) % PTS_MODULO


def _tags_of(segment: Segment) -> Iterator[tuple[CueTag, float | None]]:
    """Cues before a segment, and for one that goes on how long it has been on."""
    of_oatcls = next((rest for name, rest in segment.tags if name == "#EXT-OATCLS-SCTE35"), "")
    names = {name for name, _ in segment.tags}
    for name, rest in segment.tags:
        given = attributes(rest)
        carried = given.get("CUE") or given.get("SCTE35") or of_oatcls
        form = name.removeprefix("#")
        match name:
            case "#EXT-X-CUE-OUT":
                duration_s = _number(given.get("DURATION") or rest)
                yield _with_section(form, carried, True, duration_s), None
            case "#EXT-X-CUE-OUT-CONT":
                elapsed, _, duration = rest.partition("/")
                elapsed_s = _number(given.get("ELAPSEDTIME") or elapsed) or 0.0
                duration_s = _number(given.get("DURATION") or duration)
                yield _with_section(form, carried, True, duration_s), elapsed_s
            case "#EXT-X-CUE-IN":
                yield _with_section(form, carried, False, None), None
            case "#EXT-X-SCTE35":
                out = {"YES": True, "CONT": True}.get(given.get("CUE-OUT", "").upper())
                out = False if given.get("CUE-IN", "").upper() == "YES" else out
                elapsed_s = _number(given.get("ELAPSED")) or 0.0
                is_rest = given.get("CUE-OUT", "").upper() == "CONT"
                tag = _with_section(form, carried, out, _number(given.get("DURATION")))
                yield tag, elapsed_s if is_rest else None
            case "#EXT-OATCLS-SCTE35" if not names & {
                "#EXT-X-CUE-OUT",
                "#EXT-X-CUE-IN",
                "#EXT-X-CUE-OUT-CONT",
            }:
                yield _with_section(form, rest, None, None), None


def _with_section(form: str, carried: str, out: bool | None, duration_s: float | None) -> CueTag:
    """A cue with the section that its tag carries, if it can be read; it says what the tag leaves out."""
    section = b""
    if carried:
        try:
            section = sections_in(carried)[0]
            decode(section)
        except SpliceDecodeError:
            section = b""
    splice = (
        next((one for one in splices_of(section, 0) if isinstance(one, Splice)), None) if section else None
    )
    if splice is not None:
        out = splice.out if out is None else out
        duration_s = splice.duration_s if duration_s is None and splice.out else duration_s
    return CueTag(form, out, section, duration_s)


def _date_of(given: Mapping[str, str], out: bool | None) -> float:
    start = iso_time(given.get("START-DATE", ""))
    if out is not False:
        return start
    if given.get("END-DATE"):
        return iso_time(given["END-DATE"])
    return start + (_number(given.get("DURATION")) or 0.0)


def _number(text: str | None) -> float | None:
    """A number of seconds; None for none, or for no number."""
    found = _SECONDS.fullmatch(text.strip()) if text else None
    return float(found[0]) if found else None
