"""TSDuck's own tests with minitsp in tsp's place, from a checkout of their repository (github.com/tsduck)."""

import os
from pathlib import Path
from typing import Final

import pytest

from tsduck_suite import LOCATION, run_suite

IDENTICAL: Final = frozenset(
    {
        "test-021 #1",
        "test-021 #2",
        "test-023 #1",
        "test-023 #2",
        "test-024 #1",
        "test-024 #2",
        "test-024 #3",
        "test-025 #5",
        "test-041 #1",
        "test-049 #13",
        "test-049 #14",
        "test-064 #1",
        "test-076 #1",
        "test-076 #2",
        "test-108 #1",
        "test-117 #1",
        "test-117 #2",
        "test-153 #8",
        "test-162 #1",
        "test-162 #2",
        "test-162 #3",
        "test-176 #1",
        "test-176 #2",
    }
)
"""Commands whose outputs are those of the reference: they must stay so."""
KNOWN_DIFFERENCES: Final = {
    "test-012 #5": "a stream without PCR has a bitrate from its time stamps, tsp knows none",
    "test-018 #1": "application information tables are not built in",
    "test-071 #2": "the bytes behind packets of 204 bytes are not kept",
    "test-072 #5": "sound of layer 0 is no layer, and a rounded bitrate differs by one",
    "test-106 #1": "EMMG/PDG messages are not built in",
    "test-106 #2": "EMMG/PDG messages are not built in",
    "test-117 #3": "pmt --sort-languages is not built in: its reference has a component of no stream",
    "test-135 #4": "HTTP in a capture is not built in",
    "test-136 #2": "its HTTP server is another program",
    "test-139 #5": "DTS-HD sound is named otherwise, the bitrate is known earlier",
    "test-142 #1": "tsp ends at the first loss of synchronisation, minitsp goes on after it",
    "test-151 #1": "the bitrate is known earlier than by tsp",
}
"""Command that differs from the reference -> why it may."""


@pytest.mark.timeout(1800)
def test_what_was_as_tsp_writes_it_still_is(tmp_path: Path) -> None:
    checkout = os.environ.get(LOCATION)
    if not checkout:
        pytest.skip(f"{LOCATION} names no checkout of tsduck-test")
    outcomes = []
    for outcome in run_suite(Path(checkout), tmp_path):
        print(outcome, KNOWN_DIFFERENCES.get(outcome.name, ""))
        outcomes.append(outcome)
    comparable = [outcome for outcome in outcomes if outcome.compared]
    differing = {outcome.name: outcome.differences for outcome in comparable if outcome.differences}
    identical = len(comparable) - len(differing)
    print(f"{len(outcomes)} commands, {len(comparable)} comparable, {identical} identical")
    assert comparable
    assert {name: first for name, first in differing.items() if name in IDENTICAL} == {}
