"""Plan of a stream from its configuration and its input: services, PIDs, stuffing. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

from ibe100.models.errors import StreamError
from ibe100.models.stream_config import (
    ExistingCues,
    FileInput,
    HlsInput,
    HttpInput,
    StreamConfig,
)
from ibe100.mpegts.constants import NULL_PID, PACKET_BITS, SPLICE_STREAM_TYPE
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.stream_report import ServiceInfo, StreamInfo, StreamReport
from ibe100.tsduck.service_choice import service_to_cue

NULL_PACKETS_PER_S = 20
"""A cue replaces a null packet: at this rate it waits 50 ms at most."""
LEAST_STUFFING = 0.01
FIRST_SUGGESTED_PID = 500
MOST_STUFFING = 0.2
UNKNOWN_STUFFING = 0.05
"""Stuffing where the bitrate is unknown."""
MOST_INPUT_PACKETS = 1000
"""Between two null packets that were asked for by a ratio."""


class PidTaken(StreamError):
    """The SCTE-35 PID carries something else; `free_pid` is one that does not."""

    def __init__(self, text: str, free_pid: int) -> None:
        super().__init__(text)
        self.free_pid = free_pid


@dataclass(frozen=True)  # without slots: a record of a newer version has fields that are not known
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
    leading_bytes: int = 0
    """Bytes of a file before its first packet; tsp refuses a file that does not begin with one."""
    aac: tuple[tuple[int, str], ...] = ()
    """PIDs of AAC and how they sound: tsp's analysis tells no more than their language."""
    notes: tuple[str, ...] = ()
    """Oddities of the input, in sentences."""
    register_pid: bool = False
    """The registration goes to the SCTE-35 PID alone: in program_info it would make cues of DTS-HD sound."""
    passing_pids: tuple[int, ...] = ()
    """SCTE-35 PIDs of the input that go out beside ours."""


def plan_stream(config: StreamConfig, report: StreamReport) -> StreamPlan:
    """Derive the plan of `config` from what the probe found.

    Raises StreamError when the service is absent, a PID is taken or SCTE-35 is there and must be decided on.
    """
    service = service_to_cue(config, report)
    splice_pid = config.scte35.pid
    existing = service.scte35_pids
    if existing and config.scte35.existing is ExistingCues.REFUSE:
        raise StreamError(
            f"{config.name}: the input already carries SCTE-35 on {_pids(existing)}. Choose: pass it "
            "through, replace it, or put ours on another PID"
        )
    replaced = existing if config.scte35.existing is ExistingCues.REPLACE else ()
    others = _pids_of_others(service, report)
    if splice_pid not in replaced:
        _check_pid_is_free(config, report, splice_pid, existing)
    elif splice_pid in others:
        raise PidTaken(
            f"{config.name}: SCTE-35 on PID {_pids((splice_pid,))} is that of another service too, which "
            f"would lose its cues; put ours on another PID, such as {_pids((free_pid(report),))}",
            free_pid(report),
        )
    removed = {*replaced, *config.pmt.remove_pids}
    pcr_pid = _pcr_pid(service, report)
    _check_removal(config, service, pcr_pid, removed)
    kept = [stream for stream in service.streams if stream.pid not in removed]
    timed = [s.pid for s in kept if s.kind is not StreamKind.SPLICE and _has_pts(report, s.pid)]
    if not timed and pcr_pid not in report.pcr_pids:
        raise StreamError(
            f"{config.name}: no PTS and no PCR in service {service.service_id}: it has no time at which a "
            "cue could be placed; choose another service, or check the sender"
        )
    video = next((stream for stream in kept if stream.kind is StreamKind.VIDEO), None)
    return StreamPlan(
        service_id=service.service_id,
        pmt_pid=service.pmt_pid,
        splice_pid=splice_pid,
        video_pid=video.pid if video is not None else None,
        pcr_pid=pcr_pid,
        time_pid=_time_pid(timed, video),
        add_splice_pid=splice_pid not in replaced,
        add_registration=not service.has_cuei,
        remove_pids=tuple(sorted(removed - {splice_pid})),
        filter_pids=tuple(sorted(removed - others)),
        stuffing=_stuffing(config, report),
        regulate=_regulate(config),
        bitrate_bps=report.bitrate_bps,
        frame_pts=float(video.frame_duration_pts) if video and video.frame_duration_pts else 0.0,
        leading_bytes=report.leading_bytes,
        aac=_aac(report),
        notes=report.notes,
        register_pid=any(
            stream.stream_type == SPLICE_STREAM_TYPE and stream.kind is not StreamKind.SPLICE
            for stream in kept
        ),
        passing_pids=tuple(pid for pid in existing if pid not in removed),
    )


def _aac(report: StreamReport) -> tuple[tuple[int, str], ...]:
    return tuple(
        (stream.pid, ", ".join(filter(None, (sound.profile, f"@{sound.sample_rate_hz:,} Hz", sound.layout))))
        for service in report.services
        for stream in service.streams
        if (sound := stream.audio) is not None and sound.codec == "AAC"
    )


def _time_pid(timed: list[int], video: StreamInfo | None) -> int | None:
    if video is not None and video.pid in timed:
        return video.pid
    return timed[0] if timed else None


def _pcr_pid(service: ServiceInfo, report: StreamReport) -> int | None:
    """The PMT's, unless it names none (0x1FFF) or one without PCR while another component has it."""
    carrying = [stream.pid for stream in service.streams if stream.pid in report.pcr_pids]
    if service.pcr_pid in report.pcr_pids or not carrying:
        return service.pcr_pid
    return carrying[0]


def _check_removal(
    config: StreamConfig, service: ServiceInfo, pcr_pid: int | None, removed: set[int]
) -> None:
    needed = {pid for pid in (pcr_pid, service.pmt_pid) if pid is not None} & removed
    if needed:
        raise StreamError(
            f"{config.name}: PID {_pids(tuple(sorted(needed)))} cannot be removed: it carries the PCR or the "
            f"PMT of service {service.service_id}"
        )


def _pids_of_others(service: ServiceInfo, report: StreamReport) -> set[int]:
    """PIDs that belong to other services too: they leave the PMT of this one, their packets stay."""
    found: set[int] = set()
    for other in report.services:
        if other.service_id != service.service_id:
            found |= _pids_of(other)
    return found


def _pids_of(service: ServiceInfo) -> set[int]:
    own = {service.pmt_pid, *(stream.pid for stream in service.streams)}
    return own if service.pcr_pid is None else own | {service.pcr_pid}


def _check_pid_is_free(
    config: StreamConfig, report: StreamReport, splice_pid: int, existing: tuple[int, ...]
) -> None:
    if splice_pid in existing:
        raise StreamError(
            f"{config.name}: PID {_pids((splice_pid,))} already carries SCTE-35. Choose: replace it, "
            "or put ours on another PID and pass the existing through"
        )
    if splice_pid in _taken_pids(report):
        raise PidTaken(
            f"{config.name}: PID {_pids((splice_pid,))} is taken in the input; "
            f"choose another SCTE-35 PID, such as {_pids((free_pid(report),))}, which is free",
            free_pid(report),
        )


def free_pid(report: StreamReport) -> int:
    """A PID that the input does not use."""
    taken = _taken_pids(report)
    return next(pid for pid in range(FIRST_SUGGESTED_PID, NULL_PID) if pid not in taken)


def _taken_pids(report: StreamReport) -> set[int]:
    taken = {pid.pid for pid in report.pids if pid.packets}
    for service in report.services:
        taken |= _pids_of(service)
    return taken


def _has_pts(report: StreamReport, pid: int) -> bool:
    found = report.pid(pid)
    return found is not None and found.pts.count > 0


def _stuffing(config: StreamConfig, report: StreamReport) -> tuple[int, int] | None:
    """Enough null packets for a cue to leave within 50 ms, measured against what is already there."""
    if config.stuffing_ratio is not None:
        ratio = Fraction(config.stuffing_ratio).limit_denominator(MOST_INPUT_PACKETS)
        return (ratio.numerator, ratio.denominator) if ratio else None
    packets_per_s = report.bitrate_bps / PACKET_BITS
    nulls_per_s = packets_per_s * report.null_fraction
    if nulls_per_s >= NULL_PACKETS_PER_S / 2:
        return None
    wanted = NULL_PACKETS_PER_S / packets_per_s if packets_per_s else UNKNOWN_STUFFING
    return (1, math.floor(1 / min(max(wanted, LEAST_STUFFING), MOST_STUFFING)))


def _regulate(config: StreamConfig) -> bool:
    """Files and HTTP come faster than real time or in bursts; live inputs pace themselves."""
    if config.regulate is not None:
        return config.regulate
    return isinstance(config.input, FileInput | HlsInput | HttpInput)


def _pids(pids: tuple[int, ...]) -> str:
    return ", ".join(f"0x{pid:04X} ({pid})" for pid in pids)
