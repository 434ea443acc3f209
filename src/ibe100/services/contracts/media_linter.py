"""Holds the video and the audio of a probed input against the terms of a contract."""

from __future__ import annotations

from ibe100.models.cues.contract import AudioTerms, ContractFinding, Severity, VideoTerms
from ibe100.mpegts.elementary.codings import AudioFormat, StreamKind, VideoFormat
from ibe100.mpegts.stream_report import ServiceInfo, StreamInfo, StreamReport
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.tsduck.service_choice import comes, is_scrambled
from ibe100.utils.units import format_bitrate, format_pid

FRAME_RATE_TOLERANCE = 0.0005
"""Less than lies between 29.97 and 30."""
VIDEO_BITRATE_TOLERANCE = 0.15
AUDIO_BITRATE_TOLERANCE = 0.35
"""Measured over some seconds, and packets carry headers and stuffing too: much for small frames."""
SET_ENCODER = "set the encoder"


def lint_presence(service: ServiceInfo, report: StreamReport) -> list[ContractFinding]:
    """Findings on what every contract takes for granted: video and sound that come, in clear."""
    found: list[ContractFinding] = []
    if is_scrambled(service, report):
        do = "have the sender descramble it, or choose another service"
        found.append(ContractFinding.of(Severity.BREACH, "service_id", "a service in clear", "scrambled", do))
    for kind, name in ((StreamKind.VIDEO, "video"), (StreamKind.AUDIO, "audio")):
        announced = service.first_of(kind)
        if announced is not None and not comes(announced, report):
            has = f"announced on {format_pid(announced.pid)}, and no packet of it came"
            found.append(ContractFinding.of(Severity.BREACH, name, name, has, "check the encoder"))
    return found


def lint_video(terms: VideoTerms, stream: StreamInfo | None, report: StreamReport) -> list[ContractFinding]:
    """Findings; none where the terms say nothing."""
    if terms == VideoTerms():
        return []
    if stream is None:
        return [ContractFinding.of(Severity.BREACH, "video", "video", "none", "check the sender")]
    found: list[ContractFinding] = []
    if terms.codec not in (None, stream.codec.name):
        found.append(_breach("video.codec", str(terms.codec), stream.codec.name))
    if stream.video is not None:
        found += _picture(terms, stream.video)
    elif terms.width or terms.height or terms.interlaced is not None:
        found.append(_unknown("video", "a certain picture", "no sequence header was seen"))
    found += _frame_rate(terms, stream)
    if terms.bitrate_bps is not None:
        measured_bps = _bitrate_bps(stream, report)
        found += _bitrate("video.bitrate_bps", terms.bitrate_bps, measured_bps, VIDEO_BITRATE_TOLERANCE)
    if terms.gop_frames is not None:
        found += _gop_frames(terms.gop_frames, stream)
    if terms.closed_gop is not None:
        found += _closed_gop(terms.closed_gop, stream)
    return found


def lint_audio(terms: AudioTerms, stream: StreamInfo | None, report: StreamReport) -> list[ContractFinding]:
    """Findings; none where the terms say nothing."""
    if terms == AudioTerms():
        return []
    if stream is None:
        return [ContractFinding.of(Severity.BREACH, "audio", "audio", "none", "check the sender")]
    found: list[ContractFinding] = []
    if terms.codec is not None and stream.codec.name.partition(" (")[0] != terms.codec:
        found.append(_breach("audio.codec", terms.codec, stream.codec.name))
    sound = stream.audio
    if sound is not None:
        found += _sound(terms, sound)
    elif terms.sample_rate_hz or terms.channels or terms.aac_profile:
        found.append(_unknown("audio", "a certain sound", "no audio header was seen"))
    if terms.bitrate_bps is not None:
        coded_bps = sound.bitrate_bps if sound is not None else 0
        measured_bps = coded_bps or _bitrate_bps(stream, report)
        found += _bitrate("audio.bitrate_bps", terms.bitrate_bps, measured_bps, AUDIO_BITRATE_TOLERANCE)
    return found


def _picture(terms: VideoTerms, picture: VideoFormat) -> list[ContractFinding]:
    found = []
    if terms.width not in (None, picture.width) or terms.height not in (None, picture.height):
        asked = f"{terms.width or 'any'} x {terms.height or 'any'}"
        found.append(_breach("video.width", asked, f"{picture.width} x {picture.height}"))
    if terms.interlaced not in (None, picture.interlaced):
        words = {True: "interlaced", False: "progressive"}
        found.append(_breach("video.interlaced", words[not picture.interlaced], words[picture.interlaced]))
    return found


def _gop_frames(asked_frames: int, stream: StreamInfo) -> list[ContractFinding]:
    asked = f"{asked_frames} frames"
    frame_pts = float(stream.frame_duration_pts or 0)
    lengths = stream.gops.lengths if stream.gops is not None else ()
    if stream.gops is None or not lengths or not frame_pts:
        return [_unknown("video.gop_frames", asked, "no whole GOP was seen")]
    if all(round(ticks / frame_pts) == asked_frames for ticks in lengths):
        return []
    has = stream.gops.described(stream.pid, stream.codec.name, frame_pts).words
    return [_breach("video.gop_frames", asked, has)]


def _closed_gop(asked_closed: bool, stream: StreamInfo) -> list[ContractFinding]:
    words = {True: "closed GOPs", False: "open GOPs"}
    is_open = stream.gops.is_open if stream.gops is not None else None
    if is_open is None:
        return [_unknown("video.closed_gop", words[asked_closed], "no GOP was seen")]
    if is_open is not asked_closed:
        return []
    return [_breach("video.closed_gop", words[asked_closed], words[not is_open])]


def _frame_rate(terms: VideoTerms, stream: StreamInfo) -> list[ContractFinding]:
    if terms.frame_rate is None:
        return []
    asked = f"{terms.frame_rate:g} frames/s"
    if stream.video is not None and stream.video.frame_rate is not None:
        rate = float(stream.video.frame_rate)
    elif stream.frame_duration_pts:
        rate = float(PTS_HZ / stream.frame_duration_pts)
    else:
        return [_unknown("video.frame_rate", asked, "no frame rate can be read")]
    if abs(rate / terms.frame_rate - 1) <= FRAME_RATE_TOLERANCE:
        return []
    return [_breach("video.frame_rate", asked, f"{rate:.5g} frames/s")]


def _sound(terms: AudioTerms, sound: AudioFormat) -> list[ContractFinding]:
    found = []
    if terms.sample_rate_hz not in (None, sound.sample_rate_hz):
        asked, has = f"{terms.sample_rate_hz} Hz", f"{sound.sample_rate_hz} Hz"
        found.append(_breach("audio.sample_rate_hz", asked, has))
    if terms.channels is not None and sound.channels not in (0, terms.channels):
        found.append(_breach("audio.channels", str(terms.channels), str(sound.channels)))
    if terms.aac_profile is not None and sound.profile not in ("", terms.aac_profile):
        found.append(_breach("audio.aac_profile", terms.aac_profile, sound.profile))
    return found


def _bitrate_bps(stream: StreamInfo, report: StreamReport) -> int:
    counted = report.pid(stream.pid)
    return counted.bitrate_bps if counted is not None else 0


def _bitrate(field: str, asked_bps: int, measured_bps: int, tolerance: float) -> list[ContractFinding]:
    asked = format_bitrate(asked_bps)
    if measured_bps == 0:
        return [_unknown(field, asked, "the bitrate is not known")]
    if abs(measured_bps / asked_bps - 1) <= tolerance:
        return []
    return [ContractFinding.of(Severity.WARNING, field, asked, format_bitrate(measured_bps), SET_ENCODER)]


def _breach(field: str, asked: str, found: str) -> ContractFinding:
    return ContractFinding.of(Severity.BREACH, field, asked, found, SET_ENCODER)


def _unknown(field: str, asked: str, found: str) -> ContractFinding:
    return ContractFinding.of(Severity.NOTE, field, asked, found, "check it at the encoder")
