"""A small torture of the cue desk; `tests/benchmarks/cues/torture.py` is the large one."""

from __future__ import annotations

from pathlib import Path

from ibe100.models.stream_config import Engine
from services_rig import console
from torture_rig import Tally, all_cues, judge, live_stream, stopped, torture

CUES = 12


async def test_random_cues_and_a_killed_processor_leave_a_record_that_agrees_with_the_output(
    tmp_path: Path,
) -> None:
    out, tally = tmp_path / "out.ts", Tally()
    async with console(tmp_path / "data", cues={"seen_timeout_s": 5.0}) as application:
        stream_id = await live_stream(application, "Live", out, Engine.BUILTIN)
        await torture(application, [stream_id], CUES, 5, (1.0, 3.0), tally, most_kills=1)
        await stopped(application, [stream_id])
        cues = await all_cues(application, stream_id)
    verdict = judge(cues, out)
    assert verdict.faults == []
    assert len(cues) == CUES
    assert tally.kills == 1
    assert any(cue.seen for cue in cues), "some were on air"
