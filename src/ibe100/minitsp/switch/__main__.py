"""`python -m ibe100.minitsp.switch`: tsswitch's command line on a machine without TSDuck."""

from __future__ import annotations

import os
import signal
import socket
import stat
import sys
import threading
from collections.abc import Callable, Sequence
from types import FrameType
from typing import Final

from ibe100.minitsp import outputs
from ibe100.minitsp.build import BuildError, build_input, build_output
from ibe100.minitsp.chain.chain import Chain
from ibe100.minitsp.chain.options import Arguments, OptionError
from ibe100.minitsp.chain.plugin import (
    FAILURE,
    Context,
    GlobalOptions,
    LogLevel,
    LogSink,
    PacketInput,
    PacketProcessor,
    Packets,
)
from ibe100.minitsp.command_line import PluginCall
from ibe100.minitsp.log_output import LogOutput
from ibe100.minitsp.plugins.regulate import Regulate
from ibe100.minitsp.switch.choice import InputChoice, SwitchRules
from ibe100.minitsp.switch.command_line import SwitchCommandLine, parse_switch_command_line, rules_of
from ibe100.minitsp.switch.commands import take_datagrams, take_lines
from ibe100.minitsp.switch.input_switch import InputSwitch
from ibe100.minitsp.switch.received_input import InputContext, ReceivedInput
from ibe100.minitsp.switch.service_mapper import OutputLayout, ServiceMapper
from ibe100.runner.launch import MARK

PROGRAM: Final = "tsswitch"
_SWITCH_INTERVAL_S: Final = 0.001
_PACED: Final = ("file", "hls", "http")
"""Inputs that come faster than they are played: without a pace nobody could tell that they have stopped."""


def main(argv: Sequence[str]) -> int:
    """Run one command line (without the program's name); returns the exit code."""
    try:
        line = parse_switch_command_line(argv)
    except OptionError as error:
        log = LogOutput(LogLevel.INFO, timed=False)
        log.write(LogLevel.ERROR, PROGRAM, str(error))
        log.close()
        return FAILURE
    options = line.options
    level = LogLevel.VERBOSE if options.present("verbose") else LogLevel.INFO
    log = LogOutput(level, options.present("timed-log"), waits=options.present("synchronous-log"))
    attended = MARK in os.environ
    tsp = GlobalOptions(realtime=True, verbose=options.present("verbose"))
    context = Context(tsp, log, attended=attended)
    try:
        return _run(line, context, log)
    finally:
        log.close(hastily=context.stopping and not context.exit_code)


def _run(line: SwitchCommandLine, context: Context, log: LogSink) -> int:
    def interrupt(number: int, _frame: FrameType | None) -> None:
        context.stop()
        signal.signal(number, signal.SIG_DFL)

    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        switch = _build_switch(line, context, log)
        output = build_output(line.output, context)
    except BuildError:
        return FAILURE
    if context.attended and stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode):
        threading.Thread(target=take_lines, args=(switch,), name="commands", daemon=True).start()
    if line.options.present("remote"):
        _listen(line.options, switch, context)
    return Chain(context, switch, (), output).run()


def _build_switch(line: SwitchCommandLine, context: Context, log: LogSink) -> InputSwitch:
    """Make the switch with all its inputs, each of them once to check its options. Raises BuildError."""
    options, rules = line.options, rules_of(line.options)
    layout, service = OutputLayout(), options.optional_integer("service")
    makers = [_input_maker(call, context, log, rules, layout, service) for call in line.inputs]
    choice = InputChoice(rules, current=options.integer("first-input", rules.primary or 0))
    return InputSwitch(context, choice, makers, is_fast=options.present("fast-switch"))


def _input_maker(
    call: PluginCall,
    parent: Context,
    log: LogSink,
    rules: SwitchRules,
    layout: OutputLayout,
    service: int | None,
) -> Callable[[Callable[[Packets], None]], ReceivedInput]:
    context = InputContext(parent.tsp, log, attended=parent.attended)
    build_input(call, context)

    def build() -> tuple[PacketInput, PacketProcessor | None]:
        regulator = (
            Regulate(Regulate.options.parse(["--pcr-synchronous"]), context) if call.name in _PACED else None
        )
        return build_input(call, context), regulator

    mapper = ServiceMapper(context, layout, service)
    return lambda give: ReceivedInput(context, build, mapper, rules, give)


def _listen(options: Arguments, switch: InputSwitch, context: Context) -> None:
    host, port = options.address("remote")
    receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    receiver.bind((host, port))
    allowed = frozenset(options.texts("allow"))
    work = (switch, context, receiver, allowed)
    threading.Thread(target=take_datagrams, args=work, name="remote", daemon=True).start()


if __name__ == "__main__":
    outputs.load("ip")
    _status = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(_status)  # a thread that hangs in a call to the system would hold it up
