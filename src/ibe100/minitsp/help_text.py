"""Answers to --help and --list-plugins, of minitsp and of each plugin."""

from collections.abc import Iterator
from typing import Final

from ibe100.minitsp import inputs, outputs, plugins
from ibe100.minitsp.chain.options import Option, OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Plugin
from ibe100.minitsp.command_line import GLOBAL_OPTIONS, CommandLine, PluginCall
from ibe100.minitsp.options_of_tsduck import plugins_of_tsduck

_VALUES: Final = {
    OptionKind.TEXT: "text",
    OptionKind.INTEGER: "number",
    OptionKind.DECIMAL: "number",
    OptionKind.PID: "pid",
    OptionKind.PID_RANGE: "pid[-pid]",
    OptionKind.INTEGER_RANGE: "number[-number]",
    OptionKind.BOOLEAN: "yes|no",
    OptionKind.PAIR: "number/number",
    OptionKind.ADDRESS: "[address:]port",
    OptionKind.LOCAL_ADDRESS: "[address:]port|unix:path",
}


def help_text(command_line: CommandLine) -> str:
    """The help that a command line asks for; of several plugins with --help that of the first."""
    if command_line.tsp.present("list-plugins"):
        return "\n".join(_plugin_lists())
    if command_line.tsp.present("help"):
        return "\n".join(
            [
                "Usage: minitsp [tsp-options] [-I input …] [-P processor …]… [-O output …]",
                "The command line of TSDuck's tsp; --list-plugins shows what is built in, "
                "--help after a plugin's name its options.",
                *_options("tsp", "tsp", GLOBAL_OPTIONS),
            ]
        )
    return "\n".join(next(_plugin_helps(command_line)))


def _plugin_helps(command_line: CommandLine) -> Iterator[list[str]]:
    calls = [("input", "-I", command_line.input), ("output", "-O", command_line.output)]
    calls[1:1] = [("processor", "-P", call) for call in command_line.processors]
    for kind, part, call in calls:
        if "--help" in call.tokens:
            yield _plugin_help(kind, part, call)


def _plugin_help(kind: str, part: str, call: PluginCall) -> list[str]:
    plugin = _plugin(kind, call.name)
    if plugin is None:
        of_tsduck = call.name in plugins_of_tsduck(kind)
        return [f"{call.name}: needs TSDuck" if of_tsduck else f"{kind} plugin {call.name} not found"]
    return [
        _purpose(plugin),
        f"Usage: minitsp {part} {call.name} [options]{'' if plugin.options.max_parameters == 0 else ' …'}",
        *_options(kind, call.name, plugin.options),
    ]


def _plugin(kind: str, name: str) -> type[Plugin] | None:
    if kind == "input":
        return inputs.load(name) if name in inputs.INPUTS else None
    if kind == "output":
        return outputs.load(name) if name in outputs.OUTPUTS else None
    return plugins.load(name) if name in plugins.PROCESSORS else None


def _purpose(plugin: type[Plugin]) -> str:
    return " ".join((plugin.__doc__ or "").split(".")[0].split("(")[0].split())


def _options(kind: str, name: str, table: OptionTable) -> Iterator[str]:
    """The options that are built in, and the names of those that need TSDuck."""
    declared = sorted(table, key=lambda option: option.name)
    yield from map(_option, declared)
    missing = sorted(plugins_of_tsduck(kind).get(name, {}).keys() - {option.name for option in declared})
    if missing:
        yield f"Need TSDuck: {', '.join(missing)}"


def _option(option: Option) -> str:
    value = _VALUES.get(option.kind, "")
    if value:
        value = f"[={value}]" if option.value_optional else f" {value}"
    letter = f"-{option.short}, " if option.short else "    "
    return f"  {letter}--{option.name}{value}{' (repeatable)' if option.repeatable else ''}"


def _plugin_lists() -> Iterator[str]:
    groups = (("input", inputs.INPUTS), ("output", outputs.OUTPUTS), ("processor", plugins.PROCESSORS))
    for kind, names in groups:
        yield f"\nList of tsp {'packet ' if kind == 'processor' else ''}{kind} plugins:\n"
        for name in names:
            plugin = _plugin(kind, name)
            assert plugin is not None
            yield f"  {f'{name} ':.<15} {_purpose(plugin)}"
    yield ""
