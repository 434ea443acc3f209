"""Completion for bash, zsh and fish: a table of the commands, so that a shell never waits for Python."""

from __future__ import annotations

from enum import StrEnum

from ibe100.cli.reference.tree import CommandHelp, Option, every_command


class Shell(StrEnum):
    """Shells that complete."""

    BASH = "bash"
    ZSH = "zsh"
    FISH = "fish"


def completion(shell: Shell, root: CommandHelp) -> str:
    """The script that a shell reads to complete `ibe100`, and `./run` where it is typed."""
    match shell:
        case Shell.BASH:
            return f"{_function(root)}complete -o default -F _ibe100 ibe100 ./run\n"
        case Shell.ZSH:
            head = "#compdef ibe100\nautoload -U +X bashcompinit && bashcompinit\n"
            return f"{head}{_function(root)}complete -o default -F _ibe100 ibe100 ./run\n"
        case Shell.FISH:
            return "".join(_fish(command) for command in every_command(root))


def _function(root: CommandHelp) -> str:
    """A shell function that follows the words to a command, and offers what may come next."""
    commands = list(every_command(root))
    follow = [
        f"        '{_join(one.path[:-1])}/{one.path[-1]}') path='{_join(one.path)}' ;;"
        for one in commands
        if one.path
    ]
    offer = [f"    '{_join(one.path)}') words='{' '.join(_words(one))}' ;;" for one in commands]
    return "\n".join(
        (
            "_ibe100() {",
            "    local path= words= i",
            "    for ((i = 1; i < COMP_CWORD; i++)); do",
            '        case "$path/${COMP_WORDS[i]}" in',
            *follow,
            "        esac",
            "    done",
            '    case "$path" in',
            *offer,
            "    esac",
            '    COMPREPLY=($(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}"))',
            "}\n",
        )
    )


def _join(path: tuple[str, ...]) -> str:
    return "".join(f" {word}" for word in path)


def _words(command: CommandHelp) -> list[str]:
    names = [name for option in command.options for name in option.names if name.startswith("--")]
    return [*(one.path[-1] for one in command.commands), *names]


def _fish(command: CommandHelp) -> str:
    seen = (
        "; and ".join(f"__fish_seen_subcommand_from {word}" for word in command.path)
        or "__fish_use_subcommand"
    )
    if command.commands and command.path:
        names = " ".join(one.path[-1] for one in command.commands)
        at = f"{seen}; and not __fish_seen_subcommand_from {names}"
    else:
        at = seen
    lines = [
        f"complete -c ibe100 -f -n '{at}' -a {one.path[-1]} -d {_quoted(one.summary)}"
        for one in command.commands
    ]
    return "\n".join([*lines, *(_fish_option(seen, option) for option in command.options)]) + "\n"


def _fish_option(seen: str, option: Option) -> str:
    names = " ".join(f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}" for name in option.names)
    takes = "" if not option.value else f" -x -a '{' '.join(option.choices)}'" if option.choices else " -r"
    return f"complete -c ibe100 -n '{seen}' {names}{takes} -d {_quoted(option.help)}"


def _quoted(text: str) -> str:
    return "'" + " ".join(text.split()).replace("\\", "\\\\").replace("'", "\\'") + "'"
