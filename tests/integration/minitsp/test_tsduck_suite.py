"""TSDuck's own tests with minitsp in tsp's place, from a checkout of their repository (github.com/tsduck)."""

import os
from pathlib import Path
from typing import Final

import pytest

from tsduck_suite import LOCATION, run_suite

KNOWN_DIFFERENCES: Final = {
    "test-018.ait.1ec5.txt": "application information tables are not built in as text",
    "test-018.ait.1ec5.xml": "application information tables are not built in as XML",
    "test-018.ait.1ec6.txt": "application information tables are not built in as text",
    "test-018.ait.1ec6.xml": "application information tables are not built in as XML",
    "test-041.tsp.log": "worded otherwise since TSDuck 3.45",
    "test-142.log": "tsp ends at the first loss of synchronisation, minitsp goes on after it",
}
"""File that differs from the reference -> why it may."""


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
    differing = {name: first for one in comparable for name, first in one.differences.items()}
    assert {name: first for name, first in differing.items() if name not in KNOWN_DIFFERENCES} == {}
