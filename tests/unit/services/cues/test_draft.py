"""What a request leaves out of a cue is decided in one place."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from ibe100.models.cues.contract import Contract
from ibe100.models.profile import StreamEntry
from ibe100.models.scte35_marker import CueAction, CueRequest
from ibe100.models.stream_config import StreamConfig
from ibe100.services.cues.draft import requested
from ibe100.services.streams.run import StreamRun
from ibe100.services.streams.runner_link import RunnerLink

CONTRACT = Contract(name="OTT distributor", pre_roll_min_s=4, pre_roll_default_s=5)


def run(contract: Contract | None) -> StreamRun:
    entry = StreamEntry(stream_id="one", number=1, config=StreamConfig(name="One", contract=contract))
    return StreamRun(entry, RunnerLink(Path("nowhere")), lambda _view: None)


@pytest.mark.parametrize(
    ("action", "asked", "contract", "pre_roll_s"),
    [
        (CueAction.TO_BREAK, {}, CONTRACT, 5.0),
        (CueAction.TO_BREAK, {"pre_roll_s": None}, CONTRACT, 5.0),
        (CueAction.TO_BREAK, {}, None, 0.0),
        (CueAction.TO_BREAK, {"pre_roll_s": 0}, CONTRACT, 0.0),
        (CueAction.TO_BREAK, {"pre_roll_s": 8.0}, CONTRACT, 8.0),
        (CueAction.TO_BREAK, {"splice_at": 1_800_000_000.0}, CONTRACT, 0.0),
        (CueAction.BACK_TO_PROGRAMME, {}, CONTRACT, 0.0),
        (CueAction.CRASH_OUT, {}, CONTRACT, 0.0),
    ],
)
def test_a_way_out_that_names_no_time_has_the_pre_roll_of_the_contract(
    action: CueAction, asked: dict[str, Any], contract: Contract | None, pre_roll_s: float
) -> None:
    request = CueRequest(stream_id="one", action=action, duration_s=30, **asked)
    assert requested(run(contract), request).pre_roll_s == pre_roll_s
