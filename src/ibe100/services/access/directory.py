"""Users of an LDAP directory: name and password are proved by a bind, the role comes from groups.

Nothing of a password is kept. The library is loaded with the first sign-in that needs it.
"""

from __future__ import annotations

import asyncio
import logging
import math
import ssl
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import TYPE_CHECKING

from ibe100.models.directory import DirectoryPlan
from ibe100.models.errors import TooManyLogins
from ibe100.models.rights import Role

if TYPE_CHECKING:
    from ldap3 import Connection

THREADS = 2
MOST_WAITING = 8
MOST_FOUND = 2
_log = logging.getLogger(__name__)


class DirectoryDown(Exception):
    """The directory gave no answer: it cannot be said whether the password is right."""


class Directory:
    """Asks the directory on threads of its own; a directory that hangs holds up no other sign-in for long."""

    def __init__(self, plan: DirectoryPlan) -> None:
        self._plan = plan
        self._threads: ThreadPoolExecutor | None = None
        self._waiting = 0
        self.is_down = False
        """True when it was asked last and gave no answer."""

    @property
    def is_on(self) -> bool:
        """True where there is a directory to ask."""
        return bool(self._plan.url)

    def set_plan(self, plan: DirectoryPlan) -> None:
        """Use these settings from the next sign-in on."""
        self._plan = plan

    async def role_of(self, name: str, password: str) -> Role | None:
        """Role of the user with this name and password; None where either is wrong or no group has a role.

        `name` is one a user may have. Raises DirectoryDown, TooManyLogins.
        """
        if not password or "\0" in password:
            return None  # RFC 4513 5.1.2: a bind without a password succeeds, and proves nothing
        if self._waiting >= MOST_WAITING:
            raise TooManyLogins("too many logins at once: wait a moment", retry_in_s=2)
        if self._threads is None:
            self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix="ibe100-directory")
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            role = await loop.run_in_executor(self._threads, _ask, self._plan, name, password)
            self.is_down = False
        except DirectoryDown:
            self.is_down = True
            raise
        finally:
            self._waiting -= 1
        return role

    def close(self) -> None:
        """Cancel what still waits."""
        if self._threads is not None:
            self._threads.shutdown(wait=False, cancel_futures=True)


def _ask(plan: DirectoryPlan, name: str, password: str) -> Role | None:
    from ldap3.core.exceptions import LDAPException, LDAPInvalidCredentialsResult

    try:
        dn = _entry_of(plan, name)
        if dn is None:
            return None
        try:
            connection = _bound(plan, dn, password)
        except LDAPInvalidCredentialsResult:
            return None
        try:
            groups = _groups_of(plan, connection, dn, name)
        finally:
            _close(connection)
    except (LDAPException, OSError) as error:
        _log.error("the directory %s does not answer as it should: %s", plan.url, error)
        raise DirectoryDown(f"the directory {plan.url} does not answer: {error}") from error
    known = {group.casefold(): role for group, role in plan.roles.items()}
    roles = [known[group] for group in groups if group in known]
    return next((role for role in reversed(Role) if role in roles), None)


def _entry_of(plan: DirectoryPlan, name: str) -> str | None:
    """DN of the entry of a name; None without one, or with more than one."""
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import escape_rdn

    if plan.bind_dn:
        return plan.bind_dn.replace("{name}", escape_rdn(name))
    password = "" if plan.search_password_file is None else plan.search_password_file.read_text().strip()
    connection = _bound(plan, plan.search_as, password)
    try:
        wanted = plan.search_filter.replace("{name}", escape_filter_chars(name))
        connection.search(plan.search_base, wanted, attributes=[], size_limit=MOST_FOUND)
        found = [entry["dn"] for entry in connection.response or () if entry["type"] == "searchResEntry"]
    finally:
        _close(connection)
    return found[0] if len(found) == 1 else None


def _groups_of(plan: DirectoryPlan, connection: Connection, dn: str, name: str) -> set[str]:
    """DN and cn of each group, in small letters."""
    from ldap3 import BASE
    from ldap3.utils.conv import escape_filter_chars
    from ldap3.utils.dn import parse_dn

    if plan.group_base:
        wanted = plan.group_filter.replace("{dn}", escape_filter_chars(dn))
        wanted = wanted.replace("{name}", escape_filter_chars(name))
        connection.search(plan.group_base, wanted, attributes=["cn"])
        found = [entry["dn"] for entry in connection.response or () if entry["type"] == "searchResEntry"]
    else:
        connection.search(dn, "(objectClass=*)", BASE, attributes=["memberOf"])
        entries = [entry for entry in connection.response or () if entry["type"] == "searchResEntry"]
        found = [group.decode() for entry in entries for group in entry["raw_attributes"].get("memberOf", ())]
    names = {group.casefold() for group in found}
    return names | {parse_dn(group)[0][1].casefold() for group in found}


def _bound(plan: DirectoryPlan, dn: str, password: str) -> Connection:
    """An open connection, bound as `dn`, or unnamed without one. Raises LDAPException, OSError."""
    import ldap3

    scheme, host, port = plan.place
    tls = ldap3.Tls(
        validate=ssl.CERT_REQUIRED, ca_certs_file=None if plan.ca_file is None else str(plan.ca_file)
    )
    server = ldap3.Server(
        host, port, use_ssl=scheme == "ldaps", tls=tls, get_info=ldap3.NONE, connect_timeout=plan.timeout_s
    )
    connection = ldap3.Connection(
        server,
        user=dn or None,
        password=password or None,
        authentication=ldap3.SIMPLE if dn else ldap3.ANONYMOUS,
        auto_referrals=False,
        raise_exceptions=True,
        read_only=True,
        receive_timeout=math.ceil(plan.timeout_s),
    )
    try:
        connection.open()
        if scheme == "ldap" and plan.start_tls:
            connection.start_tls()
        connection.bind()
    except BaseException:
        _close(connection)
        raise
    return connection


def _close(connection: Connection) -> None:
    from ldap3.core.exceptions import LDAPException

    with suppress(LDAPException, OSError):
        connection.unbind()
    if connection.socket is not None:  # one that was never bound is left open
        connection.socket.close()
