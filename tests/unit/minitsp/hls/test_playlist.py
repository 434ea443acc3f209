"""HLS playlists: what is read from them, which variant is taken, what is played after each reload."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.chain.options import OptionError, OptionTable
from ibe100.minitsp.hls.playlist import parse_playlist
from ibe100.minitsp.hls.playlist_values import (
    MasterPlaylist,
    MediaPlaylist,
    PlaylistError,
    Segment,
    Variant,
)
from ibe100.minitsp.hls.position import PlayPosition, Progress
from ibe100.minitsp.hls.variants import VARIANT_OPTIONS, VariantChoice

URL = "https://cdn.example.com/a/live.m3u8?token=x"
MASTER = """#EXT-X-STREAM-INF:BANDWIDTH=2000000,RESOLUTION=1280x720
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


def master(*lines: str) -> MasterPlaylist:
    playlist = parse_playlist("\n".join(["#EXTM3U", *lines, ""]), URL)
    assert isinstance(playlist, MasterPlaylist)
    return playlist


SOUND = '#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="snd",NAME="Main",URI="a.m3u8"'
PICTURE = '#EXT-X-STREAM-INF:BANDWIDTH=600000,RESOLUTION=320x180,CODECS="avc1.4d4014,mp4a.40.2"'


@pytest.mark.parametrize(
    ("lines", "chosen"),
    [
        (['#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"', "radio", PICTURE, "v"], "v"),
        (["#EXT-X-STREAM-INF:BANDWIDTH=64000", "radio", PICTURE, "v"], "v"),
        (['#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2"', "radio"], "radio"),
        (["#EXT-X-STREAM-INF:BANDWIDTH=1", "plain", "#EXT-X-STREAM-INF:BANDWIDTH=2", "other"], "plain"),
        (['#EXT-X-I-FRAME-STREAM-INF:BANDWIDTH=9,URI="i"', PICTURE, "v"], "v"),
        ([SOUND, f'{PICTURE},AUDIO="snd"', "split", PICTURE, "whole"], "whole"),
        ([SOUND.replace(',URI="a.m3u8"', ""), f'{PICTURE},AUDIO="snd"', "within"], "within"),
        (
            [SOUND, SOUND.replace(',URI="a.m3u8"', ""), f'{PICTURE},AUDIO="snd"', "one of them within"],
            "one of them within",
        ),
        ([SOUND, f'{PICTURE},AUDIO="other"', "no such group"], "no such group"),
        ([SOUND, '#EXT-X-STREAM-INF:BANDWIDTH=64000,CODECS="mp4a.40.2",AUDIO="snd"', "a.m3u8"], "a.m3u8"),
    ],
)
def test_the_variant_has_picture_and_sound_where_there_is_such_a_one(lines: list[str], chosen: str) -> None:
    assert VariantChoice().choose(master(*lines)).url == f"https://cdn.example.com/a/{chosen}"


def test_a_source_whose_sound_is_in_playlists_of_its_own_is_refused_with_the_reason() -> None:
    split = master(SOUND, f'{PICTURE},AUDIO="snd"', "v")
    with pytest.raises(PlaylistError, match=r"sound is in playlists of its own .*group snd.*without sound"):
        VariantChoice().choose(split)


def test_variables_are_put_in_wherever_they_come_from() -> None:
    defined = master('#EXT-X-DEFINE:NAME="host",VALUE="cdn2.example.com"', PICTURE, "https://{$host}/v")
    assert defined.variants[0].url == "https://cdn2.example.com/v"
    text = "\n".join(
        (
            *("#EXTM3U", '#EXT-X-DEFINE:IMPORT="host"', '#EXT-X-DEFINE:QUERYPARAM="token"'),
            *('#EXT-X-DEFINE:NAME="path",VALUE="sub/"', '#EXT-X-KEY:METHOD=AES-128,URI="{$path}k?{$token}"'),
            *("#EXTINF:4,{$title}", "https://{$host}/{$path}s0.ts?t={$token}"),
        )
    )
    playlist = parse_playlist(text, URL, defined.variables)
    assert isinstance(playlist, MediaPlaylist)
    (segment,) = playlist.segments
    assert segment.url == "https://cdn2.example.com/sub/s0.ts?t=x"
    assert segment.key is not None
    assert segment.key.url == "https://cdn.example.com/a/sub/k?x"


@pytest.mark.parametrize(
    ("define", "reason"),
    [
        ("", r"uses \{\$v\}, which has no value$"),
        ('#EXT-X-DEFINE:IMPORT="v"', "the master playlist has no such variable"),
        ('#EXT-X-DEFINE:QUERYPARAM="v"', "the address of the playlist has no such parameter"),
    ],
)
def test_a_variable_without_a_value_is_named(define: str, reason: str) -> None:
    with pytest.raises(PlaylistError, match=reason):
        media(define, "#EXTINF:4,", "{$v}s0.ts")


TAGS = ("KEY", "MAP", "STREAM-INF", "DEFINE", "BYTERANGE", "MEDIA-SEQUENCE", "TARGETDURATION")
WHOLE = [
    *("#EXT-X-MEDIA-SEQUENCE:7", "#EXTINF:4.0,", "s7.ts", "#EXTINF:4.0,", "s8.ts"),
    *('#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x01', "#EXTINF:4.0,", "s9.ts", "#EXT-X-KEY:METHOD=NONE"),
    *("#EXT-X-BYTERANGE:188@0", "#EXTINF:4.0,", "s10.ts"),
]


def test_byte_order_marks_and_any_line_ends_are_read() -> None:
    text = "\ufeff" + "\r\n".join(["#EXTM3U", *WHOLE, ""])
    for one in (text, text.replace("\r\n", "\r"), text.replace("\r\n", " \t\n\n")):
        assert parse_playlist(one, URL) == parse_playlist("\n".join(["#EXTM3U", *WHOLE]), URL)


@pytest.mark.parametrize(
    ("line", "damaged", "gaps"),
    [
        ("#EXTINF:4.0,", "#EXTINF:four,", []),
        ("#EXTINF:4.0,", "#EXTINF", []),
        ("#EXT-X-BYTERANGE:188@0", "#EXT-X-BYTERANGE:x@y", [10]),
        ('#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x01', '#EXT-X-KEY:METHOD=AES-128,URI="k",IV=1', [9]),
        ('#EXT-X-KEY:METHOD=AES-128,URI="k",IV=0x01', "#EXT-X-KEY:METHOD=AES-128", [9]),
        ("#EXT-X-KEY:METHOD=NONE", "#EXT-X-KEY:METHOD=AES-128\n#EXT-X-KEY:METHOD=NONE", []),
        ("#EXT-X-MEDIA-SEQUENCE:7", "#EXT-X-MEDIA-SEQUENCE:7\n#EXT-X-KEY:", []),
        ("s8.ts", "http://[::1/s8.ts", [8]),
        ("s8.ts", "file:///etc/s8.ts", [8]),
        ("s8.ts", "http://h:99999/s8.ts", [8]),
    ],
)
def test_a_damaged_line_costs_its_own_segment_at_most(line: str, damaged: str, gaps: list[int]) -> None:
    text = "\n".join(["#EXTM3U", *WHOLE]).replace(line, damaged, 1)
    playlist = parse_playlist(text, URL)
    assert isinstance(playlist, MediaPlaylist)
    assert [one.sequence for one in playlist.segments] == [7, 8, 9, 10]
    assert [one.sequence for one in playlist.segments if one.gap] == gaps
    (fault,) = playlist.faults
    assert fault.startswith("invalid ")


@given(
    st.integers(0, len(WHOLE)),
    st.sampled_from(["", "#EXT-X-", "#EXTINF:", *(f"#EXT-X-{one}:" for one in TAGS)]),
    st.text(max_size=20),
)
def test_a_line_of_anything_raises_nothing_but_a_reason(place: int, tag: str, junk: str) -> None:
    lines = [*WHOLE[:place], tag + junk, *WHOLE[place:]]
    with suppress(PlaylistError):
        parse_playlist("\n".join(["#EXTM3U", *lines]), URL)


def test_of_several_keys_for_the_same_segments_the_plain_one_is_taken() -> None:
    other = '#EXT-X-KEY:METHOD=SAMPLE-AES,URI="skd://x",KEYFORMAT="com.apple.streamingkeydelivery"'
    plain = '#EXT-X-KEY:METHOD=AES-128,URI="k"'
    for keys in ((other, plain), (plain, other)):
        (segment,) = media(*keys, "#EXTINF:4,", "a.ts").segments
        assert segment.key is not None


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
    playlist = master(MASTER)
    choice = VariantChoice.of(OptionTable(*VARIANT_OPTIONS).parse(options))
    assert choice.choose(playlist).height == height


def test_variants_keep_their_address_and_limits_that_fit_none_are_refused() -> None:
    playlist = master(MASTER)
    assert playlist.variants[2] == Variant("https://cdn.example.com/1080/v.m3u8", 6_000_000, 1920, 1080)
    with pytest.raises(PlaylistError, match="no variant"):
        VariantChoice(height=(2000, 0)).choose(playlist)
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


def test_a_playlist_without_a_number_is_followed_by_its_addresses() -> None:
    def unnumbered(first: int, last: int) -> MediaPlaylist:
        segments = tuple(Segment(n, f"s{first + n}.ts", 2.0) for n in range(last - first + 1))
        return MediaPlaylist(segments, 2.0, False, numbered=False)

    position = PlayPosition()
    played = [
        [one.url for one in position.advance(unnumbered(first, first + 2)).segments] for first in range(3)
    ]
    assert played == [["s0.ts", "s1.ts", "s2.ts"], ["s3.ts"], ["s4.ts"]]
