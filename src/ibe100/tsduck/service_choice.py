"""Choice of the service of an input that cues go into, and the reason where there is none. Pure."""

from __future__ import annotations

from ibe100.models.errors import StreamError
from ibe100.models.stream_config import StreamConfig
from ibe100.mpegts.constants import PAT_PID
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.stream_report import ServiceInfo, StreamInfo, StreamReport


def choose_service(service_id: int | None, report: StreamReport) -> ServiceInfo | None:
    """The service asked for; without one the first that is clear, has video and whose video comes.

    None where it is not there. A PMT that was not seen tells nothing: such a service comes last.
    """
    if service_id is not None:
        return report.service(service_id)
    return min(report.services, key=lambda one: _drawbacks(one, report), default=None)


def is_scrambled(service: ServiceInfo, report: StreamReport) -> bool:
    """True if the video, or the sound of a service without one, is scrambled, or must be expected to be."""
    shown = service.first_of(StreamKind.VIDEO) or service.first_of(StreamKind.AUDIO)
    counted = None if shown is None else report.pid(shown.pid)
    if counted is None or not counted.packets:
        return bool(service.ecm_pids)
    return 2 * counted.scrambled > counted.packets


def comes(stream: StreamInfo, report: StreamReport) -> bool:
    """True if packets of a stream were seen."""
    counted = report.pid(stream.pid)
    return counted is not None and counted.packets > 0


def service_to_cue(config: StreamConfig, report: StreamReport) -> ServiceInfo:
    """The service that `config` asks for, or the best. Raises StreamError where its tables did not come."""
    if not report.services:
        raise StreamError(f"{config.name}: no service found in the input ({_why_none(report)})")
    service = choose_service(config.service_id, report)
    if service is None:
        present = ", ".join(f"{one.service_id} {one.name}".strip() for one in report.services)
        raise StreamError(
            f"{config.name}: service {config.service_id} is not in the input; it has {present}. "
            "Choose one of these, or leave the service empty"
        )
    if not service.pmt_seen:
        damaged = _damaged_words(report, service.pmt_pid)
        raise StreamError(
            f"{config.name}: service {service.service_id} is in the PAT, but its PMT "
            f"0x{service.pmt_pid:04X} ({service.pmt_pid}) {damaged or 'was not seen'}; check the sender"
        )
    return service


def _drawbacks(service: ServiceInfo, report: StreamReport) -> tuple[bool, bool, bool, bool]:
    video = service.first_of(StreamKind.VIDEO)
    silent = video is not None and not comes(video, report)
    return not service.pmt_seen, is_scrambled(service, report), video is None, silent


def _why_none(report: StreamReport) -> str:
    if report.transport_stream_id is not None:
        return "its PAT names no service; check the sender"
    damaged = _damaged_words(report, PAT_PID)
    return f"the PAT {damaged}; check the link" if damaged else "no PAT was seen"


def _damaged_words(report: StreamReport, pid: int) -> str:
    counted = report.pid(pid)
    if counted is None or not counted.crc_errors:
        return ""
    if counted.crc_errors == 1:
        return "came once, with a wrong CRC"
    return f"came {counted.crc_errors} times, each with a wrong CRC"
