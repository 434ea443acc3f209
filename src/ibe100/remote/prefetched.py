"""Short lists that pages read at once: asked for ahead of that, and again after each change made here."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

from pydantic import BaseModel

from ibe100.models.errors import NotAllowed, OperatorError
from ibe100.models.rights import Act
from ibe100.remote.connection import Connection
from ibe100_client import Call

Model = TypeVar("Model", bound=BaseModel)


class Prefetched(Generic[Model]):
    """List as it was read last; empty for who may not read it. `values` may be read from any thread."""

    def __init__(self, connection: Connection, call: Call[Any], kind: type[Model], act: Act) -> None:
        self._connection, self._call, self._kind, self._act = connection, call, kind, act
        self.values: tuple[Model, ...] = ()

    async def read(self) -> None:
        """Read it now. Raises OperatorError."""
        identity = self._connection.identity
        if identity is None or identity.actor.refusal(self._act):
            self.values = ()
            return
        try:
            self.values = await self._connection.many(self._call, self._kind)
        except NotAllowed:
            self.values = ()

    async def try_to_read(self) -> None:
        """Read it now where that can be; what is known stays where it cannot."""
        try:
            await self.read()
        except OperatorError:
            return
