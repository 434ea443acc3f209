"""Secrets never reach a log: by the name of their key, and by their place in a URL."""

from __future__ import annotations

import re
from collections.abc import Mapping

MASK = "***"

_SECRET_KEY = re.compile(
    r"passphrase|passwd|password|secret|token|authorization|api_?key|cookie", re.IGNORECASE
)
_URL_CREDENTIALS = re.compile(r"(?P<scheme>[a-z][a-z0-9+.-]*://)[^/?#\s'\"]+@", re.IGNORECASE)
# `passphrase=…` in a URL or an option, `"token": "…"` in JSON, `Authorization: Bearer …` in a header.
_SECRET_IN_TEXT = re.compile(
    r"""(?P<key>(?:passphrase|passwd|password|secret|token|authorization|api_?key)["']?\s*[=:]\s*)"""
    r"""(?:(?P<quote>["'])(?:(?!(?P=quote)).)*(?P=quote)|(?:bearer\s+|basic\s+)?[^\s&'"]+)""",
    re.IGNORECASE,
)
_API_TOKEN = re.compile(r"\bibe100_[A-Za-z0-9_-]{43}\b")


def redact_text(text: str) -> str:
    """`text` with API tokens, the credentials of URLs and the values of secret-looking keys masked."""
    text = _API_TOKEN.sub(MASK, text)
    text = _URL_CREDENTIALS.sub(rf"\g<scheme>{MASK}@", text)
    return _SECRET_IN_TEXT.sub(rf"\g<key>{MASK}", text)


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
