"""URLs that may hold secrets: a user with a password before the host, a token in the query."""

from __future__ import annotations

import re
from urllib.parse import urlsplit

MASK = "********"
_URL = re.compile(
    r"(?P<scheme>[A-Za-z][A-Za-z0-9+.-]*://)(?:(?P<user>[^/?#]+)@)?(?P<place>[^?#]*)(?P<query>[?#].*)?",
    re.DOTALL,
)


def public_url(text: str) -> str:
    """`text` with user and query masked when it is a URL; any other text as it is."""
    match = _URL.fullmatch(text)
    if match is None:
        return text
    user = f"{MASK}@" if match["user"] else ""
    query = f"?{MASK}" if match["query"] else ""
    return match["scheme"] + user + match["place"] + query


def short_url(url: str) -> str:
    """`url` without user and query."""
    match = _URL.fullmatch(url)
    return url if match is None else match["scheme"] + match["place"]


def may_hold_secret(url: str) -> bool:
    """True when `url` has a user or a query: then it must not stand on a command line."""
    return short_url(url) != url


def check_url(url: str, *schemes: str) -> str:
    """`url` itself. Raises ValueError, which does not repeat it, when it is none of `schemes`."""
    allowed = f"it must be {' or '.join(f'{scheme}://host' for scheme in schemes)} with an optional port"
    try:
        parts = urlsplit(url)
        has_place = parts.port is not None or bool(parts.hostname)
    except ValueError:
        raise ValueError(f"no host and port can be read from it; {allowed}") from None
    if parts.scheme not in schemes or not has_place or any(map(str.isspace, url)):
        raise ValueError(f"{allowed} and no blanks")
    return url
