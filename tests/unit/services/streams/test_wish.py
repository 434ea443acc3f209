"""The wish about a stream outlives damage to its file."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import pytest

from ibe100.services.streams.wish import FILES, read_wish, write_wish


@pytest.mark.parametrize("damage", [b"", bytes(100), b'{"wanted": "r', b'{"wanted": "else"}', None])
@pytest.mark.parametrize("wanted", ["run", "off"])
def test_a_wish_is_read_by_its_copy_where_its_file_is_damaged(
    tmp_path: Path, wanted: Literal["run", "off"], damage: bytes | None
) -> None:
    write_wish(tmp_path, "run")
    write_wish(tmp_path, wanted)
    if damage is None:
        (tmp_path / FILES[0]).unlink()
    else:
        (tmp_path / FILES[0]).write_bytes(damage)
    assert read_wish(tmp_path) == wanted


def test_no_wish_is_made_up(tmp_path: Path) -> None:
    assert read_wish(tmp_path) is None
    write_wish(tmp_path, "run")
    for name in FILES:
        (tmp_path / name).write_bytes(b"{")
    assert read_wish(tmp_path) is None
