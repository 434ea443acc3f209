"""One act on several streams: each for itself, so that one that refuses holds up no other."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any

from ibe100.models.errors import OperatorError
from ibe100.models.messages import StreamView
from ibe100.models.rights import Act
from ibe100.models.stream_list import ManyAct, NotDone
from ibe100.services.rights import demand
from ibe100.services.stream_port import StreamPort

AT_ONCE = 8
"""Streams that are started or stopped at the same time: each start looks at an input with a decoder."""
DEMANDED: Mapping[ManyAct, tuple[Act, ...]] = {
    ManyAct.START: (Act.RUN_STREAM,),
    ManyAct.STOP: (Act.RUN_STREAM, Act.STOP_ON_AIR),
    ManyAct.RESTART: (Act.RUN_STREAM, Act.STOP_ON_AIR),
    ManyAct.DELETE: (Act.DELETE_STREAM,),
}


async def do_to_many(streams: StreamPort, act: ManyAct, views: Sequence[StreamView]) -> tuple[NotDone, ...]:
    """Do this to each of the streams that it concerns; returns those that refused. Raises NotAllowed."""
    concerned = [view for view in views if concerns(act, view)]
    for demanded in DEMANDED[act] if concerned else ():
        demand(demanded, *(view.stream_id for view in concerned))
    work: Mapping[ManyAct, Callable[[str], Coroutine[Any, Any, object]]] = {
        ManyAct.START: streams.start,
        ManyAct.STOP: streams.stop,
        ManyAct.RESTART: streams.restart,
        ManyAct.DELETE: streams.remove,
    }
    some = asyncio.Semaphore(AT_ONCE)

    async def one(view: StreamView) -> NotDone | None:
        async with some:
            try:
                await work[act](view.stream_id)
            except OperatorError as error:
                return NotDone(stream_id=view.stream_id, name=view.name, reason=str(error))
        return None

    outcomes = await asyncio.gather(*(one(view) for view in concerned))
    return tuple(outcome for outcome in outcomes if outcome is not None)


def concerns(act: ManyAct, view: StreamView) -> bool:
    """True where the act would change something: what runs is not started, what is off is not stopped."""
    match act:
        case ManyAct.START:
            return not view.state.is_active
        case ManyAct.STOP | ManyAct.RESTART:
            return view.state.is_active
        case ManyAct.DELETE:
            return True
