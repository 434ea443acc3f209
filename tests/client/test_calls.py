"""Calls as the wire sees them, and answers as values."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from ibe100_client import Call, access, cues, schedule, streams
from ibe100_client.calls import KEY
from ibe100_client.reading import read
from ibe100_client.transport import address_of
from ibe100_client.values import BreakPage, Cue, Stream


def test_names_are_escaped_and_what_is_left_out_is_not_asked_for() -> None:
    assert streams.one("A/B & C").target == "/api/v1/streams/A%2FB%20%26%20C"
    assert schedule.page().target == "/api/v1/schedule?offset=0&limit=1000"
    call: Call[Any] = Call("GET", "/as-run", bytes, {"day": date(2026, 11, 22), "stream": None, "all": True})
    assert call.target == "/api/v1/as-run?day=2026-11-22&all=true"
    assert Call("GET", "/x", None, {"type": ["a", "b"]}).target == "/api/v1/x?type=a&type=b"


def test_a_cue_has_a_key_of_its_own_that_stays_when_it_is_asked_again() -> None:
    first, second = cues.fire("1", "TO BREAK"), cues.fire("1", "TO BREAK")
    assert first.headers[KEY] != second.headers[KEY]
    assert first.noting("playout 2 ü").headers[KEY] == first.headers[KEY]
    assert first.noting("playout 2 ü").headers["X-Note"] == "playout%202%20%C3%BC"
    assert (first.may_be_asked_again, streams.start("1").may_be_asked_again) == (True, False)
    assert cues.fire("1", "CRASH IN", key="house-1").headers[KEY] == "house-1"
    longer = cues.change_length("1", by_s=10)
    assert (longer.body, KEY in longer.headers) == ({"action": "CHANGE LENGTH", "by_s": 10}, True)
    assert cues.change_length("1", length_s=90).body == {"action": "CHANGE LENGTH", "duration_s": 90}
    assert access.change_user("anna", all_streams=True).body == {"streams": "all"}


def test_answers_are_read_as_values_and_what_a_newer_server_adds_is_passed_over() -> None:
    told = {
        "stream_id": "news",
        "number": 1,
        "config": {"name": "News"},
        "state": "RUNNING",
        "tally": "ON AIR",
    }
    stream = read(Stream, {**told, "added_later": [1]})
    assert (stream.name, stream.reason) == ("News", "")
    cue = {"cue_id": 1, "stream_id": "news", "action": "TO BREAK", "state": "SPLICED", "requested_by": "anna"}
    steps = [{"step": 1, "state": "REQUESTED", "at": 1, "reason": ""}]
    found = read(Cue, {**cue, "requested_at": 5, "return_feed": None, "steps": steps})
    assert (found.is_final, found.has_aired, found.steps[0].state) == (True, True, "REQUESTED")
    assert isinstance(found.requested_at, float)
    with pytest.raises(ValueError, match="Stream has no tally"):
        read(Stream, {name: value for name, value in told.items() if name != "tally"})
    with pytest.raises(ValueError, match="a list is expected"):
        read(BreakPage, {"total": 1, "breaks": {}})


def test_a_place_is_a_url_or_a_folder() -> None:
    assert address_of(Path("/data")).socket == Path("/data/console/api.sock")
    assert address_of(Path("/run/api.sock")).socket == Path("/run/api.sock")
    far = address_of("https://playout:8443", "AB:CD")
    assert (far.host, far.port, far.is_tls, far.fingerprint) == ("playout", 8443, True, "abcd")
    assert address_of("http://[::1]").words == "http://::1:8100"
    for wrong in ("playout", "ftp://playout"):
        with pytest.raises(ValueError, match="is no URL"):
            address_of(wrong)
    with pytest.raises(ValueError, match="goes with https only"):
        address_of("http://playout", "ab")
