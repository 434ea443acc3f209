"""Where the records are: a SQLite file, or a database on a PostgreSQL server."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Self, TypeAlias
from urllib.parse import parse_qsl, urlsplit

from pydantic import model_validator

from ibe100.models.base import Value
from ibe100.models.settings.forms import told
from ibe100.utils.program import COMMAND

SCHEME = "postgresql+psycopg"
OPTIONS = frozenset({"host", "port", "sslmode", "sslrootcert", "sslcert", "sslkey", "sslcrl", "passfile"})
"""Options of libpq that a URL may hold; no password is among them."""
_EXAMPLE = f"{SCHEME}://USER@HOST/NAME"


class DatabasePlan(Value):
    """Where the records are; section `database` of the settings."""

    url: Annotated[
        str | None,
        told("Database", f"{_EXAMPLE}, without a password; empty is the SQLite file in the data folder."),
    ] = None

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        # Of the model, not of the field: words about a field repeat its value, and a password may be in it.
        if self.url:
            check_url(self.url)
        return self


def check_url(url: str) -> str:
    """`url` itself. Raises ValueError, which repeats nothing of it, when it names no database of a server."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise ValueError(f"url cannot be read: it must be {_EXAMPLE}") from None
    if parts.scheme != SCHEME:
        raise ValueError(f"url must be {_EXAMPLE}: PostgreSQL is the only server that is supported")
    if parts.password is not None:
        raise ValueError(
            "url must hold no password: "
            f"keep it with {COMMAND} database password, or in IBE100_DATABASE_PASSWORD"
        )
    if not parts.path.strip("/") or "/" in parts.path.strip("/"):
        raise ValueError(f"url must name one database: {_EXAMPLE}")
    if strange := {name for name, _ in parse_qsl(parts.query, keep_blank_values=True)} - OPTIONS:
        raise ValueError(
            f"url has an option that is none of {', '.join(sorted(OPTIONS))}"
            + (" (a password is kept elsewhere)" if "password" in strange else "")
        )
    return url


@dataclass(frozen=True, slots=True)
class DatabaseServer:
    """A database on a PostgreSQL server, and how it is reached."""

    url: str
    password: str = field(default="", repr=False)
    """Empty where libpq finds one by itself (a password file, a certificate) or none is asked for."""

    @property
    def name(self) -> str:
        """Its name for people: user, host and database."""
        parts = urlsplit(self.url)
        socket = dict(parse_qsl(parts.query)).get("host", "")
        place = parts.netloc if not socket else f"{parts.netloc}[{socket}]"
        return f"postgresql://{place}{parts.path}"

    @property
    def hosts(self) -> tuple[str, ...]:
        """Hosts and folders of sockets that are named; libpq has its own where none is."""
        parts = urlsplit(self.url)
        named = (value for name, value in parse_qsl(parts.query) if name == "host")
        return (*([parts.hostname] if parts.hostname else []), *named)

    def __str__(self) -> str:
        return self.name


DatabaseAddress: TypeAlias = Path | DatabaseServer
