"""Cues that the input carries are seen before they are replaced, with both processors."""

from __future__ import annotations

from pathlib import Path

from ibe100.models.scte35_marker import CueAction, CueState
from services_rig import console, looped, on_air, until


async def test_cues_of_the_input_are_seen_though_they_are_replaced_on_the_output(
    tmp_path: Path, media: Path
) -> None:
    async with console(tmp_path / "data") as application:
        stream_id = await on_air(application, looped(media))
        found = await until(lambda: application.input_cues.recent(stream_id), "a cue of the input")
        assert found[0].splice_pid == 1001
        assert found[0].command == "splice_insert"
        assert "event 0x" in found[0].summary
        assert all(cue.state is not CueState.SPLICED for cue in application.cues.recent(stream_id))
        assert CueAction.TO_BREAK not in {cue.action for cue in application.cues.recent(stream_id)}
