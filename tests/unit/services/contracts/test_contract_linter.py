"""Streams and cues held against their contracts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ibe100.models.cues.contract import Contract, ContractFinding, EventIdRule, Severity, SrtTerms
from ibe100.models.endpoints.parse import parse_input, parse_output
from ibe100.models.stream_config import Engine, ExistingCues, Scte35Options, StreamConfig
from ibe100.mpegts.stream_report import StreamReport
from ibe100.scte35.cues import cancel, splice_insert, splice_null, time_signal
from ibe100.scte35.section import encode
from ibe100.scte35.values import SegmentationDescriptor, SegmentationUpid, SpliceInfoSection
from ibe100.services.contracts.options import under_contract
from ibe100.services.contracts.stream_linter import lint_cue, lint_stream
from ibe100.services.streams.launch_plan import LaunchPlanner
from tsduck_cases import pid_report, report

BREACH, WARNING, NOTE = Severity.BREACH, Severity.WARNING, Severity.NOTE


def found(findings: Iterable[ContractFinding]) -> set[tuple[Severity, str]]:
    return {(finding.severity, finding.field) for finding in findings}


def contract(**terms: Any) -> Contract:
    return Contract.model_validate({"name": "test", **terms})


async def probe(path: Path) -> StreamReport:
    config = StreamConfig(name="x", input=parse_input(str(path)))
    return await LaunchPlanner(Engine.BUILTIN, None).probe(config)


def stream(terms: Contract, target: str = "none", **options: Any) -> StreamConfig:
    config = under_contract(StreamConfig(name="x", output=parse_output(target)), terms)
    return config.model_copy(update={"scte35": config.scte35.model_copy(update=options)})


@pytest.mark.parametrize(
    ("options", "severity", "field"),
    [
        ({"pid": 501}, BREACH, "scte35_pid"),
        ({"event_id_first": 1}, BREACH, "event_id_first"),
        ({"event_id_last": 0xFFFFFFFE}, BREACH, "event_id_first"),
        ({"break_duration_s": 301.0}, BREACH, "duration_default_s"),
        ({"auto_return": False}, BREACH, "auto_return"),
        ({"unique_program_id": 2}, BREACH, "unique_program_id"),
        ({"start_delay_ms": 4000}, BREACH, "pre_roll_min_s"),
        ({"start_delay_ms": 4500}, WARNING, "pre_roll_min_s"),
        ({"inject_count": 1}, BREACH, "repeats"),
        ({"inject_interval_ms": 700}, WARNING, "repeat_interval_ms"),
    ],
)
def test_an_option_that_breaks_the_contract_is_found_by_its_field(
    options: dict[str, Any], severity: Severity, field: str
) -> None:
    terms = contract(pre_roll_min_s=4, pre_roll_default_s=5, repeats=3, duration_max_s=300)
    assert found(lint_stream(stream(terms, **options), None)) == {(severity, field)}


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("srt://host:9000?latency=2000", set()),
        ("srt://host:9000?latency=300", {(BREACH, "srt")}),
        ("udp://127.0.0.1:9000", {(WARNING, "srt")}),
        ("none", {(NOTE, "srt")}),
    ],
)
def test_the_way_of_delivery_is_held_against_the_contract(target: str, expected: set[Any]) -> None:
    terms = contract(srt=SrtTerms(latency_min_ms=2000, latency_max_ms=4000))
    assert found(lint_stream(stream(terms, target), None)) == expected


async def test_a_finding_says_what_is_asked_what_is_there_and_what_to_do(media: Path) -> None:
    report = await probe(media / "ott_with_scte35.ts")
    config = stream(contract(video={"height": 1080}), existing=ExistingCues.REPLACE)
    (finding,) = lint_stream(config, report)
    assert finding.words == "video.width: the contract asks any x 1080; found: 640 x 360. Set the encoder."


async def test_an_input_that_keeps_all_terms_has_no_findings(media: Path) -> None:
    report = await probe(media / "ott_with_scte35.ts")
    picture = {"codec": "H.264", "width": 640, "height": 360, "interlaced": False}
    terms = contract(video=picture, audio={"codec": "AAC", "aac_profile": "LC"})
    assert lint_stream(stream(terms, existing=ExistingCues.REPLACE), report) == ()


async def test_each_media_term_that_is_not_kept_is_found(media: Path) -> None:
    report = await probe(media / "dvb_hd_service.ts")
    terms = contract(
        video={
            "codec": "HEVC",
            "interlaced": False,
            "frame_rate": 50,
            "bitrate_bps": 1,
            "gop_frames": 13,
            "closed_gop": False,
        },
        audio={"codec": "AAC", "sample_rate_hz": 44_100, "channels": 8},
    )
    assert found(lint_stream(stream(terms, existing=ExistingCues.REPLACE), report)) == {
        (BREACH, "video.codec"),
        (BREACH, "video.interlaced"),
        (BREACH, "video.frame_rate"),
        (WARNING, "video.bitrate_bps"),
        (BREACH, "video.gop_frames"),
        (BREACH, "video.closed_gop"),
        (BREACH, "audio.codec"),
        (BREACH, "audio.sample_rate_hz"),
        (BREACH, "audio.channels"),
    }


async def test_scte35_of_the_input_must_not_mix_with_ours_unless_agreed(media: Path) -> None:
    report = await probe(media / "ott_with_scte35.ts")
    (there,) = report.scte35_pids
    clash, beside = contract(scte35_pid=there), contract(scte35_pid=there - 1)
    assert found(lint_stream(stream(clash), report)) == {(BREACH, "scte35_pid")}
    assert found(lint_stream(stream(beside), report)) == {(WARNING, "scte35_pid")}
    for terms in (clash, beside):
        assert lint_stream(stream(terms, existing=ExistingCues.REPLACE), report) == ()
    video = report.services[0].streams[0].pid
    taken = stream(contract(scte35_pid=video), existing=ExistingCues.REPLACE)
    assert found(lint_stream(taken, report)) == {(BREACH, "scte35_pid")}


async def test_a_service_that_is_not_there_and_an_empty_input_are_breaches(media: Path) -> None:
    report = await probe(media / "ott_with_scte35.ts")
    config = stream(contract()).model_copy(update={"service_id": 0xFFFF})
    assert found(lint_stream(config, report)) == {(BREACH, "service_id")}
    assert found(lint_stream(stream(contract()), replace(report, services=()))) == {(BREACH, "service_id")}


def test_a_stream_without_a_contract_is_not_judged() -> None:
    assert lint_stream(StreamConfig(name="x", scte35=Scte35Options(pid=77)), None) == ()


@dataclass(frozen=True)
class Values:
    """What the linter asks of a cue."""

    splice_event_id: int | None = 100
    duration_s: float | None = 60.0
    pre_roll_s: float = 5.0


TERMS = contract(
    event_id_first=100,
    event_id_last=199,
    pre_roll_min_s=4,
    pre_roll_default_s=5,
    duration_min_s=30,
    duration_max_s=120,
)
OUT: dict[str, Any] = {"pts_time": 900_000, "duration_pts": 60 * 90_000, "auto_return": True}


def cue(
    section: SpliceInfoSection, terms: Contract = TERMS, values: Values | None = None, **ids: int
) -> set[tuple[Severity, str]]:
    given_values = values or Values(splice_event_id=None, duration_s=None)
    return found(lint_cue(terms, given_values, encode(section), **ids))


def test_a_cue_that_keeps_the_contract_has_no_findings() -> None:
    assert cue(splice_insert(100, True, **OUT), values=Values(), previous_id=99) == set()
    assert cue(splice_insert(100, False, pts_time=1), out_id=100) == set()
    assert cue(splice_null()) == set()
    assert cue(cancel(100)) == set()


@pytest.mark.parametrize(
    ("changes", "severity", "field"),
    [
        ({"event_id": 200}, BREACH, "event_id_first"),
        ({"event_id": 99}, BREACH, "event_id_first"),
        ({"duration_pts": 29 * 90_000}, BREACH, "duration_min_s"),
        ({"duration_pts": 121 * 90_000}, BREACH, "duration_min_s"),
        ({"duration_pts": None}, BREACH, "duration_min_s"),
        ({"auto_return": False}, BREACH, "auto_return"),
        ({"unique_program_id": 2}, BREACH, "unique_program_id"),
        ({"avail_num": 1, "avails_expected": 1}, BREACH, "avail_numbering"),
        ({"tier": 0x123}, BREACH, "tier"),
        ({"pts_time": None}, BREACH, "pre_roll_min_s"),
    ],
)
def test_a_field_that_breaks_the_contract_is_found(
    changes: dict[str, Any], severity: Severity, field: str
) -> None:
    fields = {"event_id": 100, "out_of_network": True, **OUT, **changes}
    assert cue(splice_insert(**fields)) == {(severity, field)}


def test_the_bytes_must_say_what_the_cue_says() -> None:
    section = splice_insert(100, True, **OUT)
    assert cue(section, values=Values(splice_event_id=101)) == {(BREACH, "section")}
    assert cue(section, values=Values(duration_s=61.0)) == {(BREACH, "section")}
    (finding,) = lint_cue(TERMS, Values(), encode(section)[:-1] + b"\0")
    assert (finding.severity, finding.field) == (BREACH, "section")
    assert "CRC_32" in finding.found


def test_a_short_pre_roll_is_a_breach_on_the_way_out_and_a_note_on_the_way_back() -> None:
    short = Values(splice_event_id=None, duration_s=None, pre_roll_s=2.0)
    assert cue(splice_insert(100, True, **OUT), values=short) == {(BREACH, "pre_roll_min_s")}
    assert cue(splice_insert(100, False), out_id=100) == {(NOTE, "pre_roll_min_s")}
    planned = Values(splice_event_id=None, duration_s=None, pre_roll_s=0.0)
    assert cue(splice_insert(100, True, **OUT), values=planned) == set(), "planned by wall clock"


@given(first=st.integers(100, 199), second=st.integers(100, 199))
@example(first=199, second=100)
def test_the_rule_of_event_ids_holds_for_every_pair(first: int, second: int) -> None:
    back = splice_insert(second, False, pts_time=1)
    rising = TERMS.model_copy(update={"event_id_rule": EventIdRule.RISING})
    broken = {(BREACH, "event_id_rule")}
    assert cue(back, out_id=first) == (set() if first == second else broken)
    rolls_over = (first, second) == (199, 100)
    expected = set() if second > first or rolls_over else broken
    assert cue(back, rising, out_id=first) == expected
    assert cue(splice_insert(second, True, **OUT), previous_id=first) == expected


def placement(type_id: int, **changes: Any) -> SpliceInfoSection:
    values: dict[str, Any] = {"segmentation_event_id": 100, "segmentation_type_id": type_id, **changes}
    return time_signal(SegmentationDescriptor(**values), pts_time=1)


def test_a_time_signal_contract_asks_its_types_its_upid_and_its_durations() -> None:
    terms = TERMS.model_copy(
        update={"command": contract(command={"kind": "time_signal", "upid_type": 0x0F}).command}
    )
    upid = SegmentationUpid(0x0F, b"urn:x")
    start = {"segmentation_duration": 60 * 90_000, "upid": upid}
    assert cue(placement(0x34, **start), terms, Values(), previous_id=99) == set()
    assert cue(placement(0x35, upid=upid), terms, out_id=100) == set()
    assert cue(placement(0x30, **start), terms) == {(BREACH, "command.start_type_id")}
    assert cue(time_signal(pts_time=1), terms) == {(BREACH, "command.start_type_id")}
    without_upid = {**start, "upid": SegmentationUpid()}
    assert cue(placement(0x34, **without_upid), terms) == {(BREACH, "command.upid_type")}
    assert cue(placement(0x34, upid=upid), terms) == {(BREACH, "duration_min_s")}
    assert cue(placement(0x35, **start), terms, out_id=100) == {(WARNING, "duration_default_s")}
    assert (BREACH, "command.kind") in cue(splice_insert(100, True, **OUT), terms)
    assert (BREACH, "command.kind") in cue(placement(0x34, **start))


def test_counted_avails_are_numbered_from_one() -> None:
    terms = TERMS.model_copy(update={"avail_numbering": contract(avail_numbering="counted").avail_numbering})
    for number, expected, fine in ((1, 1, True), (2, 3, True), (0, 0, False), (3, 2, False)):
        section = splice_insert(100, True, **OUT, avail_num=number, avails_expected=expected)
        assert cue(section, terms) == (set() if fine else {(BREACH, "avail_numbering")})


@given(st.binary(max_size=60))
def test_no_bytes_make_the_linter_fail(section: bytes) -> None:
    findings = lint_cue(TERMS, Values(), section)
    assert findings
    assert findings[0].severity is BREACH


def presence(found: StreamReport) -> set[tuple[Severity, str]]:
    """Findings on an input against a contract that asks for nothing of it."""
    return {(one.severity, one.field) for one in lint_stream(stream(contract()), found)}


def test_scrambled_video_and_video_that_never_comes_are_breaches_of_every_contract() -> None:
    there, silent = pid_report(256, pts=50, pcr=50), pid_report(256, 0)
    sound = pid_report(257, pts=40)
    assert presence(report(pids=(there, sound))) == set()
    assert presence(report(pids=(silent, sound))) == {(BREACH, "video")}
    assert presence(report(pids=(sound,))) == {(BREACH, "video")}
    assert presence(report(pids=(there,))) == {(BREACH, "audio")}
    assert presence(report(pids=(replace(there, scrambled=90), sound))) == {(BREACH, "service_id")}
