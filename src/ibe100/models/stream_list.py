"""Values about changes of the list of streams."""

from __future__ import annotations

from enum import StrEnum

from ibe100.models.base import Value
from ibe100.models.stream_config import StreamConfig


class Clash(Value):
    """Place that a stream would share with another, where only one can have it."""

    field: str
    """Path in StreamConfig, e.g. `input.port`."""
    words: str
    """The other stream's name and what to do."""


class DeletedStream(Value):
    """Stream that was deleted and can be brought back."""

    deleted_id: int
    stream_id: str
    number: int
    config: StreamConfig
    """Without passphrases: they are kept apart, and come back with it."""
    deleted_at: float
    """Wall clock."""
    deleted_by: str


class ManyAct(StrEnum):
    """Act on several streams at once."""

    START = "start"
    STOP = "stop"
    RESTART = "restart"
    DELETE = "delete"


class NotDone(Value):
    """One of several streams to which an act was not done."""

    stream_id: str
    name: str
    reason: str
