"""Addresses to which a web source may lead: one outside leads to nobody behind this machine."""

import socket
from collections.abc import Iterable
from enum import Enum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final

import httpcore

from ibe100.minitsp.chain.plugin import PluginError

_NAT64: Final = ip_network("64:ff9b::/96")
_NETWORKS_OF_ONE: Final = "localhost", socket.gethostname().lower()
_HOW: Final = "switch on local addresses in the stream's input if it is meant"


class Kind(Enum):
    """Kind of an address, by whom it belongs to."""

    PUBLIC = "public"
    PRIVATE = "private"
    LINK_LOCAL = "link-local"
    LOOPBACK = "loopback"
    MULTICAST = "multicast"


class AddressRefused(PluginError):
    """An address to which the source may not lead."""


class Reach:
    """Decides where the requests for one source may go: its redirections, playlists, segments and keys.

    Allowed are public addresses, those of the kind that the source itself is at, and with `local` all. A name
    that means loopback or a link-local address is one of this machine, or it is refused.
    """

    def __init__(self, origin: str, *, local: bool) -> None:
        """`origin`: host of the source as the operator wrote it."""
        self._origin = origin.lower()
        self._local = local
        self._own: Kind | None = None

    def addresses(self, host: str, port: int) -> list[str]:
        """The addresses of a host that may be connected to. Raises AddressRefused, OSError."""
        found = [str(one[4][0]) for one in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]
        if self._local:
            return found
        if self._own is None and host.lower() == self._origin:
            self._own = self._kind_of_origin(found)
        allowed = [one for one in found if kind_of(one) in (Kind.PUBLIC, self._own)]
        if not allowed:
            raise AddressRefused(
                f"{host} is at {found[0]}, a {kind_of(found[0]).value} address, to which the source may not "
                f"lead; {_HOW}"
            )
        return allowed

    def _kind_of_origin(self, addresses: Iterable[str]) -> Kind | None:
        """The kind that the source is at; None for one that a name of somebody else may not lead to."""
        kind = kind_of(next(iter(addresses)))
        is_ours = _is_address(self._origin) or self._origin in _NETWORKS_OF_ONE
        is_ours = is_ours or self._origin.endswith(".localhost")
        return kind if is_ours or kind in (Kind.PUBLIC, Kind.PRIVATE) else None


class ReachedNetwork(httpcore.NetworkBackend):
    """Connects to the very address that was allowed, so that a name cannot mean another one by then."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._network = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[httpcore.SOCKET_OPTION] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers."""
        try:
            addresses = self._reach.addresses(host, port)
        except OSError as error:
            raise httpcore.ConnectError(str(error)) from error
        for address in addresses[:-1]:
            try:
                return self._network.connect_tcp(address, port, timeout, local_address, socket_options)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._network.connect_tcp(addresses[-1], port, timeout, local_address, socket_options)


def kind_of(address: str) -> Kind:
    """Kind of an IP address; of one that stands for an IPv4 address, that one's."""
    found: IPv4Address | IPv6Address = ip_address(address.partition("%")[0])
    if isinstance(found, IPv6Address):
        found = _inner(found)
    if found.is_loopback or found.is_unspecified:
        return Kind.LOOPBACK
    if found.is_link_local:
        return Kind.LINK_LOCAL
    if found.is_multicast:
        return Kind.MULTICAST
    return Kind.PUBLIC if found.is_global else Kind.PRIVATE


def _inner(address: IPv6Address) -> IPv4Address | IPv6Address:
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or address


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
