"""Samples that TSDuck and minitsp send become series and changes; series are read back as CSV."""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from ibe100.database.metrics_store import MetricsStore
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.models.metrics import CHECKS, TYPES, ChangeKind, Curve, Kind, MetricsHealth, Series, StreamChange
from ibe100.models.stream_state import PidSample, ServiceSample
from ibe100.services.history.metrics_csv import MetricsCsv
from ibe100.services.history.metrics_recorder import MetricsRecorder, pts_minus_pcr_ms
from ibe100.services.streams.runner_samples import Measurement
from ibe100.tsduck.telemetry import AnalyzeSample, InfluxSample, TableSample, parse_analysis, parse_influx
from ibe100.ui.words.tr101290 import CHECKS as SHOWN_CHECKS
from places import GOLDEN

NOW = 1_800_000_000.0


class Kept:
    """A storage that keeps what it is given."""

    def __init__(self) -> None:
        self.samples: list[tuple[str, float, Mapping[Series, float]]] = []
        self.changes_: list[StreamChange] = []

    def record(self, stream_id: str, at: float, values: Mapping[Series, float]) -> None:
        self.samples.append((stream_id, at, values))

    def record_change(self, change: StreamChange) -> None:
        self.changes_.append(change)

    def health(self) -> MetricsHealth:
        return MetricsHealth(len(self.samples), 0)

    async def series(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[Series, ...]:
        return ()

    async def curves(self, *_: object) -> tuple[Curve, ...]:
        return ()

    async def changes(self, stream_id: str, begins_at: float, ends_at: float) -> tuple[StreamChange, ...]:
        return tuple(self.changes_)


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def recorder(kept: Kept) -> MetricsRecorder:
    return MetricsRecorder(kept)


def recording(name: str) -> dict[str, object]:
    path = GOLDEN / f"{name}.json"
    if not path.is_file():
        pytest.skip(f"no recording {path}")
    loaded = json.loads(path.read_text())
    assert isinstance(loaded, dict)
    return loaded


def analysis(
    *pids: PidSample, versions: Mapping[int, int] | None = None, services: bool = True
) -> AnalyzeSample:
    service = ServiceSample(service_id=1, name="A", provider="", pmt_pid=4096, pcr_pid=256, bitrate_bps=1)
    tables = tuple(
        TableSample(0 if number == 0 else 4096, 0 if number == 0 else 2, max(number, 1), version)
        for number, version in (versions or {}).items()
    )
    return AnalyzeSample(1_000_000, (service,) if services else (), pids, tables)


def pid(number: int, description: str) -> PidSample:
    return PidSample(
        pid=number,
        bitrate_bps=1000,
        packets=10,
        discontinuities=0,
        description=description,
        services=(1,),
    )


def measured(sample: InfluxSample, mono_s: float, pts: int | None, pcr: int | None) -> Measurement:
    return Measurement(NOW, mono_s, sample, mono_s, pts, pcr, None)


def test_a_second_of_a_real_tsp_becomes_its_series(recorder: MetricsRecorder, kept: Kept) -> None:
    post = recording("live-influx-tr-101-290")["influx"][2]  # type: ignore[index]
    sample = parse_influx(post["body"])
    recorder.influx("s1", measured(sample, 10.0, sample.pts[256], sample.pcr[256]))
    ((stream_id, at, values),) = kept.samples
    assert (stream_id, at) == ("s1", NOW)
    assert values[Series(Kind.BITRATE)] == 254_646
    assert values[Series(Kind.NULL_BITRATE)] == 12_732
    assert values[Series(Kind.SERVICE_BITRATE, 1)] == 227_589
    assert values[Series(Kind.TYPE_BITRATE, TYPES.index("video"))] == 175_069
    assert values[Series(Kind.TR_101_290, CHECKS.index("pts_error"))] == 2
    assert values[Series(Kind.PTS_MINUS_PCR)] == pytest.approx(441000 / 90 - 99900000 / 27000)
    assert set(sample.counters) <= set(CHECKS), "every check that tsp counts has a place in the store"


def test_every_check_on_screen_has_a_place_in_the_store() -> None:
    assert {name.lower() for _, name in SHOWN_CHECKS} == set(CHECKS)


def test_an_analysis_of_a_real_tsp_becomes_its_series(recorder: MetricsRecorder, kept: Kept) -> None:
    (_, text), *_ = recording("live-analyze-json-udp")["udp"]["15502"]  # type: ignore[index]
    sample = parse_analysis(json.loads(text))
    recorder.analysis("s1", NOW, sample)
    ((_, _, values),) = kept.samples
    assert values[Series(Kind.PID_BITRATE, 256)] == 144_449
    assert values[Series(Kind.CONTINUITY_ERRORS, 257)] == 0
    assert values[Series(Kind.PCR_INTERVAL, 256)] == pytest.approx(1000)
    assert values[Series(Kind.PTS_INTERVAL, 256)] == pytest.approx((435000 - 132000) / 103 / 90)
    assert sample.table_versions.keys() == {"PAT", "PMT 1"}


@pytest.mark.parametrize("kind", list(Kind))
def test_every_kind_has_a_code_and_a_name_of_its_own(kind: Kind) -> None:
    assert [one for one in Kind if one.code == kind.code or one.label == kind.label] == [kind]
    assert kind.quantum > 0


def test_a_new_version_of_the_pmt_is_a_change_and_the_first_is_not(
    recorder: MetricsRecorder, kept: Kept
) -> None:
    recorder.analysis("s1", NOW, analysis(versions={0: 3, 1: 7}))
    recorder.analysis("s1", NOW + 2, analysis(versions={0: 3, 1: 8}))
    recorder.analysis("s1", NOW + 4, analysis(versions={0: 3, 1: 8}))
    (change,) = kept.changes_
    assert (change.kind, change.at, change.text) == (ChangeKind.PMT, NOW + 2, "PMT 1: version 7 became 8")


def test_pids_that_come_and_go_are_one_change_in_words(recorder: MetricsRecorder, kept: Kept) -> None:
    video, french, english = pid(256, "AVC video"), pid(257, "AAC (fre)"), pid(258, "AAC (eng)")
    recorder.analysis("s1", NOW, analysis(video, french, versions={1: 7}))
    recorder.analysis("s1", NOW + 2, analysis(services=False))
    recorder.analysis("s1", NOW + 3, analysis(pid(256, "AVC video (1920x1080)"), french, versions={1: 7}))
    recorder.analysis("s1", NOW + 4, analysis(video, english, versions={1: 7}))
    (change,) = kept.changes_
    assert change.text == "PID 0x0101 is gone (AAC (fre)); PID 0x0102 is new (AAC (eng))"


def test_another_processor_is_no_change(recorder: MetricsRecorder, kept: Kept) -> None:
    recorder.analysis("s1", NOW, analysis(pid(256, "AVC video"), versions={1: 7}))
    recorder.begin("s1")
    recorder.analysis("s1", NOW + 2, analysis(pid(300, "HEVC video"), versions={1: 9}))
    assert not kept.changes_


def test_the_pcr_is_held_against_the_clock_and_anew_after_a_jump(
    recorder: MetricsRecorder, kept: Kept
) -> None:
    modulo = (1 << 33) * 300
    first = modulo - 27_000_000
    for mono_s, pcr in ((100.0, first), (102.0, first + 54_027_000), (104.0, 27_000_000 * 4000)):
        recorder.influx("s1", measured(InfluxSample(), mono_s, None, pcr % modulo))
    offsets = [values[Series(Kind.PCR_OFFSET)] for _, _, values in kept.samples]
    assert offsets == pytest.approx([0.0, 1.0, 0.0])


def test_pts_minus_pcr_holds_across_the_wrap() -> None:
    assert pts_minus_pcr_ms(45_000, ((1 << 33) - 45_000) * 300) == pytest.approx(1000)
    assert pts_minus_pcr_ms((1 << 33) - 9000, 0) == pytest.approx(-100)


async def test_curves_are_exported_with_the_gaps_left_out(tmp_path: Path) -> None:
    store = MetricsStore(tmp_path / "metrics.db", lambda text: None, wall=lambda: NOW + 60)
    store.start()
    csv_files = MetricsCsv(store)
    bitrate, errors = Series(Kind.BITRATE), Series(Kind.TR_101_290, CHECKS.index("pat_error"))
    for second in (0, 1, 3):
        store.record("s1", NOW + second, {bitrate: 1e6 + second * 1000, errors: second})
    path = tmp_path / "out.csv"
    assert await csv_files.write("s1", [bitrate, errors], NOW, NOW + 10, path) == 3
    rows = list(csv.reader(path.read_text().splitlines()))
    assert rows[0][:4] == ["time_utc", "bitrate mean [b/s]", "bitrate low [b/s]", "bitrate high [b/s]"]
    assert rows[0][4] == "tr_101_290.pat_error sum [errors]"
    assert rows[3][0].endswith("Z")
    assert rows[3][1:] == ["1003000", "1003000", "1003000", "3", "3", "3"]
    with pytest.raises(StorageError, match="nothing to export"):
        await csv_files.write("s2", [bitrate], NOW, NOW + 10, path)
    with pytest.raises(ConfigurationError, match="ends before it begins"):
        await store.curves(["s1"], [bitrate], NOW, NOW)
    await store.close()
