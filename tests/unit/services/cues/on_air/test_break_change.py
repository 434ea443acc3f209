"""Another length for the break on air: what is announced, what is refused, and what the break is then."""

from __future__ import annotations

import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.models.actor import AUTOMATIC_RETURN
from ibe100.models.cues.contract import Contract, TimeSignalCommand
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, CueRequest, CueState, Direction
from ibe100.models.stream_config import Scte35Options
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO, pts_difference
from ibe100.scte35.values import BreakDuration, SegmentationDescriptor, SpliceInsert
from ibe100.services.cues.breaks import BreakLedger, OpenBreak
from ibe100.services.cues.draft import pending_breaks
from ibe100.services.cues.on_air.break_change import (
    LEAST_CHANGE_S,
    LEAST_REST_S,
    changes_of,
    gives_way,
    length_change,
)
from ibe100.services.cues.section import section_of

BEGAN = 1_000.0
CHANGE = CueAction.CHANGE_LENGTH


def cue(number: int, action: CueAction = CHANGE, state: CueState = CueState.SPLICED, **values: Any) -> Cue:
    return Cue(
        cue_id=number,
        stream_id="one",
        session_id=1,
        **{"action": action, "state": state, "requested_by": "anna", "splice_event_id": 9, **values},
    )


def asked(**values: Any) -> CueRequest:
    return CueRequest(stream_id="one", action=CHANGE, **values)


def opened(duration_s: float | None = 30.0, pts: int | None = 900_000, **options: Any) -> BreakLedger:
    """A ledger with a break that began at BEGAN."""
    ledger = BreakLedger()
    timed = {"splice_at": BEGAN, "pts_time": pts} if pts is not None else {"seen_at": BEGAN}
    out = cue(1, CueAction.TO_BREAK, requested_at=BEGAN - 5, duration_s=duration_s, **timed)
    ledger.spliced(out, Scte35Options(**{"auto_return": False, **options}))
    return ledger


def current(ledger: BreakLedger) -> OpenBreak:
    found = ledger.open_break("one")
    assert found is not None
    return found


def change(
    ledger: BreakLedger, number: int, at: float, contract: Contract | None = None, **wanted: Any
) -> Cue:
    """A change of length that was asked for at a time, and has aired."""
    fields = length_change(asked(**wanted), contract, ledger.open_break("one"), (), at)
    changed = cue(number, requested_at=at, **{**fields, "seen_at": at + 0.05})
    ledger.spliced(changed, Scte35Options())
    return changed


def test_the_rest_of_the_new_length_is_announced_and_the_break_ends_by_it() -> None:
    ledger = opened()
    longer = change(ledger, 2, BEGAN + 12, by_s=10)
    assert (longer.duration_s, longer.splice_event_id, longer.break_update) == (28.0, 9, 1)
    assert current(ledger).announced_end == longer.announced_end == BEGAN + 40
    assert current(ledger).end_pts == 900_000 + 40 * PTS_HZ
    shorter = change(ledger, 3, BEGAN + 15, duration_s=20)
    assert shorter.duration_s == 5.0
    assert current(ledger).announced_end == BEGAN + 20
    assert current(ledger).end_pts == 900_000 + 20 * PTS_HZ


@given(
    st.integers(0, PTS_MODULO - 1),
    st.floats(5, 600),
    st.lists(st.tuples(st.floats(0.0, 5.0), st.floats(-30, 60)), max_size=8),
)
def test_what_is_announced_adds_up_to_what_the_break_is_whatever_is_changed(
    pts: int, duration_s: float, steps: list[tuple[float, float]]
) -> None:
    """The time that is over and the rest that was announced last are the break's length; its PTS agree."""
    ledger, at = opened(round(duration_s, 3), pts), BEGAN
    length_s = round(duration_s, 3)
    for number, (after_s, by_s) in enumerate(steps, 2):
        at += after_s
        try:
            changed = change(ledger, number, at, by_s=by_s)
        except CueRefused:
            rest_s = BEGAN + length_s + by_s - at
            assert abs(by_s) < LEAST_CHANGE_S + 0.01 or rest_s < LEAST_REST_S + 0.01
            continue
        length_s += by_s
        assert changed.duration_s is not None
        assert at - BEGAN + changed.duration_s == pytest.approx(length_s, abs=0.01)
        assert changed.duration_s >= LEAST_REST_S - 0.01
    after = current(ledger)
    assert after.announced_end == pytest.approx(BEGAN + length_s, abs=0.01)
    assert after.end_pts is not None
    assert pts_difference(after.end_pts, pts) / PTS_HZ == pytest.approx(length_s, abs=0.01)


@pytest.mark.parametrize(
    ("wanted", "contract", "why"),
    [
        ({"by_s": -29}, None, "go BACK TO PROGRAMME"),
        ({"duration_s": 30.5}, None, "long already"),
        ({"by_s": 10}, Contract(name="X", may_change_length=False), "the contract X allows no other length"),
        (
            {"by_s": 31},
            Contract(name="X", duration_max_s=60),
            "61 s long, and the contract asks at most 60 s",
        ),
        ({"duration_s": 45}, Contract(name="X", durations_s=(30, 60)), "asks one of 30, 60 s"),
    ],
)
def test_what_makes_no_sense_or_breaks_the_contract_is_refused(
    wanted: dict[str, Any], contract: Contract | None, why: str
) -> None:
    with pytest.raises(CueRefused, match=why):
        change(opened(), 2, BEGAN + 2, contract, **wanted)


def test_a_break_without_an_end_is_given_its_whole_length_only() -> None:
    ledger = opened(None)
    with pytest.raises(CueRefused, match="name its whole length"):
        change(ledger, 2, BEGAN + 5, by_s=10)
    change(ledger, 2, BEGAN + 5, duration_s=20)
    assert current(ledger).announced_end == BEGAN + 20
    with pytest.raises(CueRefused, match="not in a break"):
        length_change(asked(by_s=10), None, None, (), BEGAN)


def test_changes_are_numbered_within_their_break() -> None:
    known = (
        cue(5, break_update=2, requested_at=1.0),
        cue(4, state=CueState.FAILED, break_update=7, requested_at=1.0),
    )
    fields = length_change(asked(by_s=10), None, current(opened()), known, BEGAN + 1)
    assert fields["break_update"] == 3
    assert fields["returns"] is BreakEnd.HAND


def test_the_section_is_an_out_of_the_same_event_at_once() -> None:
    ledger = opened(auto_return=True)
    changed = change(ledger, 2, BEGAN + 12, by_s=10)
    options = current(ledger).terms(Scte35Options(auto_return=False))
    section = section_of(changed, asked(by_s=10), options, None)
    assert isinstance(section.command, SpliceInsert)
    assert (section.command.splice_event_id, section.command.out_of_network_indicator) == (9, True)
    assert section.command.splice_immediate_flag
    assert section.command.break_duration == BreakDuration(auto_return=True, duration=28 * PTS_HZ)
    signal = section_of(changed, asked(by_s=10), options, Contract(name="X", command=TimeSignalCommand()))
    (descriptor,) = signal.descriptors
    assert isinstance(descriptor, SegmentationDescriptor)
    assert (descriptor.segmentation_type_id, descriptor.segmentation_event_id) == (0x34, 9)
    assert descriptor.segmentation_duration == 28 * PTS_HZ


def test_a_length_is_changed_in_a_break_only_and_one_at_a_time() -> None:
    def refusal(ledger: BreakLedger, *pending: Cue, at: float = BEGAN + 1) -> str | None:
        return ledger.refusal("one", CHANGE, Direction.NONE, pending_breaks(pending, CHANGE), at)

    assert refusal(BreakLedger()) == "the stream is not in a break"
    assert refusal(opened()) is None
    assert "has returned" in str(refusal(opened(auto_return=True), at=BEGAN + 31))
    back = cue(
        2, CueAction.BACK_TO_PROGRAMME, CueState.SEEN, requested_at=BEGAN, pts_time=1, splice_at=BEGAN + 9
    )
    assert "BACK TO PROGRAMME (event 0x00000009) is on its way" in str(refusal(opened(), back))
    automatic = back.model_copy(update={"requested_by": AUTOMATIC_RETURN.name})
    assert "is on its way" in str(refusal(opened(), automatic)), "its splice is too near to be withdrawn"
    automatic = automatic.model_copy(update={"splice_at": time.time() + 60})
    assert gives_way(automatic)
    assert refusal(opened(), automatic) is None, "it is withdrawn"
    assert "CHANGE LENGTH" in str(refusal(opened(), cue(3, state=CueState.SENT, requested_at=BEGAN)))
    ended = opened()
    ended.stream_ended("one", BEGAN + 2)
    assert "the last run ended in its break" in str(refusal(ended))


def test_another_console_takes_the_break_up_with_its_last_length() -> None:
    out = cue(1, CueAction.TO_BREAK, requested_at=BEGAN, splice_at=BEGAN, pts_time=0, duration_s=30.0)
    on_record = (
        cue(5, requested_at=BEGAN + 9, duration_s=11.0, state=CueState.FAILED),
        cue(4, requested_at=BEGAN + 8, duration_s=42.0),
        cue(3, requested_at=BEGAN + 2, duration_s=38.0),
        out,
    )
    ledger = BreakLedger()
    ledger.restore(out, 1, Scte35Options(auto_return=False), changes_of(out, on_record))
    assert current(ledger).announced_end == BEGAN + 50
    assert current(ledger).end_pts == 50 * PTS_HZ


def test_a_change_names_a_whole_length_or_a_step() -> None:
    for wrong in ({}, {"by_s": 1, "duration_s": 20}):
        with pytest.raises(ValueError, match="CHANGE LENGTH needs"):
            asked(**wrong)
    with pytest.raises(ValueError, match="by_s belongs to CHANGE LENGTH"):
        CueRequest(stream_id="one", action=CueAction.TO_BREAK, by_s=1)
