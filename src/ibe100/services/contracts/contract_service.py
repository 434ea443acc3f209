"""Contracts as front ends use them."""

from __future__ import annotations

import asyncio
from pathlib import Path

from ibe100.models.cues.contract import Contract, ContractFinding
from ibe100.models.stream_config import StreamConfig
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.contracts.contract_templates import load_templates
from ibe100.services.contracts.options import under_contract
from ibe100.services.contracts.stream_linter import lint_stream


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

    def lint(self, config: StreamConfig, report: StreamReport | None) -> tuple[ContractFinding, ...]:
        """What differs from the stream's contract, breaches first; nothing without a contract."""
        return lint_stream(config, report)
