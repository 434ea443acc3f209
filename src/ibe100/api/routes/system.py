"""The house: which processor, which contracts, who is told of alarms."""

from __future__ import annotations

from ibe100 import __version__
from ibe100.api.replies import Done
from ibe100.api.roles import ApiServices, needs, new_router
from ibe100.models.alarms.notification import TargetView
from ibe100.models.base import Value
from ibe100.models.cues.contract import Contract
from ibe100.models.errors import NotFound
from ibe100.models.rights import Act

router = new_router("system")


class EngineReply(Value):
    """Version of this program, and the processors it finds."""

    version: str
    engines: tuple[str, ...]
    """In words, what `auto` takes first."""


@router.get("/engine", **needs(Act.READ))
async def engine(services: ApiServices) -> EngineReply:
    """Processors of this machine."""
    return EngineReply(version=__version__, engines=await services.engine.engines())


@router.get("/contracts/templates", **needs(Act.READ))
async def contract_templates(services: ApiServices) -> list[Contract]:
    """The contracts that ship, to begin one's own from."""
    return list(await services.contracts.templates())


@router.get("/notifications", **needs(Act.SET_NOTIFICATIONS))
async def targets(services: ApiServices) -> list[TargetView]:
    """Targets of notifications, and how telling them went; addresses never come out."""
    return list(services.notifications.targets())


@router.post("/notifications/{target_id}/test", **needs(Act.SET_NOTIFICATIONS))
async def test_target(target_id: str, services: ApiServices) -> Done:
    """Send a message now; 409 with the reason when it is not delivered."""
    if target_id not in {view.target.target_id for view in services.notifications.targets()}:
        raise NotFound(f"there is no target of notifications {target_id}")
    await services.notifications.test(target_id)
    return Done()
