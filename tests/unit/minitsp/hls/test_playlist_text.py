"""The playlist an HLS output writes, and what a later run reads out of it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.hls.playlist_text import ListedSegment, PlaylistHead, playlist_text, read_back
from ibe100.minitsp.hls.segment_files import Playlist, SegmentFiles, SegmentStart

FOLDER = Path("/srv/live")
segments = st.builds(
    ListedSegment,
    st.integers(0, 999_999).map(lambda number: FOLDER / f"live-{number:06}.ts"),
    st.integers(0, 20_000).map(lambda ms: ms / 1000),
    st.integers(1, 20_000).map(lambda kilobits: kilobits * 1000),
    st.booleans(),
    st.none() | st.integers(0, 2**42).map(lambda ms: ms / 1000),
    st.sampled_from([(), ("#EXT-X-CUE-OUT:60.000",), ("#EXT-X-CUE-IN",)]),
)
heads = st.builds(
    PlaylistHead,
    st.integers(1, 60),
    st.integers(0, 2**40),
    st.integers(0, 1000),
    tags=st.sampled_from([(), ('#EXT-X-DATERANGE:ID="x",START-DATE="2026-11-23T00:00:00.000Z"',)]),
)


@given(heads, st.lists(segments, max_size=8), st.booleans())
def test_what_was_written_is_read_back(head: PlaylistHead, listed: list[ListedSegment], ended: bool) -> None:
    read_head, read = read_back(playlist_text(head, listed, FOLDER, ended=ended), FOLDER)
    assert read_head == head
    assert [(one.path, one.duration_s, one.bitrate_bps, one.discontinuity, one.cue_tags) for one in read] == [
        (one.path, one.duration_s, one.bitrate_bps, one.discontinuity, one.cue_tags) for one in listed
    ]
    for one, original in zip(read, listed, strict=True):
        assert (one.date is None) == (original.date is None)
        assert one.date == pytest.approx(original.date, abs=0.0011)


@pytest.mark.parametrize("text", ["", "<html>", "#EXTM3U\nlive-1.ts", "#EXTM3U\n#EXTINF:soon,\nlive-1.ts"])
def test_what_is_no_playlist_of_ours_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"EXT|float"):
        read_back(text, FOLDER)


def write(folder: Path, count: int, *, cue_tags: tuple[str, ...] = ()) -> SegmentFiles:
    """A run of so many segments of a live window of three."""
    files = SegmentFiles(folder / "live-.ts", Playlist(folder / "live.m3u8", 2, 3))
    files.take_up()
    for number in range(count):
        files.open(SegmentStart(discontinuity=number == 0, cue_tags=cue_tags))
        files.write(b"x")
        files.close(2.0)
    return files


def test_numbers_go_on_and_old_files_go_over_many_runs(tmp_path: Path) -> None:
    for _ in range(4):
        write(tmp_path, 2)
    lines = (tmp_path / "live.m3u8").read_text().splitlines()
    assert "#EXT-X-MEDIA-SEQUENCE:5" in lines
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:3" in lines
    assert lines.count("#EXT-X-DISCONTINUITY") == 1
    assert sorted(path.name for path in tmp_path.glob("*.ts")) == [f"live-00000{n}.ts" for n in (4, 5, 6, 7)]


def test_a_playlist_of_something_else_is_not_gone_on_with(tmp_path: Path) -> None:
    (tmp_path / "live.m3u8").write_text("#EXTM3U\n#EXTINF:2,\nother.ts\n")
    assert SegmentFiles(tmp_path / "live-.ts", Playlist(tmp_path / "live.m3u8", 2, 3)).take_up() is None


def test_segments_that_somebody_removed_are_not_listed_and_their_numbers_not_used_again(
    tmp_path: Path,
) -> None:
    write(tmp_path, 3)
    (tmp_path / "live-000001.ts").unlink()
    write(tmp_path, 1)
    lines = (tmp_path / "live.m3u8").read_text().splitlines()
    assert [line for line in lines if line.endswith(".ts")] == ["live-000002.ts", "live-000003.ts"]
    assert "#EXT-X-MEDIA-SEQUENCE:2" in lines
    assert (
        sorted(path.name for path in tmp_path.glob("*.ts"))[0] == "live-000000.ts"
    )  # kept for one segment more
    write(tmp_path, 2)
    assert not (tmp_path / "live-000000.ts").exists()
    for path in tmp_path.glob("*.ts"):
        path.unlink()
    write(tmp_path, 1)
    lines = (tmp_path / "live.m3u8").read_text().splitlines()
    assert lines[-1] == "live-000006.ts"
    assert "#EXT-X-MEDIA-SEQUENCE:6" in lines


def test_a_damaged_playlist_is_named(tmp_path: Path) -> None:
    (tmp_path / "live.m3u8").write_bytes(b"\xff\xfe")
    with pytest.raises(PluginError, match=r"cannot go on with playlist .*live\.m3u8"):
        SegmentFiles(tmp_path / "live-.ts", Playlist(tmp_path / "live.m3u8", 2, 3)).take_up()
