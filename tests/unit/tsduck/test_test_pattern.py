"""The live test pattern, as it arrives: a constant bitrate with null packets for cues."""

import imageio_ffmpeg
import pytest

from ibe100.models.errors import ProcessorError
from ibe100.models.stream_config import TestPatternInput as PatternInput
from ibe100.models.stream_config import UdpInput
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.tsduck.child_process import run_child
from ibe100.tsduck.pattern_source import live_arguments
from ibe100.tsduck.plan import plan_stream
from ibe100.tsduck.probe import ProbeLimits, probe_input
from ibe100.tsduck.processor import BUILTIN
from loopback import free_port
from tsduck_cases import stream


async def test_the_live_pattern_arrives_on_its_port() -> None:
    port = free_port()
    source = UdpInput(port=port, local_address="127.0.0.1", receive_timeout_ms=20_000)
    async with run_child(live_arguments(PatternInput(), port), {}):
        report = await probe_input(source, BUILTIN, limits=ProbeLimits(20.0, 1.0, 20.0))
    (service,) = report.services
    video = service.first_of(StreamKind.VIDEO)
    assert video is not None and video.frame_duration_pts == 3600
    assert report.bitrate_bps == pytest.approx(2_000_000, rel=0.02)
    assert report.null_fraction > 0.1
    assert not any(one.pcr.jumps or one.dts.jumps or one.pts.jumps for one in report.pids)


@pytest.mark.parametrize("bitrate_bps", [500_000, 2_000_000])
async def test_the_pattern_needs_no_stuffing(bitrate_bps: int) -> None:
    pattern = PatternInput(bitrate_bps=bitrate_bps)
    report = await probe_input(pattern, BUILTIN)
    assert report.null_fraction > 0.1
    assert plan_stream(stream(pattern), report).stuffing is None


async def test_without_ffmpeg_the_reason_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def none() -> str:
        raise RuntimeError("No ffmpeg exe could be found.")

    monkeypatch.setattr(imageio_ffmpeg, "get_ffmpeg_exe", none)
    with pytest.raises(ProcessorError, match="the test pattern needs ffmpeg: No ffmpeg exe"):
        await probe_input(PatternInput(), BUILTIN)


async def test_an_ffmpeg_that_cannot_be_run_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", "/nonexistent/ffmpeg")
    with pytest.raises(ProcessorError, match="/nonexistent/ffmpeg cannot be run"):
        await probe_input(PatternInput(), BUILTIN)
