"""Inputs of a stream: where its packets come from."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ibe100.models.base import Value
from ibe100.models.endpoints.fields import (
    Host,
    HttpUrl,
    LatencyMs,
    MediaPath,
    Passphrase,
    Port,
    RistUrl,
    SrtStreamId,
    is_multicast,
)
from ibe100.models.endpoints.urls import short_url

MOST_INPUTS = 4


class SrtMode(StrEnum):
    """Side that opens the SRT connection."""

    CALLER = "caller"
    LISTENER = "listener"


class TestPatternInput(Value):
    """A live source of our own: moving pattern, burnt-in clock, tone, CBR with null packets."""

    __test__ = False
    kind: Literal["test_pattern"] = "test_pattern"
    width: Annotated[int, Field(ge=160, le=1920, multiple_of=2)] = 640
    height: Annotated[int, Field(ge=90, le=1080, multiple_of=2)] = 360
    frame_rate: Literal[25, 30, 50] = 25
    bitrate_bps: Annotated[int, Field(ge=500_000, le=20_000_000)] = 2_000_000


class FileInput(Value):
    """A transport stream file, played once or for ever."""

    kind: Literal["file"] = "file"
    path: MediaPath
    loop: bool = True


class UdpInput(Value):
    """UDP or RTP, unicast (host empty) or multicast (host is the group)."""

    kind: Literal["udp"] = "udp"
    host: Host | None = None
    port: Port
    source: Host | None = None
    """Source-specific multicast: only from this sender."""
    local_address: Host | None = None
    receive_timeout_ms: Annotated[int, Field(ge=100, le=60_000)] = 5000

    @model_validator(mode="after")
    def _group(self) -> Self:
        if self.host is not None and not is_multicast(self.host):
            raise ValueError(f"host {self.host} is not a multicast group; leave it empty to receive unicast")
        if self.source is not None and self.host is None:
            raise ValueError("source goes with a multicast host only")
        return self


class SrtEdge(Value):
    """An end of an SRT connection."""

    kind: Literal["srt"] = "srt"
    mode: SrtMode
    host: Host | None = None
    port: Port
    latency_ms: LatencyMs = 2000
    stream_id: SrtStreamId = ""
    passphrase: Passphrase | None = None

    @model_validator(mode="after")
    def _caller_has_host(self) -> Self:
        if self.mode is SrtMode.CALLER and self.host is None:
            raise ValueError("host is needed by an SRT caller")
        return self

    @property
    def place(self) -> str:
        """Where it connects to or listens: the only place that gets its passphrase."""
        return f"{self.mode} {(self.host or '').lower()}:{self.port}"

    @property
    def has_passphrase(self) -> bool:
        """True for one that is encrypted."""
        return self.passphrase is not None and bool(self.passphrase.get_secret_value())


class SrtInput(SrtEdge):
    """SRT, calling a sender or listening for one."""

    mode: SrtMode = SrtMode.CALLER


class RistInput(Value):
    """RIST, simple or main profile by URL."""

    kind: Literal["rist"] = "rist"
    url: RistUrl


class HlsVariant(StrEnum):
    """Choice among the variants of a master playlist."""

    FIRST = "first"
    """The one that the source puts first, of those with picture and sound."""
    BEST = "best"
    WORST = "worst"


class HlsInput(Value):
    """An HLS playlist; of a master playlist, the variant that is chosen within the limits."""

    kind: Literal["hls"] = "hls"
    url: HttpUrl
    variant: HlsVariant = HlsVariant.FIRST
    max_height: Annotated[int, Field(ge=1, le=10_000)] | None = None
    max_bitrate_bps: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """BANDWIDTH of the variant at most."""
    local_addresses: bool = False
    """A playlist from outside may lead to addresses of this machine and its networks."""


class HttpInput(Value):
    """A transport stream over HTTP."""

    kind: Literal["http"] = "http"
    url: HttpUrl
    local_addresses: bool = False
    """A server outside may redirect to addresses of this machine and its networks."""


class DashInput(Value):
    """A DASH manifest, watched for its cues: nothing of it goes on air."""

    kind: Literal["dash"] = "dash"
    url: HttpUrl
    local_addresses: bool = False
    """A manifest from outside may lead to addresses of this machine and its networks."""


PlainInput = Annotated[
    FileInput | UdpInput | SrtInput | RistInput | HlsInput | HttpInput, Field(discriminator="kind")
]
"""One source of packets, as a switched input has several."""


class Returns(StrEnum):
    """Way back to a better input that is good again."""

    BY_ITSELF = "by_itself"
    BY_HAND = "by_hand"


class SwitchedInput(Value):
    """Several inputs in order, of which one is on air: the first, or while it is lost the next good one.

    All are received all the time. A file is played for ever: as the last of them it is the slate.
    """

    kind: Literal["switched"] = "switched"
    inputs: Annotated[tuple[PlainInput, ...], Field(min_length=2, max_length=MOST_INPUTS)]
    loss_ms: Annotated[int, Field(ge=50, le=60_000)] = 300
    """Without packets for so long the input on air is lost."""
    returns: Returns = Returns.BY_ITSELF
    return_after_s: Annotated[float, Field(ge=0, le=3600)] = 10.0
    """A better input is gone back to once it was good for so long."""
    most_cc_errors: Annotated[int, Field(ge=1, le=100_000)] | None = None
    """Discontinuities in a second, beyond which an input is faulty; None does not count them."""
    least_bitrate_bps: Annotated[int, Field(ge=1, le=1_000_000_000)] | None = None
    """Bitrate below which an input is faulty; None does not judge it."""
    leave_scrambled: bool = False
    """An input most of whose packets are scrambled is faulty."""

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        ports = [port for one in self.inputs for port in listening_ports(one)]
        for port in ports:
            if ports.count(port) > 1:
                raise ValueError(f"inputs: two of them listen on port {port}")
        for at, one in enumerate(self.inputs, 1):
            if isinstance(one, FileInput) and not one.loop:
                raise ValueError(f"inputs: the file of input {at} has to be played for ever (loop)")
        return self


LIVE_INPUTS = UdpInput | SrtInput | RistInput | HlsInput | SwitchedInput
"""Inputs that go on with another processor, and do not begin again."""
StreamInput = Annotated[
    TestPatternInput | FileInput | UdpInput | SrtInput | RistInput | HlsInput | HttpInput | SwitchedInput,
    Field(discriminator="kind"),
]

ReturnInput = Annotated[
    FileInput | UdpInput | SrtInput | RistInput | HlsInput | HttpInput | DashInput,
    Field(discriminator="kind"),
]
"""Input at the distributor's end, to be watched; nothing of it goes on air."""


def received_inputs(source: StreamInput) -> tuple[StreamInput, ...]:
    """The inputs that are received: those of a switched one, else the input itself."""
    return source.inputs if isinstance(source, SwitchedInput) else (source,)


def listening_ports(source: StreamInput | DashInput) -> tuple[int, ...]:
    """UDP ports of an input that only one process of this machine can listen on."""
    match source:
        case UdpInput(host=None, port=port) | SrtInput(mode=SrtMode.LISTENER, port=port):
            return (port,)
        case SwitchedInput():
            return tuple(port for one in source.inputs for port in listening_ports(one))
    return ()


def describe_input(source: StreamInput) -> str:
    """The input in a few words for a list row, without secrets."""
    match source:
        case TestPatternInput():
            return f"test pattern {source.width}x{source.height}p{source.frame_rate}"
        case FileInput():
            return f"file {source.path.name}" + (" (loop)" if source.loop else "")
        case UdpInput():
            return f"udp {source.host or ''}:{source.port}"
        case SrtInput():
            return f"srt {source.mode} {source.host or ''}:{source.port}"
        case RistInput() | HlsInput() | HttpInput():
            return f"{source.kind} {short_url(source.url)}"
        case SwitchedInput():
            backups = len(source.inputs) - 1
            more = "1 backup" if backups == 1 else f"{backups} backups"
            return f"{describe_input(source.inputs[0])} + {more}"
