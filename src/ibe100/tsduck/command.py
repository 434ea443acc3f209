"""The tsp command line, built purely from configuration, plan and ports; asserted whole by golden tests."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence

from ibe100.models.endpoints.urls import MASK, may_hold_secret
from ibe100.models.stream_config import (
    LIVE_INPUTS,
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
    TestPatternInput,
    UdpInput,
    UdpOutput,
)
from ibe100.mpegts.constants import CUEI, PACKET_BITS, SPLICE_STREAM_TYPE
from ibe100.tsduck.catalogue import option, plugin, positional
from ibe100.tsduck.loopback_ports import LOOPBACK, LoopbackPorts
from ibe100.tsduck.plan import StreamPlan
from ibe100.tsduck.srt_link import is_relayed, lasting_arguments

ANALYZE_INTERVAL_S = 1
TAP_BURST_PACKETS = 28
"""5,264 bytes: loopback carries them whole, and one call to the system sends four times the usual."""
PULSE_S = 0.05
"""Between two pulses at the bitrate that the probe found: at a twentieth of it still one a second."""
MOST_PULSE_PACKETS = 128
"""The most that a datagram of `-P ip` may hold."""
LIVE_PACKETS = 28
"""Four datagrams of seven packets."""
RECEIVE_BUFFER_BYTES = 8 << 20
"""Asked of the system, which may grant less: by itself tsp takes 0.2 s of 6 Mb/s, and a busy machine pauses
for longer; and what SRT has recovered must not be lost on the last metre.
"""
INPUT = "input"
OUTPUT = "output"
PASSPHRASE_MASK = f"--passphrase={MASK}"


def global_arguments(source: StreamInput) -> list[str]:
    """Options before `-I`.

    A live input is passed on in small portions: left to itself tsp holds back the first half of its buffer,
    which is longer than anybody waits where the bitrate is low.
    """
    arguments = ["--realtime", "--verbose"]
    if isinstance(source, UdpInput | TestPatternInput | SrtInput | RistInput):
        arguments += small_portions()
    return arguments


def small_portions() -> list[str]:
    """Pass on what comes without holding it back."""
    return [option("--initial-input-packets", LIVE_PACKETS), option("--max-input-packets", LIVE_PACKETS)]


def relay_arguments(source: SrtInput, source_port: int) -> list[str]:
    """Arguments of the process that receives SRT callers and sends on to loopback (ADR 15)."""
    return [
        *global_arguments(source),
        *plugin("-I", "srt", *_srt(source, INPUT)),
        *lasting_arguments(source, INPUT),
        *plugin("-O", "ip", option("--packet-burst", 7), positional(f"{LOOPBACK}:{source_port}")),
    ]


def build_arguments(
    config: StreamConfig, plan: StreamPlan, ports: LoopbackPorts, engine: Engine = Engine.TSDUCK
) -> list[str]:
    """Everything after the name of the processor; secrets stand as `@{secret:NAME}`."""
    arguments = global_arguments(config.input)
    if plan.stuffing is not None:
        arguments.append(option("--add-input-stuffing", f"{plan.stuffing[0]}/{plan.stuffing[1]}"))
    arguments += input_arguments(config.input, ports.source, plan.leading_bytes, engine)
    if not is_relayed(config.input):
        arguments += lasting_arguments(config.input, INPUT)
    if plan.regulate:
        arguments += plugin("-P", "regulate")
    if engine is Engine.TSDUCK and isinstance(config.input, LIVE_INPUTS) and ports.look:
        arguments += _look(ports, TAP_BURST_PACKETS)
    arguments += _input_splicemonitor(ports)
    if plan.filter_pids:
        pids = [option("--pid", pid) for pid in plan.filter_pids]
        arguments += plugin("-P", "filter", "--negate", *pids)
    arguments += _pmt(plan)
    arguments += _spliceinject(config, plan, ports)
    arguments += _analyze(ports)
    arguments += _influx(plan, ports)
    arguments += _splicemonitor(plan, ports)
    arguments += _tap(ports)
    arguments += _pulse(plan, ports)
    return arguments + output_arguments(config.output) + lasting_arguments(config.output, OUTPUT)


def pass_arguments(config: StreamConfig, plan: StreamPlan, ports: LoopbackPorts, engine: Engine) -> list[str]:
    """The command without anything that depends on services and PIDs: the input goes out as it is.

    A copy of it goes to `ports.look`, so that a plan that fits can be made while it is on air.
    """
    arguments = [*global_arguments(config.input), *input_arguments(config.input, ports.source, 0, engine)]
    if not is_relayed(config.input):
        arguments += lasting_arguments(config.input, INPUT)
    if plan.regulate:
        arguments += plugin("-P", "regulate")
    arguments += _analyze(ports)
    measured = (option("--interval", 1), "--bitrate", "--services", "--type")
    arguments += plugin("-P", "influx", *measured, *influx_server(ports.influx))
    arguments += _look(ports, 7)
    arguments += _tap(ports)
    arguments += _pulse(plan, ports)
    return arguments + output_arguments(config.output) + lasting_arguments(config.output, OUTPUT)


def _analyze(ports: LoopbackPorts) -> list[str]:
    interval = option("--interval", ANALYZE_INTERVAL_S)
    return plugin("-P", "analyze", interval, option("--json-udp", f"{LOOPBACK}:{ports.analyze_json}"))


def _pmt(plan: StreamPlan) -> list[str]:
    """Edits of the PMT, under the next version: a receiver that has seen it unedited would pass it over."""
    edits = [option("--service", plan.service_id)]
    if plan.add_registration and not plan.register_pid:
        edits.append(option("--add-registration", f"0x{CUEI.hex()}"))
    if plan.add_splice_pid:
        edits.append(option("--add-pid", f"{plan.splice_pid}/0x{SPLICE_STREAM_TYPE:02X}"))
    if plan.add_registration and plan.register_pid:
        edits.append(option("--add-pid-registration", f"{plan.splice_pid}/0x{CUEI.hex()}"))
    edits += [option("--remove-pid", pid) for pid in plan.remove_pids]
    return plugin("-P", "pmt", *edits, "--increment-version") if len(edits) > 1 else []


def _spliceinject(config: StreamConfig, plan: StreamPlan, ports: LoopbackPorts) -> list[str]:
    clock = []
    if plan.pcr_pid is not None:
        clock.append(option("--pcr-pid", plan.pcr_pid))
    if plan.time_pid is not None:
        clock.append(option("--pts-pid", plan.time_pid))
    return plugin(
        "-P",
        "spliceinject",
        option("--service", plan.service_id),
        option("--pid", plan.splice_pid),
        *clock,
        option("--udp", f"{LOOPBACK}:{ports.cue}"),
        # Two processors on one port would silently share the cues between them.
        "--no-reuse-port",
        option("--start-delay", config.scte35.start_delay_ms),
        option("--inject-count", config.scte35.inject_count),
        option("--inject-interval", config.scte35.inject_interval_ms),
    )


def _influx(plan: StreamPlan, ports: LoopbackPorts) -> list[str]:
    timed = sorted({pid for pid in (plan.time_pid, plan.pcr_pid) if pid is not None})
    return plugin(
        "-P",
        "influx",
        option("--interval", 1),
        "--bitrate",
        "--services",
        "--type",
        *(option("--pid", pid) for pid in timed),
        "--pts",
        "--pcr",
        "--tr-101-290",
        *influx_server(ports.influx),
    )


def influx_server(port: int) -> list[str]:
    """Address that `-P influx` posts to: the stream's runner."""
    return [
        option("--host-url", f"http://{LOOPBACK}:{port}"),
        option("--bucket", "ibe100"),
        option("--org", "ibe100"),
        option("--token", "loopback"),
    ]


def _splicemonitor(plan: StreamPlan, ports: LoopbackPorts) -> list[str]:
    clock = [option("--time-pid", plan.time_pid)] if plan.time_pid is not None else []
    return plugin(
        "-P",
        "splicemonitor",
        option("--splice-pid", plan.splice_pid),
        *clock,
        "--all-commands",
        "--timestamp",
        "--meta-base64-sections",
        option("--json-udp", f"{LOOPBACK}:{ports.splice_json}"),
    )


def _input_splicemonitor(ports: LoopbackPorts) -> list[str]:
    """Monitor of the cues in the input, on each PID that a PMT calls SCTE 35, before ours are added."""
    return plugin(
        "-P",
        "splicemonitor",
        "--all-commands",
        "--timestamp",
        "--meta-base64-sections",
        option("--json-udp", f"{LOOPBACK}:{ports.input_splice}"),
    )


def _tap(ports: LoopbackPorts) -> list[str]:
    """A copy of what goes out, sent whether or not a preview listens: one can begin at any time."""
    burst = option("--packet-burst", TAP_BURST_PACKETS)
    return plugin("-P", "ip", burst, positional(f"{LOOPBACK}:{ports.tap}"))


def _look(ports: LoopbackPorts, burst_packets: int) -> list[str]:
    """A copy of the input, to plan anew by; tsp, which would be started twice else, sends it all the time."""
    burst = option("--packet-burst", burst_packets)
    return plugin("-P", "ip", burst, positional(f"{LOOPBACK}:{ports.look}"))


def _pulse(plan: StreamPlan, ports: LoopbackPorts) -> list[str]:
    """A datagram every so many packets, by which the runner knows in tenths of a second how they flow.

    As RTP, so that it knows which of them it was given.
    """
    packets = round(PULSE_S * plan.bitrate_bps / PACKET_BITS)
    burst = option("--packet-burst", min(max(packets, 1), MOST_PULSE_PACKETS))
    return plugin("-P", "ip", "--rtp", burst, positional(f"{LOOPBACK}:{ports.pulse}"))


def input_arguments(
    source: StreamInput, source_port: int, leading_bytes: int = 0, engine: Engine = Engine.TSDUCK
) -> list[str]:
    """`-I` and its options; `leading_bytes`: see the plan.

    `source_port`: where the test pattern or what an SRT caller sends arrives; 0 listens to the caller itself.
    The built-in processor has no receive timeout: it waits for packets, and its runner knows that it does.
    """
    match source:
        case TestPatternInput():
            return plugin(
                "-I",
                "ip",
                option("--local-address", LOOPBACK),
                *_receive_timeout(5000, engine),
                option("--buffer-size", RECEIVE_BUFFER_BYTES),
                "--no-reuse-port",
                positional(str(source_port)),
            )
        case FileInput():
            options = ["--infinite"] if source.loop else []
            if leading_bytes:
                options.append(option("--byte-offset", leading_bytes))
            return plugin("-I", "file", *options, positional(str(source.path)))
        case UdpInput():
            return _udp_input(source, engine)
        case SrtInput() if source_port and is_relayed(source):
            return plugin(
                "-I",
                "ip",
                option("--local-address", LOOPBACK),
                option("--buffer-size", RECEIVE_BUFFER_BYTES),
                "--no-reuse-port",
                positional(str(source_port)),
            )
        case SrtInput():
            return plugin("-I", "srt", *_srt(source, INPUT))
        case RistInput():
            return plugin("-I", "rist", _url(source.url, INPUT))
        case HlsInput():
            timeout = option("--receive-timeout", 10_000)
            return plugin("-I", "hls", timeout, *_variant(source), _url(source.url, INPUT))
        case HttpInput():
            return plugin("-I", "http", option("--receive-timeout", 10_000), _url(source.url, INPUT))


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
    return plugin("-I", "ip", *options, positional(_address(source.host, source.port)))


def _address(host: str | None, port: int) -> str:
    """`port`, `host:port` or `[IPv6 address]:port`."""
    if not host:
        return str(port)
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _url(url: str, side: str) -> str:
    """The positional argument; a URL with a user or a query goes by file descriptor, as it may be secret."""
    return _secret(f"{side}.url") if may_hold_secret(url) else positional(url)


def _secret(name: str) -> str:
    return f"@{{secret:{name}}}"


def _srt(edge: SrtInput | SrtOutput, side: str) -> list[str]:
    options = [
        option("--caller" if edge.mode is SrtMode.CALLER else "--listener", _address(edge.host, edge.port)),
        option("--latency", edge.latency_ms),
    ]
    if edge.stream_id:
        options.append(option("--streamid", edge.stream_id))
    if edge.passphrase is not None:
        options.append(_secret(f"{side}.passphrase"))
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
            return plugin("-O", "ip", *options, positional(_address(target.host, target.port)))
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
    for side, edge in ((INPUT, config.input), (OUTPUT, config.output)):
        match edge:
            case SrtInput(passphrase=passphrase) | SrtOutput(passphrase=passphrase) if passphrase is not None:
                secrets[f"{side}.passphrase"] = f"--passphrase={passphrase.get_secret_value()}\n"
            case HlsInput(url=url) | HttpInput(url=url) | RistInput(url=url) | RistOutput(url=url):
                if may_hold_secret(url):
                    secrets[f"{side}.url"] = f"{url}\n"
    return secrets


def shell_command(argv: Sequence[str]) -> str:
    """The command as it can be pasted into a shell; secrets are masked."""
    masks = {_secret(f"{side}.passphrase"): PASSPHRASE_MASK for side in (INPUT, OUTPUT)}
    masks |= {_secret(f"{side}.url"): MASK for side in (INPUT, OUTPUT)}
    return shlex.join(masks.get(token, token) for token in argv)
