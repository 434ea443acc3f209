"""The command line: one module per command, imported when it is called."""

from __future__ import annotations

import os
import sys
from importlib import import_module
from pathlib import Path
from typing import Annotated

import typer

from ibe100 import __version__
from ibe100.cli.reference.completion import Shell
from ibe100.cli.reference.completion import completion as completion_of
from ibe100.cli.reference.exit_codes import NO_SERVER, REFUSED
from ibe100.cli.reference.manual import Page
from ibe100.cli.reference.manual import page as page_of
from ibe100.cli.reference.tree import read_commands
from ibe100.models.cues.as_run import AsRunFormat
from ibe100.models.cues.break_log import MOST_DAYS, LogBy
from ibe100.models.errors import OperatorError
from ibe100.models.stream_config import Engine
from ibe100.utils.printable import printable
from ibe100.utils.private_files import keep_private
from ibe100.utils.program import COMMAND

GROUPS = {
    **{
        name: f"ibe100.cli.{name}"
        for name in ("stream", "cue", "schedule", "scte35", "contract", "user", "token", "backup", "config")
    },
    **{name: f"ibe100.cli.records.{name}" for name in ("audit", "clip", "database", "secrets")},
    "cluster": "ibe100.cli.cluster.commands",
}
OWN_COMMANDS = frozenset({"console", "demo", "serve", "doctor", "asrun"})
TOP_OPTIONS = frozenset({"-h", "--help", "--version"})

app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="IBE-100: puts SCTE-35 cues on air and proves it. Without a command the console starts.",
    pretty_exceptions_enable=False,
)

DataDir = Annotated[
    Path | None, typer.Option(help="Keep database, logs and streams here.", show_default=False)
]
EngineOption = Annotated[
    Engine, typer.Option(help="auto takes tsp when it is found, else minitsp; for HLS minitsp.")
]


@app.callback(invoke_without_command=True)
def default(
    context: typer.Context,
    version: Annotated[bool, typer.Option("--version", help="Print the version and end.")] = False,
) -> None:
    """Start the console when no command is given."""
    if version:
        typer.echo(f"IBE-100 {__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        from ibe100.cli.console import start_console

        raise typer.Exit(start_console())


@app.command()
def console(
    screenshot: Annotated[
        Path | None, typer.Option(help="Save what the window shows once it has settled, and end.")
    ] = None,
    size: Annotated[str, typer.Option(help="Of the screenshot, in pixels.")] = "1600x1000",
    theme: Annotated[str, typer.Option(help="dark, light or 'high contrast', instead of the one kept.")] = "",
    text_size: Annotated[
        int | None, typer.Option(help="90, 100, 115, 130 or 150 percent, instead of the one kept.")
    ] = None,
    demo: Annotated[bool, typer.Option("--demo", help="Start the demo stream first.")] = False,
    connect: Annotated[
        str,
        typer.Option(
            metavar="URL",
            help="A window of the server at https://host:8100, or unix:PATH, instead of services here.",
            show_default=False,
        ),
    ] = "",
    fingerprint: Annotated[
        str, typer.Option(help="SHA-256 of that server's certificate, to be noted.", show_default=False)
    ] = "",
    token_file: Annotated[
        Path | None,
        typer.Option(help="Token for that server; without one the window asks.", show_default=False),
    ] = None,
    data_dir: DataDir = None,
    engine: EngineOption = Engine.AUTO,
) -> None:
    """The operator's console (the default)."""
    from ibe100.cli.console import Remote, start_console

    raise typer.Exit(
        start_console(
            screenshot=screenshot,
            size=size,
            theme=theme,
            text_size=text_size,
            demo=demo,
            data_dir=data_dir,
            engine=engine,
            remote=Remote(connect, fingerprint, token_file) if connect else None,
        )
    )


@app.command()
def demo(
    source: Annotated[str, typer.Option("--input", help="A file or URL; the test pattern if left out.")] = "",
    target: Annotated[
        str, typer.Option("--output", help="A file (overwritten) or URL; none if left out.")
    ] = "",
    engine: EngineOption = Engine.AUTO,
    service: Annotated[
        int | None, typer.Option(help="The service that gets the cues; the first with video if left out.")
    ] = None,
    pid: Annotated[
        int | None, typer.Option(help="For the cues; 500, or another that is free, if left out.")
    ] = None,
    seconds: Annotated[float, typer.Option(min=0, help="Run at least this long.")] = 0.0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object at the end.")] = False,
) -> None:
    """Start a stream, fire three cues and prove each of them on the output."""
    from ibe100.cli.demo import Wanted, run_demo
    from ibe100.cli.options import tell_passed_over

    tell_passed_over(source, target)
    wanted = Wanted(source, target.strip(), engine, seconds, service, pid)
    raise typer.Exit(run_demo(wanted, as_json=as_json))


@app.command(
    help="The services without a window: streams run, cues are taken from "
    f"`{COMMAND} cue` and, with --api, HTTP."
)
def serve(
    data_dir: DataDir = None,
    engine: EngineOption = Engine.AUTO,
    stop_streams: Annotated[
        bool, typer.Option("--stop-streams", help="Stop the streams when the server ends.")
    ] = False,
    api: Annotated[
        bool | None,
        typer.Option("--api/--no-api", help="The REST API; api.enabled if left out.", show_default=False),
    ] = None,
    api_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="api.port if left out.", show_default=False)
    ] = None,
) -> None:
    """Run the services without a window."""
    from ibe100.cli.serve import run_serve

    raise typer.Exit(run_serve(data_dir, engine, stop_streams=stop_streams, api=api, api_port=api_port))


@app.command()
def doctor(
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    bundle: Annotated[
        Path | None,
        typer.Option(
            metavar="FILE",
            help="Save a zip for who helps: versions, settings, logs; no secrets.",
            show_default=False,
        ),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """Check what is installed and what is missing, and say what that means."""
    from ibe100.cli.doctor import run_doctor

    raise typer.Exit(run_doctor(data_dir, as_json=as_json, bundle=bundle))


@app.command()
def asrun(
    day: Annotated[str, typer.Option(help="Such as 2026-11-22; today if left out.", show_default=False)] = "",
    by: Annotated[LogBy, typer.Option(help="A row per cue, or per break with sums.")] = LogBy.CUE,
    days: Annotated[int, typer.Option(min=1, max=MOST_DAYS, help="From that day on, with --by break.")] = 1,
    time_zone: Annotated[
        str,
        typer.Option(
            "--tz",
            help="Whose day: UTC, local or a name such as Europe/Berlin. UTC if left out; with --by break "
            "channel: that of each stream.",
            show_default=False,
        ),
    ] = "",
    stream: Annotated[
        str, typer.Option(help="Number, id or name; all if left out.", show_default=False)
    ] = "",
    format: Annotated[
        AsRunFormat | None, typer.Option(help="A table if left out.", show_default=False)
    ] = None,
    output: Annotated[
        Path | None, typer.Option(help="The file; standard output if left out.", show_default=False)
    ] = None,
    verify: Annotated[
        Path | None, typer.Option(help="Hold an exported file against its digest and signature instead.")
    ] = None,
    public_key: Annotated[
        Path | None,
        typer.Option(help=f"For --verify: as `{COMMAND} secrets public-key` printed; else the key of here."),
    ] = None,
    data_dir: DataDir = None,
) -> None:
    """The as-run log of a day: every cue planned, sent, seen and aired, signed; or break by break."""
    from ibe100.cli.asrun import Wanted, run_asrun, run_verify

    if verify is not None:
        raise typer.Exit(run_verify(verify, public_key, data_dir))
    raise typer.Exit(run_asrun(data_dir, Wanted(day, time_zone, stream, by, days), format, output))


@app.command()
def completion(
    context: typer.Context,
    shell: Annotated[Shell, typer.Argument(metavar="SHELL", help="bash, zsh or fish.")],
) -> None:
    """Print the completion of a shell, such as for ~/.local/share/bash-completion/completions/ibe100."""
    typer.echo(completion_of(shell, read_commands(context)), nl=False)


@app.command()
def manual(
    context: typer.Context,
    page: Annotated[
        Page, typer.Argument(metavar="PAGE", help="man, or commands or alarms of the documentation.")
    ] = Page.MAN,
) -> None:
    """Print the manual page of all commands, as man reads it, or a page of the documentation."""
    typer.echo(page_of(page, read_commands(context)), nl=False)


def _mount(arguments: list[str]) -> None:
    """Groups of commands live in modules of their own; a command waits for no other group's imports."""
    name = next((one for one in arguments if not one.startswith("-")), "")
    is_ours = name in OWN_COMMANDS or (not name and not {"-h", "--help"} & set(arguments))
    for group in () if is_ours else (name,) if name in GROUPS else GROUPS:
        app.add_typer(import_module(GROUPS[group]).app, name=group)


def _with_command(arguments: list[str]) -> list[str]:
    """Options without a command are the console's: `./run --demo`."""
    is_for_console = arguments[:1] != [] and arguments[0].startswith("-") and arguments[0] not in TOP_OPTIONS
    return ["console", *arguments] if is_for_console else arguments


def main() -> None:
    """Run the command line; what the operator can put right is one line and an exit code of its own."""
    keep_private()
    arguments = _with_command(sys.argv[1:])
    _mount(arguments)
    try:
        app(arguments, COMMAND)
    except OperatorError as error:
        from ibe100.cli.running_instance import NotRunning

        typer.echo(f"ibe100: {printable(str(error))}", err=True)
        sys.exit(NO_SERVER if isinstance(error, NotRunning) else REFUSED)
    finally:
        _let_go_of_output()


def _let_go_of_output() -> None:
    """Write what is left; whoever closed the other end is told nothing, and neither is the terminal."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        # What the interpreter flushes at its end goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
