"""The folder of clips: what is in it, what has to go, and what rings are left behind."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from pathlib import Path

from ibe100.models.clips.clip import Clip, ClipUse
from ibe100.models.clips.plan import ClipPlan
from ibe100.models.errors import StorageError
from ibe100.runner.recorder.ring import ring_files

RINGS = "ring"
PART = ".part"
GB, DAY_S = 1e9, 86_400.0
OLD_RING_S = 3600.0
"""Age of the ring of a stream that is off at which it goes; a late clip may still be cut before."""
BY_QUOTA, BY_AGE, FROM_DISK = "by quota", "by age", "from the disk"


def make_folder(folder: Path) -> None:
    """Make the folder and that of the rings, for this user alone; blocks. Raises StorageError."""
    try:
        # Its parent is the operator's: where a disk is not mounted, none is made in its place.
        folder.mkdir(mode=0o700, exist_ok=True)
        (folder / RINGS).mkdir(mode=0o700, exist_ok=True)
        if not os.access(folder, os.W_OK | os.X_OK):
            raise PermissionError(13, "Permission denied")
    except OSError as error:
        raise StorageError(f"the folder of clips {folder} cannot be used: {error.strerror}") from error


def clip_path(folder: Path, stream_id: str, subject: str, centre_at: float, side: str) -> Path:
    """Path of a new clip, such as `clips/news/20261201T203000Z_cue-17_output.ts`."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(centre_at))
    return folder / stream_id / f"{stamp}_{re.sub(r'[^a-z0-9-]', '', subject)}_{side}.ts"


def to_remove(clips: Sequence[Clip], plan: ClipPlan, now: float) -> Iterator[tuple[Clip, str]]:
    """Clips that have to go, each with the reason; `clips` are all that are kept, the oldest first."""
    kept = list[Clip]()
    for clip in clips:
        if clip.centre_at < now - plan.keep_days * DAY_S:
            yield clip, BY_AGE
        else:
            kept.append(clip)
    by_stream: dict[str, float] = defaultdict(float)
    for clip in kept:
        by_stream[clip.stream_id] += clip.size
    whole = sum(clip.size for clip in kept)
    for clip in kept:
        if by_stream[clip.stream_id] > plan.stream_quota_gb * GB or whole > plan.quota_gb * GB:
            by_stream[clip.stream_id] -= clip.size
            whole -= clip.size
            yield clip, BY_QUOTA


def missing(clips: Sequence[Clip]) -> list[Clip]:
    """Clips whose files are gone though their folder is there; blocks."""
    return [clip for clip in clips if not (path := Path(clip.file)).is_file() and path.parents[1].is_dir()]


def remove_rings(rings: Path, on_air: Collection[str], age_s: float = OLD_RING_S) -> None:
    """Remove the rings of streams that are off for long; blocks. What cannot be removed is tried again."""
    with contextlib.suppress(OSError):
        for ring in rings.iterdir():
            times = [path.stat().st_mtime for side in ring.iterdir() for path in ring_files(side)]
            if ring.name not in on_air and time.time() - max(times, default=0.0) > age_s:
                shutil.rmtree(ring, ignore_errors=True)


def remove_parts(folder: Path) -> None:
    """Remove what was begun by a console that ended before it was whole; blocks."""
    with contextlib.suppress(OSError):
        for part in folder.glob(f"*/*{PART}"):
            part.unlink(missing_ok=True)


def use_of(folder: Path, clips: Sequence[Clip]) -> ClipUse:
    """What the kept clips and the rings take of the disk; blocks."""
    rings = 0
    with contextlib.suppress(OSError):
        rings = sum(path.stat().st_size for path in (folder / RINGS).rglob("*.ring"))
    return ClipUse(
        folder=str(folder),
        clips=len(clips),
        size=sum(clip.size for clip in clips),
        ring_size=rings,
        oldest_at=clips[0].centre_at if clips else None,
    )
