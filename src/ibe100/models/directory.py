"""Settings of an LDAP directory, the second source of users."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Self
from urllib.parse import urlsplit

from pydantic import Field, model_validator

from ibe100.models.base import FolderPath, Value
from ibe100.models.endpoints.fields import is_loopback
from ibe100.models.rights import Role
from ibe100.models.settings.forms import told

PORTS = {"ldap": 389, "ldaps": 636}


class DirectoryPlan(Value):
    """Which directory, how a name becomes an entry, and which groups have which role; off without a URL."""

    url: Annotated[
        str,
        told("Address", "ldaps://host or ldap://host, with a port if it is another; empty is no directory."),
    ] = ""
    start_tls: Annotated[
        bool,
        told(
            "TLS on ldap://",
            "Without it only a directory of this machine is taken: passwords would cross in clear.",
        ),
    ] = True
    ca_file: Annotated[
        FolderPath | None,
        told("Certificates", "PEM of those that sign the directory's; empty takes the system's."),
    ] = None
    bind_dn: Annotated[
        str,
        told(
            "Entry of a user",
            "Such as uid={name},ou=people,dc=example,dc=org; empty searches for the entry.",
        ),
    ] = ""
    search_base: Annotated[
        str, told("Search in", "Where the entry is searched for, when it is not named.")
    ] = ""
    search_filter: Annotated[
        str, told("Search by", "Filter by which an entry is found; {name} is the name.")
    ] = "(uid={name})"
    search_as: Annotated[str, told("Search as", "Entry that searches; empty searches unnamed.")] = ""
    search_password_file: Annotated[
        FolderPath | None, told("Password file", "File with the password of that entry, on one line.")
    ] = None
    group_base: Annotated[
        str,
        told("Groups in", "Where groups are searched for; empty reads them from memberOf of the entry."),
    ] = ""
    group_filter: Annotated[
        str,
        told(
            "Groups by",
            "Filter for the groups of a user, by {dn} or {name}, as in (memberUid={name}).",
        ),
    ] = "(member={dn})"
    roles: Annotated[
        Mapping[str, Role],
        told(
            "Roles by group",
            "A line for each group, as its DN or cn: mcr = operator. Without any nobody is let in.",
        ),
    ] = {}
    timeout_s: Annotated[
        float, Field(ge=0.5, le=30), told("Longest wait", "For each answer of the directory.", "s")
    ] = 5.0

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
