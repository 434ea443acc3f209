"""What each action of the cue bench puts into its section, and which break it belongs to."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from pydantic import ValidationError

from ibe100.models.cues.contract import Contract, TimeSignalCommand
from ibe100.models.cues.segmentation import Segmentation, SegmentationType, UpidType
from ibe100.models.errors import CueRefused
from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, CueRequest, CueState, Direction
from ibe100.models.stream_config import Scte35Options
from ibe100.scte35 import decode, encode, splice_insert, splice_null, time_signal, to_base64
from ibe100.scte35.direction import auto_return_of, direction_of
from ibe100.scte35.segmentation import SEGMENTATION_TYPES
from ibe100.scte35.values import SegmentationDescriptor, SpliceInsert, TimeSignal
from ibe100.services.cues.breaks import BreakLedger
from ibe100.services.cues.section import (
    bytes_of,
    describe,
    event_ids_of,
    event_of,
    section_of,
    section_warnings,
)
from ibe100.services.cues.segmentation import descriptor_of, open_start

BY_TIME_SIGNAL = Contract(name="Distributor", command=TimeSignalCommand(), tier=0x123)
OPTIONS = Scte35Options(auto_return=False, unique_program_id=7)


def request(action: CueAction, **values: Any) -> CueRequest:
    return CueRequest(stream_id="one", action=action, **values)


def cue(action: CueAction, state: CueState = CueState.REQUESTED, **values: Any) -> Cue:
    given: dict[str, Any] = {"cue_id": 1, "session_id": None, "requested_by": "anna", "requested_at": 1000.0}
    return Cue(stream_id="one", action=action, state=state, **given, **values)


@pytest.mark.parametrize("one", SegmentationType)
def test_the_types_are_those_of_the_standard_and_each_end_follows_its_start(one: SegmentationType) -> None:
    assert SEGMENTATION_TYPES[one.type_id] == one.value
    assert SegmentationType(f"0x{one.type_id:02X}") is one
    assert SegmentationType(one.value.lower().replace(" ", "-")) is one
    assert one.is_start is one.value.endswith("Start")
    assert one.start.value.rpartition(" ")[0] == one.value.rpartition(" ")[0]


@pytest.mark.parametrize(
    ("action", "values", "words"),
    [
        (CueAction.CRASH_OUT, {"pre_roll_s": 4.0}, "CRASH OUT is immediate"),
        (CueAction.CRASH_IN, {"splice_at": 4.0}, "CRASH IN is immediate"),
        (CueAction.SPLICE_NULL, {"duration_s": 4.0}, "SPLICE NULL has no duration_s"),
        (CueAction.TIME_SIGNAL, {}, "a TIME SIGNAL, which needs one"),
        (CueAction.SEND_SECTION, {}, "SEND SECTION, which needs one"),
        (CueAction.TO_BREAK, {"section": "/AAA"}, "section belongs to SEND SECTION"),
        (CueAction.SEND_SECTION, {"section": "/AAA", "pre_roll_s": 4.0}, "says itself when it splices"),
    ],
)
def test_requests_that_contradict_themselves_cannot_be_made(
    action: CueAction, values: dict[str, Any], words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        request(action, **values)


def test_a_crash_out_promises_only_the_duration_that_was_chosen() -> None:
    for chosen, announced in ((None, None), (30.0, 2_700_000)):
        asked = cue(CueAction.CRASH_OUT, splice_event_id=9, duration_s=chosen)
        command = section_of(asked, request(CueAction.CRASH_OUT), OPTIONS, None).command
        assert isinstance(command, SpliceInsert)
        assert (command.out_of_network_indicator, command.splice_immediate_flag) == (True, True)
        assert (command.break_duration.duration if command.break_duration else None) == announced
    back = section_of(cue(CueAction.CRASH_IN, splice_event_id=9), request(CueAction.CRASH_IN), OPTIONS, None)
    assert direction_of(back, None) is Direction.IN
    assert event_of(back) == (9, None)


def test_under_a_time_signal_contract_breaks_are_time_signals_and_drive_the_same_break() -> None:
    out = cue(CueAction.TO_BREAK, splice_event_id=9, duration_s=30.0, pts_time=900_000)
    section = section_of(out, request(CueAction.TO_BREAK), OPTIONS, BY_TIME_SIGNAL)
    assert isinstance(section.command, TimeSignal)
    assert (section.splice_pts, section.tier) == (900_000, 0x123)
    (descriptor,) = section.descriptors
    assert isinstance(descriptor, SegmentationDescriptor)
    assert (descriptor.segmentation_type_id, descriptor.segmentation_duration) == (0x34, 2_700_000)
    assert event_of(section) == (9, 30.0)
    back = cue(CueAction.BACK_TO_PROGRAMME, splice_event_id=9)
    returned = section_of(back, request(CueAction.BACK_TO_PROGRAMME), OPTIONS, BY_TIME_SIGNAL)
    assert direction_of(section, BY_TIME_SIGNAL) is Direction.OUT
    assert direction_of(returned, BY_TIME_SIGNAL) is Direction.IN
    assert direction_of(section, None) is Direction.NONE, "without such a contract it is a signal only"


def test_a_segmentation_end_carries_the_id_of_the_start_that_is_open() -> None:
    def aired(number: int, kind: SegmentationType, event_id: int, state: CueState = CueState.SPLICED) -> Cue:
        section = time_signal(descriptor_of(Segmentation(type=kind), event_id))
        values = {"cue_id": number, "section_base64": to_base64(encode(section))}
        return cue(CueAction.TIME_SIGNAL, state).model_copy(update=values)

    start, end = SegmentationType.PROGRAM_START, SegmentationType.PROGRAM_END
    ad = SegmentationType.PROVIDER_ADVERTISEMENT_START
    first, second = aired(1, start, 5), aired(2, start, 6)
    assert open_start(end, [second, first]) == 6
    ended = aired(3, end, 6)
    assert open_start(end, [aired(4, ad, 7), ended, second, first]) == 5
    assert open_start(end, [aired(3, end, 6, CueState.FAILED), second, first]) == 6, "an End that never aired"
    with pytest.raises(CueRefused, match="no Program Start is open"):
        open_start(end, [aired(3, end, 5), first])
    with pytest.raises(CueRefused, match="no Program Start is open"):
        open_start(end, [aired(1, start, 5, CueState.CANCELLED)])


@pytest.mark.parametrize(
    ("kind", "text", "number", "data"),
    [
        (UpidType.AD_ID, "ABCD0123456H", 0x03, b"ABCD0123456H"),
        (UpidType.URI, "urn:x", 0x0F, b"urn:x"),
        (UpidType.AIRING_ID, "0x0000000012345678", 0x08, bytes.fromhex("0000000012345678")),
        (
            UpidType.UUID,
            "12345678-1234-5678-1234-567812345678",
            0x10,
            bytes.fromhex("12345678123456781234567812345678"),
        ),
        (
            UpidType.EIDR,
            "10.5240/0E4F-892E-442F-6BD4-15B0-1",
            0x0A,
            bytes.fromhex("14780e4f892e442f6bd415b0"),
        ),
        (UpidType.NOT_USED, "", 0x00, b""),
    ],
)
def test_upids_are_written_as_their_type_wants(kind: UpidType, text: str, number: int, data: bytes) -> None:
    upid = descriptor_of(Segmentation(type=SegmentationType.BREAK_START, upid_type=kind, upid=text), 1).upid
    assert (upid.segmentation_upid_type, upid.data) == (number, data)


@pytest.mark.parametrize(
    ("kind", "text", "words"),
    [
        (UpidType.AD_ID, "SHORT", "Ad-ID of 5 bytes instead of 12"),
        (UpidType.UUID, "no uuid", "cannot be written as UUID"),
        (UpidType.AIRING_ID, "0xZZ", "cannot be written as AiringID"),
        (UpidType.URI, "urn:€", "cannot be written as URI"),
        (UpidType.NOT_USED, "X", "without its type"),
    ],
)
def test_upids_that_do_not_fit_are_refused_in_words(kind: UpidType, text: str, words: str) -> None:
    with pytest.raises(CueRefused, match=words):
        descriptor_of(Segmentation(type=SegmentationType.BREAK_START, upid_type=kind, upid=text), 1)


def test_a_given_section_goes_byte_for_byte_and_a_damaged_one_is_refused() -> None:
    odd = bytearray(encode(splice_insert(77, True, duration_pts=90_000)))
    text = to_base64(bytes(odd))
    for written in (text, bytes(odd).hex(), "0x" + bytes(odd).hex(" ")):
        asked = request(CueAction.SEND_SECTION, section=written)
        section = section_of(cue(CueAction.SEND_SECTION), asked, OPTIONS, None)
        assert bytes_of(section, asked) == bytes(odd)
        assert event_of(section) == (77, 1.0)
        assert section_warnings(section) == ()
    odd[20] ^= 1
    for damaged in (base64.b64encode(odd).decode(), "not base64 at all!", text[:20]):
        asked = request(CueAction.SEND_SECTION, section=damaged)
        with pytest.raises(CueRefused, match="no splice_info_section that could be sent"):
            section_of(cue(CueAction.SEND_SECTION), asked, OPTIONS, None)


def test_a_description_names_the_command_first() -> None:
    kinds = (splice_null(), splice_insert(1, True), time_signal(SegmentationDescriptor(1)))
    names = [dict(describe(decode(encode(section))))["splice_command_type"] for section in kinds]
    assert names == ["0x00 splice_null", "0x05 splice_insert", "0x06 time_signal"]
    assert all(describe(section)[0][0] == "splice_command_type" for section in kinds)
    assert ("segmentation_type_id", "0x00 Not Indicated") in describe(kinds[2])


def test_breaks_follow_the_direction_of_what_was_spliced() -> None:
    ledger = BreakLedger()
    out = cue(CueAction.CRASH_OUT, CueState.SPLICED, splice_event_id=9, duration_s=30.0, seen_at=1000.0)
    refusal = ledger.refusal("one", CueAction.CRASH_IN, Direction.IN, [], 1001.0)
    assert refusal == "the stream is not in a break"
    ledger.spliced(out, Scte35Options())
    assert "in a break already" in str(ledger.refusal("one", CueAction.CRASH_OUT, Direction.OUT, [], 1001.0))
    assert ledger.refusal("one", CueAction.CRASH_IN, Direction.IN, [], 1001.0) is None
    assert "has returned" in str(ledger.refusal("one", CueAction.CRASH_IN, Direction.IN, [], 1031.0))
    assert ledger.refusal("one", CueAction.BACK_TO_PROGRAMME, Direction.IN, [], 1031.0) is None
    waiting = "is on its way; wait for it or disarm it"
    assert waiting in str(ledger.refusal("one", CueAction.CRASH_IN, Direction.IN, [out], 1001.0))
    assert ledger.refusal("one", CueAction.TIME_SIGNAL, Direction.NONE, [out], 1001.0) is None
    restored = BreakLedger()
    restored.restore(out, out.session_id, Scte35Options(auto_return=False))
    current = restored.open_break("one")
    assert current is not None
    assert current.is_on_air(5000.0)


@pytest.mark.parametrize("how", ["the stream ended", "restored by the console of a later run"])
def test_a_later_run_may_return_from_a_break_and_may_begin_one(how: str) -> None:
    ledger = BreakLedger()
    out = cue(CueAction.CRASH_OUT, CueState.SPLICED, splice_event_id=9, duration_s=30.0, seen_at=1000.0)
    options = Scte35Options(auto_return=False)
    if how == "the stream ended":
        ledger.spliced(out, options)
        ledger.stream_ended("one", 1010.0)
    else:
        ledger.restore(out, 2, options)
    current = ledger.open_break("one")
    assert current is not None
    assert not current.is_on_air(1020.0)
    assert ledger.refusal("one", CueAction.TO_BREAK, Direction.OUT, [], 1020.0) is None
    assert ledger.refusal("one", CueAction.CRASH_IN, Direction.IN, [], 1020.0) is None
    ledger.spliced(cue(CueAction.CRASH_IN, CueState.SPLICED, splice_event_id=9), options)
    assert ledger.open_break("one") is None


def test_a_break_that_returns_by_itself_is_over_when_its_stream_ends_later() -> None:
    ledger = BreakLedger()
    out = cue(CueAction.CRASH_OUT, CueState.SPLICED, splice_event_id=9, duration_s=30.0, seen_at=1000.0)
    ledger.spliced(out, Scte35Options(auto_return=True))
    ledger.stream_ended("one", 1031.0)
    assert ledger.open_break("one") is None


@pytest.mark.parametrize(
    ("returns", "auto_return", "ends_at", "by_cue"),
    [
        (None, True, 1030.0, False),
        (None, False, None, False),
        (BreakEnd.AUTO, False, 1030.0, False),
        (BreakEnd.CUE, False, None, True),
        (BreakEnd.CUE, True, 1030.0, True),
        (BreakEnd.HAND, True, None, False),
    ],
)
def test_a_break_ends_as_its_cue_says_or_else_as_its_stream_does(
    returns: BreakEnd | None, auto_return: bool, ends_at: float | None, by_cue: bool
) -> None:
    out = cue(CueAction.TO_BREAK, CueState.SPLICED, splice_event_id=9, duration_s=30.0, splice_at=1000.0)
    options = Scte35Options(auto_return=auto_return)
    ledger = BreakLedger()
    ledger.spliced(out.model_copy(update={"returns": returns}), options)
    current = ledger.open_break("one")
    assert current is not None
    assert (current.ends_at, current.announced_end, current.resumes_by_cue) == (ends_at, 1030.0, by_cue)
    asked = request(CueAction.TO_BREAK, returns=returns)
    section = section_of(out, asked, options.ending_by(returns), None)
    assert auto_return_of(section) is (ends_at is not None)


def test_only_a_cue_that_leaves_the_programme_says_how_the_break_ends() -> None:
    with pytest.raises(ValidationError, match="begins no break"):
        request(CueAction.BACK_TO_PROGRAMME, returns=BreakEnd.AUTO)


def test_a_section_uses_up_every_event_id_it_speaks_of() -> None:
    first, second = (SegmentationDescriptor(number, segmentation_type_id=0x34) for number in (7, 8))
    assert event_ids_of(time_signal(first, second, first)) == (7, 8)
    assert event_ids_of(splice_insert(9, True)) == (9,)
    assert event_ids_of(splice_null()) == ()
