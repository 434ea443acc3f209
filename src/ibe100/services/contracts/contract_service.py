"""Contracts that ship and own ones, and what front ends may do with a stream's contract."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from contextlib import nullcontext
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, ValidationError

from ibe100.models.base import Value, describe_error
from ibe100.models.changes import changes_between
from ibe100.models.cues.contract import Contract, ContractFinding
from ibe100.models.errors import ConfigurationError, NotFound, StorageError
from ibe100.models.rights import Act
from ibe100.models.scte35_marker import CueAction
from ibe100.models.stored import DamagedDocument, keep_unknown, read_stored, write_stored
from ibe100.models.stream_config import StreamConfig
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.contracts.options import break_faults, default_pre_roll_s, under_contract
from ibe100.services.contracts.stream_linter import lint_stream
from ibe100.services.rights import demand
from ibe100.utils.atomic_write import atomic_write
from ibe100.utils.set_aside import set_aside

SHIPPED = resources.files("ibe100.services.contracts") / "contract_templates.json"
CONTRACTS_FILE = "contracts.json"
"""Own contracts, in the data folder: they are in backups."""


class ContractTemplates(Value):
    """Content of a file of contract templates."""

    version: Literal[1] = 1
    contracts: Annotated[tuple[Contract, ...], Field(min_length=1)]


def load_templates(path: Traversable = SHIPPED) -> tuple[Contract, ...]:
    """Every template of the file, checked. Raises StorageError, ConfigurationError."""
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


class OwnContracts(Value):
    """Content of the file of own contracts."""

    contracts: tuple[Contract, ...] = ()


def sorted_by_name(contracts: Iterable[Contract]) -> tuple[Contract, ...]:
    """Contracts by their names, whatever the case."""
    return tuple(sorted(contracts, key=lambda one: one.name.casefold()))


def load_own(path: Path) -> tuple[Contract, ...]:
    """Own contracts by name; none without the file. Raises StorageError, and sets a damaged file aside."""
    try:
        return sorted_by_name(read_stored(OwnContracts, path.read_bytes()).contracts)
    except FileNotFoundError:
        return ()
    except OSError as error:
        raise StorageError(f"own contracts in {path} cannot be read: {error.strerror}") from error
    except DamagedDocument as damage:
        aside = set_aside(path, time.time())
        raise StorageError(
            f"own contracts in {path.name} were damaged ({damage}); they were set aside as {aside.name}"
        ) from damage


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
    """Contracts that ship, and own ones in a file; a stream keeps the one it was given."""

    def __init__(self, own_file: Path | None = None, audit: AuditTrail | None = None) -> None:
        """Without an `own_file` there are only those that ship."""
        self._own_file, self._audit = own_file, audit
        self._busy = asyncio.Lock()

    async def templates(self) -> tuple[Contract, ...]:
        """The contracts that ship, then own ones by name. Raises StorageError, ConfigurationError."""
        return (*await asyncio.to_thread(load_templates), *await self.own())

    async def own(self) -> tuple[Contract, ...]:
        """Own contracts by name. Raises StorageError; a damaged file is set aside, and named."""
        if self._own_file is None:
            return ()
        return await asyncio.to_thread(load_own, self._own_file)

    async def save(self, contract: Contract, was: str = "") -> Contract:
        """Add an own contract, or change the one whose name `was` until now.

        Raises ConfigurationError for a name that another has, NotFound, StorageError.
        """
        demand(Act.SET_CONTRACTS)
        async with self._busy:
            own = {one.name: one for one in await self.own()}
            if was and was not in own:
                raise NotFound(f"there is no own contract {was}: those that ship are copied, not changed")
            before = own.pop(was, None)
            taken = {*own, *(one.name for one in await self.templates() if one.name != was)}
            if contract.name.casefold() in {name.casefold() for name in taken}:
                raise ConfigurationError(f"name: there is a contract {contract.name} already")
            own[contract.name] = contract if before is None else keep_unknown(contract, before)
            words = "new" if before is None else changes_between(before, contract)
            await self._write("contract saved", contract.name, words, own.values())
        return contract

    async def remove(self, name: str) -> None:
        """Remove an own contract; streams that have it keep it. Raises NotFound, StorageError."""
        demand(Act.SET_CONTRACTS)
        async with self._busy:
            own = {one.name: one for one in await self.own()}
            if name not in own:
                raise NotFound(f"there is no own contract {name}: those that ship stay")
            del own[name]
            await self._write("contract removed", name, "", own.values())

    async def _write(self, action: str, name: str, detail: str, own: Iterable[Contract]) -> None:
        if self._own_file is None:
            raise StorageError("own contracts are kept nowhere here")
        content = write_stored(OwnContracts(contracts=sorted_by_name(own)), indent=1)
        async with nullcontext() if self._audit is None else self._audit.doing(action, name, detail):
            try:
                await asyncio.to_thread(atomic_write, self._own_file, content)
            except OSError as error:
                raise StorageError(f"own contracts cannot be kept: {error.strerror}") from error

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
        return break_faults(contract, duration_s, pre_roll_s)

    def lint(self, config: StreamConfig, report: StreamReport | None) -> tuple[ContractFinding, ...]:
        """Findings against the stream's contract, breaches first; none without a contract."""
        return lint_stream(config, report)
