"""TSDuck's own tests with minitsp in tsp's place, from a checkout of their repository (github.com/tsduck)."""

import os
from pathlib import Path
from typing import Final

import pytest

from tsduck_suite import LOCATION, run_suite

KNOWN_DIFFERENCES: Final = {
    "test-018 #1": "application information tables are not built in",
    "test-041 #1": "the log is worded otherwise since TSDuck 3.45",
    "test-071 #2": "the bytes behind packets of 204 bytes are not kept",
    "test-106 #1": "EMMG/PDG messages are not built in",
    "test-106 #2": "EMMG/PDG messages are not built in",
    "test-135 #4": "HTTP in a capture is not built in",
    "test-142 #1": "tsp ends at the first loss of synchronisation, minitsp goes on after it",
}
"""Command that differs from the reference -> why it may."""


def test_what_was_as_tsp_writes_it_still_is(tmp_path: Path) -> None:
    checkout = os.environ.get(LOCATION)
    if not checkout:
        pytest.skip(f"{LOCATION} names no checkout of tsduck-test")
    outcomes = []
    for outcome in run_suite(Path(checkout), tmp_path):
        print(outcome)
        outcomes.append(outcome)
    comparable = [outcome for outcome in outcomes if outcome.compared]
    identical = [outcome for outcome in comparable if not outcome.differences]
    print(f"{len(outcomes)} commands, {len(comparable)} comparable, {len(identical)} identical")
    assert comparable
    differing = {one.name: one.differences for one in comparable if one.differences}
    assert {name: why for name, why in differing.items() if name not in KNOWN_DIFFERENCES} == {}
