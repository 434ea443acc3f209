"""tsp's JSON of a stream analysis (tsp -P analyze --json…)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from ibe100.minitsp.reports.json_report import JsonValue
from ibe100.minitsp.reports.pid_descriptions import SERVICE_TYPES, SYSTEM_PIDS, describe_ecm, describe_pid
from ibe100.mpegts.constants import PACKET_BITS, PACKET_SIZE
from ibe100.mpegts.elementary.codings import StreamKind
from ibe100.mpegts.stream_report import PidReport, ServiceInfo, StreamInfo, StreamReport

_UNKNOWN: Final = "(unknown)"
_EPOCH_2000: Final = datetime(2000, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class AnalysisTimes:
    """System time of the first and the last packet."""

    first: datetime
    last: datetime


@dataclass(frozen=True, slots=True)
class _Referenced:
    """PIDs as the services refer to them."""

    streams: dict[int, StreamInfo]
    services: dict[int, list[int]]
    pmt_pids: frozenset[int]
    ecm_pids: dict[int, int]

    @classmethod
    def of(cls, report: StreamReport) -> "_Referenced":
        streams: dict[int, StreamInfo] = {}
        services: dict[int, list[int]] = {}
        for service in report.services:
            for pid in sorted(service.pids):
                services.setdefault(pid, []).append(service.service_id)
            streams.update((stream.pid, stream) for stream in service.streams)
        pmt_pids = frozenset(service.pmt_pid for service in report.services)
        ecm_pids = {pid: system for service in report.services for pid, system in service.ecm_pids}
        return cls(streams, services, pmt_pids, ecm_pids)


def analysis_json(
    report: StreamReport,
    tables: list[JsonValue],
    networks: Mapping[int, list[str]],
    *,
    user_bitrate_bps: int,
    times: AnalysisTimes | None,
    title: str = "",
) -> JsonValue:
    """The whole analysis as one value; without the lists that would be empty.

    `networks`: descriptions of the networks by the PID of their NIT. `user_bitrate_bps`: what the chain works
    with.
    """
    known = _Referenced.of(report)
    lists: dict[str, JsonValue] = {
        "pids": [
            _pid_json(one, known, _share(report, one.packets), networks.get(one.pid, ()))
            for one in report.pids
        ],
        "services": [_service_json(one, report) for one in report.services],
        "tables": tables,
    }
    return {
        **{name: held for name, held in lists.items() if held},
        **({} if times is None else {"time": _time_json(times)}),
        **({"title": title} if title else {}),
        "ts": _ts_json(report, known, user_bitrate_bps),
    }


def _with_204(name: str, bitrate_bps: float) -> dict[str, JsonValue]:
    """A bitrate and the same with 204-byte packets."""
    return {name: round(bitrate_bps), f"{name}-204": round(bitrate_bps * 204 / PACKET_SIZE)}


def _pid_json(one: PidReport, known: _Referenced, bitrate_bps: float, networks: Sequence[str]) -> JsonValue:
    stream = known.streams.get(one.pid)
    services = known.services.get(one.pid, [])
    kind = stream.kind if stream else None
    pes = stream is not None and stream.codec.pes and one.pid not in known.pmt_pids
    value: dict[str, JsonValue] = {
        **_with_204("bitrate", bitrate_bps),
        "audio": kind is StreamKind.AUDIO,
        "description": _description(one.pid, known, networks),
        "ecm": one.pid in known.ecm_pids,
        "emm": False,
        "global": not services,
        "id": one.pid,
        "iip": False,
        "is-scrambled": one.scrambled > 0,
        "packets": {
            "af": one.adaptation_fields,
            "clear": one.packets - one.scrambled,
            "invalid-scrambling": one.reserved_scrambling,
            "discontinuities": one.continuity_errors,
            "dts": one.dts.count,
            "dts-leap": one.dts.leaps,
            "duplicated": one.duplicated,
            "pcr": one.pcr.count,
            "pcr-leap": one.pcr.leaps,
            "pts": one.pts.count,
            "pts-leap": one.pts.leaps,
            "scrambled": one.scrambled - one.reserved_scrambling,
            "total": one.packets,
        },
        "pmt": one.pid in known.pmt_pids,
        "service-count": len(services),
        "t2mi": False,
        "unreferenced": not (services or one.pid in SYSTEM_PIDS),
        "video": kind is StreamKind.VIDEO,
    }
    if one.pid in known.ecm_pids:
        value["cas"] = known.ecm_pids[one.pid]
    if services:
        value["services"] = services
    if stream and stream.languages:
        value["language"] = stream.languages[0]
        value["languages"] = list(stream.languages)
    if pes:
        value["pes"] = one.payload_starts
        value["invalid-pes-prefix"] = one.invalid_starts
    else:
        value["unit-start"] = one.unit_starts
    if one.pes_packets and one.pes_stream_id is not None:
        value["pes-stream-id"] = one.pes_stream_id
    for name, stamps in (("pcr", one.pcr), ("pts", one.pts), ("dts", one.dts)):
        if stamps.count:
            value[f"first-{name}"] = stamps.first
            value[f"last-{name}"] = stamps.last
    return value


def _description(pid: int, known: _Referenced, networks: Sequence[str]) -> str:
    if pid in known.ecm_pids and pid not in known.streams:
        return describe_ecm(known.ecm_pids[pid])
    stream, is_pmt = known.streams.get(pid), pid in known.pmt_pids
    if stream is None and not is_pmt and pid in known.services:
        return "PCR (not otherwise referenced)"
    words = describe_pid(pid, stream, is_pmt)
    return f"{words} ({', '.join(networks)})" if networks else words


def _service_json(service: ServiceInfo, report: StreamReport) -> JsonValue:
    pids = sorted(service.pids)
    found = [one for one in report.pids if one.pid in pids]
    packets = sum(one.packets for one in found)
    scrambled = sum(1 for one in found if one.scrambled)
    service_type = service.service_type or 0
    value: dict[str, JsonValue] = {
        **_with_204("bitrate", _share(report, packets)),
        "components": {"clear": len(pids) - scrambled, "scrambled": scrambled, "total": len(pids)},
        "hidden": False,
        "id": service.service_id,
        "is-scrambled": scrambled > 0,
        "name": service.name or _UNKNOWN,
        "packets": packets,
        "pids": pids,
        "pmt-pid": service.pmt_pid,
        "provider": service.provider or _UNKNOWN,
        "ssu": False,
        "t2mi": False,
        "type": service_type,
        "type-name": SERVICE_TYPES.get(service_type, f"service type 0x{service_type:02X}"),
    }
    if report.original_network_id is not None:
        value["original-network-id"] = report.original_network_id
    if report.transport_stream_id is not None:
        value["tsid"] = report.transport_stream_id
    if service.pcr_pid is not None:
        value["pcr-pid"] = service.pcr_pid
    return value


def _ts_json(report: StreamReport, known: _Referenced, user_bitrate_bps: int) -> JsonValue:
    present = [one for one in report.pids if one.packets]
    scrambled = sum(1 for one in present if one.scrambled)
    common = [one for one in present if one.pid in SYSTEM_PIDS and one.pid not in known.services]
    common_packets = sum(one.packets for one in common)
    common_scrambled = sum(1 for one in common if one.scrambled)
    unreferenced = [one for one in present if not (one.pid in SYSTEM_PIDS or one.pid in known.services)]
    scrambled_pids = {one.pid for one in present if one.scrambled}
    services_scrambled = sum(1 for one in report.services if scrambled_pids & one.pids)
    value: dict[str, JsonValue] = {
        **_with_204("bitrate", _share(report, report.packets)),
        "bytes": report.packets * PACKET_SIZE,
        "duration": int(report.duration_s),
        "packets": {
            "invalid-syncs": report.sync_errors,
            "suspect-ignored": report.suspect_packets,
            "total": report.packets,
            "transport-errors": report.transport_errors,
        },
        **_with_204("pcr-bitrate", _share(report, report.packets) if report.pcr_pids else 0),
        "pids": {
            "clear": len(present) - scrambled,
            "global": {
                **_with_204("bitrate", _share(report, common_packets)),
                "clear": len(common) - common_scrambled,
                "is-scrambled": common_scrambled > 0,
                "packets": common_packets,
                **({"pids": [one.pid for one in common]} if common else {}),
                "scrambled": common_scrambled,
                "total": len(common),
            },
            "pcr": len(report.pcr_pids),
            "scrambled": scrambled,
            "total": len(present),
            "unreferenced": len(unreferenced),
        },
        "services": {
            "clear": len(report.services) - services_scrambled,
            "scrambled": services_scrambled,
            "total": len(report.services),
        },
        **_with_204("user-bitrate", user_bitrate_bps),
    }
    if report.transport_stream_id is not None:
        value["id"] = report.transport_stream_id
    return value


def _share(report: StreamReport, packets: int) -> float:
    """Bits per second of some of the packets."""
    return packets * PACKET_BITS / report.duration_s if report.duration_s else 0.0


def _time_json(times: AnalysisTimes) -> JsonValue:
    def moment(when: datetime, local: bool) -> JsonValue:
        shown = when.astimezone() if local else when.astimezone(UTC)
        seconds = (shown.replace(tzinfo=UTC) - _EPOCH_2000).total_seconds()
        return {
            "date": shown.strftime("%Y/%m/%d"),
            "seconds-since-2000": int(seconds),
            "time": f"{shown:%H:%M:%S}.{shown.microsecond // 1000:03d}",
        }

    return {
        zone: {"system": {"first": moment(times.first, local), "last": moment(times.last, local)}}
        for zone, local in (("local", True), ("utc", False))
    }
