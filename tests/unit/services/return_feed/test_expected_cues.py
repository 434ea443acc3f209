"""What comes back is matched with what left; what does not is explained by the evidence there is."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.models.cues.return_receipt import ReturnCause, ReturnReceipt, ReturnState
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.scte35.cues import splice_insert, splice_null
from ibe100.scte35.values import SpliceInfoSection
from ibe100.services.return_feed.expected_cues import ExpectedCues
from ibe100.services.return_feed.feed_log import FeedLog
from ibe100.services.return_feed.tables import read_tables
from ibe100.tsduck.telemetry import SpliceEvent
from return_rig import GOOD, LEFT_AT, PID, VIDEO, WINDOW_S, text

SOUND = PmtStream(0x86, 0x1100)


def cue(
    section: SpliceInfoSection,
    cue_id: int = 1,
    seen: int = 1,
    state: CueState = CueState.SPLICED,
    **more: object,
) -> Cue:
    event = getattr(section.command, "splice_event_id", None)
    return Cue(
        cue_id=cue_id,
        stream_id="one",
        session_id=None,
        action=CueAction.TO_BREAK,
        state=state,
        requested_by="test",
        requested_at=LEFT_AT - 1,
        splice_event_id=event,
        pts_time=section.splice_pts,
        section_base64=text(section),
        sent=seen,
        sent_expected=seen,
        sent_at=LEFT_AT - 0.1,
        seen=seen,
        seen_at=LEFT_AT,
        **more,
    )


class Far:
    """A far end under a clock of the test's own."""

    def __init__(self, *pmts: Pmt) -> None:
        self.log = FeedLog()
        self.log.flows(LEFT_AT - 60)
        self.tables(LEFT_AT - 59, *(pmts or (GOOD,)))
        self.expected = ExpectedCues(self.log)

    def tables(self, at: float, *pmts: Pmt) -> None:
        pat = Pat(1, tuple((pmt.program_number, 0x1000) for pmt in pmts))
        self.log.tables_changed(at, read_tables([text(pat.encode()), *(text(pmt.encode()) for pmt in pmts)]))

    def expect(self, sent: Cue) -> ReturnReceipt | None:
        receipt = ReturnReceipt(
            cue_id=sent.cue_id,
            stream_id="one",
            left_at=LEFT_AT,
            ends_at=LEFT_AT + WINDOW_S,
            expected=sent.seen,
        )
        return self.expected.expect(sent, receipt, PID)

    def comes(
        self, section: SpliceInfoSection, after_s: float = 30.0, pid: int = PID
    ) -> ReturnReceipt | None:
        return self.expected.arrived(LEFT_AT + after_s, text(section), pid)

    def verdict(self) -> ReturnReceipt | None:
        told = self.expected.due(LEFT_AT + WINDOW_S)
        assert len(told) <= 1
        return told[0] if told else None


OUT = splice_insert(7, True, duration_pts=5_400_000)
TIMED = splice_insert(8, True, pts_time=900_000, duration_pts=5_400_000)


def test_a_cue_that_comes_back_is_counted_timed_and_closed_when_it_is_complete() -> None:
    far = Far()
    assert far.expect(cue(OUT, seen=2)) is None
    first = far.comes(OUT, 31.2, pid=0x321)
    assert first is not None
    assert (first.state, first.seen, first.expected) == (ReturnState.SEEN, 1, 2)
    assert (first.delay_s, first.splice_pid, first.seen_base64) == (31.2, 0x321, text(OUT))
    assert first.words == "seen at the return feed 1/2, +31.2 s"
    second = far.comes(OUT, 32.7)
    assert second is not None
    assert (second.seen, second.delay_s) == (2, 31.2)
    assert not far.expected.is_open(1)
    assert far.comes(OUT, 40.0) is None, "a third one is nobody's"
    assert far.verdict() is None


def test_what_came_back_before_our_own_monitor_told_of_it_counts() -> None:
    far = Far()
    assert far.comes(OUT, -0.05) is None
    receipt = far.expect(cue(OUT))
    assert receipt is not None
    assert (receipt.state, receipt.seen) == (ReturnState.SEEN, 1)


def test_repeats_that_are_seen_later_on_our_output_are_expected_too() -> None:
    far = Far()
    far.expect(cue(TIMED, seen=1, state=CueState.SEEN))
    far.comes(TIMED, 1.0)
    more = far.expected.progress(cue(TIMED, seen=3))
    assert more is not None
    assert (more.seen, more.expected) == (1, 3)
    verdict = far.verdict()
    assert verdict is not None
    assert (verdict.state, verdict.reason) == (ReturnState.SEEN, "2 of 3 repeats did not come back")


@pytest.mark.parametrize(
    ("pmts", "cause", "words"),
    [
        ([replace(GOOD, streams=(VIDEO,))], ReturnCause.PID_GONE, "the cue PID is gone from the PMT"),
        (
            [replace(GOOD, streams=(VIDEO, PmtStream(0x06, PID)))],
            ReturnCause.STREAM_TYPE_CHANGED,
            "PID 0x01F4 (500) has stream_type 0x06 (PES private data) in the PMT instead of 0x86",
        ),
        (
            [replace(GOOD, streams=(VIDEO, PmtStream(0x05, 0x321, (Descriptor(0x8A, b"\x01"),))))],
            ReturnCause.STREAM_TYPE_CHANGED,
            "PID 0x0321 (801) (ours was 0x01F4 (500)) has stream_type 0x05",
        ),
        (
            [replace(GOOD, descriptors=())],
            ReturnCause.CUEI_GONE,
            "PID 0x01F4 (500) is in the PMT, but the registration CUEI is gone from it",
        ),
        (
            [replace(GOOD, streams=(VIDEO, SOUND), descriptors=(Descriptor(5, b"HDMV"),))],
            ReturnCause.PID_GONE,
            "the cue PID is gone from the PMT: no SCTE 35 stream",
        ),
        (
            [replace(GOOD, streams=(VIDEO, PmtStream(0x86, PID, (Descriptor(5, b"DTS1"),))))],
            ReturnCause.STREAM_TYPE_CHANGED,
            "PID 0x01F4 (500) has stream_type 0x86, but the PMT describes it as DTS-HD sound",
        ),
        ([], ReturnCause.NOT_SEEN, "not seen within 120 s: nothing was on PID 0x01F4 (500)"),
    ],
    ids=[
        "PID gone",
        "stream_type",
        "remapped and retyped",
        "CUEI",
        "DTS-HD stays",
        "called DTS-HD",
        "not seen",
    ],
)
def test_a_cue_that_does_not_come_back_is_explained_by_the_tables(
    pmts: list[Pmt], cause: ReturnCause, words: str
) -> None:
    far = Far(*pmts)
    far.expect(cue(OUT))
    assert far.expected.due(LEFT_AT + WINDOW_S - 1) == []
    verdict = far.verdict()
    assert verdict is not None
    assert (verdict.state, verdict.cause) == (ReturnState.MISSING, cause)
    assert words in verdict.reason
    assert verdict.state.is_fault


def test_tables_that_were_wrong_while_it_passed_explain_it_though_they_are_right_again() -> None:
    far = Far()
    far.expect(cue(OUT))
    far.tables(LEFT_AT + 10, replace(GOOD, streams=(VIDEO,)))
    far.tables(LEFT_AT + 50, GOOD)
    verdict = far.verdict()
    assert verdict is not None
    assert verdict.cause is ReturnCause.PID_GONE


def test_tables_that_were_wrong_long_before_explain_nothing() -> None:
    far = Far(replace(GOOD, streams=(VIDEO,)))
    far.tables(LEFT_AT - 30, GOOD)
    far.expect(cue(OUT))
    verdict = far.verdict()
    assert verdict is not None
    assert verdict.cause is ReturnCause.NOT_SEEN


def test_bytes_that_come_back_under_a_wrong_pmt_are_no_proof_and_under_a_right_one_they_are() -> None:
    far = Far(replace(GOOD, descriptors=()))
    far.expect(cue(OUT, seen=2))
    first = far.comes(OUT)
    assert first is not None
    assert (first.state, first.cause, first.seen) == (ReturnState.FAULTY, ReturnCause.CUEI_GONE, 1)
    far.tables(LEFT_AT + 31, GOOD)
    second = far.comes(OUT, 32.0)
    assert second is not None
    assert (second.state, second.cause, second.reason) == (ReturnState.SEEN, ReturnCause.NONE, "")


@pytest.mark.parametrize(
    ("gap", "words"),
    [
        ((-50.0, None), "the return feed was not there"),
        ((60.0, 90.0), "the return feed was away for 30 of the 120 s it was looked for"),
    ],
)
def test_while_the_feed_is_away_nothing_is_said_of_the_cue(
    gap: tuple[float, float | None], words: str
) -> None:
    far = Far()
    far.log.stopped(LEFT_AT + gap[0])
    if gap[1] is not None:
        far.log.flows(LEFT_AT + gap[1])
    far.expect(cue(OUT))
    verdict = far.verdict()
    assert verdict is not None
    assert (verdict.state, verdict.cause, verdict.reason) == (
        ReturnState.UNKNOWN,
        ReturnCause.FEED_ABSENT,
        words,
    )
    assert not verdict.state.is_fault


def test_a_feed_that_is_given_up_leaves_no_cue_open() -> None:
    far = Far()
    far.expect(cue(OUT))
    far.expect(cue(TIMED, cue_id=2))
    far.comes(TIMED)
    (unknown,) = far.expected.give_up("the stream is STOPPING before it came back")
    assert (unknown.cue_id, unknown.state) == (1, ReturnState.UNKNOWN)
    assert far.verdict() is None


def test_an_altered_section_is_a_fault_at_once_and_a_good_copy_after_it_is_proof() -> None:
    far = Far()
    far.expect(cue(OUT, seen=2))
    altered = splice_insert(7, True, duration_pts=6_300_000)
    receipt = far.comes(altered)
    assert receipt is not None
    assert (receipt.state, receipt.cause, receipt.seen) == (
        ReturnState.FAULTY,
        ReturnCause.SECTION_ALTERED,
        0,
    )
    assert "the section was altered: duration 60.000 s (5400000) → 70.000 s (6300000)" in receipt.reason
    assert receipt.seen_base64 == text(altered)
    assert far.comes(altered) is None, "the same again is no news"
    good = far.comes(OUT, 33.0)
    assert good is not None
    assert (good.state, good.seen, good.seen_base64) == (ReturnState.SEEN, 1, text(OUT))


def test_a_restamped_section_is_proof_and_says_what_was_restamped() -> None:
    far = Far()
    far.expect(cue(OUT))
    receipt = far.comes(replace(OUT, pts_adjustment=27_000_000))
    assert receipt is not None
    assert (receipt.state, receipt.seen) == (ReturnState.RESTAMPED, 1)
    assert receipt.words.startswith(
        "re-stamped at the return feed 1/1, +30.0 s: pts_adjustment 00:00:00.000 (0) → "
    )
    assert far.verdict() is None


def test_a_restamped_in_is_not_taken_for_the_out_of_its_break() -> None:
    far = Far()
    back = splice_insert(7, False)
    far.expect(cue(OUT))
    far.expect(cue(back, cue_id=2))
    receipt = far.comes(replace(back, pts_adjustment=9))
    assert receipt is not None
    assert (receipt.cue_id, receipt.state) == (2, ReturnState.RESTAMPED)


def test_a_repeat_of_a_cue_that_is_over_is_held_against_no_other() -> None:
    far = Far()
    far.expect(cue(OUT))
    assert far.comes(OUT) is not None
    far.expect(cue(splice_insert(7, True, duration_pts=900_000), cue_id=2))
    assert far.comes(replace(OUT, pts_adjustment=9)) is None


def test_an_event_id_that_was_changed_on_the_way_is_found_when_nothing_else_came() -> None:
    far = Far()
    far.expect(cue(OUT))
    assert far.comes(splice_insert(4711, True, duration_pts=5_400_000)) is None, "it may be somebody else's"
    verdict = far.verdict()
    assert verdict is not None
    assert (verdict.state, verdict.cause) == (ReturnState.FAULTY, ReturnCause.SECTION_ALTERED)
    assert "splice_event_id 0x00000007 (7) → 0x00001267 (4711)" in verdict.reason


def announced(ahead_ms: int, event_pts: int = 900_000) -> SpliceEvent:
    return SpliceEvent(8, "pending", PID, event_pts, ahead_ms, None, 1)


@pytest.mark.parametrize("event_first", [True, False])
def test_the_pre_roll_at_the_far_end_goes_on_record(event_first: bool) -> None:
    far = Far()
    far.expect(cue(TIMED, pre_roll_ms=5930.0))
    if event_first:
        far.expected.announced(announced(5900))
        receipt = far.comes(TIMED)
    else:
        far.comes(TIMED)
        receipt = far.expected.announced(announced(5900))
    assert receipt is not None
    assert (receipt.state, receipt.pre_roll_ms) == (ReturnState.SEEN, 5900.0)
    assert not far.expected.is_open(1)


@pytest.mark.parametrize(
    ("ahead_ms", "words"), [(305_930, "305.9 s ahead"), (-36_000_000, "36000.0 s in the past")]
)
def test_a_cue_that_was_not_moved_with_the_picture_is_a_fault_though_every_byte_came_back(
    ahead_ms: int, words: str
) -> None:
    far = Far()
    far.expect(cue(TIMED, seen=2, pre_roll_ms=5930.0))
    far.comes(TIMED)
    receipt = far.expected.announced(announced(ahead_ms))
    assert receipt is not None
    assert (receipt.state, receipt.cause) == (ReturnState.FAULTY, ReturnCause.MISTIMED)
    assert f"its splice lies {words} there, and lay 5.9 s ahead on our output" in receipt.reason
    again = far.comes(TIMED, 32.0)
    assert again is not None
    assert (again.seen, again.cause) == (2, ReturnCause.MISTIMED)


def test_heartbeats_and_sections_that_are_none_disturb_nothing() -> None:
    far = Far()
    far.expect(cue(OUT))
    assert far.comes(splice_null()) is None
    assert far.expected.arrived(LEFT_AT + 1, "AAAA", PID) is None
    assert far.expected.arrived(LEFT_AT + 1, "no base64", PID) is None
    verdict = far.verdict()
    assert verdict is not None
    assert "1 other sections were on PID" in verdict.reason


@given(st.data())
def test_in_whatever_order_and_number_they_come_each_cue_gets_its_own_receipts(data: st.DataObject) -> None:
    sections = [splice_insert(event_id, out) for event_id in (1, 2) for out in (True, False)]
    sections += [splice_insert(3, True, duration_pts=900_000), splice_insert(4, True, duration_pts=900_000)]
    repeats = data.draw(st.lists(st.integers(0, 3), min_size=len(sections), max_size=len(sections)))
    coming = [section for section, times in zip(sections, repeats, strict=True) for _ in range(times)]
    far = Far()
    final: dict[int, ReturnReceipt] = {}

    def tell(receipt: ReturnReceipt | None) -> None:
        if receipt is not None:
            final[receipt.cue_id] = receipt

    early = data.draw(st.integers(0, len(coming)))
    order = data.draw(st.permutations(coming))
    for section in order[:early]:
        tell(far.comes(section, -0.1))
    for cue_id, section in enumerate(sections, 1):
        tell(far.expect(cue(section, cue_id=cue_id, seen=2)))
    for section in order[early:]:
        tell(far.comes(section))
    for receipt in far.expected.due(LEFT_AT + WINDOW_S):
        tell(receipt)
    for cue_id, times in enumerate(repeats, 1):
        receipt = final[cue_id]
        if times:
            assert receipt.state is ReturnState.SEEN
            # A third one may come after the second has closed the receipt.
            assert min(times, 2) <= receipt.seen <= times
        else:
            assert (receipt.state, receipt.cause) == (ReturnState.MISSING, ReturnCause.NOT_SEEN)
