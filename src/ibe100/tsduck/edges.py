"""The two ends of tsp's command line: input and output, and the secrets among their options."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence

from ibe100.models.endpoints.urls import MASK, may_hold_secret
from ibe100.models.stream_config import (
    DashInput,
    Engine,
    FileInput,
    FileOutput,
    HlsInput,
    HlsOutput,
    HlsVariant,
    HttpInput,
    NoOutput,
    RistInput,
    RistOutput,
    SrtInput,
    SrtMode,
    SrtOutput,
    StreamConfig,
    StreamInput,
    StreamOutput,
    SwitchedInput,
    TestPatternInput,
    UdpInput,
    UdpOutput,
    plain_edges,
)
from ibe100.runner.spec import INFLUX_TOKEN, secret_name
from ibe100.tsduck.catalogue import option, plugin, positional
from ibe100.tsduck.srt_link import is_relayed
from ibe100.tsduck.stream_ports import LOOPBACK, Port, address

RECEIVE_BUFFER_BYTES = 8 << 20
"""Asked of the system, which may grant less: by itself tsp takes 0.2 s of 6 Mb/s, and a busy machine pauses
for longer; and what SRT has recovered must not be lost on the last metre.
"""
INPUT = "input"
OUTPUT = "output"
RETURN_FEED = "return_feed"
PASSPHRASE_MASK = f"--passphrase={MASK}"


def input_arguments(
    source: StreamInput | DashInput,
    source_port: Port,
    leading_bytes: int = 0,
    engine: Engine = Engine.TSDUCK,
    side: str = INPUT,
    cue_tags: Port = 0,
    mp4: bool = False,
) -> list[str]:
    """`-I` and its options; `leading_bytes`: see the plan.

    `source_port`: where the test pattern or what an SRT caller sends arrives, or a switch; 0 listens to the
    caller itself. `side` is what the names of the secrets begin with.
    The built-in processor has no receive timeout: it waits for packets, and its runner knows that it does.
    `cue_tags`: where it tells of cues in the tags of a playlist or a manifest; 0 tells nobody.
    `mp4`: segments of fragmented MP4 are watched too, of which nothing could go on air.
    """
    match source:
        case TestPatternInput():
            return _fed(source_port, _receive_timeout(5000, engine))
        case FileInput():
            options = ["--infinite"] if source.loop else []
            if leading_bytes:
                options.append(option("--byte-offset", leading_bytes))
            return plugin("-I", "file", *options, positional(str(source.path)))
        case UdpInput():
            return _udp_input(source, engine)
        case SwitchedInput():
            return _fed(source_port, [])
        case SrtInput() if source_port and is_relayed(source):
            return _fed(source_port, [])
        case SrtInput():
            return plugin("-I", "srt", *_srt(source, side))
        case RistInput():
            return plugin("-I", "rist", _url(source.url, side))
        case HlsInput():
            options = [
                *_web(source, engine),
                *_variant(source),
                *_cue_tags(cue_tags),
                *(["--mp4"] if mp4 else []),
            ]
            return plugin("-I", "hls", *options, _url(source.url, side))
        case DashInput():
            return plugin("-I", "dash", *_web(source, engine), *_cue_tags(cue_tags), _url(source.url, side))
        case HttpInput():
            return plugin("-I", "http", *_web(source, engine), _url(source.url, side))


def _cue_tags(port: Port) -> list[str]:
    return [option("--cue-tags-udp", address(port))] if port else []


def _web(source: HlsInput | HttpInput | DashInput, engine: Engine) -> list[str]:
    is_local = source.local_addresses and engine is Engine.BUILTIN
    return [option("--receive-timeout", 10_000), *(["--local-addresses"] if is_local else [])]


def _fed(source_port: Port, timeout: list[str]) -> list[str]:
    """What another process of the stream sends."""
    if isinstance(source_port, str):
        return plugin("-I", "ip", positional(address(source_port)))
    return plugin(
        "-I",
        "ip",
        option("--local-address", LOOPBACK),
        *timeout,
        option("--buffer-size", RECEIVE_BUFFER_BYTES),
        "--no-reuse-port",
        positional(str(source_port)),
    )


def _variant(source: HlsInput) -> list[str]:
    limits = (("--max-height", source.max_height), ("--max-bitrate", source.max_bitrate_bps))
    preference = {HlsVariant.BEST: ["--highest-bitrate"], HlsVariant.WORST: ["--lowest-bitrate"]}
    return [
        *preference.get(source.variant, ()),
        *(option(name, limit) for name, limit in limits if limit is not None),
    ]


def _receive_timeout(timeout_ms: int, engine: Engine) -> list[str]:
    if engine is Engine.BUILTIN:
        return []
    # tsp 3.45 takes the part below a second for microseconds.
    return [option("--receive-timeout", math.ceil(timeout_ms / 1000) * 1000)]


def _udp_input(source: UdpInput, engine: Engine) -> list[str]:
    options = _receive_timeout(source.receive_timeout_ms, engine)
    options.append(option("--buffer-size", RECEIVE_BUFFER_BYTES))
    if source.local_address is not None:
        options.append(option("--local-address", source.local_address))
    if source.source is not None:
        options += [option("--source", source.source), "--ssm"]
    if source.host is None:
        # A shared port would split the datagrams between two receivers; a second one must fail instead.
        options.append("--no-reuse-port")
    return plugin("-I", "ip", *options, positional(host_and_port(source.host, source.port)))


def host_and_port(host: str | None, port: int) -> str:
    """`port`, `host:port` or `[IPv6 address]:port`."""
    if not host:
        return str(port)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _url(url: str, side: str) -> str:
    """The positional argument; a URL with a user or a query goes by file descriptor, as it may be secret."""
    return secret(f"{side}.url") if may_hold_secret(url) else positional(url)


def secret(name: str) -> str:
    """The placeholder of a secret, which the runner replaces."""
    return f"@{{secret:{name}}}"


def _srt(edge: SrtInput | SrtOutput, side: str) -> list[str]:
    options = [
        option(
            "--caller" if edge.mode is SrtMode.CALLER else "--listener", host_and_port(edge.host, edge.port)
        ),
        option("--latency", edge.latency_ms),
    ]
    if edge.stream_id:
        options.append(option("--streamid", edge.stream_id))
    if edge.has_passphrase:
        options.append(secret(f"{side}.passphrase"))
    return options


def output_arguments(target: StreamOutput) -> list[str]:
    """`-O` and its options; a file is appended to, so that a restart keeps what was recorded.

    tsp seeks to the end of what it appends to, which a named pipe does not allow.
    """
    match target:
        case NoOutput():
            return plugin("-O", "drop")
        case FileOutput():
            append = [] if target.path.is_fifo() else ["--append"]
            return plugin("-O", "file", *append, positional(str(target.path)))
        case UdpOutput():
            options = [option("--packet-burst", 7), option("--ttl", target.ttl)]
            if target.rtp:
                options += ["--rtp"]
            if target.local_address is not None:
                options.append(option("--local-address", target.local_address))
            return plugin("-O", "ip", *options, positional(host_and_port(target.host, target.port)))
        case SrtOutput():
            return plugin("-O", "srt", *_srt(target, OUTPUT))
        case RistOutput():
            return plugin("-O", "rist", _url(target.url, OUTPUT))
        case HlsOutput():
            segments = target.playlist.with_name(target.playlist.stem + "-.ts")
            return plugin(
                "-O",
                "hls",
                option("--duration", target.segment_duration_s),
                option("--live", target.live_segments),
                option("--playlist", str(target.playlist)),
                positional(str(segments)),
            )


def secrets_of(config: StreamConfig) -> dict[str, str]:
    """Option lines for tsp by the name of their placeholder; never to be written anywhere."""
    secrets = {}
    for side, edge in plain_edges(config):
        if side == RETURN_FEED:
            continue
        match edge:
            case SrtInput(passphrase=passphrase) | SrtOutput(passphrase=passphrase) if passphrase:
                secrets[f"{side}.passphrase"] = f"--passphrase={passphrase.get_secret_value()}\n"
            case HlsInput() | HttpInput() | DashInput() | RistInput() | RistOutput():
                if may_hold_secret(edge.url):
                    secrets[f"{side}.url"] = f"{edge.url}\n"
    return secrets


def shell_command(argv: Sequence[str]) -> str:
    """The command as it can be pasted into a shell; secrets are masked."""
    return shlex.join(_masked(token) for token in argv)


def _masked(token: str) -> str:
    name = secret_name(token)
    if name is None:
        return token
    if name == INFLUX_TOKEN:
        return f"--token={MASK}"
    return PASSPHRASE_MASK if name.endswith(".passphrase") else MASK
