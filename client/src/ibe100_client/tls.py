"""TLS to the API: by the system's authorities, or by the certificate that was noted at the first use."""

from __future__ import annotations

import http.client
import socket
import ssl
from urllib.parse import urlsplit

from ibe100_client.errors import NotReachable, WrongCertificate
from ibe100_client.transport import address_of, fingerprint_of

LOOK_TIMEOUT_S = 10.0


def context_for(fingerprint: str) -> ssl.SSLContext:
    """The context to connect with; with a fingerprint the caller compares the certificate itself."""
    context = ssl.create_default_context()
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if fingerprint:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def check_certificate(certificate: bytes | None, fingerprint: str, place: str) -> None:
    """Raise WrongCertificate unless it is the one that was noted; without a note all is well."""
    found = fingerprint_of(certificate)
    if fingerprint and found != fingerprint:
        raise WrongCertificate(
            f"{place} shows another certificate than the one noted: SHA-256 {found}. If it was renewed, "
            "note the new one; otherwise somebody is in between"
        )


def look_at(url: str, timeout_s: float = LOOK_TIMEOUT_S) -> str:
    """Fingerprint of the certificate a server shows, to be compared by a person at the first use.

    Raises NotReachable, ValueError.
    """
    address = address_of(url)
    if urlsplit(url).scheme != "https":
        raise ValueError(f"{url} is not https: there is no certificate")
    try:
        with (
            socket.create_connection((address.host, address.port), timeout_s) as plain,
            context_for("any").wrap_socket(plain, server_hostname=address.host) as connection,
        ):
            return fingerprint_of(connection.getpeercert(binary_form=True))
    except OSError as error:
        raise NotReachable(f"nobody answers at {url}: {error.strerror or error}") from error


class PinnedConnection(http.client.HTTPSConnection):
    """Compares the certificate before anything is sent."""

    def __init__(self, host: str, port: int, fingerprint: str, timeout_s: float | None) -> None:
        super().__init__(host, port, timeout=timeout_s, context=context_for(fingerprint))
        self._fingerprint = fingerprint

    def connect(self) -> None:
        """Connect and shake hands. Raises OSError, WrongCertificate."""
        super().connect()
        certificate = self.sock.getpeercert(binary_form=True)
        check_certificate(certificate, self._fingerprint, f"https://{self.host}:{self.port}")
