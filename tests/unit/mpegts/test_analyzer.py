"""What the analyzer finds in recorded streams, and in streams bent on purpose."""

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ibe100.mpegts import packet
from ibe100.mpegts.constants import NULL_PID, PACKET_SIZE, SYNC_BYTE
from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.mpegts.stream_analyzer import StreamAnalyzer
from ibe100.mpegts.stream_report import StreamReport
from independent_parser import Parsed, parse_file
from packet_fields import set_pids
from places import GOLDEN, MEDIA


def media(name: str) -> packet.PacketBlock:
    return np.fromfile(MEDIA / name, np.uint8).reshape(-1, PACKET_SIZE)


def analyze(block: packet.PacketBlock, chunk: int = 700) -> StreamReport:
    analyzer = StreamAnalyzer()
    for start in range(0, len(block), chunk):
        analyzer.feed(block[start : start + chunk])
    return analyzer.report()


def program(*streams: PmtStream, descriptors: tuple[Descriptor, ...] = (), pcr_pid: int = 0x1FFF) -> bytes:
    pmt = Pmt(7, pcr_pid, streams, descriptors)
    packets = packet.packetize_section(Pat(1, ((7, 0x100),)).encode(), 0, 0)
    packets += packet.packetize_section(pmt.encode(), 0x100, 0)
    return b"".join(packets)


def test_counts_of_every_pid_are_those_of_the_packets() -> None:
    parsed = parse_file(MEDIA / "dvb_hd_service.ts")
    report = analyze(media("dvb_hd_service.ts"))
    assert [one.pid for one in report.pids] == sorted({one.pid for one in parsed.packets})
    for ours in report.pids:
        packets = [one for one in parsed.packets if one.pid == ours.pid]
        pcr, pts = parsed.pcrs(ours.pid), [pts for one in packets if (pts := Parsed.pts_of(one)) is not None]
        assert ours.packets == len(packets)
        assert ours.adaptation_fields == sum(bool(one.raw[3] & 0x20) for one in packets)
        assert ours.unit_starts == sum(one.unit_start for one in packets)
        for found, expected in ((ours.pcr, pcr), (ours.pts, pts)):
            assert found.count == len(expected)
            assert (found.first, found.last) == ((expected[0], expected[-1]) if expected else (None, None))
        assert ours.continuity_errors == 0
    assert report.bitrate_bps == pytest.approx(parsed.bitrate_bps(120), rel=1e-4)


def test_counts_of_every_pid_of_a_capture_are_those_of_tsp(captures: Path) -> None:
    recording = json.loads((GOLDEN / "live-analyze-json-line-dvb.json").read_text())
    theirs = {one["id"]: one for one in json.loads(recording["log"][0].partition("ANALYZE:")[2])["pids"]}
    report = analyze(packet.as_block((captures / "dvb_hd_service.ts").read_bytes()))
    assert {one.pid for one in report.pids} == set(theirs)
    for ours in report.pids:
        pid = theirs[ours.pid]
        packets = pid["packets"]
        assert ours.packets == packets["total"]
        assert ours.bitrate_bps == pid["bitrate"]
        assert ours.adaptation_fields == packets["af"]
        assert (ours.pcr.count, ours.pts.count, ours.dts.count) == (
            packets["pcr"],
            packets["pts"],
            packets["dts"],
        )
        for stamp in ("pcr", "pts", "dts"):
            times = getattr(ours, stamp)
            assert (times.first, times.last) == (pid.get(f"first-{stamp}"), pid.get(f"last-{stamp}"))
        assert ours.continuity_errors == packets["discontinuities"]
    assert report.bitrate_bps == 7_155_787


def test_dvb_service_is_described_whole() -> None:
    report = analyze(media("dvb_hd_service.ts"))
    (service,) = report.services
    assert (service.service_id, service.name, service.provider) == (257, "Channel HD", "Provider")
    assert (service.pmt_pid, service.pcr_pid, service.has_cuei) == (110, 120, False)
    video = service.first_of(StreamKind.VIDEO)
    assert video is not None
    assert video.video is not None
    assert (video.video.width, video.video.height, video.video.interlaced) == (1920, 1080, True)
    assert (video.video.profile, video.video.level, video.video.chroma) == ("high", "4.0", "4:2:0")
    assert video.frame_duration_pts == 3600
    sound = [stream for stream in service.streams if stream.kind is StreamKind.AUDIO]
    assert [stream.languages for stream in sound] == [("fre",), ("qad",), ("qaa",)]
    assert {(s.codec.name, s.audio.sample_rate_hz, s.audio.channels) for s in sound if s.audio} == {
        ("E-AC-3", 48000, 2)
    }
    assert [stream.kind for stream in service.streams[-2:]] == [StreamKind.SUBTITLES] * 2


def test_existing_scte35_pid_is_found_without_a_cuei_registration() -> None:
    report = analyze(media("ott_with_scte35.ts"))
    assert report.scte35_pids == (1001,)
    assert not report.services[0].has_cuei
    assert report.services[0].streams[0].frame_duration_pts == 3000
    assert report.pid(256).pts.first == 132000  # type: ignore[union-attr]


def test_stream_without_sdt_and_with_pcr_pid_0x1fff_still_tells_its_bitrate() -> None:
    report = analyze(media("sat_no_sdt.ts"))
    (service,) = report.services
    assert (service.name, service.pcr_pid) == ("", None)
    assert report.pcr_pids == (101,)
    assert report.bitrate_bps == parse_file(MEDIA / "sat_no_sdt.ts").bitrate_bps(101)
    assert report.duration_s == pytest.approx(12.016, abs=0.001)


def test_the_size_of_the_blocks_makes_no_difference() -> None:
    block = media("dvb_hd_service.ts")
    small, large = analyze(block, 7), analyze(block, 4096)
    assert small.duration_s == pytest.approx(large.duration_s, rel=1e-12)
    assert replace(small, duration_s=large.duration_s) == large


def test_a_loop_of_a_file_is_seen_as_jumps_and_continuity_errors() -> None:
    block = media("dvb_hd_service.ts")
    report = analyze(np.concatenate((block, block)))
    video = report.pid(120)
    assert video is not None
    assert (video.pcr.jumps, video.dts.jumps, video.continuity_errors) == (1, 1, 1)
    far = analyze(np.concatenate((media("sat_no_sdt.ts"), block)))
    assert far.services[0].service_id == 257
    looped = analyze(np.concatenate((media("sat_no_sdt.ts"),) * 2))
    assert looped.pid(101).pcr.jumps == 1  # type: ignore[union-attr]
    assert sum(one.pcr.jumps + one.dts.jumps + one.pts.jumps for one in looped.pids) >= 2
    assert looped.bitrate_bps == parse_file(MEDIA / "sat_no_sdt.ts").bitrate_bps(101)


def test_packets_out_of_sync_or_with_transport_error_are_counted_and_not_read() -> None:
    block = media("sat_no_sdt.ts").copy()
    block[10:13, 0] = 0x00
    block[20, 1] |= 0x80
    report = analyze(block)
    assert (report.sync_errors, report.transport_errors) == (3, 1)
    assert report.packets == len(block)
    assert sum(one.packets for one in report.pids) == len(block) - 4


def test_null_packets_and_their_share_are_counted() -> None:
    block = media("sat_no_sdt.ts")
    nulls = packet.as_block(packet.null_packet() * (len(block) // 3))
    report = analyze(np.concatenate((block, nulls)))
    assert report.null_packets == len(nulls)
    assert report.null_fraction == pytest.approx(0.25, abs=0.001)
    assert report.pid(NULL_PID).continuity_errors == 0  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("registration", "kind"),
    [
        (b"CUEI", StreamKind.SPLICE),
        (None, StreamKind.SPLICE),
        (b"DTS1", StreamKind.AUDIO),
        (b"DTSH", StreamKind.AUDIO),
    ],
)
def test_stream_type_0x86_is_splice_information_unless_it_is_dts_hd(
    registration: bytes | None, kind: StreamKind
) -> None:
    descriptors = (Descriptor(5, registration),) if registration else ()
    report = analyze(packet.as_block(program(PmtStream(0x86, 500, descriptors))))
    assert report.services[0].streams[0].kind is kind
    assert report.scte35_pids == ((500,) if kind is StreamKind.SPLICE else ())


def test_splice_sections_seen_overrule_a_dts_registration() -> None:
    stream = program(PmtStream(0x86, 500, (Descriptor(5, b"DTS1"),)))
    recorded = media("ott_with_scte35.ts")
    splice = recorded[packet.pids(recorded) == 1001].copy()
    set_pids(splice, 500)
    report = analyze(np.concatenate((packet.as_block(stream), splice)))
    assert report.scte35_pids == (500,)


def test_cuei_in_program_info_is_reported_and_silent_pids_are_listed() -> None:
    stream = program(PmtStream(0x86, 500), descriptors=(Descriptor(5, b"CUEI"),))
    report = analyze(packet.as_block(stream))
    assert report.services[0].has_cuei
    assert report.pid(500).packets == 0  # type: ignore[union-attr]
    assert report.bitrate_bps == 0


def test_frame_duration_comes_from_decoding_times_where_the_sequence_header_has_none() -> None:
    block = media("dvb_hd_service.ts")
    # The sequence header stands in clear packets only: scrambled ones hide it and leave nothing but sections.
    hidden = block.copy()
    for unit in range(len(hidden)):
        row = hidden[unit].tobytes()
        at = row.find(b"\x00\x00\x01\x67")
        if at >= 0:
            hidden[unit, at + 3] = 0x0C
    report = analyze(hidden)
    video = report.services[0].streams[0]
    assert video.video is None
    assert video.frame_duration_pts == Fraction(3600)


@given(
    st.lists(st.tuples(st.integers(0, 3999), st.integers(1, 187), st.integers(0, 255)), max_size=200),
    st.integers(1, 900),
)
@settings(max_examples=25)
def test_damaged_packets_never_stop_the_analysis(damage: list[tuple[int, int, int]], chunk: int) -> None:
    block = media("dvb_hd_service.ts")[:1000].copy()
    for row, column, value in damage:
        block[row % len(block), column % 40 if row % 2 else column] = value
    report = analyze(block, chunk)
    assert report.packets == len(block)


@given(st.binary(min_size=188 * 20, max_size=188 * 20))
@settings(max_examples=50)
def test_noise_with_sync_bytes_is_survived(noise: bytes) -> None:
    block = packet.as_block(noise).copy()
    block[:, 0] = SYNC_BYTE
    block[:10, 1:3] = (0x40, 0x00)
    assert analyze(block, 6).packets == 20


def test_an_interval_counts_anew_but_keeps_services_and_formats() -> None:
    block = media("dvb_hd_service.ts")
    analyzer = StreamAnalyzer()
    analyzer.feed(block[:4000])
    whole = analyzer.report()
    analyzer.start_interval()
    assert analyzer.report().packets == 0
    analyzer.feed(block[4000:])
    rest = analyzer.report()
    assert rest.packets == len(block) - 4000
    assert rest.services == whole.services
    assert not any(one.continuity_errors for one in rest.pids)
