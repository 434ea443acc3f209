"""Other people's cues: in one line, decoded, kept for the list and put on record."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ibe100.models.messages import InputCueSeen, Message
from ibe100.models.metrics import ChangeKind
from ibe100.scte35.section import decode, encode, from_text, to_base64
from ibe100.scte35.summary import summary
from ibe100.scte35.values import (
    BreakDuration,
    SegmentationDescriptor,
    SpliceInfoSection,
    SpliceInsert,
    SpliceNull,
    SpliceTime,
    TimeSignal,
)
from ibe100.services.cues.input_cues import KEPT, InputCues, read_cue
from ibe100.services.streams.runner_facts import CueOnInput, OtherFact
from places import DATA

VECTORS = DATA / "scte35" / "vectors.json"
OUT = SpliceInfoSection(
    SpliceInsert(
        10001,
        out_of_network_indicator=True,
        splice_time=SpliceTime(3_723 * 90_000),
        break_duration=BreakDuration(auto_return=True, duration=60 * 90_000),
    )
)


class Run:
    """As far as cues of the input need it."""

    stream_id = "one"


class Kept:
    """Metrics storage that remembers the changes."""

    def __init__(self) -> None:
        self.changes: list[Any] = []

    def record_change(self, change: Any) -> None:
        self.changes.append(change)


def seen(section: SpliceInfoSection | bytes) -> CueOnInput:
    data = section if isinstance(section, bytes) else encode(section)
    return CueOnInput(1, 5.0, 5.0, to_base64(data), 1001)


@pytest.mark.parametrize(
    ("section", "words"),
    [
        (OUT, "OUT event 0x00002711, at PTS 01:02:03.000, 60 s, returns by itself"),
        (SpliceInfoSection(SpliceInsert(7, splice_immediate_flag=True)), "IN event 0x00000007, immediately"),
        (
            SpliceInfoSection(SpliceInsert(7, splice_event_cancel_indicator=True)),
            "cancel event 0x00000007",
        ),
        (
            SpliceInfoSection(
                TimeSignal(),
                (SegmentationDescriptor(9, segmentation_type_id=0x30, segmentation_duration=2_700_000),),
            ),
            "immediately, Provider Advertisement Start 0x00000009, 30 s",
        ),
        (SpliceInfoSection(SpliceNull()), "splice_null"),
    ],
)
def test_a_section_is_said_in_one_line(section: SpliceInfoSection, words: str) -> None:
    assert summary(section) == words


def test_every_known_section_has_a_line() -> None:
    if not VECTORS.exists():
        pytest.skip(f"no {VECTORS}")
    vectors = json.loads(VECTORS.read_text())
    rows = vectors if isinstance(vectors, list) else vectors["vectors"]
    texts = [row["base64"] for row in rows if isinstance(row, dict) and "base64" in row]
    assert texts
    for text in texts:
        words = summary(decode(from_text(text)))
        assert words
        assert "\n" not in words


async def test_cues_of_the_input_are_told_kept_and_put_on_record_but_not_heartbeats() -> None:
    storage, told = Kept(), list[Message]()
    cues = InputCues(storage, told.append)  # type: ignore[arg-type]
    run: Any = Run()
    for section in (OUT, SpliceInfoSection(SpliceNull())):
        await cues.on_fact(run, seen(section))
    await cues.on_fact(run, OtherFact(2, 5.0, 5.0, "runner_started"))
    assert [cue.command for cue in cues.recent("one")] == ["splice_null", "splice_insert"]
    assert [type(message) for message in told] == [InputCueSeen, InputCueSeen]
    (change,) = storage.changes
    assert change.kind is ChangeKind.INPUT_CUE
    assert change.text.startswith("on the input, PID 0x03E9: splice_insert, OUT event 0x00002711")
    for _ in range(KEPT + 5):
        await cues.on_fact(run, seen(OUT))
    assert len(cues.recent("one")) == KEPT
    assert cues.recent("another") == ()


@pytest.mark.parametrize("text", ["", "no base64", "/DAA"])
def test_what_cannot_be_read_is_called_damaged(text: str) -> None:
    cue = read_cue("one", CueOnInput(1, 5.0, 5.0, text, 1001))
    assert (cue.command, bool(cue.summary)) == ("damaged", True)
