"""Fields of the stream editor, for each kind of input and output too."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, get_args

from pydantic import BaseModel

from ibe100.models.stream_config import ReturnInput, StreamInput, StreamOutput
from ibe100.ui.streams.editor.field_spec import Empty, FieldKind, FieldSpec

PASSPHRASE_HINT = "10 to 79 characters; empty: as it is; -: none"
SRT_MODES = (("caller", "caller: connects to the other side"), ("listener", "listener: waits for it"))
HLS_VARIANTS = (
    ("first", "first of those with picture and sound"),
    ("best", "highest bandwidth"),
    ("worst", "lowest bandwidth"),
)
RETURNS = (("by_itself", "by itself"), ("by_hand", "by hand only"))
ON_OFF_AUTO = ((None, "auto: by the input"), (True, "on"), (False, "off"))

INPUT_KINDS: dict[str | None, str] = {
    "test_pattern": "Test pattern (made here)",
    "file": "File",
    "udp": "UDP / RTP",
    "srt": "SRT",
    "rist": "RIST",
    "hls": "HLS",
    "http": "HTTP",
    "switched": "Main input and backups",
}
ONE_AT_A_TIME = frozenset({"test_pattern", "switched"})
"""Kinds that a return feed cannot be."""
OUTPUT_KINDS: dict[str | None, str] = {
    "none": "None: watched only",
    "udp": "UDP / RTP",
    "srt": "SRT",
    "rist": "RIST",
    "hls": "HLS",
    "file": "File",
}


def _number(key: str, title: str, hint: str, unit: str = "", empty: Empty = Empty.NEEDED) -> FieldSpec:
    return FieldSpec(key, title, FieldKind.NUMBER, hint, unit, empty)


def _address(at: int, title: str) -> FieldSpec:
    """Field for one of several inputs; two of them are needed."""
    hint = "an address, or a file as a slate" if at else "an address or a file"
    return FieldSpec(
        f"input.inputs.{at}", title, FieldKind.ADDRESS, hint, empty=Empty.NEEDED if at < 2 else Empty.NONE
    )


def _srt(side: str) -> tuple[FieldSpec, ...]:
    return (
        FieldSpec(f"{side}.mode", "Mode", FieldKind.CHOICE, choices=SRT_MODES),
        FieldSpec(f"{side}.host", "Host", hint="needed by a caller", empty=Empty.NONE),
        _number(f"{side}.port", "Port", "1 to 65535"),
        _number(f"{side}.latency_ms", "Latency", "20 to 8000; at least 3 × RTT", "ms"),
        FieldSpec(f"{side}.stream_id", "Stream id", hint="e.g. #!::r=name,m=publish", empty=Empty.TEXT),
        FieldSpec(
            f"{side}.passphrase",
            "Passphrase",
            FieldKind.SECRET,
            PASSPHRASE_HINT,
            empty=Empty.NONE,
        ),
    )


RETURN_KINDS: dict[str | None, str] = {
    None: "None: not watched",
    **{kind: title for kind, title in INPUT_KINDS.items() if kind not in ONE_AT_A_TIME},
    "dash": "DASH",
}
LOCAL_ADDRESSES = FieldSpec("input.local_addresses", "May lead inside", FieldKind.SWITCH)
INPUT_FIELDS: dict[str, tuple[FieldSpec, ...]] = {
    "test_pattern": (
        _number("input.width", "Width", "160 to 1920"),
        _number("input.height", "Height", "90 to 1080"),
        FieldSpec(
            "input.frame_rate",
            "Frame rate",
            FieldKind.CHOICE,
            choices=((25, "25"), (30, "30"), (50, "50")),
        ),
        _number("input.bitrate_bps", "Bitrate", "500000 to 20000000", "b/s"),
    ),
    "file": (
        FieldSpec("input.path", "File", FieldKind.PATH, "a transport stream (.ts)"),
        FieldSpec("input.loop", "Play in a loop", FieldKind.SWITCH),
    ),
    "udp": (
        FieldSpec("input.host", "Multicast group", hint="empty: unicast", empty=Empty.NONE),
        _number("input.port", "Port", "1 to 65535"),
        FieldSpec("input.source", "Only from", hint="source-specific multicast", empty=Empty.NONE),
        FieldSpec("input.local_address", "Local address", hint="interface to receive on", empty=Empty.NONE),
        _number("input.receive_timeout_ms", "Timeout", "100 to 60000", "ms"),
    ),
    "srt": _srt("input"),
    "rist": (FieldSpec("input.url", "URL", hint="rist://host:port?…"),),
    "hls": (
        FieldSpec("input.url", "URL", hint="https://…/index.m3u8"),
        FieldSpec("input.variant", "Variant", FieldKind.CHOICE, choices=HLS_VARIANTS),
        _number("input.max_height", "Lines at most", "e.g. 720; empty: any", empty=Empty.NONE),
        _number("input.max_bitrate_bps", "Bandwidth at most", "empty: any", "b/s", empty=Empty.NONE),
        LOCAL_ADDRESSES,
    ),
    "http": (FieldSpec("input.url", "URL", hint="https://…/stream.ts"), LOCAL_ADDRESSES),
    "switched": (
        *(
            _address(at, title)
            for at, title in enumerate(("Main input", "Backup", "2nd backup", "3rd backup"))
        ),
        _number("input.loss_ms", "Lost after", "50 to 60000 without packets", "ms"),
        FieldSpec("input.returns", "Back to a better one", FieldKind.CHOICE, choices=RETURNS),
        _number("input.return_after_s", "Back after", "good for so long: 0 to 3600", "s"),
        _number("input.most_cc_errors", "Lost packets", "in a second at most; empty: any", empty=Empty.NONE),
        _number("input.least_bitrate_bps", "Bitrate at least", "empty: any", "b/s", empty=Empty.NONE),
        FieldSpec("input.leave_scrambled", "Leave if scrambled", FieldKind.SWITCH),
    ),
}
RETURN_WINDOW_FIELD = _number("return_window_s", "Cue back within", "1 to 3600; HLS needs 30 and more", "s")
RETURN_FIELDS: dict[str, tuple[FieldSpec, ...]] = {
    kind: tuple(replace(spec, key=spec.key.replace("input.", "return_feed.", 1)) for spec in specs)
    for kind, specs in {
        **INPUT_FIELDS,
        "dash": (FieldSpec("input.url", "URL", hint="https://…/manifest.mpd"), LOCAL_ADDRESSES),
    }.items()
    if kind not in ONE_AT_A_TIME
}
OUTPUT_FIELDS: dict[str, tuple[FieldSpec, ...]] = {
    "none": (),
    "file": (
        FieldSpec("output.path", "File", FieldKind.SAVE_PATH, "a restart appends to it"),
        FieldSpec("output.overwrite", "Overwrite at start", FieldKind.SWITCH),
    ),
    "udp": (
        FieldSpec("output.host", "Host", hint="address or multicast group"),
        _number("output.port", "Port", "1 to 65535"),
        FieldSpec("output.rtp", "RTP", FieldKind.SWITCH),
        _number("output.ttl", "TTL", "1 to 255"),
        FieldSpec("output.local_address", "Local address", hint="interface to send from", empty=Empty.NONE),
    ),
    "srt": _srt("output"),
    "rist": (FieldSpec("output.url", "URL", hint="rist://host:port?…"),),
    "hls": (
        FieldSpec("output.playlist", "Playlist", FieldKind.SAVE_PATH, "….m3u8"),
        _number("output.segment_duration_s", "Segment", "1 to 60", "s"),
        _number("output.live_segments", "Live segments", "2 to 100"),
    ),
}
CUE_FIELDS: tuple[FieldSpec, ...] = (
    _number("service_id", "Service", "empty: the only or first one", empty=Empty.NONE),
    _number("scte35.pid", "SCTE-35 PID", "e.g. 500 or 0x01F4"),
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
    FieldSpec("scte35.from_tags", "Cues from playlist tags", FieldKind.SWITCH),
    _number("scte35.break_duration_s", "Break", "announced by default", "s"),
    FieldSpec(
        "scte35.splice_on",
        "Splice on",
        FieldKind.CHOICE,
        choices=(("any", "the frame asked for"), ("idr", "the nearest IDR that is foreseen")),
    ),
    FieldSpec("scte35.auto_return", "Auto return", FieldKind.SWITCH),
    FieldSpec("scte35.explicit_return", "End by a cue", FieldKind.SWITCH),
    _number("scte35.heartbeat_interval_s", "splice_null every", "empty: none", "s", empty=Empty.NONE),
    _number("scte35.start_delay_ms", "First repeat ahead", "4000 to 60000", "ms"),
    _number("scte35.inject_count", "Repeats", "1 to 10"),
    _number("scte35.inject_interval_ms", "Repeat every", "100 to 10000", "ms"),
    FieldSpec("scte35.event_id_first", "First event id", FieldKind.EVENT_ID, "0x00000001 to 0xFFFFFFFE"),
    FieldSpec("scte35.event_id_last", "Last event id", FieldKind.EVENT_ID, "not below the first"),
    _number("scte35.unique_program_id", "Program id", "0 to 65535"),
)
PROCESS_FIELDS: tuple[FieldSpec, ...] = (
    _number("stuffing_ratio", "Null packets added", "0 to 1 a packet; empty: by the probe", empty=Empty.NONE),
    FieldSpec("regulate", "Pace the output", FieldKind.CHOICE, choices=ON_OFF_AUTO),
    FieldSpec(
        "engine",
        "Processor",
        FieldKind.CHOICE,
        choices=(
            ("auto", "auto: TSDuck if found; built-in for HLS, HTTP"),
            ("tsduck", "TSDuck (an HLS output without cue tags)"),
            ("builtin", "built-in"),
        ),
    ),
)
CONFIDENCE_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("confidence.is_watched", "Raise alarms", FieldKind.SWITCH),
    _number("confidence.black_s", "Black for", "1 to 3600; empty: no alarm", "s", empty=Empty.NONE),
    _number("confidence.freeze_s", "Frozen for", "1 to 3600; empty: no alarm", "s", empty=Empty.NONE),
    _number("confidence.silence_s", "Silent for", "1 to 3600; empty: no alarm", "s", empty=Empty.NONE),
    _number("confidence.silence_dbtp", "Silent below", "-100 to -20, true peak", "dBTP"),
    _number("confidence.loss_s", "No picture for", "above the GOP; empty: no alarm", "s", empty=Empty.NONE),
)
CLIP_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec(
        "clips",
        "Recorded for clips",
        FieldKind.CHOICE,
        choices=(
            ("default", "as the settings say"),
            ("off", "nothing"),
            ("output", "output"),
            ("both", "output and input (from the next start on)"),
        ),
    ),
)
GENERAL_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("name", "Name"),
    FieldSpec("group", "Group", hint="heading in the list of streams; empty: none", empty=Empty.TEXT),
)
"""Fields above the input and output."""
LOG_FIELDS: tuple[FieldSpec, ...] = (
    FieldSpec("time_zone", "Time zone", hint="Europe/Berlin, UTC, or local: of this machine"),
)
SECTIONS: tuple[tuple[str, tuple[FieldSpec, ...]], ...] = (
    ("Cues and processing", (*CUE_FIELDS, *PROCESS_FIELDS)),
    ("Picture and sound of the output", CONFIDENCE_FIELDS),
    ("Clips around cues and alarms", CLIP_FIELDS),
    ("As-run log", LOG_FIELDS),
)
"""Fields below them, by title."""


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """Input, output or return feed: its kinds in words, and by kind its fields and its model."""

    side: str
    title: str
    kinds: Mapping[str | None, str]
    fields: Mapping[str, tuple[FieldSpec, ...]]
    models: Mapping[str, type[BaseModel]]


def _models(union: Any) -> dict[str, type[BaseModel]]:
    """The models of a union of endpoints, by kind."""
    return {model.model_fields["kind"].default: model for model in get_args(get_args(union)[0])}


INPUT = EndpointSpec("input", "Input", INPUT_KINDS, INPUT_FIELDS, _models(StreamInput))
OUTPUT = EndpointSpec("output", "Output", OUTPUT_KINDS, OUTPUT_FIELDS, _models(StreamOutput))
RETURN_FEED = EndpointSpec(
    "return_feed", "Return feed (optional)", RETURN_KINDS, RETURN_FIELDS, _models(ReturnInput)
)
