"""Contracts with distributors: own ones, and what they ask of a stream."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field

from ibe100.api.etags import IF_MATCH, edits, tag_of
from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, needs, new_router, with_extra
from ibe100.models.base import Value
from ibe100.models.cues.contract import Contract, ContractFinding
from ibe100.models.errors import NotFound
from ibe100.models.rights import Act
from ibe100.models.scte35_marker import CueAction
from ibe100.models.stream_config import StreamConfig
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.api_ports import AllServices
from ibe100.services.streams.stream_secrets import without_secrets

router = new_router("contracts")


class Application(Value):
    """A configuration and the contract it is put under; None takes it away."""

    config: StreamConfig
    contract: Contract | None = None


class Linted(Value):
    """A configuration, and what its input is known to hold."""

    config: StreamConfig
    report: StreamReport | None = None


class BreakUnder(Value):
    """A break as it is chosen, under a contract."""

    contract: Contract | None = None
    duration_s: Annotated[float, Field(gt=0, le=86_400)]
    pre_roll_s: Annotated[float, Field(ge=0, le=60)]


class Verdict(Value):
    """Reasons for which a break would be refused, and what is asked ahead of one."""

    faults: tuple[str, ...]
    default_pre_roll_s: float
    """Seconds ahead that a TO BREAK splices which is asked for without a time."""


@router.get("/contracts/templates", **needs(Act.READ))
async def contract_templates(services: ApiServices) -> list[Contract]:
    """The contracts to choose from: those that ship, then own ones."""
    return list(await services.contracts.templates())


@router.get("/contracts", **needs(Act.READ))
async def own_contracts(services: ApiServices) -> list[Contract]:
    """Own contracts by name."""
    return list(await services.contracts.own())


@router.post("/contracts", status_code=201, **needs(Act.SET_CONTRACTS))
async def add_contract(contract: Contract, services: ApiServices) -> Contract:
    """A new own contract."""
    return await services.contracts.save(contract)


@router.get("/contracts/own/{name}", **needs(Act.READ))
async def one_contract(name: str, services: ApiServices, response: Response) -> Contract:
    """An own contract, with its ETag."""
    found = await _find(services, name)
    response.headers["ETag"] = tag_of(found.model_dump_json())
    return found


@router.put("/contracts/own/{name}", **with_extra(needs(Act.SET_CONTRACTS), parameters=[IF_MATCH]))
async def change_contract(
    name: str, contract: Contract, services: ApiServices, request: Request, response: Response
) -> Contract:
    """Change an own contract, also its name. Streams keep what they have."""
    now = name

    async def content() -> str:
        return (await _find(services, now)).model_dump_json()

    async with edits(request).of(request, response, content):
        saved = await services.contracts.save(contract, name)
        now = saved.name
    return saved


@router.delete("/contracts/own/{name}", **needs(Act.SET_CONTRACTS))
async def remove_contract(name: str, services: ApiServices) -> Done:
    """Remove an own contract; streams that have it keep it."""
    await _find(services, name)
    await services.contracts.remove(name)
    return Done()


@router.post("/contracts/apply", **needs(Act.READ))
async def apply(wanted: Application, services: ApiServices) -> StreamConfig:
    """The configuration with the contract and the cue options that follow from it; nothing is stored."""
    return without_secrets(services.contracts.apply(wanted.config, wanted.contract))


@router.post("/contracts/break", **needs(Act.READ))
async def judge_break(wanted: BreakUnder, services: ApiServices) -> Verdict:
    """Reasons for which a break would be refused under a contract."""
    faults = services.contracts.break_faults(wanted.contract, wanted.duration_s, wanted.pre_roll_s)
    pre_roll_s = services.contracts.default_pre_roll_s(wanted.contract, CueAction.TO_BREAK)
    return Verdict(faults=faults, default_pre_roll_s=pre_roll_s)


@router.post("/contracts/lint", **needs(Act.READ))
async def lint(wanted: Linted, services: ApiServices) -> list[ContractFinding]:
    """Differences of a configuration from its contract, breaches first."""
    return list(services.contracts.lint(wanted.config, wanted.report))


async def _find(services: AllServices, name: str) -> Contract:
    """Raises NotFound."""
    for one in await services.contracts.own():
        if one.name == name:
            return one
    raise NotFound(f"there is no own contract {name}")
