"""Command of the source beside a processor: the receiver of SRT callers (ADR 15), or the input switch."""

from __future__ import annotations

import sys

from ibe100.models.stream_config import (
    Engine,
    Returns,
    SrtInput,
    StreamInput,
    SwitchedInput,
)
from ibe100.tsduck.catalogue import option, plugin, positional
from ibe100.tsduck.command import LIVE_PACKETS, global_arguments
from ibe100.tsduck.edges import INPUT, input_arguments
from ibe100.tsduck.processor import BUILTIN, Processor
from ibe100.tsduck.srt_link import lasting_arguments
from ibe100.tsduck.stream_ports import Port, address

SWITCH = (sys.executable, "-m", "ibe100.minitsp.switch")
"""Also beside tsp: tsswitch announces no discontinuity, goes back at once or never, and paces no file."""


def source_command(source: StreamInput, port: Port, processor: Processor) -> tuple[list[str], dict[str, str]]:
    """Argv and environment of the process that receives `source` and sends it to `port`."""
    burst = 7 if isinstance(port, int) else LIVE_PACKETS
    output = plugin("-O", "ip", option("--packet-burst", burst), positional(address(port)))
    if isinstance(source, SwitchedInput):
        return [*SWITCH, *_switch_arguments(source), *output], BUILTIN.environment
    arguments = [*global_arguments(source), *input_arguments(source, 0), *lasting_arguments(source, INPUT)]
    return [*processor.command, *arguments, *output], processor.environment


def _switch_arguments(source: SwitchedInput) -> list[str]:
    """The rules, then each input; secrets stand as `@{secret:input.inputs.N.…}`."""
    arguments = ["--verbose", "--fast-switch", option("--receive-timeout", source.loss_ms)]
    if source.returns is Returns.BY_ITSELF:
        arguments += [option("--primary-input", 0)]
        arguments += [option("--return-after", round(source.return_after_s * 1000))]
    if source.most_cc_errors is not None:
        arguments.append(option("--most-cc-errors", source.most_cc_errors))
    if source.least_bitrate_bps is not None:
        arguments.append(option("--least-bitrate", source.least_bitrate_bps))
    if source.leave_scrambled:
        arguments.append("--switch-when-scrambled")
    for at, one in enumerate(source.inputs):
        arguments += input_arguments(one, 0, 0, Engine.BUILTIN, f"{INPUT}.inputs.{at}")
        if isinstance(one, SrtInput):
            arguments.append("--multiple")
    return arguments
