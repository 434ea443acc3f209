"""Certificates of servers, noted at the first use: a server that shows another one is refused."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError

from ibe100.models.base import Value
from ibe100.models.errors import CertificateUnknown, ConfigurationError, OperatorError, StorageError
from ibe100.utils.atomic_write import atomic_write
from ibe100_client import NotReachable
from ibe100_client.tls import look_at
from ibe100_client.transport import address_of

FILE = "known_servers.json"
PRIVATE = 0o600
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
Fingerprint = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class KnownServers(Value):
    """Content of the file: SHA-256 of each server's certificate, by `https://host:port`."""

    servers: Mapping[str, Fingerprint] = {}


def check_place(place: str) -> None:
    """Raise ConfigurationError for what is no URL, and where a password would cross the network in clear."""
    try:
        address = address_of(place)
    except ValueError as error:
        raise ConfigurationError(f"--connect {place}: {error}") from error
    if not address.is_tls and address.host not in LOOPBACK:
        raise ConfigurationError(
            f"--connect {place}: beyond this machine only https: a password must not cross it in clear"
        )


class Pins:
    """Noted certificates in a file of this user's. What it reads and writes is short: no thread is needed."""

    def __init__(self, folder: Path) -> None:
        self._file = folder / FILE

    async def fingerprint(self, place: str) -> str:
        """Certificate that the server at `place` has to show; empty for plain http on this machine.

        Raises CertificateUnknown at the first use, with the one it shows now, to be asked about; and
        OperatorError.
        """
        address = address_of(place)
        if not address.is_tls:
            return ""
        known = (await asyncio.to_thread(self._read)).servers.get(address.words)
        try:
            shown = await asyncio.to_thread(look_at, place)
        except NotReachable as error:
            if known is not None:
                return known  # it is tried again and again, and compared then
            raise OperatorError(str(error)) from error
        if known is None:
            raise CertificateUnknown(address.words, shown)
        if shown != known:
            raise OperatorError(
                f"{address.words} shows another certificate than the one noted, and nothing was sent to it. "
                f"Noted: SHA-256 {spaced(known)}. Shown now: SHA-256 {spaced(shown)}. "
                f"If it was renewed, start once with --fingerprint {shown}; otherwise somebody is in between."
            )
        return known

    async def note(self, place: str, fingerprint: str) -> None:
        """Trust this certificate at that place from now on. Raises ConfigurationError, StorageError."""
        known = fingerprint.replace(":", "").replace(" ", "").lower()
        address = address_of(place)
        if not address.is_tls:
            raise ConfigurationError(f"{place} is not https: there is no certificate")
        try:
            kept = await asyncio.to_thread(self._read)
            kept = KnownServers(servers={**kept.servers, address.words: known})
        except ValidationError as error:
            raise ConfigurationError(f"{fingerprint!r} is no SHA-256: 64 hex digits") from error
        await asyncio.to_thread(self._write, kept)

    def _read(self) -> KnownServers:
        try:
            return KnownServers.model_validate_json(self._file.read_bytes())
        except FileNotFoundError:
            return KnownServers()
        except OSError as error:
            raise StorageError(f"{self._file} cannot be read: {error.strerror}") from error
        except ValidationError as error:
            raise StorageError(
                f"{self._file} is damaged: remove it, and compare each server's certificate again"
            ) from error

    def _write(self, kept: KnownServers) -> None:
        try:
            self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            atomic_write(self._file, json.dumps(kept.model_dump(), indent=1).encode(), PRIVATE)
        except OSError as error:
            raise StorageError(f"{self._file} cannot be written: {error.strerror}") from error


def spaced(fingerprint: str) -> str:
    """A fingerprint in groups of four, as people compare it."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))
