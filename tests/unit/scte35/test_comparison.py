"""Two sections held against each other: what differs, and whether it is still the same cue."""

from __future__ import annotations

from dataclasses import replace

import pytest

from ibe100.scte35.comparison import (
    differences,
    event_ids,
    is_of_one_event,
    is_same_but_for_ids,
    is_splice_null,
    says_the_same,
)
from ibe100.scte35.cues import splice_insert, splice_null, time_signal
from ibe100.scte35.section import decode, encode, to_base64
from ibe100.scte35.values import SegmentationDescriptor, SpliceInfoSection, SpliceInsert

OUT = splice_insert(7, True, pts_time=900_000, duration_pts=5_400_000)
IN = splice_insert(7, False, pts_time=6_300_000)
START = time_signal(
    SegmentationDescriptor(9, segmentation_duration=5_400_000, segmentation_type_id=0x34), pts_time=900_000
)


def command(section: SpliceInfoSection, **changes: object) -> SpliceInfoSection:
    return replace(section, command=replace(section.command, **changes))


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (replace(OUT, pts_adjustment=90_000), ["pts_adjustment", "splice time (pts_time + pts_adjustment)"]),
        (replace(OUT, cw_index=0xFF), ["cw_index"]),
        (replace(OUT, legacy_command_length=True), []),
        (splice_insert(7, True, pts_time=990_000, duration_pts=5_400_000), None),
    ],
    ids=["pts_adjustment", "cw_index", "legacy length", "pts_time"],
)
def test_times_and_notation_may_change_and_the_cue_stays_the_same(
    came: SpliceInfoSection, told: list[str] | None
) -> None:
    assert says_the_same(OUT, decode(encode(came)))
    assert is_of_one_event(OUT, came)
    if told is not None:
        assert [one.name for one in differences(OUT, came)] == told


@pytest.mark.parametrize(
    ("came", "told"),
    [
        (
            splice_insert(7, True, pts_time=900_000, duration_pts=6_300_000),
            "duration 60.000 s (5400000) → 70.000 s (6300000)",
        ),
        (splice_insert(7, True, pts_time=900_000), "duration 60.000 s (5400000) → absent"),
        (splice_insert(7, True, duration_pts=5_400_000), "splice_immediate_flag 0 → 1"),
        (command(OUT, unique_program_id=5), "unique_program_id 1 → 5"),
        (replace(OUT, tier=0x001), "tier 0xFFF → 0x001"),
    ],
    ids=["longer", "no duration", "immediate", "program", "tier"],
)
def test_any_other_field_that_changed_is_told_by_its_name(came: SpliceInfoSection, told: str) -> None:
    sent = command(OUT, unique_program_id=1)
    came = came if told.startswith("unique") else command(came, unique_program_id=1)
    assert not says_the_same(sent, came)
    assert told in [str(one) for one in differences(sent, came)]


def test_a_descriptor_that_was_dropped_or_changed_is_told() -> None:
    bare = replace(START, descriptors=())
    assert "segmentation_descriptor present → absent" in [str(one) for one in differences(START, bare)]
    other = replace(START, descriptors=(replace(START.descriptors[0], segmentation_type_id=0x30),))  # type: ignore[type-var]
    (told,) = differences(START, other)
    assert told.name == "segmentation_type_id"
    assert not is_of_one_event(START, other), "another signal of the same id"


def test_the_out_and_the_in_of_a_break_share_an_id_and_are_two_cues() -> None:
    assert event_ids(OUT) == event_ids(IN) == {7}
    assert not is_of_one_event(OUT, IN)


def test_a_heartbeat_is_known_without_being_decoded() -> None:
    assert is_splice_null(to_base64(encode(splice_null())))
    assert not is_splice_null(to_base64(encode(OUT)))
    assert not is_splice_null("")
    assert not is_splice_null("no base64 at all, and longer than that")


def test_a_cue_under_another_id_is_known_by_everything_else() -> None:
    renumbered = command(OUT, splice_event_id=4711)
    assert is_same_but_for_ids(OUT, renumbered)
    assert not is_of_one_event(OUT, renumbered)
    assert not is_same_but_for_ids(OUT, command(renumbered, unique_program_id=77))
    assert not is_same_but_for_ids(splice_null(), splice_null()), "no event, no identity"
    assert isinstance(OUT.command, SpliceInsert)
