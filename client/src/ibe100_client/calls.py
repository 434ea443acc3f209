"""A call of the API: what is asked and what the answer is read as, whichever client does it."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Generic, TypeVar
from urllib.parse import quote, urlencode

T = TypeVar("T")

API = "/api/v1"
KEY = "Idempotency-Key"
NOTE = "X-Note"
Asked = str | bool | float | date | Sequence[str] | None
"""A value of a query; None is left out."""


@dataclass(frozen=True, slots=True)
class Call(Generic[T]):
    """One request. Making it does nothing: the same call may be done again."""

    method: str
    path: str
    """Below `/api/v1`; parts that are names are escaped by `place`."""
    kind: Any
    """Type of the answer; `bytes` as it came, None where nothing comes."""
    query: Mapping[str, Asked] = field(default_factory=dict)
    body: Any = None
    """Sent as JSON; `bytes` as they are."""
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def may_be_asked_again(self) -> bool:
        """True where asking twice does nothing twice: reads, and what carries a key of its own."""
        return self.method == "GET" or KEY in self.headers

    @property
    def target(self) -> str:
        """Path and query of the request."""
        values = {name: _text(value) for name, value in self.query.items() if value is not None}
        return f"{API}{self.path}" + (f"?{urlencode(values, doseq=True)}" if values else "")

    def noting(self, note: str) -> Call[T]:
        """The same call with a note that goes on record beside the name."""
        return replace(self, headers={**self.headers, NOTE: quote(note)}) if note else self

    def confirmed_by(self, token: str) -> Call[T]:
        """The same call, confirmed by a second person's token."""
        return replace(self, headers={**self.headers, "X-Second-Person": f"Bearer {token}"})

    def if_still(self, etag: str) -> Call[T]:
        """The same call, refused with 412 when what it changes is not that any more."""
        return replace(self, headers={**self.headers, "If-Match": etag})


def place(*parts: object) -> str:
    """A path of these parts, each escaped."""
    return "".join(f"/{quote(str(part), safe='')}" for part in parts)


def new_key() -> str:
    """A name for one request, as no other has it."""
    return str(uuid.uuid4())


def given(**values: Any) -> dict[str, Any]:
    """The values that are not None: what is left out is the server's to choose."""
    return {name: value for name, value in values.items() if value is not None}


def _text(value: Asked) -> str | list[str]:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str | float | int | date) or value is None:
        return str(value)
    return [str(one) for one in value]
