"""Samples of a runner as typed values: only the latest of a kind matters, none is kept in the journal."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ibe100.models.stream_state import (
    InputSwitchState,
    OutputTrouble,
    ReceivedInput,
    SrtLink,
    SwitchMode,
)
from ibe100.mpegts.pts_clock import ClockJump
from ibe100.mpegts.video.gops import Gops
from ibe100.services.streams.runner_facts import MALFORMED
from ibe100.tsduck.srt_link import parse_srt_link
from ibe100.tsduck.telemetry import AnalyzeSample, InfluxSample, parse_analysis, parse_influx

PCR_FRESH_S = 2.5
"""Older figures are of PCRs that do not come any more, or of a runner that is held up."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class SampleHead:
    """Time at which the runner passed it on: wall clock and monotonic, in seconds."""

    at: float
    mono_s: float


@dataclass(frozen=True, slots=True)
class InfluxPost(SampleHead):
    """Post of `-P influx`."""

    influx: InfluxSample


@dataclass(frozen=True, slots=True)
class FirstPackets(SampleHead):
    """The first packets of a processor that has not posted yet."""

    bitrate_bps: int
    null_bps: int
    pts: Mapping[int, tuple[int, float]]
    """By PID, and its age in seconds."""


@dataclass(frozen=True, slots=True)
class Measurement(InfluxPost):
    """A post as observers get it, with the timestamps of the PIDs that time the cues."""

    measured_s: float
    """Monotonic time at which the processor measured it."""
    pts: int | None
    pcr: int | None
    jump: ClockJump | None
    """Proved by this PTS."""


@dataclass(frozen=True, slots=True)
class AnalyzeReport(SampleHead):
    """Report of `-P analyze`."""

    analysis: AnalyzeSample


@dataclass(frozen=True, slots=True)
class FlowChanged(SampleHead):
    """Flow out of the processor: nothing for `quiet_s`, or packets again."""

    flows: bool
    quiet_s: float


@dataclass(frozen=True, slots=True)
class PacketFaults(SampleHead):
    """Faults in the packets since the runner told last; by PID where it is a mapping."""

    lost: Mapping[int, int]
    """Breaks of the continuity count."""
    damaged: int
    """Packets with transport_error_indicator."""
    scrambled: tuple[int, ...]
    """PIDs that were clear before."""
    jumps_s: Mapping[int, float]
    """By how much more, or less, the PTS went on than time did."""
    versions: tuple[tuple[int, int, int, int], ...]
    """table_id, its extension, version_number before and now."""
    missing_s: Mapping[int, float]
    """For how long a PAT or PMT did not come."""
    absent_s: Mapping[tuple[str, int], float]
    """All that is absent now of what came all the time, and for how long: `null`, `pcr` or `pts`, and PID."""


@dataclass(frozen=True, slots=True)
class PcrRhythm:
    """PCRs of one PID in a second; `jitter_us` is None at a variable bitrate (TR 101 290 5.3.2.6)."""

    longest_ms: float
    jitter_us: float | None


@dataclass(frozen=True, slots=True)
class PcrRhythms(SampleHead):
    """Intervals of the PCRs, by PID."""

    pids: Mapping[int, PcrRhythm]


@dataclass(frozen=True, slots=True)
class SeenPictures:
    """Pictures of one video PID at which decoding can begin; `age_s` of the last one, None without any."""

    codec: str
    scrambled: bool
    gops: Gops
    age_s: float | None


@dataclass(frozen=True, slots=True)
class PicturesSeen(SampleHead):
    """Pictures on the output, by PID."""

    pids: Mapping[int, SeenPictures]


@dataclass(frozen=True, slots=True)
class StrayDatagrams(SampleHead):
    """Datagrams that came in `over_s` and hold no packets, while nothing comes out."""

    count: int
    over_s: float


@dataclass(frozen=True, slots=True)
class SrtSide(SampleHead):
    """The connection at `input` or `output`; the link is None where that side is no SRT."""

    side: str
    link: SrtLink | None


@dataclass(frozen=True, slots=True)
class OutputChanged(SampleHead):
    """The output got into trouble, or it moves again (None)."""

    trouble: OutputTrouble | None


@dataclass(frozen=True, slots=True)
class TableSections(SampleHead):
    """PAT and PMT sections as they are now, in base64."""

    sections: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlaylistRead(SampleHead):
    """A playlist or manifest that goes on, in seconds: how old its newest media is, how long segments are."""

    latency_s: float | None
    target_s: float


@dataclass(frozen=True, slots=True)
class SwitchStatus(SampleHead):
    """The inputs of a stream that has several."""

    state: InputSwitchState


@dataclass(frozen=True, slots=True)
class RecorderSide:
    """Ring of one side: wall time of its newest record, bytes and lost packets so far, what is wrong."""

    newest_at: float
    written: int
    lost: int
    error: str


@dataclass(frozen=True, slots=True)
class RecorderState(SampleHead):
    """State of a stream's recorder: its rings, or why there is none."""

    sides: Mapping[str, RecorderSide]
    error: str


Sample: TypeAlias = (
    InfluxPost
    | FirstPackets
    | AnalyzeReport
    | FlowChanged
    | PacketFaults
    | PcrRhythms
    | PicturesSeen
    | StrayDatagrams
    | SrtSide
    | OutputChanged
    | TableSections
    | SwitchStatus
    | RecorderState
    | PlaylistRead
)


def read_sample(message: Mapping[str, Any]) -> Sample | None:
    """A sample; None for one of a kind or a shape that is not known."""
    kind = message.get("sample")
    try:
        return _sample(str(kind), message, (float(message["t"]), float(message["mono"])))
    except MALFORMED:
        _log.exception("a sample of the kind %s cannot be read", kind)
        return None


def _sample(kind: str, message: Mapping[str, Any], head: tuple[float, float]) -> Sample | None:
    match kind:
        case "influx":
            return InfluxPost(*head, parse_influx(message["lines"]))
        case "first_packets":
            pts = {int(pid): (int(value), float(age_s)) for pid, (value, age_s) in message["pts"].items()}
            return FirstPackets(*head, int(message["bitrate_bps"]), int(message["null_bps"]), pts)
        case "analyze":
            return AnalyzeReport(*head, parse_analysis(message["json"]))
        case "pulse":
            return FlowChanged(*head, bool(message["flows"]), float(message["quiet_s"]))
        case "packet_faults":
            return _packet_faults(message, head)
        case "pcr":
            return PcrRhythms(*head, _rhythms(message["pids"]))
        case "pictures":
            return PicturesSeen(*head, {int(pid): _pictures(one) for pid, one in message["pids"].items()})
        case "strays":
            return StrayDatagrams(*head, int(message["datagrams"]), float(message["over_s"]))
        case "srt_input" | "srt_output":
            side = kind.removeprefix("srt_")
            return SrtSide(*head, side, parse_srt_link(message, side))
        case "output":
            return OutputChanged(*head, OutputTrouble(message["trouble"]) if message["trouble"] else None)
        case "playlist":
            latency, target = message["json"].get("latency"), float(message["json"]["target"])
            return PlaylistRead(*head, None if latency is None else float(latency), target)
        case "tables":
            return TableSections(*head, tuple(str(section) for section in message["sections"]))
        case "switch":
            return SwitchStatus(*head, _switch_state(message))
        case "recorder":
            sides = {
                str(side): RecorderSide(
                    float(ring["at"]), int(ring["written"]), int(ring["lost"]), str(ring["error"])
                )
                for side, ring in message.get("sides", {}).items()
            }
            return RecorderState(*head, sides, str(message.get("error", "")))
    return None


def _switch_state(message: Mapping[str, Any]) -> InputSwitchState:
    inputs = tuple(
        ReceivedInput(
            good=bool(one["good"]),
            silent_s=None if one["silent_s"] is None else float(one["silent_s"]),
            bitrate_bps=int(one["bitrate"]),
            fault=str(one["fault"]),
        )
        for one in message["inputs"]
    )
    mode, reason = SwitchMode(message["mode"]), str(message["reason"])
    return InputSwitchState(on_air=int(message["on_air"]), mode=mode, reason=reason, inputs=inputs)


def _packet_faults(message: Mapping[str, Any], head: tuple[float, float]) -> PacketFaults:
    return PacketFaults(
        *head,
        lost={int(pid): int(count) for pid, count in message["lost"].items()},
        damaged=int(message["damaged"]),
        scrambled=tuple(message["scrambled"]),
        jumps_s={int(pid): float(off_s) for pid, off_s in message["jumps_s"].items()},
        versions=tuple((table, ext, before, now) for table, ext, before, now in message["versions"]),
        missing_s={int(pid): float(age_s) for pid, age_s in message["missing_s"].items()},
        # A runner that an older console started tells of none.
        absent_s={(str(what), int(pid)): float(age_s) for what, pid, age_s in message.get("absent", ())},
    )


def _pictures(one: Mapping[str, Any]) -> SeenPictures:
    points = ((int(pts), bool(is_open), bool(follows)) for pts, is_open, follows in one["points"])
    age_s = None if one["age_s"] is None else float(one["age_s"])
    return SeenPictures(str(one["codec"]), bool(one["scrambled"]), Gops.of(points), age_s)


def _rhythms(pids: Mapping[str, tuple[float, float | None]]) -> dict[int, PcrRhythm]:
    return {
        int(pid): PcrRhythm(float(longest_ms), None if jitter_us is None else float(jitter_us))
        for pid, (longest_ms, jitter_us) in pids.items()
    }
