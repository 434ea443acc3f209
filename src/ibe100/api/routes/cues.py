"""Cues: may one go, what would go out, fire it once, what became of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import Header, Path, Query, Response
from pydantic import Field

from ibe100.api.replies import CueReply, ReturnReply, WholeCueReply, cue_reply, return_reply
from ibe100.api.roles import ApiServices, Stream, needs, new_router
from ibe100.models.base import Value, build
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.cues.segmentation import Segmentation
from ibe100.models.errors import ConfigurationError, NotFound
from ibe100.models.messages import StreamView
from ibe100.models.rights import Act
from ibe100.models.scte35_marker import BreakEnd, Cue, CueAction, CuePreview, CueRequest, Readiness
from ibe100.services.api_ports import AllServices

REPLAYED = "Idempotency-Replayed"

router = new_router("cues")


class WantedCue(Value):
    """A cue as the caller asks for it; stream and name are known by path and token."""

    action: CueAction
    duration_s: Annotated[float, Field(gt=0, le=86_400)] | None = None
    """Announced duration of the break; left out, the stream's default. Of CHANGE LENGTH its whole length."""
    by_s: Annotated[float, Field(ge=-86_400, le=86_400)] | None = None
    """Seconds that CHANGE LENGTH makes the break on air longer, or shorter, in place of duration_s."""
    pre_roll_s: Annotated[float, Field(ge=0, le=60)] | None = None
    """0 is immediate; otherwise the splice lies at least this far ahead on the stream's own PTS clock.
    Left out, a TO BREAK has what the stream's contract asks; without one, and for all else, 0."""
    splice_at: Annotated[float, Field(ge=0, allow_inf_nan=False)] | None = None
    """Wall clock, seconds since the epoch: the splice falls on the first frame at or after it."""
    returns: BreakEnd | None = None
    """How the break ends; left out, the stream's own way."""
    segmentation: Segmentation | None = None
    """Segmentation of a TIME SIGNAL, which needs one."""
    section: Annotated[str, Field(max_length=12_000)] = ""
    """Section of SEND SECTION: base64, hex, XML (SCTE 35's or TSDuck's), or a playlist's tag."""


class Warning(Value):
    """Words for the operator; empty where there is nothing to say."""

    words: str


IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=128,
        pattern=r"^[\x21-\x7e]+$",
        description="Your own name for this one cue, such as a UUID: a retry under it fires nothing again.",
    ),
]
CueId = Annotated[int, Path(ge=1, le=2**63 - 1)]


@router.get("/streams/{stream}/cues/readiness", **needs(Act.READ))
async def readiness(stream: Stream, services: ApiServices, action: CueAction | None = None) -> Readiness:
    """Readiness for a cue now, and the reason if there is none."""
    return services.cues.readiness(stream.stream_id, action)


@router.post("/streams/{stream}/cues/preview", **needs(Act.FIRE_CUE))
async def preview(stream: Stream, wanted: WantedCue, services: ApiServices) -> CuePreview:
    """Preview the section that would go out now; nothing is reserved."""
    return await services.cues.preview(_request(stream, wanted))


@router.post("/streams/{stream}/cues", status_code=201, **needs(Act.FIRE_CUE))
async def fire(
    stream: Stream,
    wanted: WantedCue,
    services: ApiServices,
    response: Response,
    key: IdempotencyKey = None,
) -> CueReply:
    """Fire a cue: committed, then sent; answers with it SENT (immediate) or ARMED.

    Needs an Idempotency-Key. The same key with the same body answers 200 with the first cue as it now
    stands; with another body 409. A cue that was refused leaves its key free.
    """
    cue, is_replay = await services.cue_once.fire(_request(stream, wanted), demand_key(key))
    if is_replay:
        response.status_code = 200
        response.headers[REPLAYED] = "true"
    return cue_reply(cue, services.return_feeds.receipt(cue.cue_id))


@router.get("/streams/{stream}/cues", **needs(Act.READ))
async def recent(stream: Stream, services: ApiServices) -> list[CueReply]:
    """Newest cues first, at most 50; older ones are in the history."""
    receipt = services.return_feeds.receipt
    return [cue_reply(cue, receipt(cue.cue_id)) for cue in services.cues.recent(stream.stream_id)]


@router.get("/cues/{cue_id}", **needs(Act.READ))
async def one_cue(cue_id: CueId, services: ApiServices) -> WholeCueReply:
    """A cue with every step of its life, and its receipt from the return feed."""
    cue = await _find(services, cue_id)
    receipt: ReturnReceipt | None = services.return_feeds.receipt(cue_id)
    steps = tuple(await services.records.cues.steps(cue_id))
    return WholeCueReply.model_construct(
        **dict(cue),
        return_feed=return_reply(receipt),
        steps=steps,
        break_ends_at=services.cues.announced_end(cue),
    )


@router.post("/cues/{cue_id}/cancel", **needs(Act.DISARM_CUE))
async def cancel(cue_id: CueId, services: ApiServices) -> CueReply:
    """Cancel a cue that is ARMED: it never airs."""
    await _find(services, cue_id)
    return cue_reply(await services.cues.cancel(cue_id), services.return_feeds.receipt(cue_id))


@router.get("/break-warning", **needs(Act.READ))
async def break_warning(
    services: ApiServices, duration_s: Annotated[float, Query(gt=0, le=86_400)]
) -> Warning:
    """Words about a break that is unusually long."""
    return Warning(words=services.cues.break_warning(duration_s))


@router.get("/streams/{stream}/return-receipts", **needs(Act.READ))
async def return_receipts(stream: Stream, services: ApiServices) -> list[ReturnReply]:
    """Receipts of a stream's return feed, the newest first."""
    found = (return_reply(one) for one in services.return_feeds.recent(stream.stream_id))
    return [one for one in found if one is not None]


def demand_key(key: str | None) -> str:
    """The key of a cue. Raises ConfigurationError where there is none."""
    if key is None:
        raise ConfigurationError(
            "Idempotency-Key: this header is needed, with your own name for this one cue (such as a UUID): "
            "a request whose answer was lost can then be made again and fires nothing twice"
        )
    return key


def _request(stream: StreamView, wanted: WantedCue) -> CueRequest:
    return build(CueRequest, {**wanted.model_dump(), "stream_id": stream.stream_id}, "cue")


async def _find(services: AllServices, cue_id: int) -> Cue:
    """The cue as it stands: the record may be a step behind. Raises NotFound."""
    for view in services.streams.streams():
        for cue in services.cues.recent(view.stream_id):
            if cue.cue_id == cue_id:
                return cue
    cue_on_record = await services.records.cues.get(cue_id)
    if cue_on_record is None:
        raise NotFound(f"there is no cue {cue_id}")
    return cue_on_record
