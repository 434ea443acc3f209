"""Hosts on one database: who owns which stream, and what Pacemaker's agent asks for."""

from __future__ import annotations

from typing import Annotated

from fastapi import Path

from ibe100.api.replies import Done, StreamReply, stream_reply
from ibe100.api.roles import ApiServices, Stream, needs, new_router
from ibe100.models.records.hosts import ClusterView
from ibe100.models.rights import Act

router = new_router("cluster")


@router.get("/cluster", **needs(Act.READ))
async def hosts(services: ApiServices) -> ClusterView:
    """Hosts with their load and streams, and whether a lost one is made up for by itself."""
    return services.cluster.view()


@router.post("/cluster/streams/{stream}/take", **needs(Act.RUN_STREAM))
async def take(stream: Stream, services: ApiServices) -> StreamReply:
    """Own a stream on this host from now on, and start it where it is wanted.

    To be asked for only where nobody else runs it any more: it was released, or its host was fenced.
    """
    return stream_reply(await services.cluster.take(stream.stream_id))


@router.post("/cluster/streams/{stream}/release", **needs(Act.RUN_STREAM))
async def release(stream: Stream, services: ApiServices) -> StreamReply:
    """Stop a stream on this host, and leave it to whoever takes it next; what is wished of it stays."""
    return stream_reply(await services.cluster.release(stream.stream_id))


@router.delete("/cluster/hosts/{name}", **needs(Act.SET_SETTINGS))
async def forget(name: Annotated[str, Path(max_length=63)], services: ApiServices) -> Done:
    """Take a host off the record that is gone for good and owns no stream."""
    await services.cluster.forget(name)
    return Done()
