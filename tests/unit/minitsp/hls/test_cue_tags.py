"""Cues in the tags of a playlist: read in every notation, told once, placed in the media."""

from __future__ import annotations

import base64

import pytest

from ibe100.minitsp.hls.cue_tags import CueTagReader
from ibe100.minitsp.hls.playlist import parse_playlist
from ibe100.minitsp.hls.playlist_values import MediaPlaylist
from ibe100.minitsp.reports.cue_tags import CueTag
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.cues import splice_insert, time_signal
from ibe100.scte35.section import encode
from ibe100.scte35.values import SegmentationDescriptor

URL, NOW = "https://cdn.example/live.m3u8", 1_800_000_000.0
OUT = encode(splice_insert(7, True, pts_time=900_000, duration_pts=30 * PTS_HZ, auto_return=False))
BACK = encode(splice_insert(7, False, pts_time=900_000 + 30 * PTS_HZ))
B64, HEX = base64.b64encode(OUT).decode(), "0x" + OUT.hex().upper()
FIRST_PTS, LENGTH_S = 90_000, 6.0


def playlist(*tags: str, first: int = 0, dated: bool = True, more: str = "") -> MediaPlaylist:
    """Four segments of 6 s, the tags before the third of them: at 12 s of the first."""
    lines = ["#EXTM3U", "#EXT-X-TARGETDURATION:6", f"#EXT-X-MEDIA-SEQUENCE:{first}", *more.splitlines()]
    if dated:
        lines.append("#EXT-X-PROGRAM-DATE-TIME:2027-01-15T08:00:00.000Z")
    for number in range(first, first + 4):
        if number == 2:
            lines += tags
        lines += [f"#EXTINF:{LENGTH_S},", f"{number}.ts"]
    found = parse_playlist("\n".join(lines), URL, mp4=True)
    assert isinstance(found, MediaPlaylist)
    return found


def told(found: MediaPlaylist, reader: CueTagReader | None = None) -> list[CueTag]:
    """What a reader tells while it loads the segments."""
    reader = reader or CueTagReader()
    reader.read(found, NOW)
    cues = []
    for segment in found.segments:
        cues += reader.loaded(segment, FIRST_PTS + round(segment.sequence * LENGTH_S * PTS_HZ))
    return cues


@pytest.mark.parametrize(
    "tags, form, out, duration_s, section",
    [
        (["#EXT-X-CUE-OUT:30.0"], "EXT-X-CUE-OUT", True, 30.0, b""),
        (["#EXT-X-CUE-OUT:DURATION=30"], "EXT-X-CUE-OUT", True, 30.0, b""),
        (["#EXT-X-CUE-OUT"], "EXT-X-CUE-OUT", True, None, b""),
        ([f'#EXT-X-CUE-OUT:DURATION=30,ID="7",CUE="{B64}"'], "EXT-X-CUE-OUT", True, 30.0, OUT),
        ([f"#EXT-OATCLS-SCTE35:{B64}", "#EXT-X-CUE-OUT:30"], "EXT-X-CUE-OUT", True, 30.0, OUT),
        ([f"#EXT-OATCLS-SCTE35:{B64}"], "EXT-OATCLS-SCTE35", True, 30.0, OUT),
        ([f'#EXT-X-SCTE35:ID="7",CUE="{B64}",CUE-OUT=YES'], "EXT-X-SCTE35", True, 30.0, OUT),
        ([f'#EXT-X-SCTE35:CUE="{base64.b64encode(BACK).decode()}"'], "EXT-X-SCTE35", False, None, BACK),
        (["#EXT-X-CUE-IN"], "EXT-X-CUE-IN", False, None, b""),
        (["#EXT-X-CUE-OUT:CUE=nothing,DURATION=5"], "EXT-X-CUE-OUT", True, 5.0, b""),
    ],
)
def test_each_tag_is_read_with_its_place_in_the_media(
    tags: list[str], form: str, out: bool, duration_s: float | None, section: bytes
) -> None:
    (cue,) = told(playlist(*tags))
    assert (cue.form, cue.out, cue.duration_s, cue.section) == (form, out, duration_s, section)
    assert cue.pts == FIRST_PTS + 12 * PTS_HZ
    assert (cue.from_edge_s, cue.seen_at) == (-12.0, NOW)


def test_a_date_range_stands_at_its_date_and_its_end_where_it_ends() -> None:
    start = 'ID="7",START-DATE="2027-01-15T08:00:12.500Z",PLANNED-DURATION=30'
    back = "0x" + BACK.hex()
    tags = [
        f"#EXT-X-DATERANGE:{start},SCTE35-OUT={HEX}",
        f"#EXT-X-DATERANGE:{start},DURATION=9.5,SCTE35-IN={back}",
    ]
    out, end = told(playlist(more="\n".join(tags)))
    assert (out.form, out.out, out.duration_s) == ("EXT-X-DATERANGE SCTE35-OUT", True, 30.0)
    assert (out.section, out.pts) == (OUT, FIRST_PTS + round(12.5 * PTS_HZ))
    assert out.from_edge_s == pytest.approx(-11.5)
    assert (end.form, end.out, end.pts) == ("EXT-X-DATERANGE SCTE35-IN", False, FIRST_PTS + 22 * PTS_HZ)


def test_a_command_tells_its_direction_by_its_section() -> None:
    signal = encode(time_signal(SegmentationDescriptor(9, segmentation_type_id=0x10)))
    tag = f'#EXT-X-DATERANGE:ID="1",START-DATE="2027-01-15T08:00:03Z",SCTE35-CMD=0x{signal.hex()}'
    (cue,) = told(playlist(more=tag))
    assert (cue.out, cue.section) == (None, signal)
    (cue,) = told(playlist(more=tag.replace(signal.hex(), OUT.hex())))
    assert cue.out is True


def test_a_tag_is_told_once_however_many_playlists_repeat_it() -> None:
    reader = CueTagReader()
    tag = f'#EXT-X-DATERANGE:ID="7",START-DATE="2027-01-15T08:00:12Z",SCTE35-OUT={HEX}'
    assert len(told(playlist("#EXT-X-CUE-OUT:30", more=tag), reader)) == 2
    assert told(playlist("#EXT-X-CUE-OUT:30", first=1, more=tag), reader) == []


def test_a_break_that_is_met_in_its_middle_began_as_long_ago_as_it_says() -> None:
    (cue,) = told(playlist("#EXT-X-CUE-OUT-CONT:ElapsedTime=4.5,Duration=30"))
    assert (cue.out, cue.duration_s, cue.pts) == (True, 30.0, FIRST_PTS + round(7.5 * PTS_HZ))
    assert cue.from_edge_s == -16.5
    reader = CueTagReader()
    told(playlist("#EXT-X-CUE-OUT:30"), reader)
    assert told(playlist("#EXT-X-CUE-OUT-CONT:10/30", first=2), reader) == [], "its begin was told"


def test_where_nothing_tells_the_place_none_is_told() -> None:
    tag = f'#EXT-X-DATERANGE:ID="7",START-DATE="2027-01-15T08:00:12Z",SCTE35-OUT={HEX}'
    (cue,) = told(playlist(more=tag, dated=False))
    assert (cue.pts, cue.from_edge_s, cue.section) == (None, None, OUT)
    reader = CueTagReader()
    reader.read(playlist(), NOW + 31.5)
    assert reader.latency_s == pytest.approx(7.5)


@pytest.mark.parametrize(
    "tag",
    [
        '#EXT-X-DATERANGE:ID="7",START-DATE="never",SCTE35-OUT=0xFC',
        "#EXT-X-DATERANGE:SCTE35-OUT",
        "#EXT-X-PROGRAM-DATE-TIME:now",
        "#EXT-X-SCTE35:CUE",
        "#EXT-X-CUE-OUT:" + "9" * 400,
    ],
)
def test_damaged_tags_are_passed_over(tag: str) -> None:
    for cue in told(playlist(tag, more=tag)):
        assert (cue.section, cue.duration_s) == (b"", None)


def test_more_tags_than_anybody_means_are_left_out() -> None:
    flood = "\n".join(
        f'#EXT-X-DATERANGE:ID="{number}",START-DATE="2027-01-15T08:00:12Z",SCTE35-OUT={HEX}'
        for number in range(5000)
    )
    assert len(told(playlist(*["#EXT-X-CUE-OUT:30"] * 1000, more=flood))) <= 64
