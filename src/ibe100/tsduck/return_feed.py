"""The command that watches a return feed: what comes back from the distributor's end; nothing goes out."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ibe100.models.stream_config import (
    DashInput,
    Engine,
    FileInput,
    HlsInput,
    HttpInput,
    NoOutput,
    StreamConfig,
    StreamInput,
    UdpInput,
)
from ibe100.mpegts.constants import PAT_TABLE_ID, PMT_TABLE_ID
from ibe100.tsduck.catalogue import option, plugin
from ibe100.tsduck.command import global_arguments, influx_server, small_portions
from ibe100.tsduck.edges import input_arguments
from ibe100.tsduck.stream_ports import Port, address, free_ports

WATCH_NAME = "return feed"
LISTEN_S = 60
"""UDP is listened to without pause: a watcher that starts anew is deaf for a moment."""
STALL_S = 10.0
"""Any other kind of feed has to be asked for again."""


@dataclass(frozen=True, slots=True)
class ReturnPorts:
    """Ports the watcher reports to, or sockets in its folder."""

    splice_json: Port
    influx: Port
    tables: Port


RETURN_SOCKETS = ReturnPorts("splice.sock", "influx.sock", "tables.sock")
"""Where the built-in processor watches."""


def claim_return_ports(taken: Collection[int]) -> ReturnPorts:
    """Ports that nobody uses; `taken` as in `claim_ports`. Raises StreamError."""
    return ReturnPorts(*free_ports(taken, 3))


def watch_config(config: StreamConfig) -> StreamConfig:
    """The watcher as a stream of its own: the return feed comes in, nothing goes out."""
    source = config.return_feed
    assert source is not None
    if isinstance(source, UdpInput):
        source = source.model_copy(update={"receive_timeout_ms": LISTEN_S * 1000})
    # Of tsp's inputs none tells of the tags of a playlist.
    engine = Engine.BUILTIN if isinstance(source, HlsInput | DashInput) else config.engine
    watch = StreamConfig(name=WATCH_NAME, output=NoOutput(), engine=engine, regulate=False)
    return watch.model_copy(update={"input": source})  # a manifest is no input of a stream


def stall_timeout_s(source: StreamInput) -> float:
    """Seconds the watcher may be without packets before it is started anew."""
    return LISTEN_S + STALL_S if isinstance(source, UdpInput) else STALL_S


def build_return_arguments(
    watch: StreamConfig, ports: ReturnPorts, engine: Engine = Engine.TSDUCK
) -> list[str]:
    """Everything after the name of the processor; secrets stand as `@{secret:NAME}`.

    The cue PID is whatever the PMT says it is, for a distributor may remap it: PAT and PMT are reported
    whenever their bytes change.
    """
    arguments = global_arguments(watch.input)
    if isinstance(watch.input, HlsInput | HttpInput):
        # tsp would hold back the first half of its buffer, and with it the first cues: some 20 s of 2 Mb/s.
        arguments += small_portions()
    cue_tags = ports.splice_json if engine is Engine.BUILTIN else 0
    arguments += input_arguments(watch.input, 0, engine=engine, cue_tags=cue_tags, mp4=bool(cue_tags))
    if isinstance(watch.input, FileInput | HlsInput | HttpInput):
        # They come in bursts, and a pause between two would look like a feed that is gone.
        arguments += plugin("-P", "regulate")
    arguments += plugin(
        "-P",
        "tables",
        "--psi-si",
        option("--tid", PAT_TABLE_ID),
        option("--tid", PMT_TABLE_ID),
        "--all-sections",
        "--no-duplicate",
        option("--ip-udp", address(ports.tables)),
        "--no-encapsulation",
    )
    arguments += plugin("-P", "influx", option("--interval", 1), "--bitrate", *influx_server(ports.influx))
    arguments += plugin(
        "-P",
        "splicemonitor",
        "--all-commands",
        "--timestamp",
        "--meta-base64-sections",
        option("--json-udp", address(ports.splice_json)),
    )
    return arguments + plugin("-O", "drop")
