"""A source that pauses: what was cued for a frame is spliced at that frame, later by the wall clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from ibe100.models.scte35_marker import CueAction, CueState
from ibe100.models.stream_config import Engine, FileOutput, StreamConfig, UdpInput
from independent_parser import parse_file
from live_rig import live_sender, make_pattern
from loopback import free_port
from services_rig import SHORT_LEAD, asked, console, now, on_air, until, until_cue, until_over

PAUSE_S = 1.6


@pytest.mark.parametrize(
    "when", [CueState.ARMED, CueState.SEEN], ids=["before it is sent", "after it was seen"]
)
@pytest.mark.parametrize(
    "engine", [Engine.BUILTIN, pytest.param(Engine.TSDUCK, marks=pytest.mark.tsduck)], ids=str
)
async def test_a_source_that_pauses_loses_no_cue(tmp_path: Path, engine: Engine, when: CueState) -> None:
    pattern, port = make_pattern(tmp_path / "pattern.ts", 60.0), free_port()
    out = tmp_path / "out.ts"
    with live_sender(pattern, port) as sender:
        async with console(tmp_path / "data", engine={"kind": engine.value}) as application:
            config = StreamConfig(
                name="Pauses",
                input=UdpInput(port=port, local_address="127.0.0.1"),
                output=FileOutput(path=out),
                scte35=SHORT_LEAD,
            )
            stream_id = await on_air(application, config)
            clock = application.streams.run_of(stream_id).clock
            assert clock is not None
            cue = await application.cues.fire(asked(stream_id, CueAction.TO_BREAK, pre_roll_s=10.0))
            await until_cue(application, cue, when)
            sender.pause(PAUSE_S)
            await until(lambda: bool(clock.jumps), "the pause as the stream's clock knows it")
            over = await until_over(application, cue)
            assert (over.state, over.reason) == (CueState.SPLICED, "")
            assert over.section_base64 == cue.section_base64, "the same bytes for the same frame"
            assert (over.splice_at or 0.0) - (cue.splice_at or 0.0) > PAUSE_S / 2
            assert (over.pre_roll_ms or 0.0) >= 4000
            assert now(application, cue).seen == 2
            await application.streams.stop(stream_id)
    assert parse_file(out).splices_base64(500).count(cue.section_base64) == 2
