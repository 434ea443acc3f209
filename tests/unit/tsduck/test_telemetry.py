"""What tsp's plugins send, as a real tsp sent it."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.tsduck.telemetry import (
    AnalyzeSample,
    InfluxSample,
    SpliceEvent,
    parse_analysis,
    parse_influx,
    parse_point,
    parse_splice_event,
)
from places import GOLDEN


@pytest.fixture(scope="module")
def golden() -> Path:
    folder = GOLDEN
    if not folder.is_dir():
        pytest.skip(f"no recordings in {folder}")
    return folder


def datagrams(path: Path) -> list[dict[str, Any]]:
    recording = json.loads(path.read_text())
    return [json.loads(text) for port in recording["udp"].values() for _, text in port]


def posts(path: Path) -> list[list[str]]:
    return [post["body"] for post in json.loads(path.read_text())["influx"]]


def test_the_first_post_of_influx(golden: Path) -> None:
    sample = parse_influx(posts(golden / "live-influx-tr-101-290.json")[0])
    assert (sample.time_ms, sample.bitrate_bps, sample.null_bps) == (1795331402344, 253_321, 11_580)
    assert (sample.pts, sample.pcr) == ({256: 258_000}, {256: 45_900_000})
    assert sample.counters["pcr_error"] == 1
    assert sample.counters["continuity_count_error"] == 0
    assert {
        "ts_sync_loss",
        "pat_error_2",
        "pmt_error_2",
        "pid_error",
        "crc_error_2",
    } <= sample.counters.keys()


def test_every_post_of_influx_tells_bitrate_pts_and_the_same_counters(golden: Path) -> None:
    samples = [parse_influx(lines) for lines in posts(golden / "live-influx-tr-101-290.json")]
    assert len(samples) > 3
    assert len({frozenset(sample.counters) for sample in samples}) == 1
    assert all(sample.bitrate_bps > 200_000 for sample in samples)
    times = [sample.pts[256] for sample in samples]
    assert times == sorted(times)


def test_every_line_of_a_real_post_is_a_point(golden: Path) -> None:
    for lines in posts(golden / "live-influx-tr-101-290.json"):
        assert all(parse_point(line) is not None for line in lines)


@pytest.mark.parametrize(
    "line",
    [
        *("", "bitrate", "bitrate value=1", "bitrate value=x 1", "bitrate value=1 x", "bitrate 1 1"),
        *("bitrate,scope=ts value=nan 1", "bitrate,scope=ts value=inf 1"),
    ],
)
def test_a_line_that_is_no_point_is_none(line: str) -> None:
    assert parse_point(line) is None


@pytest.mark.parametrize("line", ["pts,scope=pid value=1 5", "pcr,scope=pid,pid=x value=1 5"])
def test_a_point_without_its_pid_counts_for_nothing(line: str) -> None:
    assert parse_influx([line]) == InfluxSample(time_ms=5)


def test_the_largest_pts_and_pcr_are_exact() -> None:
    sample = parse_influx(
        [f"pts,scope=pid,pid=1 value={2**33 - 1} 5", f"pcr,scope=pid,pid=1 value={2**33 * 300 - 1} 5"]
    )
    assert (sample.pts[1], sample.pcr[1]) == (2**33 - 1, 2**33 * 300 - 1)


@given(st.lists(st.text(alphabet="ptsbirae,=value .0123456789xnfi-", max_size=60)))
def test_no_lines_of_whatever_kind_break_the_reader(lines: list[str]) -> None:
    parse_influx(lines)


@pytest.mark.parametrize("name", ["live-analyze-json-udp.json", "live-analyze-json-line-dvb.json"])
def test_every_report_of_analyze_is_read(golden: Path, name: str) -> None:
    recording = json.loads((golden / name).read_text())
    texts = [line[line.index("{") :] for line in recording["log"] if line.rstrip().endswith("}")]
    reports = [*datagrams(golden / name), *map(json.loads, texts)]
    assert reports
    for report in reports:
        sample = parse_analysis(report)
        assert sample.bitrate_bps > 0
        assert [service.service_id for service in sample.services] == [s["id"] for s in report["services"]]
        assert [pid.pid for pid in sample.pids] == [p["id"] for p in report["pids"]]


def test_a_report_of_analyze_in_full(golden: Path) -> None:
    sample = parse_analysis(datagrams(golden / "live-analyze-json-udp.json")[0])
    (service,) = sample.services
    assert (service.service_id, service.name, service.provider) == (1, "Service01", "FFmpeg")
    assert (service.pmt_pid, service.pcr_pid) == (4096, 256)
    video = next(pid for pid in sample.pids if pid.pid == 256)
    assert (video.bitrate_bps, video.packets, video.discontinuities) == (144_449, 357, 0)
    assert video.description == "AVC video (640x360, high profile, level 3.0, 4:2:0)"
    assert not video.scrambled


def test_an_interval_without_tables_tells_of_no_services() -> None:
    assert parse_analysis({"ts": {"bitrate": 5}}) == AnalyzeSample(5, (), ())


def test_another_shape_is_a_key_error() -> None:
    with pytest.raises(KeyError):
        parse_analysis({"services": []})


def test_the_events_of_a_prerolled_cue(golden: Path) -> None:
    messages = datagrams(golden / "live-preroll-out.json")
    events = [event for event in map(parse_splice_event, messages) if event is not None]
    assert [(event.progress, event.count) for event in events] == [
        *(("pending", 1), ("pending", 2), ("pending", 3)),
        ("occurred", 3),
    ]
    assert events[0] == SpliceEvent(1610612738, "pending", 500, 942_000, 5960, None, 1)
    assert (events[-1].pre_roll_ms, events[-1].time_to_event_ms) == (5943, 0)


def test_the_events_of_immediate_cues_have_no_time(golden: Path) -> None:
    messages = datagrams(golden / "live-immediate-out-in.json")
    events = [event for event in map(parse_splice_event, messages) if event is not None]
    assert events
    assert {event.event_pts for event in events} == {None}
    assert all(event.splice_event_id < 0xFFFFFFFF for event in events)


def test_tables_are_no_events(golden: Path) -> None:
    tables = [m for m in datagrams(golden / "live-preroll-out.json") if m["#name"] != "event"]
    assert tables
    assert not any(map(parse_splice_event, tables))
