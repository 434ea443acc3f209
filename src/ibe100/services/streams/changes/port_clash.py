"""One owner for each port that is listened on, and one sender for each address that is sent to."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from ibe100.models.endpoints.fields import is_multicast
from ibe100.models.stream_config import (
    RistInput,
    RistOutput,
    StreamConfig,
    UdpInput,
    UdpOutput,
    edge_ports,
    plain_edges,
)
from ibe100.models.stream_list import Clash

ANY = ("", "0.0.0.0", "::")
"""Local addresses that stand for all of this machine."""


@dataclass(frozen=True, slots=True)
class Claim:
    """Port of this machine, or address elsewhere, that only one stream can use."""

    field: str
    port: int
    host: str = ""
    """Address that is sent to; empty for a port that is listened on."""
    local: str = ""
    """Local address that it is bound to; empty for any."""

    def meets(self, other: Claim) -> bool:
        """True where both cannot be had at once."""
        if (self.port, self.host) != (other.port, other.host):
            return False
        return bool(self.host) or self.local == other.local or "" in (self.local, other.local)

    def words(self, name: str) -> str:
        """Refusal that names the stream which has it."""
        if not self.host:
            return f"{self.port}: {name} listens on it; choose another port"
        kind = "the group " if is_multicast(self.host) else ""
        return f"{self.port}: {name} sends to {kind}{self.host}:{self.port}; choose another address or port"


def port_clashes(config: StreamConfig, others: Iterable[StreamConfig]) -> tuple[Clash, ...]:
    """Places of `config` that one of the others has: of each field the first.

    Two streams may receive one multicast group or call one SRT server, and one may send to where another
    listens: so streams are chained.
    """
    mine = tuple(_claims(config))
    found: dict[str, Clash] = {}
    for other in others:
        for theirs in _claims(other):
            for claim in mine:
                if claim.meets(theirs):
                    found.setdefault(claim.field, Clash(field=claim.field, words=claim.words(other.name)))
    return tuple(found.values())


def _claims(config: StreamConfig) -> Iterator[Claim]:
    for side, edge in plain_edges(config):
        match edge:
            case UdpOutput(host=host, port=port):
                yield Claim("output.port", port, host.lower())
            case RistInput(url=url) | RistOutput(url=url):
                if (listens_on := _rist_listens_on(url)) is not None:
                    yield Claim(f"{side}.url", listens_on)
            case UdpInput(host=None, port=port, local_address=local):
                yield Claim(f"{side}.port", port, local="" if local in (None, *ANY) else str(local).lower())
            case _:
                yield from (Claim(f"{side}.port", port) for port in edge_ports(edge))


def _rist_listens_on(url: str) -> int | None:
    """Port of a RIST URL that waits for the other side: `rist://@:port`, or one of its own addresses."""
    parts = urlsplit(url)
    listens = "@" in parts.netloc and not parts.username
    return parts.port if listens or parts.hostname in (None, *ANY) else None
