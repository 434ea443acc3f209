"""Open connections, of a bounded number: the oldest that is doing nothing gives way to a new one."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterable, Sequence
from ipaddress import IPv6Address, ip_address, ip_network

from ibe100.api.local_socket import peer_of
from ibe100.models.actor import Actor

MOST_CONNECTIONS = 256
"""Each takes a descriptor, which the streams need as well."""
MOST_STRANGERS = 64
"""Connections among them on which nobody has signed in: so many act on the loop at once."""


class Connection:
    """A client's connection, as far as it matters for who has to give way."""

    transport: asyncio.Transport
    address = ""
    user = ""
    """Name of the user whose token came last; empty before."""
    peer: Actor | None = None
    """The person at the other end of the Unix socket, who needs no token."""
    is_served = False
    """A request was admitted and is being answered, or events are listened to: it gives way to nobody."""
    active_at_s = 0.0

    def note_peer(self, transport: asyncio.BaseTransport, client: tuple[str, int] | None) -> None:
        """Note who is there: an address, or at the Unix socket a person. Raises PermissionError."""
        self.address = address_of(client[0] if client else "")
        self.peer = peer_of(transport.get_extra_info("socket"))
        self.user = "" if self.peer is None else self.peer.name
        self.note_activity()

    def note_activity(self) -> None:
        """Something was asked or answered: it is not the oldest any more."""
        self.active_at_s = time.monotonic()

    def abort(self) -> None:
        """End the connection without waiting for what the client has not taken."""
        self.transport.abort()

    def part(self, code: int, words: str) -> None:
        """Close a WebSocket with a code and words; any other connection has nothing to say."""
        self.abort()


def make_room(connections: Iterable[object], newest: Connection) -> None:
    """End the connection that gives way to `newest`, where there are too many; where none can, `newest`.

    It is one of whoever has the most, so that many from one address keep no other address out.
    """
    known = [one for one in connections if isinstance(one, Connection) and not one.transport.is_closing()]
    strangers = [one for one in known if not one.user]
    if len(strangers) > MOST_STRANGERS or len(known) > MOST_CONNECTIONS:
        signed_in = [one for one in known if one.user]
        (_oldest_of_most(strangers, newest) or _oldest_of_most(signed_in, newest) or newest).abort()


def _oldest_of_most(connections: Sequence[Connection], newest: Connection) -> Connection | None:
    counts = Counter(one.user or one.address for one in connections)
    idle = [one for one in connections if not one.is_served and one is not newest]
    return max(idle, key=lambda one: (counts[one.user or one.address], -one.active_at_s), default=None)


def address_of(host: str) -> str:
    """Address by which clients are counted: a /64 for IPv6, of which one client has any number."""
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if isinstance(address, IPv6Address):
        address = address.ipv4_mapped or address
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else str(address)
