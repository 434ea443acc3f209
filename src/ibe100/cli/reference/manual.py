"""The manual: every command with its options, and the exit codes, for man and for the documentation."""

from __future__ import annotations

from collections.abc import Iterator
from enum import StrEnum

from ibe100 import __version__
from ibe100.cli.reference.exit_codes import MEANINGS
from ibe100.cli.reference.tree import CommandHelp, Option, every_command


class Page(StrEnum):
    """Pages that are made from the program itself."""

    MAN = "man"
    COMMANDS = "commands"
    ALARMS = "alarms"


def page(wanted: Page, root: CommandHelp) -> str:
    """The text of a page."""
    match wanted:
        case Page.MAN:
            return _man_page(root)
        case Page.COMMANDS:
            return "\n".join(_commands_page(root)) + "\n"
        case Page.ALARMS:
            return "\n".join(_alarms_page()) + "\n"


def _man_page(root: CommandHelp) -> str:
    """The page ibe100(1) in the macros of man."""
    lines = [
        f'.TH IBE100 1 "" "IBE-100 {__version__}" "User Commands"',
        ".SH NAME",
        "ibe100 \\- SCTE 35 cues on air, and the proof of each",
        ".SH SYNOPSIS",
        ".B ibe100",
        "[COMMAND] [OPTIONS]",
        ".SH DESCRIPTION",
        _roff(_one_line(root.help)),
    ]
    for command in every_command(root):
        if not command.commands:
            lines += [f".SH {_roff(' '.join(command.path).upper())}", ".B " + _roff(_usage(command)), ".PP"]
            lines += [_roff(_one_line(command.help))]
            for option in (*command.arguments, *command.options):
                lines += [".TP", f".B {_roff(_head(option))}", _roff(_one_line(option.help)) or "\\&"]
    lines += [".SH EXIT STATUS"]
    for code, meaning in MEANINGS.items():
        lines += [".TP", f".B {code}", _roff(meaning)]
    return "\n".join(lines) + "\n"


def _usage(command: CommandHelp) -> str:
    """One line, such as `ibe100 stream start [OPTIONS] STREAM`."""
    words = ["ibe100", *command.path, "[OPTIONS]", *(one.names[0] for one in command.arguments)]
    return " ".join(words)


def _commands_page(root: CommandHelp) -> Iterator[str]:
    yield "# Commands"
    yield ""
    yield "Made from the program's own help. In a checkout `./run` stands in the place of `ibe100`."
    yield ""
    yield "## Exit codes"
    yield ""
    yield "| Code | Meaning |"
    yield "|---|---|"
    for code, meaning in MEANINGS.items():
        yield f"| {code} | {meaning} |"
    for command in every_command(root):
        if command.commands or not command.path:
            continue
        yield from (
            "",
            f"## {' '.join(command.path)}",
            "",
            _cell(command.help),
            "",
            f"    {_usage(command)}",
            "",
        )
        yield from ("| | |", "|---|---|")
        for option in (*command.arguments, *command.options):
            yield f"| `{_cell(_head(option))}` | {_cell(option.help)} |"


def _alarms_page() -> Iterator[str]:
    from ibe100.services.alarms.catalogue import RULES

    yield "# Alarms"
    yield ""
    yield "Every condition that can be an alarm, made from the catalogue. Severity 1 needs a person at once."
    yield "Delays, severities and thresholds can be set in the window, for all streams or one."
    for rule in sorted(RULES.values(), key=lambda one: (one.severity, one.title)):
        raised = f"raised after {rule.on_delay_s:g} s" if rule.on_delay_s else "raised at once"
        yield from ("", f"## {_cell(rule.title)}", "")
        yield from (f"`{rule.condition}` · severity {int(rule.severity)} · {raised}", "")
        yield from ("| | |", "|---|---|")
        yield f"| Cause | {_cell(rule.cause)} |"
        yield f"| What to do | {_cell(rule.what_to_do)} |"


def _head(option: Option) -> str:
    return f"{', '.join(option.names)} {option.value}".strip()


def _one_line(text: str) -> str:
    """Text in one line, with the program called as it is where it is installed."""
    return " ".join(text.split()).replace("./run ", "ibe100 ")


def _cell(text: str) -> str:
    return _one_line(text).replace("|", "\\|").replace("<", "&lt;")


def _roff(text: str) -> str:
    """Text that holds no request of roff and no hyphen that it would set as another sign."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{text}" if text.startswith((".", "'")) else text
