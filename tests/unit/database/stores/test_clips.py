"""Clips on record: listed as asked for, and what is gone stays on record with the reason."""

from pathlib import Path

from ibe100.database.database import Database
from ibe100.models.clips.clip import Clip, ClipQuery, ClipSide


def clip(**changes: object) -> Clip:
    values = {
        "stream_id": "a",
        "stream_name": "A",
        "side": ClipSide.OUTPUT,
        "subject": "TO BREAK",
        "centre_at": 100.0,
        "made_at": 111.0,
        "host": "here",
        "file": "a/1.ts",
        "size": 188,
        **changes,
    }
    return Clip.model_validate(values)


async def test_clips_are_listed_as_they_are_asked_for(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "ibe100.db")
    first = await database.clips.add(clip(cue_id=5))
    second = await database.clips.add(clip(alarm_id=7, centre_at=200.0, stream_id="b"))

    assert (first.clip_id, second.clip_id) == (1, 2)
    assert await database.clips.list() == (second, first)
    assert await database.clips.list(ClipQuery(cue_id=5)) == (first,)
    assert await database.clips.list(ClipQuery(alarm_id=7)) == (second,)
    assert await database.clips.list(ClipQuery(stream_id="b")) == (second,)
    assert await database.clips.list(ClipQuery(begins_at=150.0)) == (second,)
    assert await database.clips.list(ClipQuery(ends_at=150.0)) == (first,)
    assert await database.clips.list(ClipQuery(limit=1)) == (second,)
    assert await database.clips.centred_since(150.0) == (second,)
    assert await database.clips.get(1) == first
    assert await database.clips.get(3) is None
    await database.close()


async def test_only_what_lies_on_this_machine_is_kept_here(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "ibe100.db")
    here = await database.clips.add(clip(centre_at=200.0))
    older = await database.clips.add(clip(centre_at=100.0))
    await database.clips.add(clip(host="there"))
    await database.clips.add(clip(file=""))
    gone = await database.clips.add(clip())
    await database.clips.removed(gone.clip_id, 300.0, "by quota")
    await database.clips.removed(gone.clip_id, 400.0, "by hand")

    assert await database.clips.kept("here") == (older, here)
    found = await database.clips.get(gone.clip_id)
    assert found is not None
    assert (found.removed_at, found.removed_why, found.is_kept) == (300.0, "by quota", False)
    await database.close()
