"""What a cue leaves out is what the stream's contract asks, and nothing else is touched."""

from __future__ import annotations

from typing import Any

import pytest

from ibe100.api.asked_cue import asked_cue
from ibe100.models.cues.contract import Contract
from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import CueAction
from ibe100.models.stream_config import NoOutput, StreamConfig, TestPatternInput

CONTRACT = Contract(name="OTT distributor", pre_roll_min_s=4, pre_roll_default_s=5)


def stream(contract: Contract | None) -> StreamView:
    config = StreamConfig(name="News", input=TestPatternInput(), output=NoOutput(), contract=contract)
    return StreamView(stream_id="news", number=1, config=config)


@pytest.mark.parametrize(
    ("asked", "contract", "pre_roll_s"),
    [
        ({"action": "TO BREAK"}, CONTRACT, 5.0),
        ({"action": CueAction.TO_BREAK, "pre_roll_s": None}, CONTRACT, 5.0),
        ({"action": "TO BREAK"}, None, 0.0),
        ({"action": "TO BREAK", "pre_roll_s": 0}, CONTRACT, 0),
        ({"action": "TO BREAK", "pre_roll_s": 8.0}, CONTRACT, 8.0),
        ({"action": "TO BREAK", "splice_at": 1_800_000_000.0}, CONTRACT, 0.0),
        ({"action": "BACK TO PROGRAMME"}, CONTRACT, 0.0),
        ({"action": "CRASH OUT"}, CONTRACT, 0.0),
        ({}, CONTRACT, 0.0),
    ],
)
def test_the_lead_of_a_break_is_the_contracts(
    asked: dict[str, Any], contract: Contract | None, pre_roll_s: float
) -> None:
    found = asked_cue({**asked, "duration_s": 30}, stream(contract))
    assert (found["pre_roll_s"], found["stream_id"], found["duration_s"]) == (pre_roll_s, "news", 30)
