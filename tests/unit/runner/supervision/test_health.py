import json

import pytest

from ibe100.runner.supervision.health import Health
from places import GOLDEN


def lines(packets: int | None = None, bitrate_bps: int | None = None, pts: int | None = None) -> list[str]:
    found: list[str] = []
    if bitrate_bps is not None:
        found.append(f"bitrate,scope=ts,tsid=1 value={bitrate_bps} 1795331402344")
    if pts is not None:
        found.append(f"pts,scope=pid,tsid=1,pid=256 value={pts} 1795331402344")
    if packets is not None:
        found.append(f"counter,name=packet_count,severity=4,scope=ts,tsid=1 value={packets} 1795331402344")
    return found


def test_packets_and_moving_pts_are_healthy() -> None:
    health = Health(expect_pts=True)
    health.observe_influx(lines(packets=100), 1.0)
    assert health.healthy_at() is None
    health.observe_influx(lines(packets=100, pts=9000), 2.0)
    assert health.healthy_at() == 2.0
    health.observe_influx(lines(packets=100, pts=18000), 3.0)
    assert health.healthy_at() == 3.0


def test_pts_that_stand_still_are_not() -> None:
    health = Health(expect_pts=True)
    for second in range(5):
        health.observe_influx(lines(packets=100, pts=9000), float(second))
    assert health.healthy_at() == 0.0
    assert health.complaint() == "packets flow, but the PTS stands still"


def test_without_expected_pts_packets_are_enough() -> None:
    health = Health(expect_pts=False)
    health.observe_influx(lines(packets=5), 7.0)
    assert health.healthy_at() == 7.0


def test_posts_without_packets_are_no_health() -> None:
    health = Health(expect_pts=False)
    health.observe_influx(lines(packets=0, bitrate_bps=250000), 1.0)
    assert health.healthy_at() is None
    assert health.complaint() == "no packets since the start"


def test_a_bitrate_counts_where_there_is_no_packet_count() -> None:
    health = Health(expect_pts=False)
    health.observe_influx(lines(bitrate_bps=250000), 1.0)
    assert health.packets_seen


@pytest.mark.parametrize(
    "line", ["", "pts", "counter,name=packet_count,scope=ts", "bitrate,scope=ts value=x 1"]
)
def test_a_line_that_is_no_measurement_proves_nothing(line: str) -> None:
    health = Health(expect_pts=False)
    health.observe_influx([line], 1.0)
    assert health.healthy_at() is None


def test_a_report_of_analyze_shows_that_there_were_packets_but_not_when() -> None:
    health = Health(expect_pts=False)
    health.observe_analyze({"ts": {"packets": {"total": 0}}})
    assert not health.packets_seen
    health.observe_analyze({"ts": {"packets": {"total": 508}}})
    assert health.packets_seen
    assert health.healthy_at() is None


@pytest.mark.skipif(not GOLDEN.is_dir(), reason="no recordings of a real tsp beside the project")
def test_every_post_recorded_from_a_real_tsp_is_healthy() -> None:
    recording = json.loads((GOLDEN / "live-influx-tr-101-290.json").read_text())
    health = Health(expect_pts=True)
    for post in recording["influx"]:
        health.observe_influx(post["body"], post["t"])
        assert health.healthy_at() == post["t"]
