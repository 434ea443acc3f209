"""The API's TCP port, with TLS where the settings give a certificate."""

from __future__ import annotations

import asyncio
import errno
import socket
import ssl
from collections.abc import Callable

from ibe100.api.guard.accepting import take_connections
from ibe100.core.config import ApiSettings
from ibe100.models.errors import ConfigurationError, OperatorError

MOST_WAITING = 2048
"""Connections that the kernel holds until they are accepted.

Without room TCP asks again after a second: a burst of a stranger's would cost an operator's cue that second.
"""


class TcpListening:
    """A socket that listens, and whether it speaks TLS."""

    def __init__(self, listening: socket.socket, context: ssl.SSLContext | None = None) -> None:
        self._listening = listening
        self._context = context

    @property
    def url(self) -> str:
        """Address that clients give."""
        host, port = self._listening.getsockname()[:2]
        place = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        return f"{'http' if self._context is None else 'https'}://{place}"

    def waiting(self) -> socket.socket | None:
        """The socket on which the first connections wait."""
        return self._listening

    async def take(self, protocol: Callable[[], asyncio.Protocol]) -> None:
        """Give each connection a protocol, for ever."""
        await take_connections(self._listening, protocol, self._context)

    def close(self) -> None:
        """Listen no more."""
        self._listening.close()


def listen_on_tcp(settings: ApiSettings) -> TcpListening:
    """Listen: what is in the way is known before anything else begins. Blocks; raises OperatorError."""
    context = tls_context(settings)
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listening = socket.socket(family, socket.SOCK_STREAM)
        try:
            listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listening.bind((settings.host, settings.port))
            listening.listen(MOST_WAITING)
            listening.setblocking(False)
        except BaseException:
            listening.close()
            raise
    except OSError as error:
        what = f"the API cannot listen on {settings.host} port {settings.port}"
        if error.errno == errno.EADDRINUSE:
            advice = "another program does; choose another with api.port or --api-port"
            raise OperatorError(f"{what}: {advice}") from error
        raise OperatorError(f"{what}: {error.strerror or error}") from error
    return TcpListening(listening, context)


def tls_context(settings: ApiSettings) -> ssl.SSLContext | None:
    """TLS by the settings; None without a certificate. Blocks; raises ConfigurationError."""
    if settings.certificate is None:
        return None
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(settings.certificate, settings.private_key, password=lambda: "")
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(
            f"api.certificate {settings.certificate} and api.private_key {settings.private_key} cannot be "
            f"used: {error.strerror or error}. Both are PEM files, the key without a passphrase"
        ) from error
    return context
