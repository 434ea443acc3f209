"""The fields of the stream editor: which there are for each kind of input and output."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum


class FieldKind(Enum):
    """How a field is edited."""

    TEXT = "text"
    NUMBER = "number"
    CHOICE = "choice"
    SWITCH = "switch"
    PATH = "path"
    SAVE_PATH = "save path"
    SECRET = "secret"


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field; `key` is its path in StreamConfig, e.g. `input.port`."""

    key: str
    title: str
    kind: FieldKind = FieldKind.TEXT
    hint: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    """(value, words); the empty value is None."""


SRT_MODES = (("caller", "caller: connects to the other side"), ("listener", "listener: waits for it"))
ON_OFF_AUTO = (("", "auto: by the input"), ("true", "on"), ("false", "off"))

INPUT_KINDS: dict[str, str] = {
    "test_pattern": "Test pattern (made here)",
    "file": "File",
    "udp": "UDP / RTP",
    "srt": "SRT",
    "rist": "RIST",
    "hls": "HLS",
    "http": "HTTP",
}
OUTPUT_KINDS: dict[str, str] = {
    "none": "None: watched only",
    "udp": "UDP / RTP",
    "srt": "SRT",
    "rist": "RIST",
    "hls": "HLS",
    "file": "File",
}


def _srt(side: str) -> tuple[FieldSpec, ...]:
    return (
        FieldSpec(f"{side}.mode", "Mode", FieldKind.CHOICE, choices=SRT_MODES),
        FieldSpec(f"{side}.host", "Host", hint="needed by a caller"),
        FieldSpec(f"{side}.port", "Port", FieldKind.NUMBER, "1 to 65535"),
        FieldSpec(f"{side}.latency_ms", "Latency ms", FieldKind.NUMBER, "20 to 8000; at least 3 × RTT"),
        FieldSpec(f"{side}.stream_id", "Stream id", hint="e.g. #!::r=name,m=publish"),
        FieldSpec(f"{side}.passphrase", "Passphrase", FieldKind.SECRET, "10 to 79 characters; empty: none"),
    )


RETURN_KINDS: dict[str, str] = {
    "": "None: not watched",
    **{kind: title for kind, title in INPUT_KINDS.items() if kind != "test_pattern"},
}
INPUT_FIELDS: dict[str, tuple[FieldSpec, ...]] = {
    "test_pattern": (
        FieldSpec("input.width", "Width", FieldKind.NUMBER, "160 to 1920"),
        FieldSpec("input.height", "Height", FieldKind.NUMBER, "90 to 1080"),
        FieldSpec(
            "input.frame_rate",
            "Frame rate",
            FieldKind.CHOICE,
            choices=(("25", "25"), ("30", "30"), ("50", "50")),
        ),
        FieldSpec("input.bitrate_bps", "Bitrate b/s", FieldKind.NUMBER, "500000 to 20000000"),
    ),
    "file": (
        FieldSpec("input.path", "File", FieldKind.PATH, "a transport stream (.ts)"),
        FieldSpec("input.loop", "Play for ever", FieldKind.SWITCH),
    ),
    "udp": (
        FieldSpec("input.host", "Group", hint="multicast group; empty: unicast"),
        FieldSpec("input.port", "Port", FieldKind.NUMBER, "1 to 65535"),
        FieldSpec("input.source", "Only from", hint="source-specific multicast"),
        FieldSpec("input.local_address", "Local address", hint="interface to receive on"),
        FieldSpec("input.receive_timeout_ms", "Timeout ms", FieldKind.NUMBER, "100 to 60000"),
    ),
    "srt": _srt("input"),
    "rist": (FieldSpec("input.url", "URL", hint="rist://host:port?…"),),
    "hls": (FieldSpec("input.url", "URL", hint="https://…/index.m3u8"),),
    "http": (FieldSpec("input.url", "URL", hint="https://…/stream.ts"),),
}
RETURN_WINDOW_FIELD = FieldSpec(
    "return_window_s", "Cue back within s", FieldKind.NUMBER, "1 to 3600; HLS needs 30 and more"
)
RETURN_FIELDS: dict[str, tuple[FieldSpec, ...]] = {
    "": (),
    **{
        kind: tuple(replace(spec, key=spec.key.replace("input.", "return_feed.", 1)) for spec in specs)
        for kind, specs in INPUT_FIELDS.items()
        if kind != "test_pattern"
    },
}
OUTPUT_FIELDS: dict[str, tuple[FieldSpec, ...]] = {
    "none": (),
    "file": (
        FieldSpec("output.path", "File", FieldKind.SAVE_PATH, "a restart appends to it"),
        FieldSpec("output.overwrite", "Overwrite at start", FieldKind.SWITCH),
    ),
    "udp": (
        FieldSpec("output.host", "Host", hint="address or multicast group"),
        FieldSpec("output.port", "Port", FieldKind.NUMBER, "1 to 65535"),
        FieldSpec("output.rtp", "RTP", FieldKind.SWITCH),
        FieldSpec("output.ttl", "TTL", FieldKind.NUMBER, "1 to 255"),
        FieldSpec("output.local_address", "Local address", hint="interface to send from"),
    ),
    "srt": _srt("output"),
    "rist": (FieldSpec("output.url", "URL", hint="rist://host:port?…"),),
    "hls": (
        FieldSpec("output.playlist", "Playlist", FieldKind.SAVE_PATH, "….m3u8"),
        FieldSpec("output.segment_duration_s", "Segment s", FieldKind.NUMBER, "1 to 60"),
        FieldSpec("output.live_segments", "Live segments", FieldKind.NUMBER, "2 to 100"),
    ),
}
CUE_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("service_id", "Service", FieldKind.NUMBER, "empty: the only or first one"),
    FieldSpec("scte35.pid", "SCTE-35 PID", FieldKind.NUMBER, "e.g. 500 or 0x01F4"),
    FieldSpec(
        "scte35.existing",
        "Existing cues",
        FieldKind.CHOICE,
        choices=(
            ("pass_through", "pass through, ours beside them"),
            ("replace", "replace by ours"),
            ("refuse", "refuse to start"),
        ),
    ),
    FieldSpec("scte35.break_duration_s", "Break s", FieldKind.NUMBER, "announced by default"),
    FieldSpec("scte35.auto_return", "Auto return", FieldKind.SWITCH),
    FieldSpec("scte35.explicit_return", "Return by a cue", FieldKind.SWITCH),
    FieldSpec("scte35.heartbeat_interval_s", "splice_null every s", FieldKind.NUMBER, "empty: none"),
    FieldSpec("scte35.start_delay_ms", "First repeat ms ahead", FieldKind.NUMBER, "4000 to 60000"),
    FieldSpec("scte35.inject_count", "Repeats", FieldKind.NUMBER, "1 to 10"),
    FieldSpec("scte35.inject_interval_ms", "Repeat every ms", FieldKind.NUMBER, "100 to 10000"),
    FieldSpec("scte35.event_id_first", "First event id", FieldKind.NUMBER, "0x00000001 to 0xFFFFFFFE"),
    FieldSpec("scte35.event_id_last", "Last event id", FieldKind.NUMBER, "not below the first"),
    FieldSpec("scte35.unique_program_id", "Program id", FieldKind.NUMBER, "0 to 65535"),
)
PROCESS_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "stuffing_ratio", "Null packets added", FieldKind.NUMBER, "0 to 1 per packet; empty: by the probe"
    ),
    FieldSpec("regulate", "Pace the output", FieldKind.CHOICE, choices=ON_OFF_AUTO),
    FieldSpec(
        "engine",
        "Processor",
        FieldKind.CHOICE,
        choices=(("auto", "auto: TSDuck if found"), ("tsduck", "TSDuck"), ("builtin", "built-in")),
    ),
)
CONFIDENCE_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("confidence.is_watched", "Raise alarms", FieldKind.SWITCH),
    FieldSpec("confidence.black_s", "Black for s", FieldKind.NUMBER, "1 to 3600; empty: no alarm"),
    FieldSpec("confidence.freeze_s", "Frozen for s", FieldKind.NUMBER, "1 to 3600; empty: no alarm"),
    FieldSpec("confidence.silence_s", "Silent for s", FieldKind.NUMBER, "1 to 3600; empty: no alarm"),
    FieldSpec("confidence.silence_dbtp", "Silent below dBTP", FieldKind.NUMBER, "-100 to -20, true peak"),
    FieldSpec("confidence.loss_s", "No picture for s", FieldKind.NUMBER, "above the GOP; empty: no alarm"),
)
NAME_FIELD = FieldSpec("name", "Name")
INTEGER_CHOICES = frozenset({"input.frame_rate"})
HEX_KEYS = frozenset({"scte35.event_id_first", "scte35.event_id_last"})
