"""Errors of the client: all of them are `ClientError`, with words for a person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


class ClientError(Exception):
    """Base of the client's errors."""


class NotReachable(ClientError):
    """Nobody listens there: nothing was done."""


class WrongCertificate(NotReachable):
    """The server's certificate is not the one that was noted: nothing was sent."""


class AnswerLost(ClientError):
    """The connection ended before the answer came; whether it was done is not known."""


class Refused(ClientError):
    """The API refused, with the reason; see the table of `docs/api.md`."""

    def __init__(
        self, status: int, words: str, kind: str = "", retry_in_s: float | None = None, more: Any = None
    ) -> None:
        super().__init__(words)
        self.status = status
        self.kind = kind
        self.retry_in_s = retry_in_s
        """Seconds until the same may be possible, where that is known."""
        self.more: Mapping[str, Any] = more if isinstance(more, Mapping) else {}
        """All fields of the answer."""
