"""Commands as data: what each is for, its arguments and options, as its help has them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import TypeGuard

import typer
from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption


@dataclass(frozen=True, slots=True)
class Option:
    """An option, or an argument where `names` begin with no hyphen."""

    names: tuple[str, ...]
    value: str
    """Placeholder of its value, such as PATH; empty for a flag."""
    help: str
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CommandHelp:
    """A command or a group of commands."""

    path: tuple[str, ...]
    """Words behind the program's name, none for the program itself."""
    help: str
    arguments: tuple[Option, ...]
    options: tuple[Option, ...]
    commands: tuple[CommandHelp, ...]

    @property
    def summary(self) -> str:
        """First sentence of the help."""
        return self.help.split("\n\n")[0].replace("\n", " ").strip()


def read_commands(context: typer.Context) -> CommandHelp:
    """The commands of the program that runs in this context."""
    root = context.find_root()
    return _read(root.command, ())


def every_command(command: CommandHelp) -> Iterator[CommandHelp]:
    """The command itself and all below it, as the help lists them."""
    yield command
    for one in command.commands:
        yield from every_command(one)


def _read(command: object, path: tuple[str, ...]) -> CommandHelp:
    assert isinstance(command, TyperCommand | TyperGroup)
    shown = [one for one in command.params if not getattr(one, "hidden", False)]
    below = command.commands.items() if isinstance(command, TyperGroup) else ()
    return CommandHelp(
        path,
        (command.help or "").strip(),
        tuple(_argument(one) for one in shown if isinstance(one, TyperArgument)),
        (*(_option(one) for one in shown if isinstance(one, TyperOption)), _HELP),
        tuple(_read(one, (*path, name)) for name, one in below if not one.hidden),
    )


_HELP = Option(("-h", "--help"), "", "Show the help and end.")


def _argument(one: TyperArgument) -> Option:
    return Option((one.metavar or (one.name or "").upper(),), "", one.help or "")


def _option(one: TyperOption) -> Option:
    names = (*sorted(one.opts, key=len), *one.secondary_opts)
    kind = one.type_descriptor.annotation
    choices = tuple(str(choice.value) for choice in kind) if _is_choice(kind) else ()
    value = one.metavar or "|".join(choices) or _KINDS.get(kind, "TEXT")
    return Option(names, "" if one.is_flag else value, one.help or "", choices)


def _is_choice(kind: object) -> TypeGuard[type[Enum]]:
    return isinstance(kind, type) and issubclass(kind, Enum)


_KINDS: dict[object, str] = {Path: "PATH", int: "NUMBER", float: "NUMBER"}
