"""What is decoded is what is there, whatever the PMT calls it; what cannot be decoded is not missed."""

from __future__ import annotations

import contextlib
import itertools
import queue
from pathlib import Path

import imageio_ffmpeg

from ibe100.mpegts.packet import packetize_section
from ibe100.mpegts.psi import Pat, Pmt, PmtStream
from ibe100.preview.reports import LevelsReport, MediaReport, Report
from ibe100.preview.service_preview import PreviewOptions, ServicePreview

PORTION = 5264


def preview(told: queue.Queue[Report]) -> ServicePreview:
    options = PreviewOptions(0, 32, 18, imageio_ffmpeg.get_ffmpeg_exe())
    return ServicePreview(options, lambda report, _: told.put(report))


def test_aac_that_is_called_mpeg_audio_is_heard(media: Path) -> None:
    told: queue.Queue[Report] = queue.Queue()
    data = (media / "sat_no_sdt.ts").read_bytes()[:1_000_000]
    watching = preview(told)
    found: list[Report] = []
    # Once more from the beginning where the machine was busy: a decoder that is slow to start drops portions.
    for number, at in enumerate(itertools.cycle(range(0, len(data), PORTION))):
        watching.feed(data[at : at + PORTION], number * PORTION / 150_000)
        watching.work(number * PORTION / 150_000)
        with contextlib.suppress(queue.Empty):
            found.append(told.get(timeout=0.01))
        if any(isinstance(report, LevelsReport) for report in found):
            break
    watching.close()
    assert [report for report in found if isinstance(report, MediaReport)][-1].audio == "AAC stereo"


def test_a_coding_without_a_decoder_is_named_and_its_sound_not_missed() -> None:
    told: queue.Queue[Report] = queue.Queue()
    opus = PmtStream(0x06, 0x101, ((0x05, b"Opus"),))
    sections = {0: Pat(1, ((1, 0x1000),)).encode(), 0x1000: Pmt(1, 0x100, (opus,)).encode()}
    watching = preview(told)
    for pid, section in sections.items():
        watching.feed(b"".join(packetize_section(section, pid, 0)), 1.0)
    watching.work(1.0)
    media = told.get_nowait()
    assert isinstance(media, MediaReport)
    assert (media.audio, media.problem) == ("Opus", "Opus cannot be heard here")
    assert media.shows_video and not media.plays_audio
