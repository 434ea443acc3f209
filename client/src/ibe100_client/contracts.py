"""Calls about contracts with distributors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ibe100_client.calls import Call, given, place

Contract = dict[str, Any]


def templates() -> Call[tuple[Contract, ...]]:
    """The contracts to choose from."""
    return Call("GET", "/contracts/templates", tuple[Contract, ...])


def own() -> Call[tuple[Contract, ...]]:
    """Own contracts by name."""
    return Call("GET", "/contracts", tuple[Contract, ...])


def one(name: str) -> Call[Contract]:
    """An own contract; its ETag is in the headers of `Client.answer`."""
    return Call("GET", place("contracts", "own", name), dict)


def add(contract: Mapping[str, Any]) -> Call[Contract]:
    """A new own contract."""
    return Call("POST", "/contracts", dict, body=dict(contract))


def change(name: str, contract: Mapping[str, Any]) -> Call[Contract]:
    """Change an own contract, also its name."""
    return Call("PUT", place("contracts", "own", name), dict, body=dict(contract))


def remove(name: str) -> Call[None]:
    """Remove an own contract; streams that have it keep it."""
    return Call("DELETE", place("contracts", "own", name), None)


def apply(config: Mapping[str, Any], contract: Mapping[str, Any] | None) -> Call[dict[str, Any]]:
    """The configuration under the contract; nothing is stored."""
    body = {"config": dict(config), "contract": None if contract is None else dict(contract)}
    return Call("POST", "/contracts/apply", dict, body=body)


def judge_break(
    duration_s: float, pre_roll_s: float, contract: Mapping[str, Any] | None = None
) -> Call[dict[str, Any]]:
    """`faults` of a break under a contract, and its `default_pre_roll_s`."""
    body = given(duration_s=duration_s, pre_roll_s=pre_roll_s, contract=contract)
    return Call("POST", "/contracts/break", dict, body=body)


def lint(
    config: Mapping[str, Any], report: Mapping[str, Any] | None = None
) -> Call[tuple[dict[str, Any], ...]]:
    """Differences of a configuration from its contract."""
    body = given(config=dict(config), report=report)
    return Call("POST", "/contracts/lint", tuple[dict[str, Any], ...], body=body)
