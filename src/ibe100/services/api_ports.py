"""Ports that the API has beside those of a window: who comes in, and requests that are made again."""

from __future__ import annotations

from typing import Protocol

from pydantic import SecretStr

from ibe100.models.actor import Actor
from ibe100.models.scte35_marker import Cue, CueRequest
from ibe100.models.users import Identity, NewToken
from ibe100.services.ports import Services, UsersPort


class CueOncePort(Protocol):
    """Cues asked for over a network, where an answer may be lost and a request made again."""

    async def fire(self, request: CueRequest, key: str) -> tuple[Cue, bool]:
        """The cue, and whether it is that of an earlier request of the same user under the same key.

        Raises CueRefused, StorageError, and KeyReused when the key stands for another request.
        """


class AccessPort(UsersPort, Protocol):
    """Users, and who comes in by the API."""

    async def log_in(self, name: str, password: SecretStr, address: str) -> NewToken:
        """Make a token for some hours. Raises NotSignedIn, or TooManyLogins with the time to wait."""

    def identify(self, secret: str) -> Identity:
        """User and present role of a token. Raises NotSignedIn."""

    def actor_of(self, identity: Identity, second: str = "") -> Actor:
        """Whoever acts by a token; `second` is the token of the person who confirms. Raises NotSignedIn."""

    async def until_over(self, identity: Identity) -> None:
        """Wait until the token does not let in any more."""


class AllServices(Services, Protocol):
    """Ports as the composition root hands them out: those of a window, and those of the API."""

    @property
    def access(self) -> AccessPort: ...
    @property
    def cue_once(self) -> CueOncePort: ...
