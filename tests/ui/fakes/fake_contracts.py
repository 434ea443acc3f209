"""Contracts in memory."""

from __future__ import annotations

from pathlib import Path

from ibe100.models.cues.contract import Contract, ContractFinding, Severity
from ibe100.models.errors import ConfigurationError
from ibe100.models.rights import Act
from ibe100.models.stream_config import StreamConfig
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.contracts.contract_service import ContractService
from ibe100.services.rights import demand

TEMPLATE = Contract(name="OTT distributor", scte35_pid=600, pre_roll_min_s=4, pre_roll_default_s=6)


class FakeContracts(ContractService):
    """One template; a stream keeps it when its PID is the contract's."""

    def __init__(self) -> None:
        super().__init__(Path("nowhere"))
        self.kept: list[Contract] = []

    async def templates(self) -> tuple[Contract, ...]:
        return (TEMPLATE, *self.kept)

    async def own(self) -> tuple[Contract, ...]:
        return tuple(self.kept)

    async def save(self, contract: Contract, was: str = "") -> Contract:
        demand(Act.SET_CONTRACTS)
        self.kept = [one for one in self.kept if one.name != was]
        if contract.name in [one.name for one in (TEMPLATE, *self.kept)]:
            raise ConfigurationError(f"name: there is a contract {contract.name} already")
        self.kept.append(contract)
        return contract

    async def remove(self, name: str) -> None:
        self.kept = [one for one in self.kept if one.name != name]

    def apply(self, config: StreamConfig, contract: Contract | None) -> StreamConfig:
        if contract is None:
            return config.model_copy(update={"contract": None})
        options = config.scte35.model_copy(update={"pid": contract.scte35_pid})
        return config.model_copy(update={"contract": contract, "scte35": options})

    def lint(self, config: StreamConfig, report: StreamReport | None) -> tuple[ContractFinding, ...]:
        contract = config.contract
        if contract is None or config.scte35.pid == contract.scte35_pid:
            return ()
        asked, found = f"PID {contract.scte35_pid}", f"PID {config.scte35.pid}"
        return (ContractFinding.of(Severity.BREACH, "scte35_pid", asked, found, "apply the contract again"),)
