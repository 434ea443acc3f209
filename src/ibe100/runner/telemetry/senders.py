"""Tells the datagrams and connections of this user from those of others on the machine.

A port on loopback is open to everybody. Linux lists the owner of each socket by its address; elsewhere
nothing is known, and all are believed. This user and root are trusted: they could do anything anyway.
"""

import os
import socket
import struct
import time
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

_FRESH_S = 1.0
"""Age at which the list is read again."""
_MOST_READS = 50
"""Most reads a second for ports that are not known: new ones without end must not keep us busy."""
_LAST_WORDS_S = 2.0
_ESTABLISHED = "01"
_ANY = ("0.0.0.0", "::")
_MAPPED = "::ffff:"

Address = tuple[str, int]
"""IP address and port of a sender."""
Owners = Mapping[int, list[tuple[str, int]]]
"""By port, the addresses that sockets have there, each with the uid of its owner."""
ReadTables = Callable[[], list[str] | None]
"""Reads the system's lists of sockets; None where it has none."""


def owners(tables: Iterable[str], *, established: bool = False) -> Owners:
    """Owners of the sockets in texts such as /proc/net/udp; with `established` only of living connections.

    A connection that one side has closed is listed as root's, whoever had it.
    """
    found: dict[int, list[tuple[str, int]]] = {}
    for line in (line for table in tables for line in table.splitlines()[1:]):
        fields = line.split()
        if len(fields) < 8 or (established and fields[3] != _ESTABLISHED):
            continue
        host, _, port = fields[1].partition(":")
        found.setdefault(int(port, 16), []).append((_host(host), int(fields[7])))
    return found


def _host(hexadecimal: str) -> str:
    """An address as the kernel prints it: 32-bit words in the machine's own order."""
    words = [int(hexadecimal[at : at + 8], 16) for at in range(0, len(hexadecimal), 8)]
    packed = struct.pack(f"={len(words)}I", *words)
    text = socket.inet_ntop(socket.AF_INET if len(words) == 1 else socket.AF_INET6, packed)
    return text.removeprefix(_MAPPED)


def read_tables(kind: str, proc: Path = Path("/proc/self/net")) -> list[str] | None:
    """The lists of `kind`, "udp" or "tcp", for both versions of IP; None where the system has none."""
    texts = []
    for name in (kind, f"{kind}6"):
        try:
            texts.append((proc / name).read_text("ascii"))
        except OSError:  # without IPv6 there is but one
            continue
    return texts or None


class UdpSenders:
    """Knows whose datagrams to believe; what it has read is kept for a second.

    A sender that was ours is believed for two seconds more: those are the last words of a process that ended.
    """

    def __init__(
        self,
        read: ReadTables = lambda: read_tables("udp"),
        clock: Callable[[], float] = time.monotonic,
        trusted: frozenset[int] | None = None,
    ) -> None:
        self._read = read
        self._clock = clock
        self._trusted = trusted or frozenset({0, os.geteuid()})
        self._fresh_until_s = float("-inf")
        self._reads_left = 0
        self._judged: dict[Address, bool] = {}
        self._ours_s: dict[Address, float] = {}
        """Times at which senders were known to be ours."""
        self._owners: Owners | None = {}
        self.believes_the_dead = False
        """True while senders that have no socket any more are believed."""

    def are_ours(self, sender: Address) -> bool:
        """True if the socket that sends from there is this user's, or if nobody can tell."""
        now = self._clock()
        if now >= self._fresh_until_s:
            self._fresh_until_s, self._reads_left = now + _FRESH_S, _MOST_READS
            self._ours_s = {one: at for one, at in self._ours_s.items() if now - at < _LAST_WORDS_S}
            self._look()
        known = self._judged.get(sender)
        if known is None:
            known = self._judge(sender, now)
        if known is None and self._reads_left:
            self._reads_left -= 1
            self._look()
            known = self._judge(sender, now)
        if known is None:
            return self.believes_the_dead or now - self._ours_s.get(sender, float("-inf")) < _LAST_WORDS_S
        return known

    def _look(self) -> None:
        tables = self._read()
        self._owners = None if tables is None else owners(tables)
        self._judged = {}

    def _judge(self, sender: Address, now: float) -> bool | None:
        """Judge by the list; None for a sender that has no socket any more."""
        if self._owners is None:
            return True
        uids = {uid for host, uid in self._owners.get(sender[1], ()) if host in (sender[0], *_ANY)}
        if not uids:
            return None
        ours = self._judged[sender] = uids <= self._trusted
        if ours:
            self._ours_s[sender] = now
        return ours


def is_our_connection(
    peer: Address, read: ReadTables = lambda: read_tables("tcp"), trusted: frozenset[int] | None = None
) -> bool:
    """True if a TCP connection from there, which is just open, is this user's, or if nobody can tell."""
    tables = read()
    if tables is None:
        return True
    uids = {uid for host, uid in owners(tables, established=True).get(peer[1], ()) if host == peer[0]}
    return bool(uids) and uids <= (trusted or frozenset({0, os.geteuid()}))
