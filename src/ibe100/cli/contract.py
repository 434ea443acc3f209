"""`ibe100 contract`: what distributors ask, and whether an input keeps it."""

from __future__ import annotations

import asyncio
import json
from typing import Annotated, Any

import typer
from rich.table import Table

from ibe100.cli.options import AsJson, print_table, tell_passed_over, terminal
from ibe100.core.config import load
from ibe100.core.folders import resolve
from ibe100.models.cues.contract import Contract, ContractFinding, Severity
from ibe100.models.endpoints.parse import INPUT_SCHEMES, OUTPUT_SCHEMES, parse_input, parse_output
from ibe100.models.stream_config import Engine, ExistingCues, Scte35Options, StreamConfig
from ibe100.services.contracts.contract_service import CONTRACTS_FILE, find_template, load_own, load_templates
from ibe100.services.contracts.options import under_contract

EXIT_BREACH = 1
ALSO_HEX = frozenset(
    {"scte35_pid", "event_id_first", "event_id_last", "tier", "start_type_id", "end_type_id", "upid_type"}
)

app = typer.Typer(help="Contracts with distributors: what they ask, and whether an input keeps it.")

ContractName = Annotated[str, typer.Argument(metavar="NAME", help="Number, name or part of a name.")]


def _contracts() -> tuple[Contract, ...]:
    """The contracts that ship, then the own ones of this user's console."""
    own = resolve(load().folders).data_dir / CONTRACTS_FILE
    return (*load_templates(), *load_own(own))


@app.command("list")
def list_contracts(as_json: AsJson = False) -> None:
    """The contracts that ship, and own ones."""
    contracts = _contracts()
    if as_json:
        typer.echo(json.dumps([contract.model_dump(mode="json") for contract in contracts]))
        return
    print_table(
        ("No.", "Name", "Command", "Pre-roll", "What it is for"),
        (
            (str(number), one.name, one.command.kind, f"{one.pre_roll_min_s:g} s", one.description)
            for number, one in enumerate(contracts, 1)
        ),
    )


@app.command()
def show(name: ContractName, as_json: AsJson = False) -> None:
    """Everything a contract asks."""
    contract = find_template(_contracts(), name)
    if as_json:
        typer.echo(contract.model_dump_json(indent=2))
        return
    table = Table(show_header=False, box=None)
    for field, value in _lines(contract.model_dump(mode="json")):
        table.add_row(field, value)
    terminal().print(table)


@app.command()
def check(
    name: ContractName,
    source: Annotated[str, typer.Option("--input", help=f"One of: {INPUT_SCHEMES}.")],
    target: Annotated[str, typer.Option("--output", help=f"One of: {OUTPUT_SCHEMES}.")] = "none",
    engine: Annotated[Engine, typer.Option(help="What reads an input that is not a file.")] = Engine.AUTO,
    as_json: AsJson = False,
) -> None:
    """Read the input for some seconds and hold it against the contract; exit 1 on a breach."""
    contract = find_template(_contracts(), name)
    tell_passed_over(source, target)
    config = StreamConfig(
        name="contract check",
        input=parse_input(source),
        output=parse_output(target),
        # SCTE-35 that is there already may be the cues that the contract is about.
        scte35=Scte35Options(existing=ExistingCues.REPLACE),
    )
    findings = asyncio.run(_check(under_contract(config, contract), engine))
    if as_json:
        typer.echo(json.dumps([finding.model_dump(mode="json") for finding in findings]))
    else:
        _tell(contract, findings)
    if any(finding.severity is Severity.BREACH for finding in findings):
        raise typer.Exit(EXIT_BREACH)


async def _check(config: StreamConfig, engine: Engine) -> tuple[ContractFinding, ...]:
    # Imported here: what a check needs would slow every other command down.
    from ibe100.services.contracts.stream_linter import lint_stream
    from ibe100.services.streams.launch_plan import LaunchPlanner

    settings = load().engine
    wanted = settings.kind if engine is Engine.AUTO else engine
    # Only the input is read, so the processor need not know the way of delivery.
    source = StreamConfig(name=config.name, input=config.input)
    return lint_stream(config, await LaunchPlanner(wanted, settings.tsp_path).probe(source))


def _tell(contract: Contract, findings: tuple[ContractFinding, ...]) -> None:
    for finding in findings:
        typer.echo(f"{finding.severity}: {finding.words}")
    breaches = sum(finding.severity is Severity.BREACH for finding in findings)
    verdict = "kept, as far as the input shows" if not breaches else f"breaches: {breaches}"
    typer.echo(f"{contract.name}: {verdict}")


def _lines(values: dict[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    for field, value in values.items():
        if isinstance(value, dict):
            lines += _lines(value, f"{prefix}{field}.")
        elif field in ALSO_HEX:
            lines.append((f"{prefix}{field}", f"{value} (0x{value:X})"))
        elif value not in (None, "", []):
            lines.append((f"{prefix}{field}", str(value)))
    return lines
