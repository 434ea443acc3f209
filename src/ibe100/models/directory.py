"""Settings of an LDAP directory, the second source of users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from ibe100.models.base import FolderPath, Value
from ibe100.models.endpoints.fields import is_loopback
from ibe100.models.rights import Role

PORTS = {"ldap": 389, "ldaps": 636}


class DirectoryPlan(Value):
    """Which directory, how a name becomes an entry, and which groups have which role; off without a URL."""

    url: str = ""
    """`ldaps://host` or `ldap://host`, with a port if it is another."""
    start_tls: bool = True
    """On ldap://; without it only a directory of this machine is taken: passwords would cross in clear."""
    ca_file: FolderPath | None = None
    """PEM of the certificates that sign the directory's; None takes the system's."""
    bind_dn: str = ""
    """Name of the entry, such as `uid={name},ou=people,dc=example,dc=org`; empty searches for it."""
    search_base: str = ""
    """Where the entry is searched for, when it is not named."""
    search_filter: str = "(uid={name})"
    search_as: str = ""
    """Entry that searches; empty searches unnamed."""
    search_password_file: FolderPath | None = None
    """File with its password, on one line."""
    group_base: str = ""
    """Where groups are searched for; empty reads them from `memberOf` of the entry."""
    group_filter: str = "(member={dn})"
    """Groups of a user, by the DN or the name: `(memberUid={name})` in a directory of POSIX accounts."""
    roles: Mapping[str, Role] = {}
    """Role by group, as its DN or cn; the highest of a user's groups. Without any nobody is let in."""
    timeout_s: Annotated[float, Field(ge=0.5, le=30)] = 5.0
    """Longest wait for each answer of the directory."""

    @property
    def place(self) -> tuple[str, str, int]:
        """Scheme, host and port."""
        parts = urlsplit(self.url)
        return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme, 0)

    @model_validator(mode="after")
    def _is_safe(self) -> Self:
        if not self.url:
            return self
        scheme, host, _ = self.place
        if scheme not in PORTS or not host:
            raise ValueError("url: ldaps://host or ldap://host is expected")
        if scheme == "ldap" and not self.start_tls and not is_loopback(host):
            raise ValueError(
                f"url: passwords would cross the network to {host} in clear; set start_tls, or use ldaps://"
            )
        if ("{name}" in self.bind_dn) is bool(self.search_base):
            raise ValueError("give bind_dn with {name} in it, or search_base: one of the two")
        if self.search_base and "{name}" not in self.search_filter:
            raise ValueError("search_filter: {name} is missing")
        if self.search_as and self.search_password_file is None:
            raise ValueError("search_as needs search_password_file")
        return self
