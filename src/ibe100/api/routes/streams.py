"""Streams: what there is, set up, start, stop."""

from __future__ import annotations

from typing import Annotated

from fastapi import Request, Response
from pydantic import Field

from ibe100.api.etags import IF_MATCH, edits, tag_of
from ibe100.api.replies import Done, StreamReply, stream_reply
from ibe100.api.roles import ApiServices, Scarce, Stream, find_stream, needs, new_router, with_extra
from ibe100.models.base import Value
from ibe100.models.cues.input_cue import InputCue
from ibe100.models.endpoints.inputs import MOST_INPUTS
from ibe100.models.errors import ConfigurationError
from ibe100.models.messages import StreamView
from ibe100.models.rights import Act
from ibe100.models.stream_config import StreamConfig, StreamInput, plain_edges
from ibe100.mpegts.stream_report import StreamReport
from ibe100.services.streams.stream_secrets import without_secrets

router = new_router("streams")


class Deleted(Done):
    """A stream that is off the list."""

    deleted_id: int


class CommandReply(Value):
    """A command line, secrets masked."""

    command: str


@router.get("/streams", **needs(Act.READ))
async def list_streams(services: ApiServices) -> list[StreamReply]:
    """Streams in the order of their numbers."""
    return [stream_reply(view) for view in services.streams.streams()]


@router.get("/streams/{stream}", **needs(Act.READ))
async def one_stream(stream: Stream, response: Response) -> StreamReply:
    """A stream by number, id or name; the ETag is that of its configuration."""
    response.headers["ETag"] = tag_of(_content(stream))
    return stream_reply(stream)


@router.post("/streams", status_code=201, **needs(Act.SET_UP_STREAM))
async def add_stream(config: StreamConfig, services: ApiServices) -> StreamReply:
    """A new stream with the next free number; it is not started."""
    _refuse_masks(config)
    return stream_reply(await services.streams.add(config))


@router.put("/streams/{stream}", **with_extra(needs(Act.SET_UP_STREAM), parameters=[IF_MATCH]))
async def change_stream(
    stream: Stream, config: StreamConfig, services: ApiServices, request: Request, response: Response
) -> StreamReply:
    """Replace the configuration; a running stream goes on with the old one until it is restarted.

    A passphrase that is left out, and the user and query of a URL to the same place, stay as they are. For
    another host or port the passphrase is to be given again; an empty one is none.
    """
    _refuse_masks(config)
    changed = stream

    async def content() -> str:
        return _content(find_stream(services, changed.stream_id))

    async with edits(request).of(request, response, content):
        changed = await services.streams.change(stream.stream_id, config)
    return stream_reply(changed)


@router.delete("/streams/{stream}", **needs(Act.DELETE_STREAM))
async def remove_stream(stream: Stream, services: ApiServices) -> Deleted:
    """Delete a stopped stream from the list; it can be restored by its `deleted_id`."""
    return Deleted(deleted_id=await services.streams.remove(stream.stream_id))


@router.post("/probe", **needs(Act.PROBE, Scarce.PROBES))
async def probe(source: StreamInput, services: ApiServices) -> StreamReport:
    """Read an input for a few seconds and say what is in it."""
    return await services.streams.probe(source)


@router.post("/streams/{stream}/probe", **needs(Act.PROBE, Scarce.PROBES))
async def probe_stream(stream: Stream, services: ApiServices) -> StreamReport:
    """Read a stream's own input for a few seconds and say what is in it."""
    return await services.streams.probe(stream.config.input)


@router.get("/streams/{stream}/command", **needs(Act.READ))
async def command(stream: Stream, services: ApiServices) -> CommandReply:
    """The command the stream runs, or would run; secrets masked."""
    return CommandReply(command=await services.streams.command(stream.stream_id))


@router.post("/streams/{stream}/start", **needs(Act.RUN_STREAM))
async def start(stream: Stream, services: ApiServices) -> StreamReply:
    """Answers when the runner is up (STARTING), or the input is waited for (WAITING)."""
    return stream_reply(await services.streams.start(stream.stream_id))


@router.post("/streams/{stream}/stop", **needs(Act.RUN_STREAM))
async def stop(stream: Stream, services: ApiServices) -> StreamReply:
    """Answers when the processor is gone."""
    return stream_reply(await services.streams.stop(stream.stream_id))


@router.post("/streams/{stream}/restart", **needs(Act.RUN_STREAM))
async def restart(stream: Stream, services: ApiServices) -> StreamReply:
    """Stop and start, with the configuration as it is now."""
    return stream_reply(await services.streams.restart(stream.stream_id))


@router.post("/streams/{stream}/retry", **needs(Act.RUN_STREAM))
async def retry(stream: Stream, services: ApiServices) -> StreamReply:
    """Try now what a stream that is RETRYING, STALLED or WAITING would try later."""
    return stream_reply(await services.streams.retry(stream.stream_id))


class WantedInput(Value):
    """Input that is to be on air."""

    number: Annotated[int, Field(ge=1, le=MOST_INPUTS)]
    """From 1, in the order of the stream's inputs."""
    hold: bool = False
    """Stay there though it is lost."""
    for_s: Annotated[float, Field(gt=0, le=3600)] | None = None
    """A drill: go back after so long."""


@router.post("/streams/{stream}/input", **needs(Act.RUN_STREAM))
async def go_to_input(stream: Stream, wanted: WantedInput, services: ApiServices) -> Done:
    """Put one of a stream's several inputs on air: until it is lost, for good, or for a while."""
    await services.inputs.go_to(stream.stream_id, wanted.number, hold=wanted.hold, for_s=wanted.for_s)
    return Done()


@router.delete("/streams/{stream}/input", **needs(Act.RUN_STREAM))
async def follow_input_rules(stream: Stream, services: ApiServices) -> Done:
    """Have the stream's rules choose its input again."""
    await services.inputs.follow_rules(stream.stream_id)
    return Done()


@router.post("/streams/{stream}/reset-counters", **needs(Act.RESET_COUNTERS))
async def reset_counters(stream: Stream, services: ApiServices) -> Done:
    """Count TR 101 290 errors from zero."""
    await services.monitoring.reset_counters(stream.stream_id)
    return Done()


@router.get("/streams/{stream}/input-cues", **needs(Act.READ))
async def input_cues(stream: Stream, services: ApiServices) -> list[InputCue]:
    """Cues of others on the input, the newest first."""
    return list(services.input_cues.recent(stream.stream_id))


def _content(stream: StreamView) -> str:
    """What the ETag of a configuration is of; a passphrase leaves no trace in it."""
    return without_secrets(stream.config).model_dump_json()


def _refuse_masks(config: StreamConfig) -> None:
    """Refuse the mask that hides a secret on a screen as a secret. Raises ConfigurationError."""
    for side, edge in plain_edges(config):
        passphrase = getattr(edge, "passphrase", None)
        if passphrase and not passphrase.get_secret_value().strip("*"):
            raise ConfigurationError(f"{side}.passphrase: this is a mask; leave it out to keep what there is")
        if "***" in getattr(edge, "url", ""):
            raise ConfigurationError(f"{side}.url: a part is masked; leave user and query out to keep them")
