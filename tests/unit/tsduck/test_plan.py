"""What is derived from the input, and what is refused because of it."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibe100.models.errors import StreamError
from ibe100.models.stream_config import ExistingCues
from ibe100.mpegts.constants import PACKET_BITS
from ibe100.mpegts.stream_report import StreamReport
from ibe100.tsduck.packet_collector import PacketCollector
from ibe100.tsduck.plan import NULL_PACKETS_PER_S, StreamPlan, plan_stream
from independent_parser import parse_file
from tsduck_cases import cues, pid_report, report, service, stream

MOST_STUFFED_BPS = 5 * NULL_PACKETS_PER_S * PACKET_BITS
TIMED = (pid_report(256, pts=50, pcr=50), pid_report(257, pts=40))


def read(path: Path) -> StreamReport:
    collector = PacketCollector(path.name)
    collector.feed(path.read_bytes())
    return collector.report()


def plan_of(found: StreamReport, **fields: object) -> StreamPlan:
    return plan_stream(stream(**fields), found)


def test_an_ott_stream_with_cues(media: Path) -> None:
    path = media / "ott_with_scte35.ts"
    found = read(path)
    assert plan_of(found) == StreamPlan(
        service_id=1,
        pmt_pid=0x1000,
        splice_pid=500,
        video_pid=256,
        pcr_pid=256,
        time_pid=256,
        add_splice_pid=True,
        add_registration=True,
        remove_pids=(),
        filter_pids=(),
        stuffing=(1, 8),
        regulate=False,
        bitrate_bps=parse_file(path).bitrate_bps(256),
        frame_pts=3000.0,
        aac=((257, "LC, @48,000 Hz, stereo"),),
        passing_pids=(1001,),
    )


def test_a_dvb_service_with_several_audios(media: Path) -> None:
    plan = plan_of(read(media / "dvb_hd_service.ts"), input={"kind": "file", "path": "/a.ts"})
    assert (plan.service_id, plan.pmt_pid, plan.pcr_pid, plan.time_pid) == (257, 0x6E, 120, 120)
    assert (plan.stuffing, plan.regulate, plan.frame_pts) == ((1, 100), True, 3600.0)


def test_a_satellite_service_whose_pmt_names_no_pcr_pid(media: Path) -> None:
    """Its PCR is on the video all the same."""
    plan = plan_of(read(media / "sat_no_sdt.ts"))
    assert (plan.service_id, plan.pcr_pid, plan.time_pid, plan.video_pid) == (1, 101, 101, 101)


@pytest.mark.parametrize("pcr_pid", [None, 256, 0x300])
def test_a_service_without_pts_and_pcr_is_refused_with_that_reason(pcr_pid: int | None) -> None:
    silent = (pid_report(256), pid_report(257))
    with pytest.raises(StreamError, match="no PTS and no PCR in service 1"):
        plan_of(report(service(pcr_pid=pcr_pid), pids=silent))


def test_either_a_pts_or_a_pcr_is_time_enough() -> None:
    timed = plan_of(report(service(pcr_pid=None), pids=(pid_report(257, pts=40),)))
    assert (timed.pcr_pid, timed.time_pid) == (None, 257)
    clocked = plan_of(report(service(pcr_pid=0x300), pids=(pid_report(0x300, pcr=40),)))
    assert (clocked.pcr_pid, clocked.time_pid) == (0x300, None)


def test_a_pcr_pid_without_pcr_gives_way_to_the_component_that_has_it() -> None:
    assert plan_of(report(service(pcr_pid=0x300), pids=TIMED)).pcr_pid == 256
    assert plan_of(report(service(pcr_pid=0x300), pids=(pid_report(257, pts=40),))).pcr_pid == 0x300


def test_audio_times_the_cues_of_a_service_without_timed_video() -> None:
    pids = (pid_report(256, pcr=50), pid_report(257, pts=40))
    assert plan_of(report(service(), pids=pids)).time_pid == 257


def test_existing_cues_are_asked_about_when_no_choice_was_made(media: Path) -> None:
    with pytest.raises(
        StreamError, match=r"carries SCTE-35 on 0x03E9 \(1001\).*pass it.*replace.*another PID"
    ):
        plan_of(read(media / "ott_with_scte35.ts"), scte35=cues(ExistingCues.REFUSE))


def test_existing_cues_on_our_pid_cannot_pass_through(media: Path) -> None:
    with pytest.raises(StreamError, match=r"PID 0x03E9 \(1001\) already carries SCTE-35.*replace it"):
        plan_of(read(media / "ott_with_scte35.ts"), scte35=cues(ExistingCues.PASS_THROUGH, 1001))


def test_replaced_cues_leave_the_pmt_and_the_stream(media: Path) -> None:
    plan = plan_of(read(media / "ott_with_scte35.ts"), scte35=cues(ExistingCues.REPLACE))
    assert (plan.remove_pids, plan.filter_pids, plan.add_splice_pid) == ((1001,), (1001,), True)


def test_replaced_cues_on_our_pid_stay_in_the_pmt(media: Path) -> None:
    plan = plan_of(read(media / "ott_with_scte35.ts"), scte35=cues(ExistingCues.REPLACE, 1001))
    assert (plan.remove_pids, plan.filter_pids, plan.add_splice_pid) == ((), (1001,), False)


@pytest.mark.parametrize(
    ("pid", "found"),
    [
        (257, report(pids=())),
        (0x1000, report(pids=())),
        (0x300, report(service(pcr_pid=0x300), pids=())),
        (0x400, report(pids=(*TIMED, pid_report(0x400)))),
        (0x500, report(service(), service(2, ((0x500, 0x0F),), pmt_pid=0x1100))),
    ],
    ids=["component", "PMT", "PCR", "in no PMT", "of another service"],
)
def test_a_pid_that_is_taken_is_refused_by_its_number(pid: int, found: StreamReport) -> None:
    with pytest.raises(StreamError, match=rf"PID 0x{pid:04X} \({pid}\) is taken.*choose another"):
        plan_of(found, scte35=cues(pid=pid))


def test_an_absent_service_is_refused_and_those_present_are_named() -> None:
    with pytest.raises(StreamError, match="service 99 is not in the input; it has 1 Service 1, 2 Service 2"):
        plan_of(report(service(1), service(2, pmt_pid=0x1100)), service_id=99)


def test_no_service_at_all_is_refused() -> None:
    empty = StreamReport(10, 0, 0, 0, 0.0, None, None, (), ())
    with pytest.raises(StreamError, match="no service found"):
        plan_of(empty)


def test_a_service_whose_pmt_never_came_is_refused() -> None:
    silent = service(2, (), pmt_pid=0x1100, pmt_seen=False)
    with pytest.raises(
        StreamError, match=r"service 2 is in the PAT, but its PMT 0x1100 \(4352\) was not seen"
    ):
        plan_of(report(service(), silent), service_id=2)


def test_the_service_that_is_taken_has_a_picture_or_at_least_a_pmt() -> None:
    silent = service(1, (), pmt_pid=0x1100, pmt_seen=False)
    radio = service(2, ((300, 0x0F),), pmt_pid=0x1200)
    assert plan_of(report(silent, radio, service(3))).service_id == 3
    assert plan_of(report(silent, radio)).service_id == 2


def test_a_chosen_service_is_taken() -> None:
    assert (
        plan_of(report(service(1), service(2, ((300, 0x1B),), pmt_pid=0x1100)), service_id=2).service_id == 2
    )


def test_removed_components_time_nothing() -> None:
    found = report(service(pcr_pid=257), pids=(pid_report(256, pts=50), pid_report(257, pts=40, pcr=50)))
    plan = plan_of(found, pmt={"remove_pids": [256]})
    assert (plan.video_pid, plan.time_pid) == (None, 257)
    assert (plan.remove_pids, plan.filter_pids) == ((256,), (256,))


@pytest.mark.parametrize("pid", [256, 0x1000])
def test_the_pcr_and_the_pmt_cannot_be_removed(pid: int) -> None:
    with pytest.raises(StreamError, match=rf"PID 0x{pid:04X} \({pid}\) cannot be removed"):
        plan_of(report(), pmt={"remove_pids": [pid]})


def test_a_component_of_two_services_leaves_one_pmt_and_stays_in_the_stream() -> None:
    shared = report(service(1), service(2, ((300, 0x1B), (257, 0x0F)), pmt_pid=0x1100, pcr_pid=300))
    plan = plan_of(shared, pmt={"remove_pids": [257]})
    assert (plan.remove_pids, plan.filter_pids) == ((257,), ())


def test_a_constant_bitrate_with_null_packets_needs_no_stuffing() -> None:
    assert plan_of(report(nulls=0.2)).stuffing is None
    assert plan_of(report(nulls=0.01)).stuffing is None


def test_a_variable_bitrate_without_null_packets_is_stuffed() -> None:
    assert plan_of(report(bitrate_bps=5_000_000)).stuffing == (1, 100)
    assert plan_of(report(bitrate_bps=242_506)).stuffing == (1, 8)
    assert plan_of(report(bitrate_bps=0)).stuffing == (1, 20)


@pytest.mark.parametrize(
    ("ratio", "stuffing"), [(0.0, None), (0.05, (1, 20)), (0.4, (2, 5)), (1.0, (1, 1)), (0.0001, None)]
)
def test_a_chosen_stuffing_is_kept(ratio: float, stuffing: tuple[int, int] | None) -> None:
    assert plan_of(report(nulls=0.2), stuffing_ratio=ratio).stuffing == stuffing


@given(st.integers(MOST_STUFFED_BPS, 100_000_000))
def test_there_is_a_null_packet_for_a_cue_every_50_ms(bitrate_bps: int) -> None:
    stuffing = plan_of(report(bitrate_bps=bitrate_bps)).stuffing
    assert stuffing is not None
    per_s = Fraction(*stuffing) * bitrate_bps / PACKET_BITS
    assert per_s >= NULL_PACKETS_PER_S


def test_a_tiny_stream_is_stuffed_by_a_fifth_at_most() -> None:
    assert plan_of(report(bitrate_bps=MOST_STUFFED_BPS // 2)).stuffing == (1, 5)


@pytest.mark.parametrize(
    ("source", "regulate"),
    [
        ({"kind": "file", "path": "/a.ts"}, True),
        ({"kind": "hls", "url": "http://h/a.m3u8"}, True),
        ({"kind": "http", "url": "http://h/a.ts"}, True),
        ({"kind": "udp", "port": 5000}, False),
        ({"kind": "srt", "host": "h", "port": 5000}, False),
        ({"kind": "rist", "url": "rist://h:5000"}, False),
        ({"kind": "test_pattern"}, False),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else "",
)
def test_what_comes_in_bursts_is_paced(source: dict[str, object], regulate: bool) -> None:
    assert plan_of(report(), input=source).regulate is regulate
    assert plan_of(report(), input=source, regulate=not regulate).regulate is not regulate
