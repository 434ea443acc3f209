"""Check of rights: the services refuse by whoever acts, whichever front end asks."""

from __future__ import annotations

from ibe100.models.errors import NotAllowed
from ibe100.models.rights import Act
from ibe100.services.audit_trail import acting


def demand(act: Act, *stream_ids: str) -> None:
    """Raise NotAllowed unless whoever acts may do this to each of the streams; none named: to all."""
    actor = acting()
    for stream_id in stream_ids or ("",):
        if refusal := actor.refusal(act, stream_id):
            raise NotAllowed(refusal)


def demand_role(act: Act) -> None:
    """Raise NotAllowed unless the role of whoever acts covers it, on whichever stream."""
    if refusal := acting().refusal(act):
        raise NotAllowed(refusal)
