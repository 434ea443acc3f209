"""What has to go: by age, by the quota of a stream, by that of all, the oldest first."""

from pathlib import Path

import pytest

from ibe100.models.clips.clip import Clip, ClipSide
from ibe100.models.clips.plan import ClipPlan
from ibe100.models.errors import StorageError
from ibe100.services.clips.clip_folder import (
    clip_path,
    make_folder,
    missing,
    remove_parts,
    remove_rings,
    to_remove,
    use_of,
)

MB = 1_000_000
NOW = 1_000_000_000.0


def clip(number: int, stream_id: str = "a", size: int = 10 * MB, age_s: float = 0.0, file: str = "x") -> Clip:
    return Clip(
        clip_id=number,
        stream_id=stream_id,
        stream_name=stream_id,
        side=ClipSide.OUTPUT,
        subject="TO BREAK",
        centre_at=NOW - age_s,
        made_at=NOW,
        file=file,
        size=size,
    )


def removed(clips: list[Clip], **plan: float) -> list[tuple[int, str]]:
    return [(one.clip_id, why) for one, why in to_remove(clips, ClipPlan.model_validate(plan), NOW)]


def test_the_oldest_go_by_the_quota_of_their_stream() -> None:
    clips = [clip(1, "a"), clip(2, "b"), clip(3, "a"), clip(4, "a")]
    assert removed(clips, stream_quota_gb=0.02) == [(1, "by quota")]


def test_the_oldest_of_all_go_by_the_quota_of_all() -> None:
    clips = [clip(1, "a"), clip(2, "b"), clip(3, "c")]
    assert removed(clips, quota_gb=0.01) == [(1, "by quota"), (2, "by quota")]


def test_old_ones_go_and_count_for_no_quota() -> None:
    clips = [clip(1, age_s=2 * 86_400), clip(2), clip(3)]
    assert removed(clips, keep_days=1, stream_quota_gb=0.02) == [(1, "by age")]


def test_files_that_somebody_deleted_are_found_and_a_disk_that_is_away_is_none_of_it(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "here.ts").write_bytes(b"x")
    here, gone = (clip(n, file=str(tmp_path / "a" / name)) for n, name in enumerate(("here.ts", "gone.ts")))
    away = clip(3, file=str(tmp_path / "not mounted" / "a" / "there.ts"))

    assert missing([here, gone, away]) == [gone]


def test_a_folder_is_made_for_this_user_alone_and_never_in_the_place_of_a_disk(tmp_path: Path) -> None:
    make_folder(tmp_path / "clips")
    make_folder(tmp_path / "clips")

    assert (tmp_path / "clips").stat().st_mode & 0o777 == 0o700
    with pytest.raises(StorageError, match="cannot be used"):
        make_folder(tmp_path / "not mounted" / "clips")


def test_rings_of_streams_that_are_off_go_and_others_stay(tmp_path: Path) -> None:
    for name in ("on", "off"):
        (tmp_path / "ring" / name / "output").mkdir(parents=True)
        (tmp_path / "ring" / name / "output" / "000000000001.ring").write_bytes(b"x")

    remove_rings(tmp_path / "ring", {"on"}, age_s=-1.0)

    assert [path.name for path in (tmp_path / "ring").iterdir()] == ["on"]
    assert use_of(tmp_path, [clip(1)]).ring_size == 1


def test_what_was_not_finished_goes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "b.part").write_bytes(b"x")

    remove_parts(tmp_path)

    assert list((tmp_path / "a").iterdir()) == []


def test_a_clip_is_named_after_its_time_and_its_cue(tmp_path: Path) -> None:
    path = clip_path(tmp_path, "news", "cue-17", 0.0, ClipSide.OUTPUT)
    assert path == tmp_path / "news" / "19700101T000000Z_cue-17_output.ts"
