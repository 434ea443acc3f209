"""Changes of the list of streams: copies, groups, many at once, deleted ones; restarts after a break."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from ibe100.api.replies import Done, StreamReply, stream_reply
from ibe100.api.roles import ApiServices, Stream, StreamWanted, find_stream, needs, new_router
from ibe100.models.base import Text, Value
from ibe100.models.rights import Act
from ibe100.models.stream_config import StreamConfig
from ibe100.models.stream_list import Clash, DeletedStream, ManyAct, NotDone
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.api_ports import AllServices
from ibe100.services.streams.stream_secrets import without_secrets

router = new_router("streams")

Names = Annotated[tuple[str, ...], Field(min_length=1, max_length=999)]
"""Streams by number, id or name."""


class Many(Value):
    """An act on several streams."""

    act: ManyAct
    streams: Names


class Group(Value):
    """Streams, and the group they are put into; empty is none."""

    streams: Names
    group: Annotated[Text, Field(max_length=80)] = ""


class WantedCommand(Value):
    """A configuration, and what its input is known to hold."""

    config: StreamConfig
    report: StreamReport | None = None


class CommandText(Value):
    """A command line, secrets masked."""

    command: str


class RestartTime(Value):
    """Seconds without output that a restart takes, by the last one."""

    seconds: float


@router.post("/streams/clashes", **needs(Act.READ))
async def clashes(config: StreamConfig, services: ApiServices, stream: StreamWanted) -> list[Clash]:
    """Ports, addresses and files that another stream has; `?stream=` names the one that is edited."""
    return list(await services.streams.clashes(stream, config))


@router.post("/streams/command", **needs(Act.SET_UP_STREAM))
async def preview_command(wanted: WantedCommand, services: ApiServices) -> CommandText:
    """The command that a configuration would run."""
    return CommandText(command=await services.streams.preview_command(wanted.config, wanted.report))


@router.post("/streams/many", **needs(Act.RUN_STREAM))
async def many(wanted: Many, services: ApiServices) -> list[NotDone]:
    """Start, stop, restart or delete several, where it is not so already; answers with those that refused."""
    return list(await services.streams.do_to_many(wanted.act, _ids(services, wanted.streams)))


@router.post("/streams/group", **needs(Act.SET_UP_STREAM))
async def group(wanted: Group, services: ApiServices) -> Done:
    """Put streams into a group; nothing on air changes."""
    await services.streams.group(_ids(services, wanted.streams), wanted.group)
    return Done()


@router.post("/streams/{stream}/duplicate", status_code=201, **needs(Act.SET_UP_STREAM))
async def duplicate(stream: Stream, services: ApiServices) -> StreamReply:
    """A copy under a free name, with free ports and files; it is off."""
    return stream_reply(await services.streams.duplicate(stream.stream_id))


@router.post("/streams/{stream}/restart-after-break", **needs(Act.RUN_STREAM))
async def restart_after_break(stream: Stream, services: ApiServices) -> StreamReply:
    """Restart it once it is in no break and no cue waits to go out."""
    return stream_reply(await services.streams.restart_after_break(stream.stream_id))


@router.delete("/streams/{stream}/restart-after-break", **needs(Act.RUN_STREAM))
async def call_off_restart(stream: Stream, services: ApiServices) -> Done:
    """Leave a stream running that would be restarted after its break."""
    await services.streams.call_off_restart(stream.stream_id)
    return Done()


@router.get("/streams/{stream}/restart-time", **needs(Act.READ))
async def restart_time(stream: Stream, services: ApiServices) -> RestartTime:
    """How long a restart takes."""
    return RestartTime(seconds=services.streams.restart_s(stream.stream_id))


@router.get("/deleted-streams", **needs(Act.READ))
async def deleted(services: ApiServices) -> list[DeletedStream]:
    """Deleted streams that can be brought back, the newest first: for 30 days."""
    found = await services.streams.deleted()
    return [one.model_copy(update={"config": without_secrets(one.config)}) for one in found]


@router.post("/deleted-streams/{deleted_id}/restore", **needs(Act.SET_UP_STREAM))
async def restore(deleted_id: int, services: ApiServices) -> StreamReply:
    """Bring a deleted stream back, off, with its contract and passphrases."""
    return stream_reply(await services.streams.restore(deleted_id))


@router.delete("/deleted-streams/{deleted_id}", **needs(Act.DELETE_STREAM))
async def forget(deleted_id: int, services: ApiServices) -> Done:
    """Delete it for good, with its passphrases."""
    await services.streams.forget(deleted_id)
    return Done()


def _ids(services: AllServices, names: tuple[str, ...]) -> list[str]:
    return [find_stream(services, name).stream_id for name in names]
