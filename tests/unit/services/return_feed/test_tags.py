"""What the tags of a playlist say of our cues, and what is diagnosed where they say something else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from ibe100.models.cues.return_receipt import ReturnCause, ReturnReceipt, ReturnState
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.mpegts.psi import Pmt
from ibe100.mpegts.timestamps import PTS_HZ, PTS_MODULO
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.values import SpliceInfoSection, SpliceInsert
from ibe100.services.return_feed.expected_cues import ExpectedCues
from ibe100.services.return_feed.feed_log import FeedLog
from ibe100.services.return_feed.tables import FeedTables
from ibe100.services.streams.runner_facts import CueTagged
from return_rig import LEFT_AT, PID, VIDEO, WINDOW_S, text

SPLICE_PTS, DURATION_S = 900_000, 60.0
OUT = splice_insert(7, True, pts_time=SPLICE_PTS, duration_pts=round(DURATION_S * PTS_HZ))
BACK = splice_insert(7, False, pts_time=SPLICE_PTS + round(DURATION_S * PTS_HZ))
RANGE = "EXT-X-DATERANGE SCTE35-OUT"


def cue_of(section: SpliceInfoSection, cue_id: int = 1, action: CueAction = CueAction.TO_BREAK) -> Cue:
    out = action is CueAction.TO_BREAK
    return Cue(
        cue_id=cue_id,
        stream_id="one",
        session_id=None,
        action=action,
        state=CueState.SPLICED,
        requested_by="test",
        requested_at=LEFT_AT - 1,
        splice_event_id=7,
        duration_s=DURATION_S if out else None,
        pts_time=section.splice_pts,
        splice_at=LEFT_AT + 5,
        section_base64=text(section),
        sent=3,
        sent_expected=3,
        sent_at=LEFT_AT - 0.1,
        seen=3,
        seen_at=LEFT_AT,
    )


class Far:
    """A packager's end whose transport stream has no cue PID."""

    def __init__(self, kind: str = "playlist") -> None:
        self.log = FeedLog(kind)
        self.log.flows(LEFT_AT - 60)
        if kind == "playlist":
            self.log.tables_changed(LEFT_AT - 59, FeedTables((Pmt(1, 0x100, (VIDEO,), ()),)))
        self.expected = ExpectedCues(self.log)

    def expect(self, cue: Cue) -> ReturnReceipt | None:
        receipt = ReturnReceipt(
            cue_id=cue.cue_id, stream_id="one", left_at=LEFT_AT, ends_at=LEFT_AT + WINDOW_S, expected=3
        )
        return self.expected.expect(cue, receipt, PID)

    def tag(self, form: str = RANGE, after_s: float = 30.0, **said: Any) -> ReturnReceipt | None:
        given: dict[str, Any] = {"out": True, "section_base64": "", "duration_s": None, "pts": None}
        given |= {"from_edge_s": None, "on_input": False, **said}
        self.log.other_tags += 1
        return self.expected.tagged(CueTagged(1, LEFT_AT + after_s, 0.0, form, **given))

    def verdict(self) -> ReturnReceipt | None:
        return next(iter(self.expected.due(LEFT_AT + WINDOW_S)), None)


@pytest.fixture
def far() -> Far:
    made = Far()
    made.expect(cue_of(OUT))
    return made


def test_a_section_in_a_tag_is_seen_with_its_form_and_how_far_it_is_off(far: Far) -> None:
    receipt = far.tag(section_base64=text(OUT), pts=SPLICE_PTS + 3600, duration_s=DURATION_S)
    assert receipt is not None
    assert (receipt.state, receipt.cause) == (ReturnState.SEEN, ReturnCause.NONE)
    assert receipt.words == f"seen at the return feed 3/3, +30.0 s: as {RANGE}, 0.04 s off"
    assert (receipt.splice_pid, receipt.seen_base64) == (None, text(OUT))
    assert not far.expected.is_open(1)
    assert far.tag(section_base64=text(OUT), pts=SPLICE_PTS) is None, "it is told once"


def test_a_tag_without_a_section_is_matched_by_its_direction_and_its_length(far: Far) -> None:
    far.expect(cue_of(BACK, 2, CueAction.BACK_TO_PROGRAMME))
    back = far.tag("EXT-X-CUE-IN", out=False, pts=SPLICE_PTS + round(DURATION_S * PTS_HZ) - 900)
    assert back is not None
    assert (back.cue_id, back.state) == (2, ReturnState.RESTAMPED)
    assert back.words == "seen at the return feed 3/3, +30.0 s: as EXT-X-CUE-IN, 0.01 s off"
    out = far.tag("EXT-X-CUE-OUT", duration_s=DURATION_S)
    assert out is not None
    assert (out.cue_id, out.reason) == (1, "as EXT-X-CUE-OUT")


def longer(section: SpliceInfoSection) -> SpliceInfoSection:
    command = section.command
    assert isinstance(command, SpliceInsert)
    assert command.break_duration is not None
    duration = replace(command.break_duration, duration=70 * PTS_HZ)
    return replace(section, command=replace(command, break_duration=duration))


@pytest.mark.parametrize(
    "said, cause, words",
    [
        ({"duration_s": 70.0}, ReturnCause.SECTION_ALTERED, f"as {RANGE}: duration 60 s → 70 s"),
        ({"section_base64": text(longer(OUT))}, ReturnCause.SECTION_ALTERED, "the section was altered: "),
        ({"pts": SPLICE_PTS + 540_000}, ReturnCause.MISTIMED, "which stands 6.00 s after its splice"),
        ({"pts": SPLICE_PTS - 270_000}, ReturnCause.MISTIMED, "which stands 3.00 s before its splice"),
    ],
)
def test_what_a_packager_changed_is_named(
    far: Far, said: dict[str, Any], cause: ReturnCause, words: str
) -> None:
    receipt = far.tag(**said)
    assert receipt is not None
    assert (receipt.state, receipt.cause) == (ReturnState.FAULTY, cause)
    assert words in receipt.reason


def test_times_of_a_packager_with_its_own_clock_are_not_compared(far: Far) -> None:
    receipt = far.tag(section_base64=text(OUT), pts=(SPLICE_PTS + 3600 * PTS_HZ) % PTS_MODULO)
    assert receipt is not None
    assert (receipt.state, receipt.reason) == (ReturnState.SEEN, f"as {RANGE}")


@pytest.mark.parametrize(
    "kind, cause, words",
    [
        ("playlist", ReturnCause.PID_GONE, "none of any cue was there, and the cue PID is gone from the PMT"),
        ("manifest", ReturnCause.NOT_SEEN, "no tag of it in the manifest within 120 s: none of any cue was"),
    ],
)
def test_a_cue_without_its_tag_is_missing(kind: str, cause: ReturnCause, words: str) -> None:
    far = Far(kind)
    far.expect(cue_of(OUT))
    receipt = far.verdict()
    assert receipt is not None
    assert (receipt.state, receipt.cause) == (ReturnState.MISSING, cause)
    assert words in receipt.reason


def test_tags_of_others_are_counted_and_match_nothing(far: Far) -> None:
    assert far.tag(section_base64=text(splice_insert(99, True))) is None
    assert far.tag(out=None) is None
    assert far.tag(out=False) is None
    receipt = far.verdict()
    assert receipt is not None
    assert "3 tags of other cues were there" in receipt.reason


def test_bytes_on_a_pid_say_more_than_a_tag() -> None:
    far = Far("manifest")
    far.expect(cue_of(OUT))
    receipt = far.expected.arrived(LEFT_AT + 20, text(OUT), PID)
    assert receipt is not None
    assert receipt.splice_pid == PID
    assert far.tag(section_base64=text(OUT), pts=SPLICE_PTS + 540_000) is None


def test_a_tag_may_be_read_before_our_own_output_is() -> None:
    early = Far()
    assert early.tag(after_s=0.2, section_base64=text(OUT), pts=SPLICE_PTS) is None
    receipt = early.expect(cue_of(OUT))
    assert receipt is not None
    assert receipt.reason == f"as {RANGE}, 0.00 s off"
