"""The archive that is handed over: whole, with digests that others can check, and with what is not in it."""

import csv
import hashlib
import io
import zipfile
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ibe100.models.clips.clip import Clip, ClipSide
from ibe100.services.clips.bundle import write_bundle


def clip(number: int, file: Path | str, content: bytes = b"", **changes: object) -> Clip:
    values: dict[str, object] = {
        "clip_id": number,
        "stream_id": "a",
        "stream_name": "=A",
        "side": ClipSide.OUTPUT,
        "subject": "TO BREAK",
        "centre_at": 1_700_000_000.0,
        "made_at": 1_700_000_011.0,
        "host": "here",
        "file": str(file),
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
    }
    return Clip.model_validate(values | changes)


def test_every_file_has_its_digest_and_every_clip_its_state(tmp_path: Path) -> None:
    whole, changed = tmp_path / "whole.ts", tmp_path / "changed.ts"
    whole.write_bytes(b"G" * 188)
    changed.write_bytes(b"H" * 188)
    clips = [
        clip(1, whole, b"G" * 188),
        clip(2, changed, b"G" * 188),
        clip(3, "/gone.ts", removed_at=0.0, removed_why="by quota"),
        clip(4, tmp_path / "deleted.ts"),
        clip(5, "/there.ts", host="there"),
        clip(6, "", incomplete="nothing was recorded at that time"),
    ]
    key = Ed25519PrivateKey.generate()

    made = write_bundle(tmp_path / "day.zip", {"as-run.csv": b"a,b\n"}, clips, "here", key)

    assert (made.clips, made.without, made.size) == (2, 4, 376)
    with zipfile.ZipFile(tmp_path / "day.zip") as archive:
        sums = dict(line.split("  ")[::-1] for line in archive.read("SHA256SUMS").decode().splitlines())
        assert set(archive.namelist()) == {*sums, "SHA256SUMS", "SHA256SUMS.sig"}
        for name, digest in sums.items():
            assert hashlib.sha256(archive.read(name)).hexdigest() == digest
        key.public_key().verify(archive.read("SHA256SUMS.sig"), archive.read("SHA256SUMS"))
        rows = list(csv.DictReader(io.StringIO(archive.read("clips.csv").decode())))
        assert archive.read("clips/1_whole.ts") == b"G" * 188
    assert [row["state"] for row in rows] == [
        "0.0 s, 188 B",
        "CHANGED since it was cut",
        "gone by quota at 1970-01-01 00:00:00Z",
        "gone from the disk",
        "on the disk of there",
        "no clip: nothing was recorded at that time",
    ]
    assert rows[0]["stream_name"] == "'=A", "no text is a formula"
    assert (tmp_path / "day.zip").stat().st_mode & 0o777 == 0o600


def test_nothing_is_left_behind_where_it_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "day.zip").mkdir()

    with pytest.raises(IsADirectoryError):
        write_bundle(tmp_path / "day.zip", {}, [], "here", None)

    assert [path.name for path in tmp_path.iterdir()] == ["day.zip"]
