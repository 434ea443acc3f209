"""Presets and rundowns: cues made ready beforehand."""

from __future__ import annotations

from typing import Annotated

from fastapi import Body, Path, Response
from pydantic import Field

from ibe100.api.replies import CueReply, Done, cue_reply
from ibe100.api.roles import ApiServices, Stream, StreamWanted, needs, new_router
from ibe100.api.routes.cues import REPLAYED, IdempotencyKey, demand_key
from ibe100.models.cues.preset import MOST_PRESETS, CuePreset, Rundown
from ibe100.models.errors import NotFound
from ibe100.models.rights import Act

router = new_router("cues")

Presets = Annotated[list[CuePreset], Body(max_length=MOST_PRESETS)]


@router.get("/cue-presets", **needs(Act.READ))
async def own_presets(services: ApiServices, stream: StreamWanted) -> list[CuePreset]:
    """Presets of one stream alone, or without `?stream=` those of the installation."""
    return list(services.cue_presets.own(stream))


@router.put("/cue-presets", **needs(Act.SET_PRESETS))
async def set_presets(presets: Presets, services: ApiServices, stream: StreamWanted) -> Done:
    """Replace the presets of a stream, or of the installation."""
    await services.cue_presets.set_own(stream, presets)
    return Done()


@router.get("/streams/{stream}/cue-presets", **needs(Act.READ))
async def offered(stream: Stream, services: ApiServices) -> list[CuePreset]:
    """Presets that a stream is offered, the installation's first."""
    return list(services.cue_presets.presets(stream.stream_id))


@router.post("/streams/{stream}/cue-presets/{name}/fire", status_code=201, **needs(Act.FIRE_CUE))
async def fire_preset(
    stream: Stream, name: str, services: ApiServices, response: Response, key: IdempotencyKey = None
) -> CueReply:
    """Fire a preset by its name, as a cue that is asked for: it needs an Idempotency-Key as well."""
    key = demand_key(key)
    found = next((one for one in services.cue_presets.presets(stream.stream_id) if one.name == name), None)
    if found is None:
        raise NotFound(f"there is no preset {name}")
    cue, is_replay = await services.cue_once.fire(found.request(stream.stream_id), key)
    if is_replay:
        response.status_code = 200
        response.headers[REPLAYED] = "true"
    return cue_reply(cue, services.return_feeds.receipt(cue.cue_id))


@router.get("/streams/{stream}/rundown", **needs(Act.READ))
async def rundown(stream: Stream, services: ApiServices) -> Rundown:
    """Cues of a stream in the order in which they are fired."""
    return services.cue_presets.rundown(stream.stream_id)


@router.put("/streams/{stream}/rundown", **needs(Act.PLAN_BREAKS))
async def set_rundown(stream: Stream, rundown: Rundown, services: ApiServices) -> Rundown:
    """Replace the rundown of a stream, or move to another of its steps."""
    return await services.cue_presets.set_rundown(stream.stream_id, rundown)


@router.post("/streams/{stream}/rundown/{step}/fire", status_code=201, **needs(Act.FIRE_CUE))
async def fire_step(
    stream: Stream, step: Annotated[int, Path(ge=0), Field()], services: ApiServices
) -> CueReply:
    """Fire a step and move on; refused where it is not the next one, so that none is fired twice."""
    cue = await services.cue_presets.fire_step(stream.stream_id, step)
    return cue_reply(cue, services.return_feeds.receipt(cue.cue_id))
