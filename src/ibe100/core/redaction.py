"""Secrets never reach a log: by the name of their key, and by their place in a URL.

Every pattern is bounded, so that no text of others makes a log line take longer than its length.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

MASK = "***"
PLACES = frozenset(
    {
        *("http", "https", "ws", "wss", "srt", "udp", "rtp", "rist", "rtmp", "rtmps", "rtsp", "tcp", "tls"),
        *("file", "ftp", "ftps", "sftp", "hls", "ldap", "ldaps", "ldapi", "sqlite", "postgresql"),
    }
)
"""Schemes whose URLs name a host and a path. In all others, such as those of notifications, tokens stand in
their places: nothing of them is shown."""
LEAST_SECRET = 4
"""Letters of a value in a query, from which on it may be a token, whatever its name is."""
SHOWN_IN_QUERIES = frozenset(
    {
        "mode",
        "latency",
        "interface",
        "ttl",
        "pkt_size",
        "day",
        "time_zone",
        "stream",
        "limit",
        "since",
        "format",
    }
)

_WORDS = (
    r"passphrase|passwd|password|passwort|pwd|secret|token|authorization|api_?key|access_?key|private_?key"
    r"|cookie|credentials?|signature|sig|hdnts|hdnea|hmac"
)
_SECRET_KEY = re.compile(
    rf"passphrase|passwd|password|secret|token|authorization|(?:\b|_)(?:{_WORDS})\b", re.I
)
_URL = re.compile(
    r"(?<![A-Za-z0-9+.-])(?P<scheme>[A-Za-z][A-Za-z0-9+.-]{1,31})://(?P<rest>[^\s'\"<>]{1,4096})"
)
# `passphrase=…` in an option, `"token": "…"` in JSON, `Authorization: Bearer …` in a header. A value without
# quotes may have blanks: it ends with the line, with a quote, or where the next option begins.
_SECRET_IN_TEXT = re.compile(
    rf"""(?P<key>(?<![A-Za-z])(?:[A-Za-z0-9]{{1,20}}[_-]){{0,3}}(?:{_WORDS})["']?"""
    r"""[ \t]{0,4}[=:][ \t]{0,4})"""
    r"""(?:\*\*\*|"[^"\n]{0,1024}"|'[^'\n]{0,1024}'"""
    r"""|(?:(?![ \t](?:--?[a-z]|[A-Za-z_]{2,30}=[^\s=]))[^&'"\n]){1,1024})""",
    re.I,
)
_API_TOKEN = re.compile(r"\bibe100_[A-Za-z0-9_-]{43}\b")
_IN_PATH = re.compile(r"(?<=/bot)\d{1,20}:[\w-]{8,200}|(?<=hooks\.slack\.com/services/)[\w/-]{8,200}")


def redact_text(text: str) -> str:
    """`text` with API tokens, what is secret of URLs and the values of secret-looking keys masked."""
    text = _API_TOKEN.sub(MASK, text)
    # Before the URLs: a passphrase in a query may have blanks, where the URL ends for a reader.
    text = _SECRET_IN_TEXT.sub(rf"\g<key>{MASK}", text)
    return _URL.sub(_public, text)


def _public(match: re.Match[str]) -> str:
    scheme, rest = match["scheme"], match["rest"]
    if scheme.lower() not in PLACES:
        return f"{scheme}://{MASK}"
    place, fragment_mark, fragment = rest.partition("#")
    place, query_mark, query = place.partition("?")
    host, slash, path = place.partition("/")
    if "@" not in host and ":" in host and not host.rpartition(":")[2].rstrip("]").isdigit():
        host, slash, path = place, "", ""  # a password with a slash
    if "@" in host:
        host = f"{MASK}@{host.rpartition('@')[2]}"
    shown = _IN_PATH.sub(MASK, f"{scheme}://{host}{slash}{path}")
    options = "&".join(_option(one) for one in query.split("&"))
    return shown + query_mark + options + fragment_mark + (MASK if fragment else "")


def _option(text: str) -> str:
    name, mark, value = text.partition("=")
    if not mark:
        return MASK if text and text != MASK else text
    if name.lower() in SHOWN_IN_QUERIES or (len(value) < LEAST_SECRET and not _SECRET_KEY.search(name)):
        return text
    return f"{name}={MASK}"


def redact(value: object) -> object:
    """A copy of `value` (nested tables and lists too) that may be logged."""
    if isinstance(value, str):
        return redact_text(value)
    if isinstance(value, Mapping):
        return {
            key: MASK if isinstance(key, str) and _SECRET_KEY.search(key) else redact(item)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [redact(item) for item in value]
    return value
