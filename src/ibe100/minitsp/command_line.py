"""tsp's command line: global options, then -I, -P and -O parts."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Final

from ibe100.minitsp.chain.options import Arguments, Option, OptionError, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import GlobalOptions

GLOBAL_OPTIONS: Final = OptionTable(
    Option("add-input-stuffing", OptionKind.PAIR, "a"),
    Option("add-start-stuffing", OptionKind.INTEGER),
    Option("add-stop-stuffing", OptionKind.INTEGER),
    Option("bitrate", OptionKind.DECIMAL, "b"),
    Option("debug", OptionKind.INTEGER, value_optional=True),
    Option("help"),
    Option("list-plugins", OptionKind.TEXT, value_optional=True),
    Option("realtime", OptionKind.BOOLEAN, value_optional=True),
    Option("synchronous-log", short="s"),
    Option("timed-log", short="t"),
    Option("verbose", short="v"),
    Option("version", OptionKind.TEXT, value_optional=True),
    # Without effect, as --realtime: sizes of tsp's ring buffer and of the hand-over between its threads.
    # Here a block is handed on as soon as it is there and nothing is held back: there is nothing to limit.
    # The bitrate is kept up with the input all the time.
    Option("bitrate-adjust-interval", OptionKind.INTEGER),
    Option("buffer-size-mb", OptionKind.DECIMAL),
    Option("initial-input-packets", OptionKind.INTEGER),
    Option("log-message-count", OptionKind.INTEGER),
    Option("max-flushed-packets", OptionKind.INTEGER),
    Option("max-input-packets", OptionKind.INTEGER),
    Option("max-output-packets", OptionKind.INTEGER),
)
_PARTS: Final = ("-I", "-P", "-O")


@dataclass(frozen=True, slots=True)
class PluginCall:
    """One plugin of the chain: its name and the words that follow it."""

    name: str
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CommandLine:
    """A whole command line. Without -I or -O, standard input and output are read and written as files."""

    tsp: Arguments
    input: PluginCall
    processors: tuple[PluginCall, ...]
    output: PluginCall


def expand_files(tokens: Sequence[str]) -> list[str]:
    """Replace each `@file` by the lines of that file, and `@@x` by `@x`. OptionError if it can't be read."""
    expanded: list[str] = []
    for token in tokens:
        if token.startswith("@@"):
            expanded.append(token[1:])
        elif token.startswith("@") and len(token) > 1:
            try:
                text = Path(token[1:]).read_text(encoding="utf-8")
            except (OSError, UnicodeDecodeError) as error:
                raise OptionError(f"cannot read options from {token[1:]}: {error}") from error
            expanded += [line for line in text.splitlines() if line]
        else:
            expanded.append(token)
    return expanded


def parse_command_line(argv: Sequence[str]) -> CommandLine:
    """Split the words after the program's name, plugins' options unread. Raises OptionError."""
    tokens = expand_files(argv)
    starts = [position for position, token in enumerate(tokens) if token in _PARTS] + [len(tokens)]
    calls: dict[str, list[PluginCall]] = {part: [] for part in _PARTS}
    for start, end in pairwise(starts):
        if start + 1 >= end:
            raise OptionError(f"missing plugin name after {tokens[start]}")
        calls[tokens[start]].append(PluginCall(tokens[start + 1], tuple(tokens[start + 2 : end])))
    for part in ("-I", "-O"):
        if len(calls[part]) > 1:
            raise OptionError(f"more than one {part} on the command line")
    standard = PluginCall("file", ())
    return CommandLine(
        GLOBAL_OPTIONS.parse(tokens[: starts[0]]),
        calls["-I"][0] if calls["-I"] else standard,
        tuple(calls["-P"]),
        calls["-O"][0] if calls["-O"] else standard,
    )


def global_options(arguments: Arguments) -> GlobalOptions:
    """The values of the options before the first plugin."""
    nulls, inputs = (arguments.pairs("add-input-stuffing") or [(0, 0)])[0]
    if nulls and not inputs:
        raise OptionError(f"invalid value {nulls}/{inputs} for option --add-input-stuffing")
    return GlobalOptions(
        realtime=arguments.boolean("realtime"),
        timed_log=arguments.present("timed-log"),
        synchronous_log=arguments.present("synchronous-log"),
        verbose=arguments.present("verbose") or arguments.present("debug"),
        debug=arguments.present("debug"),
        bitrate_bps=round(arguments.decimal("bitrate")),
        stuffing_nulls=nulls,
        stuffing_inputs=inputs,
        start_stuffing=arguments.integer("add-start-stuffing"),
        stop_stuffing=arguments.integer("add-stop-stuffing"),
    )
