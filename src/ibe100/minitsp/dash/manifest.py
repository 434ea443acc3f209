"""Reads a manifest (MPD, ISO/IEC 23009-1): periods, events of SCTE 35, and the segments of the first picture.

Of XML only what `scte35.xml` takes: no document types, no entities, a million characters. Segments are those
of SegmentTemplate; of other addressing only the events of the manifest are read.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.hls.cue_tags import iso_time
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.pasted import sections_in
from ibe100.scte35.xml.standard import from_standard_xml
from ibe100.scte35.xml.values import parse_xml

SCHEMES: Final = frozenset(
    {"urn:scte:scte35:2013:xml", "urn:scte:scte35:2013:bin", "urn:scte:scte35:2014:xml+bin"}
)
_DURATION: Final = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+(?:\.\d+)?)S)?)?"
)
_DURATION_UNITS_S: Final = (31_536_000, 2_592_000, 86_400, 3600, 60, 1)
_MOST_SEGMENTS: Final = 4096
_MOST_EVENTS: Final = 512
_MOST_LISTED: Final = 100_000
_PLACEHOLDER: Final = re.compile(r"\$(?:(RepresentationID|Number|Time|Bandwidth)(?:%0(\d{1,2})d)?)?\$")


class UnreadableManifest(PluginError):
    """A response that is no manifest; the next one may be."""


@dataclass(frozen=True, slots=True)
class ManifestEvent:
    """An event of a manifest: its time is that of the period's media timeline, in seconds."""

    scheme: str
    sections: tuple[bytes, ...]
    media_time_s: float
    duration_s: float | None
    period_time_s: float
    """From the begin of the presentation."""


@dataclass(frozen=True, slots=True)
class ManifestSegment:
    """A segment that can be had; `ends_s` from the begin of the presentation."""

    url: str
    init_url: str
    media_time_s: float
    ends_s: float


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest as it was at one load; dates are wall clock."""

    is_live: bool
    available_at: float | None
    update_s: float
    segment_s: float
    events: tuple[ManifestEvent, ...]
    segments: tuple[ManifestSegment, ...]


def parse_manifest(text: str, url: str, now: float) -> Manifest:
    """Read a manifest that came from `url` at `now` (wall clock). Raises UnreadableManifest."""
    try:
        root = parse_xml(text)
        for element in root.iter():
            element.tag = element.tag.rpartition("}")[2]
        if root.tag != "MPD":
            raise UnreadableManifest(f"this is no DASH manifest, but <{root.tag[:40]}>")
        return _Reader(root, url, now).manifest()
    except (SpliceDecodeError, ValueError, OverflowError, ZeroDivisionError) as error:
        raise UnreadableManifest(f"the DASH manifest cannot be read: {error}") from error


@dataclass(frozen=True, slots=True)
class _Template:
    """A SegmentTemplate with what it inherits."""

    element: Element
    timeline: Element | None
    base: str
    representation: str
    bandwidth: str

    def number(self, name: str, usual: int) -> int:
        return int(self.element.get(name, usual))

    def url(self, name: str, number: int, time: int) -> str:
        values: dict[str, int | str] = {
            "RepresentationID": self.representation,
            "Number": number,
            "Time": time,
            "Bandwidth": self.bandwidth,
        }

        def put_in(found: re.Match[str]) -> str:
            if not found[1]:
                return "$"
            value = values[found[1]]
            return f"{int(value):0{int(found[2])}d}" if found[2] else str(value)

        return urljoin(self.base, _PLACEHOLDER.sub(put_in, self.element.get(name, "")))


class _Reader:
    def __init__(self, root: Element, url: str, now: float) -> None:
        self._root = root
        self._now = now
        self._is_live = root.get("type") == "dynamic"
        available = root.get("availabilityStartTime")
        self._available_at = iso_time(available) if available else None
        self._base = _base(root, url)
        self._segment_s = 0.0

    def manifest(self) -> Manifest:
        events: list[ManifestEvent] = []
        segments: list[ManifestSegment] = []
        begins_s = 0.0
        periods = self._root.findall("Period")
        for period in periods:
            begins_s = seconds_of(period.get("start")) or begins_s
            events += self._events(period, begins_s)
            segments += self._segments(period, begins_s)
            begins_s += seconds_of(period.get("duration")) or 0.0
        update_s = seconds_of(self._root.get("minimumUpdatePeriod"))
        return Manifest(
            self._is_live,
            self._available_at,
            max(update_s or 0.0, 1.0),
            self._segment_s or 2.0,
            tuple(events[:_MOST_EVENTS]),
            tuple(segments[-_MOST_SEGMENTS:]),
        )

    def _events(self, period: Element, begins_s: float) -> Iterator[ManifestEvent]:
        for stream in period.findall("EventStream"):
            scheme = stream.get("schemeIdUri", "")
            if scheme not in SCHEMES:
                continue
            timescale = int(stream.get("timescale", 1))
            offset = int(stream.get("presentationTimeOffset", 0))
            for event in stream.findall("Event"):
                time = int(event.get("presentationTime", 0))
                duration = event.get("duration")
                yield ManifestEvent(
                    scheme,
                    _sections(event),
                    time / timescale,
                    int(duration) / timescale if duration else None,
                    begins_s + (time - offset) / timescale,
                )

    def _segments(self, period: Element, begins_s: float) -> list[ManifestSegment]:
        template = self._template(period)
        if template is None:
            return []
        timescale = template.number("timescale", 1)
        offset = template.number("presentationTimeOffset", 0)
        found = (
            self._of_timeline(template)
            if template.timeline is not None
            else self._of_duration(template, begins_s)
        )
        segments = []
        for number, time, duration in found:
            self._segment_s = max(self._segment_s, duration / timescale)
            segments.append(
                ManifestSegment(
                    template.url("media", number, time),
                    template.url("initialization", number, time)
                    if template.element.get("initialization")
                    else "",
                    time / timescale,
                    begins_s + (time + duration - offset) / timescale,
                )
            )
        return segments

    def _template(self, period: Element) -> _Template | None:
        """Template of the first representation of the picture, else of the first of all."""
        base, best = _base(period, self._base), None
        for adaptation in period.findall("AdaptationSet"):
            representation = adaptation.find("Representation")
            own = None if representation is None else representation.find("SegmentTemplate")
            inherited = adaptation.find("SegmentTemplate")
            if representation is None or (own is None and inherited is None):
                continue
            merged = Element(
                "SegmentTemplate",
                {
                    **(inherited.attrib if inherited is not None else {}),
                    **(own.attrib if own is not None else {}),
                },
            )
            timelines = (one.find("SegmentTimeline") for one in (own, inherited) if one is not None)
            made = _Template(
                merged,
                next((one for one in timelines if one is not None), None),
                _base(representation, _base(adaptation, base)),
                representation.get("id", ""),
                representation.get("bandwidth", "0"),
            )
            kind: str = (
                adaptation.get("contentType")
                or adaptation.get("mimeType")
                or representation.get("mimeType")
                or ""
            )
            if kind.startswith("video"):
                return made
            best = best or made
        return best

    def _of_timeline(self, template: _Template) -> list[tuple[int, int, int]]:
        """(number, time, duration) of each segment, of a list of runs."""
        assert template.timeline is not None
        number, time = template.number("startNumber", 1), 0
        found: list[tuple[int, int, int]] = []
        for run in template.timeline.findall("S"):
            time = int(run.get("t", time))
            duration, again = int(run.get("d", 0)), int(run.get("r", 0))
            if duration <= 0:
                continue
            if len(found) + again > _MOST_LISTED:
                raise ValueError("its timeline is too long")
            for _ in range(max(again, 0) + 1):
                found.append((number, time, duration))
                number, time = number + 1, time + duration
        return found[-_MOST_SEGMENTS:]

    def _of_duration(self, template: _Template, begins_s: float) -> list[tuple[int, int, int]]:
        """(number, time, duration) of the newest segments, by the wall clock."""
        duration, timescale = template.number("duration", 0), template.number("timescale", 1)
        if duration <= 0 or not self._is_live or self._available_at is None:
            return []
        last = int((self._now - self._available_at - begins_s) * timescale / duration) - 1
        first_number = template.number("startNumber", 1)
        return [
            (first_number + index, index * duration, duration) for index in range(max(0, last - 2), last + 1)
        ]


def seconds_of(text: str | None) -> float | None:
    """Seconds of an xs:duration; None for none. Raises ValueError."""
    if not text:
        return None
    found = _DURATION.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text[:40]!r} is no duration")
    return sum(
        float(part) * unit for part, unit in zip(found.groups(), _DURATION_UNITS_S, strict=True) if part
    )


def _base(element: Element, base: str) -> str:
    found = element.find("BaseURL")
    return urljoin(base, (found.text or "").strip()) if found is not None else base


def _sections(event: Element) -> tuple[bytes, ...]:
    """Sections of an event, as XML or binary; none where they cannot be read."""
    try:
        if len(event):
            return tuple(from_standard_xml(ElementTree.tostring(event, "unicode")))
        text = (event.text or "").strip() or event.get("messageData", "")
        return tuple(sections_in(text)) if text else ()
    except SpliceDecodeError:
        return ()
