"""Opening of a window's servers: certificates first, then the connection."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from ibe100.models.errors import ConfigurationError
from ibe100.remote.pins import Pins, check_place
from ibe100.remote.server import remote_server
from ibe100.services.ports import Services

SOCKET = "unix:"
"""Before the path of a Unix socket, or of a data folder, in `--connect`."""


def place_of(text: str) -> str | Path:
    """Place that `--connect` names: a URL, or `unix:PATH`. Raises ConfigurationError."""
    if text.startswith(SOCKET):
        return Path(text.removeprefix(SOCKET)).expanduser().absolute()
    check_place(text)
    return text


@asynccontextmanager
async def remote_services(place: str | Path, token: str, pins: Pins) -> AsyncIterator[Services]:
    """The services of a server, for as long as the context lasts.

    Raises CertificateUnknown at the first use, and OperatorError.
    """
    fingerprint = "" if isinstance(place, Path) else await pins.fingerprint(place)
    async with remote_server(place, token, fingerprint) as server:
        yield server


def token_in(file: Path | None) -> str:
    """The token in a file; empty without one. Raises ConfigurationError."""
    if file is None:
        return ""
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"--token-file {file} cannot be read: {error}") from error
