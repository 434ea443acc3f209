"""Streams, alarms and samples as the services would hand them out."""

from __future__ import annotations

import time

from ibe100.models.alarms.alarm import Alarm, AlarmState, Severity
from ibe100.models.cues.schedule import At, BreakPlan, ScheduledBreak
from ibe100.models.messages import StreamView
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_state import PidSample, ServiceSample, StreamState, Tally, Telemetry

BEYOND_32_BITS = 6_500_000_000
ENGINE = "built-in minitsp 3.0.0"


def view(number: int, name: str, **changes: object) -> StreamView:
    """A stream of the list."""
    config = changes.pop("config", None) or StreamConfig(name=name)
    return StreamView(stream_id=f"stream-{number}", number=number, config=config, **changes)  # type: ignore[arg-type]


def running(number: int, name: str, tally: Tally = Tally.ON_AIR, **changes: object) -> StreamView:
    """A stream that runs."""
    given: dict[str, object] = {"engine": ENGINE, "started_at": time.time() - 754, **changes}
    return view(number, name, state=StreamState.RUNNING, tally=tally, **given)


def alarm(alarm_id: int, severity: Severity, title: str, **changes: object) -> Alarm:
    """An alarm that waits for the operator."""
    return Alarm(
        alarm_id=alarm_id,
        stream_id="stream-1",
        stream_name="IBE News HD",
        condition=title.lower().replace(" ", "_"),
        severity=severity,
        title=title,
        what_to_do="Check the sender and the cable",
        state=AlarmState.UNACKNOWLEDGED,
        raised_at=time.time() - 14,
    ).model_copy(update=changes)


def planned(break_id: int, plan: BreakPlan, **changes: object) -> ScheduledBreak:
    """A break of the schedule, due when its plan says."""
    at = plan.when.at if isinstance(plan.when, At) else getattr(plan.when, "start", time.time() + 600)
    values = {name: getattr(plan, name) for name in BreakPlan.model_fields}
    return ScheduledBreak(**values, break_id=break_id, planned_at=at).model_copy(update=changes)


def telemetry(stream_id: str, bitrate_bps: int) -> Telemetry:
    """A healthy sample."""
    return Telemetry(
        stream_id=stream_id,
        monotonic_s=time.monotonic(),
        bitrate_bps=bitrate_bps,
        null_bps=bitrate_bps // 10,
        pts=BEYOND_32_BITS,
        pcr=BEYOND_32_BITS * 300,
        counters=dict.fromkeys(COUNTERS, 0),
        counters_total=dict.fromkeys(COUNTERS, 0),
        services=(
            ServiceSample(
                service_id=1,
                name="Test pattern",
                provider="IBE-100",
                pmt_pid=0x1000,
                pcr_pid=0x100,
                bitrate_bps=bitrate_bps * 9 // 10,
            ),
        ),
        pids=tuple(
            PidSample(
                pid=pid, bitrate_bps=rate, packets=rate // 15, discontinuities=0, description=description
            )
            for pid, rate, description in (
                (0x0000, 15_040, "PAT"),
                (0x0100, bitrate_bps * 7 // 10, "AVC video 640x360 25p"),
                (0x0101, 128_000, "MPEG-1 layer II audio, eng"),
                (0x01F4, 1_504, "SCTE-35"),
                (0x1000, 15_040, "PMT of service 1"),
                (0x1FFF, bitrate_bps // 10, "null packets"),
            )
        ),
    )


COUNTERS = (
    "ts_sync_loss",
    "sync_byte_error",
    "pat_error",
    "continuity_count_error",
    "pmt_error",
    "pid_error",
    "transport_error",
    "crc_error",
    "pcr_repetition_error",
    "pcr_discontinuity_indicator_error",
    "pts_error",
    "unreferenced_pid",
)
