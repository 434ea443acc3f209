"""HTTP to the API over a Unix socket or TCP, with connections that are used again. Safe from any thread."""

from __future__ import annotations

import contextlib
import hashlib
import http.client
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from ibe100_client.errors import AnswerLost, NotReachable, WrongCertificate

IDLE_S = 20.0
"""A connection that was idle for longer is not used again: the server ends it after 30 s."""
CONNECT_S = 10.0
"""So long a connection may take to be made."""
LONGEST_UNIX_PATH = 100
SOCKET = Path("console", "api.sock")
"""Below the data folder."""


@dataclass(frozen=True, slots=True)
class Address:
    """Place of an API: a Unix socket, or a host and port."""

    socket: Path | None = None
    host: str = "localhost"
    port: int = 0
    is_tls: bool = False
    fingerprint: str = ""
    """SHA-256 of the server's certificate, hex; empty: it is checked by the system's authorities."""

    @property
    def words(self) -> str:
        """The place, for messages."""
        if self.socket is not None:
            return str(self.socket)
        return f"{'https' if self.is_tls else 'http'}://{self.host}:{self.port}"


def address_of(place: str | Path, fingerprint: str = "") -> Address:
    """Address of a URL, or of a data folder or socket as a `Path`. Raises ValueError."""
    if isinstance(place, Path):
        return Address(socket=place if place.suffix == ".sock" else place / SOCKET)
    parts = urlsplit(place)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"{place!r} is no URL such as https://playout:8100; a folder is given as a Path")
    is_tls = parts.scheme == "https"
    fingerprint = fingerprint.replace(":", "").lower()
    if fingerprint and not is_tls:
        raise ValueError("a fingerprint goes with https only")
    return Address(None, parts.hostname, parts.port or 8100, is_tls, fingerprint)


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of one request."""

    status: int
    headers: Mapping[str, str]
    """Names in small letters."""
    body: bytes


class Transport:
    """Connections to one API."""

    def __init__(self, address: Address, timeout_s: float | None) -> None:
        self.address = address
        self._timeout_s = timeout_s
        self._idle: list[tuple[http.client.HTTPConnection, float]] = []
        self._busy: set[http.client.HTTPConnection] = set()
        self._lock = threading.Lock()

    def ask(self, method: str, target: str, headers: Mapping[str, str], body: bytes | None) -> Answer:
        """Ask once. Raises NotReachable (nothing was asked) and AnswerLost (it may have been done)."""
        connection = self._connected()
        with self._lock:
            self._busy.add(connection)
        try:
            return self._asked(connection, method, target, headers, body)
        finally:
            with self._lock:
                self._busy.discard(connection)

    def _asked(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes | None,
    ) -> Answer:
        try:
            connection.request(method, target, body, dict(headers))
            came = connection.getresponse()
            if came.length is None and not came.chunked:
                raise http.client.IncompleteRead(
                    b""
                )  # a head that was cut off: http.client takes it for whole
            answer = Answer(
                came.status, {name.lower(): value for name, value in came.headers.items()}, came.read()
            )
        except (OSError, http.client.HTTPException) as error:
            connection.close()
            words = "it took too long" if isinstance(error, TimeoutError) else "the connection ended"
            raise AnswerLost(
                f"no answer came from {self.address.words}: {words}; whether it was done is not known"
            ) from error
        except BaseException:
            connection.close()
            raise
        if not came.will_close:
            with self._lock:
                self._idle.append((connection, time.monotonic()))
        return answer

    def cut_off(self) -> None:
        """End all connections: whoever waits for an answer gets AnswerLost now."""
        with self._lock:
            busy = list(self._busy)
        for connection in busy:
            if connection.sock is not None:
                with contextlib.suppress(OSError):  # it has ended by itself
                    connection.sock.shutdown(socket.SHUT_RDWR)
        self.close()

    def close(self) -> None:
        """End the connections that nobody uses."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection, _ in idle:
            connection.close()

    def _connected(self) -> http.client.HTTPConnection:
        while True:
            with self._lock:
                if not self._idle:
                    break
                connection, since_s = self._idle.pop()
            if time.monotonic() - since_s < IDLE_S and not _is_ended(connection.sock):
                return connection
            connection.close()
        longest_s = CONNECT_S if self._timeout_s is None else min(CONNECT_S, self._timeout_s)
        connection = _new_connection(self.address, longest_s)
        try:
            connection.connect()
            connection.timeout = self._timeout_s
            connection.sock.settimeout(self._timeout_s)
        except WrongCertificate:
            connection.close()
            raise
        except OSError as error:
            connection.close()
            raise NotReachable(
                f"nobody answers at {self.address.words}: {error.strerror or error}"
            ) from error
        return connection


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A Unix socket's path as `connect` takes it, however deep its folder lies. Raises OSError."""
    if len(os.fsencode(path)) <= LONGEST_UNIX_PATH or sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def fingerprint_of(certificate: bytes | None) -> str:
    """SHA-256 of a certificate in DER, hex."""
    return hashlib.sha256(certificate or b"").hexdigest()


def _new_connection(address: Address, timeout_s: float | None) -> http.client.HTTPConnection:
    if address.socket is not None:
        return _UnixConnection(address.socket, timeout_s)
    if not address.is_tls:
        return http.client.HTTPConnection(address.host, address.port, timeout=timeout_s)
    from ibe100_client.tls import PinnedConnection

    return PinnedConnection(address.host, address.port, address.fingerprint, timeout_s)


class _UnixConnection(http.client.HTTPConnection):
    def __init__(self, path: Path, timeout_s: float | None) -> None:
        super().__init__("localhost", timeout=timeout_s)
        self._path = path

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        with short_path(self._path) as name:
            self.sock.connect(name)


def _is_ended(connection: socket.socket | None) -> bool:
    """True when the server has closed an idle connection, or said what nobody asked for."""
    if connection is None:
        return True
    readable, _, _ = select.select([connection], [], [], 0)
    return bool(readable)
