"""Command line of the input switch: tsswitch's options, then two or more -I and one -O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.command_line import PluginCall, expand_files
from ibe100.minitsp.switch.choice import SwitchRules

DEFAULT_TIMEOUT_MS: Final = 2000
"""tsswitch's, where there is a primary input and no --receive-timeout."""

OPTIONS: Final = OptionTable(
    Option("allow", OptionKind.TEXT, "a", repeatable=True),
    Option("debug", OptionKind.INTEGER, value_optional=True),
    Option("delayed-switch", short="d"),
    Option("fast-switch", short="f"),
    Option("first-input", OptionKind.INTEGER),
    Option("infinite", short="i"),
    Option("primary-input", OptionKind.INTEGER, "p"),
    Option("receive-timeout", OptionKind.INTEGER),
    Option("remote", OptionKind.ADDRESS, "r"),
    Option("synchronous-log", short="s"),
    Option("timed-log", short="t"),
    Option("verbose", short="v"),
    # Without effect: sizes of tsswitch's buffers. Here what comes is passed on as soon as it is there.
    Option("buffer-packets", OptionKind.INTEGER, "b"),
    Option("log-message-count", OptionKind.INTEGER),
    Option("max-input-packets", OptionKind.INTEGER),
    Option("max-output-packets", OptionKind.INTEGER),
    Option("no-reuse-port"),
    # Ours: tsswitch has none of them.
    Option("least-bitrate", OptionKind.INTEGER, is_of_tsp=False),
    Option("most-cc-errors", OptionKind.INTEGER, is_of_tsp=False),
    Option("service", OptionKind.INTEGER, is_of_tsp=False),
    Option("return-after", OptionKind.INTEGER, is_of_tsp=False),
    Option("switch-when-scrambled", is_of_tsp=False),
)


@dataclass(frozen=True, slots=True)
class SwitchCommandLine:
    """A whole command line; the options of the plugins are unread."""

    options: Arguments
    inputs: tuple[PluginCall, ...]
    output: PluginCall


def parse_switch_command_line(argv: Sequence[str]) -> SwitchCommandLine:
    """Split the words after the program's name. Raises OptionError."""
    tokens = expand_files(argv)
    starts = [at for at, token in enumerate(tokens) if token in ("-I", "-O", "-P")] + [len(tokens)]
    inputs: list[PluginCall] = []
    outputs: list[PluginCall] = []
    for start, end in pairwise(starts):
        if start + 1 >= end:
            raise OptionError(f"missing plugin name after {tokens[start]}")
        if tokens[start] == "-P":
            raise OptionError("packet processors are not allowed in an input switch")
        call = PluginCall(tokens[start + 1], tuple(tokens[start + 2 : end]))
        (inputs if tokens[start] == "-I" else outputs).append(call)
    if len(outputs) > 1:
        raise OptionError("more than one -O on the command line")
    options = OPTIONS.parse(tokens[: starts[0]])
    options.check()
    standard = PluginCall("file", ())
    line = SwitchCommandLine(options, tuple(inputs) or (standard,), outputs[0] if outputs else standard)
    for name in ("first-input", "primary-input"):
        if options.present(name) and options.integer(name) >= len(line.inputs):
            raise OptionError(f"invalid input index for --{name}, there are {len(line.inputs)} inputs")
    return line


def rules_of(options: Arguments) -> SwitchRules:
    """The rules that the options ask for."""
    primary = options.optional_integer("primary-input")
    default_ms = 0 if primary is None else DEFAULT_TIMEOUT_MS
    return SwitchRules(
        loss_s=options.integer("receive-timeout", default_ms) / 1000,
        primary=primary,
        return_after_s=options.integer("return-after") / 1000,
        most_cc_errors=options.integer("most-cc-errors"),
        least_bps=options.integer("least-bitrate"),
        leaves_scrambled=options.present("switch-when-scrambled"),
    )
