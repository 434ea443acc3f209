"""Who cannot look does not take a runner for gone."""

from __future__ import annotations

from pathlib import Path

from descriptor_rig import no_descriptor_left
from ibe100.runner.supervision.ownership import is_held


def test_a_stream_is_held_for_all_that_is_known_where_no_descriptor_is_left(tmp_path: Path) -> None:
    assert not is_held(tmp_path)
    with no_descriptor_left():
        assert is_held(tmp_path)
    assert not is_held(tmp_path)
