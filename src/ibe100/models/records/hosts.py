"""Hosts that work on one database, and which of them owns a stream."""

from __future__ import annotations

from ibe100.models.base import Value

SILENT_S = 6.0
"""A host that has not been heard of for so long is told as silent."""
NOBODY = "no host"
"""Owner of a stream that none has, in words."""


def elsewhere(stream: str, owner: str) -> str:
    """Words for a stream of another host; an empty `owner` is none."""
    if owner:
        return f"{stream} is owned by the host {owner}, which alone acts on it"
    return f"{stream} is owned by {NOBODY} now: it is being moved, or waits to be placed"


class HostFacts(Value):
    """What a host tells of itself."""

    url: str = ""
    """Address of its REST API; empty where the others cannot reach it."""
    fingerprint: str = ""
    """SHA-256 of its certificate, hex; empty without TLS."""
    version: str = ""
    process: int = 0
    cores: int = 0
    cpu_percent: float = 0.0
    """Percent of all cores."""
    memory_percent: float = 0.0
    streams: int = 0
    """Streams that it owns."""
    running: int = 0
    """Streams of those that are on air."""
    megabits_s: float = 0.0
    """Sum of the bitrates that were measured on its outputs."""


class StoredHost(Value):
    """Row of a host."""

    name: str
    number: int = 0
    """Its place among the hosts, from 1; numbers of alarms are told apart by it."""
    seen_at: float = 0.0
    """Wall clock of the database's server when it was last heard of."""
    facts: HostFacts


class Owner(Value):
    """Owner of a stream on record."""

    host: str
    """Empty where none has it."""
    epoch: int
    """Counts the changes of owner."""


class HostView(Value):
    """Host as a page shows it."""

    name: str
    is_here: bool
    facts: HostFacts
    streams: tuple[str, ...]
    """stream_id of each stream that it owns."""
    silent_s: float
    """Seconds since it was heard of."""
    node: str = ""
    """State of its node in Pacemaker's words, such as `online` or `standby`; empty where there is none."""

    @property
    def is_silent(self) -> bool:
        return self.silent_s > SILENT_S


class FailedOver(Value):
    """A stream that another host took over."""

    stream_id: str
    before: str
    """Host that had it before."""
    host: str
    at: float


class ClusterView(Value):
    """All hosts, and whether a lost one is made up for by itself."""

    here: str
    """Name of this host; empty where it works on its database alone."""
    hosts: tuple[HostView, ...] = ()
    unowned: tuple[str, ...] = ()
    """stream_id of each stream that no host has."""
    engine: str = ""
    """`Pacemaker 2.1.5`; empty where none places the streams."""
    quorum: bool = False
    fencing: str = ""
    """Words for why a lost host's streams are not taken over by themselves; empty where they are."""
    last: FailedOver | None = None
