"""DASH manifests: their events of SCTE 35, their newest segments, and what is refused."""

from __future__ import annotations

import base64

import pytest

from ibe100.minitsp.dash.manifest import Manifest, UnreadableManifest, parse_manifest, seconds_of
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode

URL, BEGAN = "https://cdn.example/live/a.mpd", 1_800_000_000.0
OUT = encode(splice_insert(7, True, pts_time=900_000, duration_pts=30 * PTS_HZ))
B64 = base64.b64encode(OUT).decode()
XML = (
    '<scte35:SpliceInfoSection xmlns:scte35="http://www.scte.org/schemas/35/2016" ptsAdjustment="0" '
    'protocolVersion="0" tier="4095"><scte35:SpliceInsert spliceEventId="7" outOfNetworkIndicator="1" '
    'uniqueProgramId="1" availNum="0" availsExpected="0"><scte35:Program>'
    '<scte35:SpliceTime ptsTime="900000"/></scte35:Program>'
    '<scte35:BreakDuration autoReturn="0" duration="2700000"/></scte35:SpliceInsert>'
    "</scte35:SpliceInfoSection>"
)
BINARY = f'<Signal xmlns="http://www.scte.org/schemas/35/2016"><Binary>{B64}</Binary></Signal>'
TEMPLATE = (
    '<SegmentTemplate timescale="1000" media="v$Number%05d$.m4s" initialization="$RepresentationID$.mp4" '
)
TIMELINE = (
    f'{TEMPLATE} startNumber="3"><SegmentTimeline><S t="4000" d="2000" r="2"/><S d="1000"/></SegmentTimeline>'
    "</SegmentTemplate>"
)


def manifest(events: str = "", segments: str = TIMELINE, **attributes: str) -> str:
    given = {
        "type": "dynamic",
        "availabilityStartTime": "2027-01-15T08:00:00Z",
        "minimumUpdatePeriod": "PT2S",
    }
    said = " ".join(f'{name}="{value}"' for name, value in {**given, **attributes}.items())
    return (
        f'<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" {said}>'
        f'<Period id="1" start="PT10S">{events}'
        '<AdaptationSet contentType="audio"><Representation id="a"><SegmentTemplate media="a$Time$.m4s" '
        'duration="2"/></Representation></AdaptationSet>'
        f'<AdaptationSet mimeType="video/mp4"><BaseURL>video/</BaseURL>{segments}'
        '<Representation id="v1" bandwidth="900"/></AdaptationSet></Period></MPD>'
    )


def stream(scheme: str, content: str) -> str:
    return (
        f'<EventStream schemeIdUri="{scheme}" timescale="1000" presentationTimeOffset="500">'
        f'<Event presentationTime="6500" duration="30000" id="7">{content}</Event></EventStream>'
    )


def read(text: str, now: float = BEGAN + 60) -> Manifest:
    return parse_manifest(text, URL, now)


@pytest.mark.parametrize(
    "scheme, content",
    [
        ("urn:scte:scte35:2013:xml", XML),
        ("urn:scte:scte35:2014:xml+bin", BINARY),
        ("urn:scte:scte35:2013:bin", B64),
    ],
)
def test_each_scheme_of_events_is_read(scheme: str, content: str) -> None:
    (event,) = read(manifest(stream(scheme, content))).events
    assert event.scheme == scheme
    (section,) = event.sections
    assert section == OUT
    assert (event.media_time_s, event.duration_s, event.period_time_s) == (6.5, 30.0, 16.0)


def test_the_segments_of_a_timeline_are_those_of_the_picture() -> None:
    found = read(manifest())
    assert [one.url.rpartition("/")[2] for one in found.segments] == [f"v0000{n}.m4s" for n in (3, 4, 5, 6)]
    last = found.segments[-1]
    assert last.url == "https://cdn.example/live/video/v00006.m4s"
    assert last.init_url == "https://cdn.example/live/video/v1.mp4"
    assert (last.media_time_s, last.ends_s, found.segment_s) == (10.0, 21.0, 2.0)
    assert (found.is_live, found.available_at, found.update_s) == (True, BEGAN, 2.0)


def test_the_segments_of_a_fixed_length_are_those_that_the_clock_says() -> None:
    found = read(manifest(segments=f'{TEMPLATE} startNumber="1" duration="2000"/>'), BEGAN + 10 + 20.5)
    assert [one.url[-10:] for one in found.segments] == ["v00008.m4s", "v00009.m4s", "v00010.m4s"]
    assert found.segments[-1].ends_s == 30.0


def test_events_of_others_and_events_that_cannot_be_read_say_nothing() -> None:
    other = stream("urn:mpeg:dash:event:2012", B64)
    assert read(manifest(other)).events == ()
    (event,) = read(manifest(stream("urn:scte:scte35:2014:xml+bin", "<Signal/>"))).events
    assert event.sections == ()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<html/>",
        "<MPD",
        '<!DOCTYPE MPD [<!ENTITY a "b">]><MPD>&a;</MPD>',
        manifest(availabilityStartTime="yesterday"),
        manifest(minimumUpdatePeriod="2 s"),
        manifest(segments=TIMELINE.replace('r="2"', 'r="99999999"')),
        manifest(segments=TIMELINE.replace('timescale="1000"', 'timescale="0"')),
        manifest(" " * 1_000_000),
    ],
)
def test_what_is_no_manifest_is_refused_in_words(text: str) -> None:
    with pytest.raises(UnreadableManifest, match="DASH manifest"):
        read(text)


def test_durations_are_read() -> None:
    assert seconds_of("PT1H2M3.5S") == 3723.5
    assert seconds_of("P1DT1S") == 86_401
    assert seconds_of(None) is None
