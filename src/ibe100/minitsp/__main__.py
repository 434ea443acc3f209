"""`python -m ibe100.minitsp`: tsp's command line on a machine without TSDuck."""

import gc
import json
import os
import signal
import stat
import sys
import threading
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Final

from ibe100.minitsp.build import BuildError, build_chain, build_processors
from ibe100.minitsp.chain.chain import Chain
from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.plugin import FAILURE, Context, GlobalOptions, LogLevel, PacketProcessor
from ibe100.minitsp.command_line import CommandLine, global_options, parse_command_line
from ibe100.minitsp.log_output import LogOutput
from ibe100.minitsp.options_of_tsduck import refusal
from ibe100.runner.launch import MARK

PROGRAM: Final = "tsp"
"""Name that log lines of the chain itself carry, as in tsp."""
VERSION: Final = "3.0.0"
_SPARE: Final = "--spare="
_SWITCH_INTERVAL_S: Final = 0.001
"""Longest time a report goes on computing while packets wait for the interpreter; Python's own is 5 ms."""

OUT_OF_MEMORY = "more memory is needed than is allowed: what the source sends is out of all bounds"


def main(argv: Sequence[str]) -> int:
    """Run one command line (without the program's name); returns the exit code."""
    try:
        command_line = parse_command_line(argv)
        options = global_options(command_line.tsp)
    except OptionError as error:
        log = LogOutput(LogLevel.INFO, timed=False)
        log.write(LogLevel.ERROR, PROGRAM, refusal("tsp", PROGRAM, error))
        log.close()
        return FAILURE
    if _print_information(command_line):
        return 0
    log = LogOutput(_max_level(options), options.timed_log, waits=options.synchronous_log)
    attended = MARK in os.environ
    guided = attended and stat.S_ISFIFO(os.fstat(sys.stdin.fileno()).st_mode)
    context = Context(options, log, attended=attended, guided=guided)
    try:
        return _run(command_line, context)
    finally:
        # A stop does not wait for somebody who does not read; the reason of a failure is worth a second.
        log.close(hastily=context.stopping and not context.exit_code)


def _run(command_line: CommandLine, context: Context) -> int:
    def interrupt(number: int, _frame: FrameType | None) -> None:
        context.log(LogLevel.INFO, PROGRAM, "user interrupt, terminating...")
        context.stop()
        # A second one ends the process even if a write to a full pipe is in its way.
        signal.signal(number, signal.SIG_DFL)

    def bug_in_thread(bug: threading.ExceptHookArgs) -> None:
        if issubclass(bug.exc_type, MemoryError):
            context.log(LogLevel.ERROR, PROGRAM, OUT_OF_MEMORY)
        else:
            print_traceback(bug)
        context.stop(FAILURE)

    print_traceback = threading.excepthook
    threading.excepthook = bug_in_thread
    sys.setswitchinterval(_SWITCH_INTERVAL_S)
    signal.signal(signal.SIGINT, interrupt)
    signal.signal(signal.SIGTERM, interrupt)
    try:
        chain = build_chain(command_line, context)
    except BuildError:
        return FAILURE
    if not gc.isenabled():
        # What has been loaded and built lives as long as the process: full collections, 10 ms in which no
        # packet moves, need not look at it.
        gc.freeze()
        gc.enable()
    if context.guided:
        threading.Thread(target=_take_commands, args=(chain, context), name="commands", daemon=True).start()
    try:
        return chain.run()
    except MemoryError:
        context.log(LogLevel.ERROR, PROGRAM, OUT_OF_MEMORY)
        return FAILURE


def _take_commands(chain: Chain, context: Context) -> None:
    """Exchange the processors as the runner asks: each line of standard input is a JSON list of words."""
    for line in sys.stdin.buffer:
        try:
            command_line = parse_command_line(json.loads(line))
            options = global_options(command_line.tsp)
        except (OptionError, ValueError) as error:
            context.log(LogLevel.ERROR, PROGRAM, f"other processors cannot be used: {error}")
            context.stop(FAILURE)
            return
        chain.exchange(partial(_others, command_line, context), options)


def _others(command_line: CommandLine, context: Context) -> Sequence[PacketProcessor]:
    try:
        return build_processors(command_line, context)
    except BuildError:
        context.stop(FAILURE)
        return ()


def _max_level(options: GlobalOptions) -> LogLevel:
    if options.debug:
        return LogLevel.DEBUG
    return LogLevel.VERBOSE if options.verbose else LogLevel.INFO


def _print_information(command_line: CommandLine) -> bool:
    """Answer --version, --help, --list-plugins and the --help of a plugin; False if none is asked for."""
    tsp = command_line.tsp
    if tsp.present("version"):
        print(f"minitsp: IBE-100 built-in transport stream processor - version {VERSION}")
        return True
    calls = (command_line.input, *command_line.processors, command_line.output)
    if not (
        tsp.present("list-plugins") or tsp.present("help") or any("--help" in one.tokens for one in calls)
    ):
        return False
    from ibe100.minitsp.help_text import help_text

    print(help_text(command_line))
    return True


def _words_for_spare(plugins_named: str) -> list[str]:
    """Load plugins, then wait for the words of a command line; there are none if the runner is gone.

    They come on standard input as a JSON array: whether commands follow them there, and the words.
    """
    from ibe100.minitsp import inputs, outputs, plugins

    for name in plugins_named.split(","):
        if name in inputs.INPUTS:
            inputs.load(name)
        if name in outputs.OUTPUTS:
            outputs.load(name)
        if name in plugins.PROCESSORS:
            plugins.load(name)
    line = sys.stdin.buffer.readline()
    guided, words = json.loads(line) if line.endswith(b"\n") else (False, [])
    if not guided:
        with Path(os.devnull).open("rb") as nothing:
            os.dup2(nothing.fileno(), sys.stdin.fileno())
    return list(map(str, words))


if __name__ == "__main__":
    gc.disable()  # until everything is built
    _words = sys.argv[1:]
    if _words and _words[0].startswith(_SPARE):
        # The runner has one process of a stream ready, for the next start.
        _words = _words_for_spare(_words[0].removeprefix(_SPARE)) or ["--version"]
    _status = main(_words)
    sys.stdout.flush()
    # Everything is closed. Taking the interpreter down costs up to half a second on a busy machine, and a
    # thread that hangs in a call to the system would hold it up.
    os._exit(_status)
