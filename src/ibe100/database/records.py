"""Values that only the database adds to `ibe100.models`; no SQLAlchemy here, services may import it."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ibe100.models.base import Value
from ibe100.models.records.hosts import Owner
from ibe100.models.stream_config import StreamConfig


class StoredStream(Value):
    """A stream of the list with what the operator wants of it."""

    stream_id: str
    number: int
    config: StreamConfig
    """Passphrases are never stored here: they come back as None and live in the secret store."""
    desired: Literal["run", "off"] = "off"
    session_id: int | None = None
    """The session that is open, if one is."""
    owner: Owner = Owner(host="", epoch=0)
    """Host that has it; not written by `save`."""

    @property
    def name(self) -> str:
        """Name of the stream."""
        return self.config.name


class StoredStreams(Value):
    """Streams by their number, and what could not be read of them."""

    streams: tuple[StoredStream, ...]
    notices: tuple[str, ...] = ()
    """A sentence per stream whose configuration cannot be read; its row stays untouched."""


class ShownStream(Value):
    """A stream as its owner tells it to the other hosts; both are JSON."""

    host: str = ""
    view: str
    input: str = ""
    """Report that its plan was made of; empty while it has none."""


class JournalPosition(Value):
    """Place up to which the journal of a runner has been taken over."""

    stream_id: str
    runner: str
    """Identity of the journal in which the number counts: a folder made anew starts again at 1."""
    last_seq: int


class EventIdRange(Value):
    """The splice_event_ids a stream may use, both ends included."""

    first: Annotated[int, Field(ge=1, le=0xFFFFFFFE)]
    last: Annotated[int, Field(ge=1, le=0xFFFFFFFE)]

    @model_validator(mode="after")
    def _order(self) -> Self:
        if self.last < self.first:
            raise ValueError("last is below first")
        return self

    def __len__(self) -> int:
        return self.last - self.first + 1
