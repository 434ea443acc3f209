"""Folders of data, logs and state."""

from pathlib import Path

from ibe100.core.config import FolderSettings
from ibe100.core.folders import resolve


def test_what_lay_open_in_a_fresh_checkout_is_taken_from_other_users(tmp_path: Path) -> None:
    folders = resolve(FolderSettings(data_dir=tmp_path / "data"))
    folders.create()
    stream = folders.streams_dir / "s1"
    stream.mkdir()
    recording = folders.data_dir / "recordings"
    recording.mkdir(mode=0o755)
    open_files = (folders.database_file, folders.log_dir / "audit.log", stream / "spec.json")
    for path in (*open_files, recording / "out.ts"):
        path.write_text("x")
        path.chmod(0o644)
    for path in (folders.data_dir, folders.log_dir, recording):
        path.chmod(0o755)
    assert set(open_files) <= set(folders.open_to_others())
    folders.create()
    assert folders.open_to_others() == []
    assert {path.stat().st_mode & 0o777 for path in open_files} == {0o600}
    assert (recording / "out.ts").stat().st_mode & 0o777 == 0o644
