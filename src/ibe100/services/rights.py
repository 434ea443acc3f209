"""Check of rights: the services refuse by whoever acts, whichever front end asks."""

from __future__ import annotations

from ibe100.models.actor import Actor
from ibe100.models.errors import NotAllowed, SecondPersonNeeded
from ibe100.models.rights import Act
from ibe100.services.audit_trail import acting


def demand(act: Act, *stream_ids: str) -> None:
    """Raise NotAllowed unless whoever acts may do this to each of the streams; none named: to all."""
    actor = acting()
    for stream_id in stream_ids or ("",):
        if refusal := actor.refusal(act, stream_id):
            raise NotAllowed(refusal)
        if act in actor.seconded:
            _demand_second(actor, act, stream_id)


def _demand_second(actor: Actor, act: Act, stream_id: str) -> None:
    """Raise NotAllowed unless another person who might do it as well has confirmed it."""
    if actor.second is None:
        raise SecondPersonNeeded(f"{act} needs a second person, who confirms it with a sign-in of their own")
    if actor.second.name == actor.name:
        raise NotAllowed(f"{actor.name} cannot be the second person as well")
    if refusal := actor.second.refusal(act, stream_id):
        raise NotAllowed(refusal)


def demand_role(act: Act) -> None:
    """Raise NotAllowed unless the role of whoever acts covers it, on whichever stream."""
    if refusal := acting().refusal(act):
        raise NotAllowed(refusal)
