"""Builds the chain of plugins that a command line asks for."""

from collections.abc import Callable, Collection
from typing import TypeVar

from ibe100.minitsp import inputs, outputs, plugins
from ibe100.minitsp.chain.chain import Chain
from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.chain.plugin import Context, LogLevel, PacketInput, PacketOutput, PacketProcessor, Plugin
from ibe100.minitsp.command_line import CommandLine, PluginCall
from ibe100.minitsp.options_of_tsduck import plugins_of_tsduck, refusal

AnyPlugin = TypeVar("AnyPlugin", bound=Plugin)


class BuildError(Exception):
    """The command line names a plugin or an option that cannot be used; the reason is already logged."""


def build_chain(command_line: CommandLine, context: Context) -> Chain:
    """Make every plugin. Raises BuildError after logging what is wrong as tsp does."""
    return Chain(
        context,
        build_input(command_line.input, context),
        build_processors(command_line, context),
        build_output(command_line.output, context),
    )


def build_input(call: PluginCall, context: Context) -> PacketInput:
    """Make one input. Raises BuildError after logging what is wrong as tsp does."""
    return _make("input", call, inputs.INPUTS, inputs.load, context)


def build_output(call: PluginCall, context: Context) -> PacketOutput:
    """Make one output. Raises BuildError after logging what is wrong as tsp does."""
    return _make("output", call, outputs.OUTPUTS, outputs.load, context)


def build_processors(command_line: CommandLine, context: Context) -> list[PacketProcessor]:
    """Make the processors only. Raises BuildError after logging what is wrong as tsp does."""
    return [
        _make("processor", call, plugins.PROCESSORS, plugins.load, context)
        for call in command_line.processors
    ]


def _make(
    kind: str,
    call: PluginCall,
    known: Collection[str],
    load: Callable[[str], type[AnyPlugin]],
    context: Context,
) -> AnyPlugin:
    if call.name not in known:
        if call.name in plugins_of_tsduck(kind):
            context.log(LogLevel.ERROR, call.name, "needs TSDuck")
        else:
            missing = f"{call.name}.so: cannot open shared object file: No such file or directory"
            context.log(LogLevel.ERROR, "", missing)
            context.log(LogLevel.ERROR, "", f"{kind} plugin {call.name} not found")
        raise BuildError
    plugin = load(call.name)
    try:
        return plugin(plugin.options.parse(call.tokens), context)
    except OptionError as error:
        context.log(LogLevel.ERROR, call.name, refusal(kind, call.name, error))
        raise BuildError from error
