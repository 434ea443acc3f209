"""What the input makes of a configuration: services, PIDs, stuffing. Pure; the command is built from it."""

from __future__ import annotations

import math
from dataclasses import dataclass

from ibe100.models.errors import StreamError
from ibe100.models.stream_config import (
    ExistingCues,
    FileInput,
    HlsInput,
    HttpInput,
    StreamConfig,
)
from ibe100.mpegts.elementary import StreamKind
from ibe100.mpegts.stream_report import ServiceInfo, StreamInfo, StreamReport

NULL_PACKETS_PER_S = 20
"""A cue replaces a null packet: at this rate it waits 50 ms at most."""
MOST_STUFFING = 0.2
PACKET_BITS = 188 * 8


@dataclass(frozen=True, slots=True)
class StreamPlan:
    """The answers of the probe that a command line needs."""

    service_id: int
    pmt_pid: int
    splice_pid: int
    video_pid: int | None
    pcr_pid: int | None
    time_pid: int | None
    """The PID whose PTS times the cues: the video, else the first that has PTS."""
    add_splice_pid: bool
    add_registration: bool
    remove_pids: tuple[int, ...]
    filter_pids: tuple[int, ...]
    stuffing: tuple[int, int] | None
    """Null packets per input packets, or None where there are enough."""
    regulate: bool
    bitrate_bps: int
    frame_pts: float
    """Duration of a frame in 90 kHz ticks; 0 when there is no video."""


def plan_stream(config: StreamConfig, report: StreamReport) -> StreamPlan:
    """Derive the plan of `config` from what the probe found.

    Raises StreamError when the service is absent, a PID is taken or SCTE-35 is there and must be decided on.
    """
    service = _service(config, report)
    splice_pid = config.scte35.pid
    existing = service.scte35_pids
    if existing and config.scte35.existing is ExistingCues.REFUSE:
        raise StreamError(
            f"{config.name}: the input already carries SCTE-35 on {_pids(existing)}. Choose: pass it "
            "through, replace it, or put ours on another PID"
        )
    replaced = existing if config.scte35.existing is ExistingCues.REPLACE else ()
    declared = any(stream.pid == splice_pid for stream in service.streams)
    if splice_pid in replaced:
        replaced_from_pmt = tuple(pid for pid in replaced if pid != splice_pid)
    else:
        replaced_from_pmt = replaced
        _check_pid_is_free(config, report, splice_pid, existing)
    timed = [s.pid for s in service.streams if s.pid not in existing and _has_pts(report, s.pid)]
    video = service.first_of(StreamKind.VIDEO)
    return StreamPlan(
        service_id=service.service_id,
        pmt_pid=service.pmt_pid,
        splice_pid=splice_pid,
        video_pid=video.pid if video is not None else None,
        pcr_pid=service.pcr_pid,
        time_pid=_time_pid(timed, video),
        add_splice_pid=not (splice_pid in replaced and declared),
        add_registration=not service.has_cuei,
        remove_pids=tuple(sorted({*replaced_from_pmt, *config.pmt.remove_pids})),
        filter_pids=tuple(sorted({*replaced, *config.pmt.remove_pids})),
        stuffing=_stuffing(config, report),
        regulate=_regulate(config),
        bitrate_bps=report.bitrate_bps,
        frame_pts=float(video.frame_duration_pts) if video and video.frame_duration_pts else 0.0,
    )


def _time_pid(timed: list[int], video: StreamInfo | None) -> int | None:
    if video is not None and video.pid in timed:
        return video.pid
    return timed[0] if timed else None


def _service(config: StreamConfig, report: StreamReport) -> ServiceInfo:
    if not report.services:
        raise StreamError(f"{config.name}: no service found in the input (no PAT or PMT was seen)")
    if config.service_id is None:
        return next((s for s in report.services if s.first_of(StreamKind.VIDEO)), report.services[0])
    for service in report.services:
        if service.service_id == config.service_id:
            return service
    present = ", ".join(f"{s.service_id} {s.name}".strip() for s in report.services)
    raise StreamError(
        f"{config.name}: service {config.service_id} is not in the input; it has {present}. "
        "Choose one of these, or leave the service empty"
    )


def _check_pid_is_free(
    config: StreamConfig, report: StreamReport, splice_pid: int, existing: tuple[int, ...]
) -> None:
    if splice_pid in existing:
        raise StreamError(
            f"{config.name}: PID {_pids((splice_pid,))} already carries SCTE-35. Choose: replace it, "
            "or put ours on another PID and pass the existing through"
        )
    taken = {pid.pid for pid in report.pids if pid.packets}
    for service in report.services:
        taken.add(service.pmt_pid)
        taken.update(stream.pid for stream in service.streams)
    if splice_pid in taken:
        raise StreamError(
            f"{config.name}: PID {_pids((splice_pid,))} is taken in the input; "
            "choose another SCTE-35 PID that is free"
        )


def _has_pts(report: StreamReport, pid: int) -> bool:
    found = report.pid(pid)
    return found is not None and found.pts.count > 0


def _stuffing(config: StreamConfig, report: StreamReport) -> tuple[int, int] | None:
    """Enough null packets for a cue to leave within 50 ms, measured against what is already there."""
    if config.stuffing_ratio is not None:
        if config.stuffing_ratio <= 0:
            return None
        return _fraction(config.stuffing_ratio)
    packets_per_s = report.bitrate_bps / PACKET_BITS
    nulls_per_s = packets_per_s * report.null_fraction
    if nulls_per_s >= NULL_PACKETS_PER_S / 2:
        return None
    wanted = NULL_PACKETS_PER_S / packets_per_s if packets_per_s else 0.05
    return _fraction(min(max(wanted, 0.01), MOST_STUFFING))


def _fraction(ratio: float) -> tuple[int, int]:
    if ratio > 0.5:
        return (round(ratio * 100), 100)
    return (1, max(1, math.floor(1 / ratio)))


def _regulate(config: StreamConfig) -> bool:
    """Files and HTTP come faster than real time or in bursts; live inputs pace themselves."""
    if config.regulate is not None:
        return config.regulate
    return isinstance(config.input, FileInput | HlsInput | HttpInput)


def _pids(pids: tuple[int, ...]) -> str:
    return ", ".join(f"0x{pid:04X} ({pid})" for pid in pids)
