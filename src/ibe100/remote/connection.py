"""Connection to a server on another machine: what is asked of it, and how its refusals read here."""

from __future__ import annotations

import json
import time
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError

from ibe100.models.base import describe_error
from ibe100.models.console import Link
from ibe100.models.errors import (
    ConfigurationError,
    CueRefused,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OperatorError,
    SecondPersonNeeded,
    StorageError,
    TooManyLogins,
)
from ibe100.models.users import Identity
from ibe100.utils.timecode import format_clock
from ibe100_client import AnswerLost, Call, ClientError, NotReachable, Refused, access
from ibe100_client.asynchronous import AsyncClient
from ibe100_client.transport import Answer, address_of

TIMEOUT_S = 90.0
"""Longest wait for an answer while the connection is up: a start probes its input first."""
PATIENCE_S = 10.0

Model = TypeVar("Model", bound=BaseModel)
Kind = TypeVar("Kind")
Result = TypeVar("Result")

_second: ContextVar[str] = ContextVar("token of the second person", default="")


class NoConnection(OperatorError):
    """The server cannot be reached: nothing was done."""


class OutcomeUnknown(OperatorError):
    """The connection ended before the answer came: it may have been done."""


class Connection:
    """A server, the token that lets in, and whether it answers. Used on the loop; `link` from any thread."""

    def __init__(self, place: str | Path, token: str = "", fingerprint: str = "") -> None:
        """`place` is a URL or a Unix socket; `token` may be had later, by a login. Raises ValueError."""
        self.place, self._fingerprint = place, fingerprint
        self.is_local = isinstance(place, Path)
        address = address_of(place, fingerprint)
        host = f"[{address.host}]" if ":" in address.host else address.host
        self.host = "this machine" if self.is_local else f"{host}:{address.port}"
        self.client = self._new_client(token)
        self.identity: Identity | None = None
        """Whoever is signed in; None while nobody is."""
        self.link = Link(host=self.host, reason="nobody has signed in yet")

    def _new_client(self, token: str) -> AsyncClient:
        return AsyncClient(
            self.place, token, fingerprint=self._fingerprint, timeout_s=TIMEOUT_S, patience_s=PATIENCE_S
        )

    async def close(self) -> None:
        """End the connections."""
        self.client.cut_off()
        await self.client.close()

    async def enter(self, token: str) -> Identity:
        """Act by this token from now on. Raises OperatorError, and then everything is as it was."""
        client = self._new_client(token)
        try:
            answer = await _translated(client.json(access.me()))
            self.identity = self.read(TypeAdapter(Identity), answer)
        except OperatorError:
            await client.close()
            raise
        self.client, before = client, self.client
        before.cut_off()
        await before.close()
        return self.identity

    async def log_in(self, name: str, password: str) -> str:
        """A token by name and password. Raises NotSignedIn, TooManyLogins, NoConnection."""
        client = self._new_client("")
        try:
            made = await _translated(client.do(access.log_in(name, password)))
        finally:
            await client.close()
        return made.token

    async def log_out(self, token: str = "") -> None:
        """Revoke a token, by default that of this connection; a server that is away forgets it later."""
        client = self._new_client(token) if token else self.client
        try:
            await _translated(client.do(access.log_out()))
        except OperatorError:
            return
        finally:
            if token:
                await client.close()

    def set_up(self, *, round_trip_ms: float | None = None) -> None:
        """Note that the server answers."""
        self.link = Link(host=self.host, is_up=True, known_at=time.time(), round_trip_ms=round_trip_ms)

    def set_lost(self, reason: str) -> None:
        """Note that the server does not answer, since it was heard last; answers waited for are lost."""
        lost_at = self.link.known_at if self.link.is_up else self.link.lost_at
        self.link = self.link.model_copy(update={"is_up": False, "lost_at": lost_at, "reason": reason})
        self.client.cut_off()

    def heard(self) -> None:
        """Note that something came."""
        if self.link.is_up:
            self.link = self.link.model_copy(update={"known_at": time.time()})

    @property
    def why_down(self) -> str:
        """Words why nothing can be asked; empty while the server answers."""
        link = self.link
        if link.is_up:
            return ""
        since = f" since {format_clock(link.lost_at)}" if link.lost_at is not None else ""
        return f"no connection to {link.host}{since}"

    async def answer(self, call: Call[Any]) -> Answer:
        """The whole answer of a call. Raises OperatorError."""
        if words := self.why_down:
            raise NoConnection(f"{words}: nothing was done")
        second = _second.get()
        return await _translated(self.client.answer(call.confirmed_by(second) if second else call))

    async def do(self, call: Call[Any]) -> None:
        """Ask where nothing is answered that is of use. Raises OperatorError."""
        await self.answer(call)

    async def one(self, call: Call[Any], kind: type[Model]) -> Model:
        """The answer of a call as a value. Raises OperatorError."""
        return self.read(TypeAdapter(kind), _json(await self.answer(call)))

    async def many(self, call: Call[Any], kind: type[Model]) -> tuple[Model, ...]:
        """The answer of a call as values. Raises OperatorError."""
        return self.read(TypeAdapter(tuple[kind, ...]), _json(await self.answer(call)))  # type: ignore[valid-type]

    async def json(self, call: Call[Any]) -> Any:
        """The answer of a call as it came. Raises OperatorError."""
        return _json(await self.answer(call))

    def read(self, kind: TypeAdapter[Kind], value: Any) -> Kind:
        """JSON as a value; what a newer server says more is passed over. Raises OperatorError."""
        try:
            return kind.validate_python(value, extra="ignore")
        except ValidationError as error:
            raise OperatorError(
                f"{self.host} answers what this version does not understand: {describe_error(error)}"
            ) from error


@contextmanager
def seconded(token: str) -> Iterator[None]:
    """Ask with the token of a second person, who confirms it, for as long as the context lasts."""
    before = _second.set(token)
    try:
        yield
    finally:
        _second.reset(before)


async def _translated(work: Coroutine[Any, Any, Result]) -> Result:
    """The client's errors as those of the operator."""
    try:
        return await work
    except Refused as refused:
        raise error_of(refused) from refused
    except AnswerLost as error:
        raise OutcomeUnknown(str(error)) from error
    except NotReachable as error:
        raise NoConnection(str(error)) from error
    except ClientError as error:
        raise OperatorError(str(error)) from error


def error_of(refused: Refused) -> OperatorError:
    """The error that the server had, as a window in its process would have seen it."""
    words = str(refused)
    match refused.kind:
        case "second_person":
            return SecondPersonNeeded(words)
        case "not_signed_in":
            return NotSignedIn(words)
        case "not_allowed":
            return NotAllowed(words)
        case "not_found":
            return NotFound(words)
        case "invalid" | "malformed":
            return ConfigurationError(words)
        case "storage":
            return StorageError(words)
        case "too_many":
            return TooManyLogins(words, retry_in_s=refused.retry_in_s or 1.0)
        case "refused":
            return CueRefused(words, retry_in_s=refused.retry_in_s)
    return OperatorError(words)


def _json(answer: Answer) -> Any:
    return json.loads(answer.body) if answer.body else None
