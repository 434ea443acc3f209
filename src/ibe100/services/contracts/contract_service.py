"""The contracts that ship with the product, and what front ends may do with a stream's contract."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ibe100.models.base import Value, describe_error
from ibe100.models.cues.contract import Contract, ContractFinding
from ibe100.models.errors import ConfigurationError, StorageError
from ibe100.models.scte35_marker import CueAction
from ibe100.models.stream_config import StreamConfig
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.contracts.options import default_pre_roll_s, under_contract
from ibe100.services.contracts.stream_linter import lint_stream


class ContractTemplates(Value):
    """Content of `config/default_profiles.json`."""

    version: Literal[1] = 1
    contracts: Annotated[tuple[Contract, ...], Field(min_length=1)]


def load_templates(path: Path) -> tuple[Contract, ...]:
    """All templates of the file, each of them checked. Raises StorageError, ConfigurationError."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise StorageError(f"the contract templates {path} cannot be read: {error.strerror}") from error
    try:
        contracts = ContractTemplates.model_validate_json(content).contracts
    except ValidationError as error:
        raise ConfigurationError(
            f"the contract templates {path} are wrong: {describe_error(error)}"
        ) from error
    names = [contract.name for contract in contracts]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ConfigurationError(f"{path} has more than one contract named {', '.join(sorted(twice))}")
    return contracts


def find_template(contracts: tuple[Contract, ...], wanted: str) -> Contract:
    """The contract of that number (from 1) or name; a part of the name will do where only one has it.

    Raises ConfigurationError with the names there are.
    """
    if wanted.isdecimal() and 1 <= int(wanted) <= len(contracts):
        return contracts[int(wanted) - 1]
    key = wanted.casefold()
    exact = [one for one in contracts if one.name.casefold() == key]
    found = exact or [one for one in contracts if key in one.name.casefold()]
    if len(found) == 1:
        return found[0]
    count = "no" if not found else "more than one"
    names = "; ".join(one.name for one in found or contracts)
    raise ConfigurationError(f"{count} contract is named {wanted!r}; there are: {names}")


class ContractService:
    """Keeps nothing: a stream's contract is part of its configuration."""

    def __init__(self, templates_file: Path) -> None:
        self._templates_file = templates_file

    async def templates(self) -> tuple[Contract, ...]:
        """The contracts that ship. Raises StorageError, ConfigurationError."""
        return await asyncio.to_thread(load_templates, self._templates_file)

    def apply(self, config: StreamConfig, contract: Contract | None) -> StreamConfig:
        """`config` with the contract and the cue options that follow from it; None takes it away."""
        return under_contract(config, contract)

    def default_pre_roll_s(self, contract: Contract | None, action: CueAction) -> float:
        """Seconds ahead that a cue splices which is asked for without a time."""
        return default_pre_roll_s(contract, action)

    def break_faults(
        self, contract: Contract | None, duration_s: float, pre_roll_s: float
    ) -> tuple[str, ...]:
        """Reasons for which a break as it is chosen would be refused; none without a contract."""
        if contract is None:
            return ()
        faults = []
        if pre_roll_s < contract.pre_roll_min_s:
            faults.append(f"pre-roll shorter than the contract's {contract.pre_roll_min_s:g} s")
        if (allowed := contract.duration_fault(duration_s)) is not None:
            faults.append(f"a break of {duration_s:g} s, where the contract allows {allowed}")
        return tuple(faults)

    def lint(self, config: StreamConfig, report: StreamReport | None) -> tuple[ContractFinding, ...]:
        """Findings against the stream's contract, breaches first; none without a contract."""
        return lint_stream(config, report)
