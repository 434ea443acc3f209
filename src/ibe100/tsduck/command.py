"""The tsp command line, built purely from configuration, plan and ports; asserted whole by golden tests."""

from __future__ import annotations

from ibe100.models.stream_config import (
    LIVE_INPUTS,
    Engine,
    RistInput,
    SrtInput,
    StreamConfig,
    StreamInput,
    SwitchedInput,
    TestPatternInput,
    UdpInput,
)
from ibe100.mpegts.constants import CUEI, PACKET_BITS, SPLICE_STREAM_TYPE
from ibe100.runner.spec import INFLUX_TOKEN
from ibe100.tsduck.catalogue import option, plugin, positional
from ibe100.tsduck.edges import INPUT, OUTPUT, input_arguments, output_arguments, secret
from ibe100.tsduck.plan import StreamPlan
from ibe100.tsduck.srt_link import is_relayed, lasting_arguments
from ibe100.tsduck.stream_ports import Port, StreamPorts, address

ANALYZE_INTERVAL_S = 1
TAP_BURST_PACKETS = 28
"""5,264 bytes: loopback carries them whole, and one call to the system sends four times the usual."""
PULSE_S = 0.05
"""Between two pulses at the bitrate that the probe found: at a twentieth of it still one a second."""
MOST_PULSE_PACKETS = 128
"""The most that a datagram of `-P ip` may hold."""
PORTION_MS = 3
MOST_PASSING_PIDS = 4
"""Cue PIDs of the input that are watched on the output too."""
LIVE_PACKETS = 28
"""Four datagrams of seven packets."""


def global_arguments(source: StreamInput) -> list[str]:
    """Options before `-I`.

    A live input is passed on in small portions: left to itself tsp holds back the first half of its buffer,
    which is longer than anybody waits where the bitrate is low.
    """
    arguments = ["--realtime", "--verbose"]
    if isinstance(source, UdpInput | TestPatternInput | SrtInput | RistInput | SwitchedInput):
        arguments += small_portions()
    return arguments


def small_portions() -> list[str]:
    """Pass on what comes without holding it back."""
    return [option("--initial-input-packets", LIVE_PACKETS), option("--max-input-packets", LIVE_PACKETS)]


def build_arguments(
    config: StreamConfig, plan: StreamPlan, ports: StreamPorts, engine: Engine = Engine.TSDUCK
) -> list[str]:
    """Everything after the name of the processor; secrets stand as `@{secret:NAME}`."""
    arguments = global_arguments(config.input)
    if plan.stuffing is not None:
        arguments.append(option("--add-input-stuffing", f"{plan.stuffing[0]}/{plan.stuffing[1]}"))
    cue_tags = ports.input_splice if config.scte35.from_tags else 0
    arguments += input_arguments(config.input, ports.source, plan.leading_bytes, engine, cue_tags=cue_tags)
    if not is_relayed(config.input):
        arguments += lasting_arguments(config.input, INPUT)
    arguments += _regulate(config, plan, ports)
    if engine is Engine.TSDUCK and isinstance(config.input, LIVE_INPUTS) and ports.look:
        # To plan anew by: tsp would be started twice else.
        arguments += _copy(ports.look, TAP_BURST_PACKETS, plan)
    arguments += _numbered_copy(ports.clip_input, plan)
    arguments += _input_splicemonitor(ports)
    if plan.filter_pids:
        pids = [option("--pid", pid) for pid in plan.filter_pids]
        arguments += plugin("-P", "filter", "--negate", *pids)
    arguments += _pmt(plan)
    arguments += _spliceinject(config, plan, ports)
    arguments += _analyze(ports)
    arguments += _influx(plan, ports)
    arguments += _splicemonitor(plan, ports)
    # Sent whether or not a preview or a recorder listens: one can begin at any time.
    arguments += _copy(ports.tap, TAP_BURST_PACKETS, plan)
    arguments += _numbered_copy(ports.clip, plan)
    arguments += _numbered_copy(ports.pulse, plan)
    return arguments + output_arguments(config.output) + lasting_arguments(config.output, OUTPUT)


def _regulate(config: StreamConfig, plan: StreamPlan, ports: StreamPorts) -> list[str]:
    """Pacing; also of a test pattern by a Unix socket, for ffmpeg itself paces only UDP."""
    if plan.regulate:
        return plugin("-P", "regulate")
    if (
        isinstance(config.input, TestPatternInput)
        and isinstance(ports.source, str)
        and config.regulate is None
    ):
        # In portions as small as those that come by UDP: a cue waits for the next one.
        portion = option("--wait-min", PORTION_MS)
        return plugin("-P", "regulate", option("--bitrate", config.input.bitrate_bps), portion)
    return []


def pass_arguments(config: StreamConfig, plan: StreamPlan, ports: StreamPorts, engine: Engine) -> list[str]:
    """The command without anything that depends on services and PIDs: the input goes out as it is.

    A copy of it goes to `ports.look`, so that a plan that fits can be made while it is on air.
    """
    arguments = [*global_arguments(config.input), *input_arguments(config.input, ports.source, 0, engine)]
    if not is_relayed(config.input):
        arguments += lasting_arguments(config.input, INPUT)
    if plan.regulate:
        arguments += plugin("-P", "regulate")
    arguments += _numbered_copy(ports.clip_input, plan)
    arguments += _analyze(ports)
    measured = (option("--interval", 1), "--bitrate", "--services", "--type")
    arguments += plugin("-P", "influx", *measured, *influx_server(ports.influx))
    arguments += _copy(ports.look, 7, plan)
    arguments += _copy(ports.tap, TAP_BURST_PACKETS, plan)
    arguments += _numbered_copy(ports.clip, plan)
    arguments += _numbered_copy(ports.pulse, plan)
    return arguments + output_arguments(config.output) + lasting_arguments(config.output, OUTPUT)


def _analyze(ports: StreamPorts) -> list[str]:
    interval = option("--interval", ANALYZE_INTERVAL_S)
    return plugin("-P", "analyze", interval, option("--json-udp", address(ports.analyze_json)))


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


def _spliceinject(config: StreamConfig, plan: StreamPlan, ports: StreamPorts) -> list[str]:
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
        option("--udp", address(ports.cue)),
        # Two processors on one port would silently share the cues between them.
        "--no-reuse-port",
        option("--start-delay", config.scte35.start_delay_ms),
        # Repeats are ours to send: a cue that is called off must have none in anybody's queue.
        option("--inject-count", 1),
    )


def _influx(plan: StreamPlan, ports: StreamPorts) -> list[str]:
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


def influx_server(port: Port) -> list[str]:
    """Address that `-P influx` posts to: the stream's runner, which makes the token and asks for it."""
    if isinstance(port, str):
        return [option("--host-url", address(port))]
    return [
        option("--host-url", f"http://{address(port)}"),
        option("--bucket", "ibe100"),
        option("--org", "ibe100"),
        secret(INFLUX_TOKEN),
    ]


def _splicemonitor(plan: StreamPlan, ports: StreamPorts) -> list[str]:
    """Monitors of our cue PID, and of those of the input that go out beside it."""
    clock = [option("--time-pid", plan.time_pid)] if plan.time_pid is not None else []
    arguments: list[str] = []
    for pid in (plan.splice_pid, *plan.passing_pids[:MOST_PASSING_PIDS]):
        arguments += plugin(
            "-P",
            "splicemonitor",
            option("--splice-pid", pid),
            *clock,
            "--all-commands",
            "--timestamp",
            "--meta-base64-sections",
            option("--json-udp", address(ports.splice_json)),
        )
    return arguments


def _input_splicemonitor(ports: StreamPorts) -> list[str]:
    """Monitor of the cues in the input, on each PID that a PMT calls SCTE 35, before ours are added."""
    return plugin(
        "-P",
        "splicemonitor",
        "--all-commands",
        "--timestamp",
        "--meta-base64-sections",
        option("--json-udp", address(ports.input_splice)),
    )


def _copy(port: Port, burst_packets: int, plan: StreamPlan) -> list[str]:
    """A copy of what passes; a Unix socket holds few datagrams, and any number of packets in each."""
    burst = burst_packets if isinstance(port, int) else _packets_of_a_pulse(plan)
    return plugin("-P", "ip", option("--packet-burst", burst), positional(address(port)))


def _numbered_copy(port: Port, plan: StreamPlan) -> list[str]:
    """A datagram every so many packets, by which the runner knows in tenths of a second how they flow.

    As RTP, so that who receives knows which of them were left out. Nothing in runs of versions without it.
    """
    burst = option("--packet-burst", _packets_of_a_pulse(plan))
    return plugin("-P", "ip", "--rtp", burst, positional(address(port))) if port else []


def _packets_of_a_pulse(plan: StreamPlan) -> int:
    return min(max(round(PULSE_S * plan.bitrate_bps / PACKET_BITS), 1), MOST_PULSE_PACKETS)
