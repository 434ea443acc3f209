"""HLS playlists: what is read from them, which variant is taken, what is played after each reload."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.chain.options import OptionError, OptionTable
from ibe100.minitsp.hls.playlist import (
    MasterPlaylist,
    MediaPlaylist,
    PlaylistError,
    Segment,
    Variant,
    parse_playlist,
)
from ibe100.minitsp.hls.position import PlayPosition, Progress
from ibe100.minitsp.hls.variants import VARIANT_OPTIONS, VariantChoice

URL = "https://cdn.example.com/a/live.m3u8?token=x"
MASTER = """#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720
720/v.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=500000,RESOLUTION=640x360
360/v.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=6000000,RESOLUTION=1920x1080
/1080/v.m3u8
"""


def media(*lines: str) -> MediaPlaylist:
    playlist = parse_playlist("\n".join(["#EXTM3U", "#EXT-X-TARGETDURATION:4", *lines, ""]), URL)
    assert isinstance(playlist, MediaPlaylist)
    return playlist


def test_segments_are_read_with_address_number_and_discontinuity() -> None:
    playlist = media(
        *("#EXT-X-MEDIA-SEQUENCE:41", "#EXTINF:4.000,", "s41.ts?x=1"),
        *("#EXT-X-DISCONTINUITY", "#EXTINF:3.5,", "/b/s42.ts"),
        *("#EXT-X-GAP", "#EXTINF:4,", "s43.ts", "#EXT-X-ENDLIST"),
    )
    assert playlist == MediaPlaylist(
        (
            Segment(41, "https://cdn.example.com/a/s41.ts?x=1", 4.0),
            Segment(42, "https://cdn.example.com/b/s42.ts", 3.5, discontinuity=True),
            Segment(43, "https://cdn.example.com/a/s43.ts", 4.0, gap=True),
        ),
        4.0,
        True,
    )


def test_byte_ranges_go_on_where_the_last_one_of_the_file_ended() -> None:
    playlist = media(
        *("#EXTINF:4,", "#EXT-X-BYTERANGE:1000@376", "all.ts"),
        *("#EXTINF:4,", "#EXT-X-BYTERANGE:500", "all.ts"),
        *("#EXTINF:4,", "#EXT-X-BYTERANGE:188", "other.ts"),
    )
    assert [segment.byte_range for segment in playlist.segments] == [(376, 1000), (1376, 500), (0, 188)]


def test_the_iv_of_a_key_is_given_or_the_sequence_number() -> None:
    playlist = media(
        *("#EXT-X-MEDIA-SEQUENCE:258", '#EXT-X-KEY:METHOD=AES-128,URI="k1"', "#EXTINF:4,", "a.ts"),
        *('#EXT-X-KEY:METHOD=AES-128,URI="k2",IV=0xAB', "#EXTINF:4,", "b.ts"),
        *("#EXT-X-KEY:METHOD=NONE", "#EXTINF:4,", "c.ts"),
    )
    first, second, third = (segment.key for segment in playlist.segments)
    assert first is not None
    assert (first.url, first.iv) == ("https://cdn.example.com/a/k1", (258).to_bytes(16, "big"))
    assert second is not None
    assert second.iv == (0xAB).to_bytes(16, "big")
    assert third is None


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (['#EXT-X-MAP:URI="init.mp4"', "#EXTINF:4,", "a.m4s"], "fragmented MP4"),
        (["#EXTINF:4,", "a.cmfv?x=1"], "fragmented MP4"),
        (['#EXT-X-KEY:METHOD=SAMPLE-AES,URI="k"', "#EXTINF:4,", "a.ts"], "SAMPLE-AES is not supported"),
        (["#EXTINF:4,", "#EXT-X-BYTERANGE:x@y", "a.ts"], "invalid EXT-X-BYTERANGE"),
        (["#EXT-X-I-FRAMES-ONLY", "#EXTINF:4,", "a.ts"], "I-frames only"),
    ],
)
def test_what_cannot_be_played_is_named(lines: list[str], reason: str) -> None:
    with pytest.raises(PlaylistError, match=reason):
        media(*lines)


def test_a_web_page_is_no_playlist() -> None:
    with pytest.raises(PlaylistError, match="does not begin with #EXTM3U"):
        parse_playlist("<html>gone</html>", URL)


@pytest.mark.parametrize(
    ("options", "height"),
    [
        ([], 720),
        (["--lowest-bitrate"], 360),
        (["--highest-bitrate"], 1080),
        (["--highest-resolution", "--max-height=720"], 720),
        (["--lowest-resolution", "--min-width", "1000"], 720),
        (["--min-bitrate=3000000"], 1080),
        (["--max-bitrate", "600,000"], 360),
    ],
)
def test_the_variant_is_the_first_that_fits_or_the_preferred_one(options: list[str], height: int) -> None:
    master = parse_playlist(MASTER, URL)
    assert isinstance(master, MasterPlaylist)
    choice = VariantChoice.of(OptionTable(*VARIANT_OPTIONS).parse(options))
    assert choice.choose(master).height == height


def test_variants_keep_their_address_and_limits_that_fit_none_are_refused() -> None:
    master = parse_playlist(MASTER, URL)
    assert isinstance(master, MasterPlaylist)
    assert master.variants[2] == Variant("https://cdn.example.com/1080/v.m3u8", 6_000_000, 1920, 1080)
    with pytest.raises(PlaylistError, match="no variant"):
        VariantChoice(height=(2000, 0)).choose(master)
    with pytest.raises(OptionError, match="mutually exclusive"):
        VariantChoice.of(OptionTable(*VARIANT_OPTIONS).parse(["--lowest-bitrate", "--highest-bitrate"]))


def window(first: int, last: int, name: str = "s") -> MediaPlaylist:
    segments = tuple(Segment(n, f"{name}{n}.ts", 2.0) for n in range(first, last + 1))
    return MediaPlaylist(segments, 2.0, False)


@given(
    st.lists(st.tuples(st.integers(0, 4), st.integers(1, 8)), min_size=1, max_size=30),
)
def test_no_segment_is_played_twice_and_each_missing_one_is_counted(steps: list[tuple[int, int]]) -> None:
    position = PlayPosition()
    last = 10
    played: list[int] = []
    missed = 0
    for advance, size in steps:
        last += advance
        progress = position.advance(window(max(0, last - size + 1), last))
        played += [segment.sequence for segment in progress.segments]
        missed += progress.missed
        assert not progress.restarted
    assert played == sorted(set(played))
    assert len(played) + missed == last - played[0] + 1


@pytest.mark.parametrize(("start", "first"), [(0, 10), (2, 12), (99, 15), (-1, 15), (-3, 13), (-99, 10)])
def test_the_first_segment_is_counted_from_either_end(start: int, first: int) -> None:
    assert PlayPosition(start).advance(window(10, 15)).segments[0].sequence == first


def test_a_server_that_starts_anew_is_followed_but_an_old_copy_is_not() -> None:
    position = PlayPosition()
    position.advance(window(100, 105))
    assert position.advance(window(97, 102)).segments == ()
    again = position.advance(window(0, 2, "new"))
    assert again.restarted
    assert [segment.sequence for segment in again.segments] == [0, 1, 2]
    assert [segment.sequence for segment in position.advance(window(1, 3, "new")).segments] == [3]


def test_a_server_that_starts_anew_under_the_same_names_is_followed_when_its_playlist_keeps_growing() -> None:
    position = PlayPosition()
    for last in range(3, 31):
        position.advance(window(max(0, last - 3), last))
    # An old copy, as a cache has it, even twice, then what is new.
    assert position.advance(window(24, 27)).segments == ()
    assert position.advance(window(24, 27)).segments == ()
    assert not position.advance(window(28, 31)).restarted
    grown = [position.advance(window(max(0, last - 3), last)) for last in range(1, 6)]
    assert [one.restarted for one in grown] == [False, False, False, True, False]
    assert [one.sequence for one in grown[3].segments] == [1, 2, 3, 4]
    assert [one.sequence for one in grown[4].segments] == [5]


def test_old_copies_that_catch_up_are_no_new_start() -> None:
    position = PlayPosition()
    position.advance(window(0, 10))
    assert all(position.advance(window(last - 8, last)) == Progress(()) for last in (8, 9, 10))
    assert [one.sequence for one in position.advance(window(3, 11)).segments] == [11]
