"""A profile: streams that are saved, loaded and handed on as one JSON file."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from ibe100.models.base import Name, Value
from ibe100.models.stream_config import StreamConfig

StreamId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class StreamEntry(Value):
    """A stream with its fixed place in the list."""

    stream_id: StreamId
    number: Annotated[int, Field(ge=1, le=999)]
    config: StreamConfig


class Profile(Value):
    """A named set of streams; secrets are never in it."""

    name: Name
    streams: tuple[StreamEntry, ...] = ()


class DefaultProfiles(Value):
    """Content of `config/default_profiles.json`: profiles to begin with."""

    version: Literal[1] = 1
    profiles: Annotated[tuple[Profile, ...], Field(min_length=1)]
