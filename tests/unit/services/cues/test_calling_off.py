"""Sections that withdraw what another has announced."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.scte35 import cues
from ibe100.scte35.section import decode, encode
from ibe100.scte35.values import SegmentationDescriptor, SpliceInfoSection, SpliceInsert, TimeSignal
from ibe100.services.cues.calling_off import withdrawal_of

EVENT = st.integers(0, 0xFFFFFFFF)


def withdrawn(section: SpliceInfoSection) -> SpliceInfoSection:
    made = withdrawal_of(encode(section))
    assert made is not None
    return decode(made)


@given(EVENT, st.booleans(), st.integers(0, 2**33 - 1), st.integers(0, 0xFFF))
def test_a_splice_insert_is_cancelled_by_its_event_for_the_same_tier(
    event: int, is_out: bool, pts: int, tier: int
) -> None:
    withdrawal = withdrawn(cues.splice_insert(event, is_out, pts_time=pts, tier=tier))
    assert withdrawal.tier == tier
    assert isinstance(withdrawal.command, SpliceInsert)
    assert (withdrawal.command.splice_event_id, withdrawal.command.splice_event_cancel_indicator) == (
        event,
        True,
    )


@given(st.lists(EVENT, min_size=1, max_size=4), st.integers(0, 2**33 - 1))
def test_a_time_signal_is_cancelled_by_each_of_its_segmentations(events: list[int], pts: int) -> None:
    segments = [SegmentationDescriptor(event, segmentation_type_id=0x30) for event in events]
    withdrawal = withdrawn(cues.time_signal(*segments, pts_time=pts))
    assert isinstance(withdrawal.command, TimeSignal)
    assert withdrawal.command.splice_time.pts_time is None, "it is in force at once"
    assert [
        (one.segmentation_event_id, one.segmentation_event_cancel_indicator)
        for one in withdrawal.descriptors
        if isinstance(one, SegmentationDescriptor)
    ] == [(event, True) for event in events]


@pytest.mark.parametrize("section", [cues.splice_null(), cues.cancel(7), cues.time_signal(pts_time=90_000)])
def test_what_speaks_of_no_event_cannot_be_withdrawn(section: SpliceInfoSection) -> None:
    assert withdrawal_of(encode(section)) is None
