"""Configuration of a stream: where it comes from, what is done to it, where it goes."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from ibe100.models.alarms.confidence import ConfidenceOptions
from ibe100.models.base import Name, Pid, Printable, Value
from ibe100.models.clips.plan import ClipScope
from ibe100.models.cues.contract import Contract
from ibe100.models.cues.cut_points import SpliceOn
from ibe100.models.cues.time_zone import LOCAL_ZONE, TimeZone
from ibe100.models.endpoints.fields import Host, MediaPath, Port, RistUrl, is_loopback
from ibe100.models.endpoints.inputs import (
    LIVE_INPUTS,
    DashInput,
    FileInput,
    HlsInput,
    HlsVariant,
    HttpInput,
    PlainInput,
    ReturnInput,
    Returns,
    RistInput,
    SrtEdge,
    SrtInput,
    SrtMode,
    StreamInput,
    SwitchedInput,
    TestPatternInput,
    UdpInput,
    describe_input,
    listening_ports,
    received_inputs,
)
from ibe100.models.endpoints.urls import short_url
from ibe100.models.scte35_marker import BreakEnd

__all__ = [
    "LIVE_INPUTS",
    "DashInput",
    "Engine",
    "ExistingCues",
    "FileInput",
    "FileOutput",
    "HlsInput",
    "HlsOutput",
    "HlsVariant",
    "HttpInput",
    "NoOutput",
    "PlainInput",
    "PmtEdits",
    "ReturnInput",
    "Returns",
    "RistInput",
    "RistOutput",
    "Scte35Options",
    "SrtEdge",
    "SrtInput",
    "SrtMode",
    "SrtOutput",
    "StreamConfig",
    "StreamInput",
    "StreamOutput",
    "SwitchedInput",
    "TestPatternInput",
    "UdpInput",
    "UdpOutput",
    "describe_input",
    "describe_output",
    "edge_ports",
    "listening_ports",
    "plain_edges",
    "received_inputs",
    "with_edges",
]

RETURN_WINDOW_S = 120.0


class FileOutput(Value):
    """A transport stream file; a restart of the processor appends to it."""

    kind: Literal["file"] = "file"
    path: MediaPath
    overwrite: bool = False


class UdpOutput(Value):
    """UDP or RTP to a host or a multicast group."""

    kind: Literal["udp"] = "udp"
    host: Host
    port: Port
    rtp: bool = False
    ttl: Annotated[int, Field(ge=1, le=255)] = 16
    local_address: Host | None = None


class SrtOutput(SrtEdge):
    """SRT, calling a receiver or listening for one."""

    mode: SrtMode = SrtMode.LISTENER


class RistOutput(Value):
    """RIST to a receiver by URL."""

    kind: Literal["rist"] = "rist"
    url: RistUrl


class HlsOutput(Value):
    """A live HLS playlist and its segments in a folder."""

    kind: Literal["hls"] = "hls"
    playlist: MediaPath
    segment_duration_s: Annotated[int, Field(ge=1, le=60)] = 6
    live_segments: Annotated[int, Field(ge=2, le=100)] = 5

    @field_validator("playlist")
    @classmethod
    def _is_playlist(cls, path: MediaPath) -> MediaPath:
        if path.suffix.lower() != ".m3u8":
            raise ValueError("a playlist ends in .m3u8")
        return path


class NoOutput(Value):
    """Watched, not sent anywhere."""

    kind: Literal["none"] = "none"


StreamOutput = Annotated[
    FileOutput | UdpOutput | SrtOutput | RistOutput | HlsOutput | NoOutput, Field(discriminator="kind")
]


class ExistingCues(StrEnum):
    """Treatment of SCTE-35 that is already in the input."""

    REFUSE = "refuse"
    """Start is refused and the three choices are offered."""
    PASS_THROUGH = "pass_through"
    """They stay on their PID; ours go out on our own PID beside them."""
    REPLACE = "replace"
    """They are removed, and their PID is taken out of the PMT; ours go out instead."""


class Scte35Options(Value):
    """Options of the cues of a stream."""

    pid: Pid = 500
    existing: ExistingCues = ExistingCues.PASS_THROUGH
    from_tags: bool = False
    """Cues that an HLS input tells by tags, and not in its packets, are sent as ours."""
    start_delay_ms: Annotated[int, Field(ge=4000, le=60_000)] = 6000
    """Real pre-roll asked of spliceinject for the first of the repeats: more than the contract's 4 s."""
    inject_count: Annotated[int, Field(ge=1, le=10)] = 3
    inject_interval_ms: Annotated[int, Field(ge=100, le=10_000)] = 1500
    event_id_first: Annotated[int, Field(ge=1, le=0xFFFFFFFE)] = 0x60000001
    event_id_last: Annotated[int, Field(ge=1, le=0xFFFFFFFE)] = 0x6FFFFFFF
    unique_program_id: Annotated[int, Field(ge=0, le=0xFFFF)] = 1
    break_duration_s: Annotated[float, Field(gt=0, le=86_400)] = 60.0
    """Announced when the operator names no other."""
    auto_return: bool = True
    explicit_return: bool = False
    """Send BACK TO PROGRAMME by itself when the announced duration is over."""
    heartbeat_interval_s: Annotated[float, Field(ge=0.5, le=300)] | None = 4.0
    """A splice_null every so many seconds, so that a silent cue PID is no PID_error (5 s, TR 101 290 1.6);
    None sends none."""
    splice_on: SpliceOn = SpliceOn.ANY
    """The frame that was asked for, or the nearest picture at which decoding can begin."""

    @property
    def returns(self) -> BreakEnd:
        """End of a break of this stream where nothing else is asked."""
        if self.explicit_return:
            return BreakEnd.CUE
        return BreakEnd.AUTO if self.auto_return else BreakEnd.HAND

    def ending_by(self, returns: BreakEnd | None) -> Scte35Options:
        """The options for one break that ends in this way; an explicit return leaves auto_return as it is."""
        if returns is None:
            return self
        auto = {BreakEnd.AUTO: True, BreakEnd.CUE: self.auto_return, BreakEnd.HAND: False}[returns]
        changes = {"auto_return": auto, "explicit_return": returns is BreakEnd.CUE}
        return self.model_copy(update=changes)

    @model_validator(mode="after")
    def _range(self) -> Self:
        if self.event_id_last < self.event_id_first:
            raise ValueError("event_id_last is below event_id_first")
        if (self.inject_count - 1) * self.inject_interval_ms >= self.start_delay_ms:
            raise ValueError("the last repeat would come after the splice: lower inject_count or interval")
        return self


class PmtEdits(Value):
    """Changes of the PMT beside the SCTE-35 component."""

    remove_pids: tuple[Pid, ...] = ()


class Engine(StrEnum):
    """Processor that runs the stream."""

    AUTO = "auto"
    TSDUCK = "tsduck"
    BUILTIN = "builtin"


class StreamConfig(Value):
    """A configured stream; frozen, and wrong ones cannot be built."""

    name: Name
    input: StreamInput = Field(default_factory=TestPatternInput)
    output: StreamOutput = Field(default_factory=NoOutput)
    group: Annotated[str, Field(max_length=40), Printable] = ""
    """Heading under which the list shows it; empty for none."""
    time_zone: TimeZone = LOCAL_ZONE
    """Zone of the channel, in which its days begin: an IANA name, `UTC`, or `local` for the machine's."""
    service_id: Annotated[int, Field(ge=1, le=0xFFFF)] | None = None
    """The DVB service that gets the cues; None takes the only or first one."""
    scte35: Scte35Options = Field(default_factory=Scte35Options)
    contract: Contract | None = None
    """Demands of the distributor; the stream and each cue are held against them before air."""
    pmt: PmtEdits = Field(default_factory=PmtEdits)
    stuffing_ratio: Annotated[float, Field(ge=0, le=1)] | None = None
    """Null packets added per input packet; None lets the probe decide (cues replace null packets)."""
    regulate: bool | None = None
    """Pace the output by the clock; None lets the input kind decide."""
    engine: Engine = Engine.AUTO
    confidence: ConfidenceOptions = Field(default_factory=ConfidenceOptions)
    """When picture and sound raise an alarm."""
    clips: ClipScope = ClipScope.DEFAULT
    """What is recorded to cut clips from, around cues and alarms."""
    return_feed: ReturnInput | None = None
    """The stream as it comes back from the distributor's end, watched for the cues; None watches nothing."""
    return_window_s: Annotated[float, Field(ge=1, le=3600)] = RETURN_WINDOW_S
    """How long after our output a cue may take to the return feed: HLS needs 30 s and more."""

    def runs_as(self, other: StreamConfig) -> bool:
        """True where a running stream is the same under both: they differ in name and group at the most."""
        return self.model_copy(update={"name": other.name, "group": other.group}) == other

    @model_validator(mode="after")
    def _not_onto_itself(self) -> Self:
        for source in received_inputs(self.input):
            _refuse_loop(source, self.output)
        returned = () if self.return_feed is None else listening_ports(self.return_feed)
        for edge, ports in (("input", listening_ports(self.input)), ("output", edge_ports(self.output))):
            for port in set(ports) & set(returned):
                raise ValueError(f"return_feed.port {port} is where the {edge} listens; choose another")
        if self.scte35.from_tags and isinstance(self.input, HlsInput) and self.engine is Engine.TSDUCK:
            raise ValueError("scte35.from_tags: tsp reads no tags; choose the engine auto or builtin")
        if self.scte35.pid in self.pmt.remove_pids:
            raise ValueError(f"pmt.remove_pids holds scte35.pid {self.scte35.pid}, which carries the cues")
        return self


def edge_ports(edge: StreamInput | ReturnInput | StreamOutput) -> tuple[int, ...]:
    """UDP ports of an input or output that only one process of this machine can listen on."""
    match edge:
        case SrtOutput(mode=SrtMode.LISTENER, port=port):
            return (port,)
        case SrtOutput() | FileOutput() | UdpOutput() | RistOutput() | HlsOutput() | NoOutput():
            return ()
        case _:
            return listening_ports(edge)


def plain_edges(config: StreamConfig) -> Iterator[tuple[str, StreamInput | ReturnInput | StreamOutput]]:
    """Field and value of each end of a stream; those of a switched input one by one: `input.inputs.0`."""
    if isinstance(config.input, SwitchedInput):
        yield from ((f"input.inputs.{at}", one) for at, one in enumerate(config.input.inputs))
    else:
        yield "input", config.input
    yield "output", config.output
    if config.return_feed is not None:
        yield "return_feed", config.return_feed


def with_edges(
    config: StreamConfig, edges: Mapping[str, StreamInput | ReturnInput | StreamOutput]
) -> StreamConfig:
    """`config` with other ends in the place of some, by the names of `plain_edges`."""
    changes: dict[str, object] = {field: edges[field] for field in edges if "." not in field}
    if isinstance(config.input, SwitchedInput):
        inputs = tuple(edges.get(f"input.inputs.{at}", one) for at, one in enumerate(config.input.inputs))
        changes["input"] = config.input.model_copy(update={"inputs": inputs})
    return config.model_copy(update=changes)


def _refuse_loop(source: StreamInput, target: StreamOutput) -> None:
    """Raise ValueError for an output that goes onto the input."""
    match source, target:
        case FileInput(path=read), FileOutput(path=written) if _is_same(str(read), str(written)):
            raise ValueError(f"output.path {written} is the input file itself; choose another")
        case UdpInput(port=port, host=group), UdpOutput(port=used, host=host) if port == used and (
            host == group or (group is None and is_loopback(host))
        ):
            raise ValueError(f"output.port {port} is where the input listens; choose another")
        # SRT goes by UDP: the listener would get the datagrams of its own stream.
        case SrtInput(mode=SrtMode.LISTENER, port=port, host=local), UdpOutput(port=used, host=host) if (
            port == used
            and (host == local or (is_loopback(host) and (local in (None, "0.0.0.0") or is_loopback(local))))
        ):
            raise ValueError(f"output.port {port} is where the input listens; choose another")
        case SrtInput(mode=SrtMode.LISTENER, port=port), SrtOutput(mode=SrtMode.LISTENER, port=used) if (
            port == used
        ):
            raise ValueError(f"output.port {port} is where the input listens; choose another")


def _is_same(path: str, other: str) -> bool:
    return os.path.normpath(path) == os.path.normpath(other)


def describe_output(target: StreamOutput) -> str:
    """The output in a few words for a list row, without secrets."""
    match target:
        case FileOutput():
            return f"file {target.path.name}"
        case UdpOutput():
            return f"{'rtp' if target.rtp else 'udp'} {target.host}:{target.port}"
        case SrtOutput():
            return f"srt {target.mode} {target.host or ''}:{target.port}"
        case RistOutput():
            return f"rist {short_url(target.url)}"
        case HlsOutput():
            return f"hls {target.playlist.name}"
        case NoOutput():
            return "no output"
