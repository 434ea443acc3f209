"""JSON of others within bounds: how many values and how deep, known before a parser sees it."""

from __future__ import annotations

import json

MOST_DEPTH = 32
_BRACKETS = b"[]{}"
_NO_BRACKETS = bytes(set(range(256)) - set(_BRACKETS))


class BeyondBounds(ValueError):
    """More values, or deeper, than allowed; the text says which."""


def check_json(data: bytes, most_values: int, most_depth: int = MOST_DEPTH) -> None:
    """Count without parsing, in time that grows with the length alone.

    Raises BeyondBounds, and ValueError for another encoding than UTF-8: parsers guess at UTF-16 and UTF-32,
    in which quotes are not where they seem to be.
    """
    if b"\0" in data:
        raise ValueError("UTF-8 without NUL is expected")
    data.decode()
    unescaped = data.replace(b"\\\\", b"").replace(b'\\"', b"")
    bare = b"".join(unescaped.split(b'"')[::2])  # every other piece is the inside of a text
    if bare.count(b",") + bare.count(b"[") + bare.count(b"{") > most_values:
        raise BeyondBounds(f"more than {most_values} values")
    depth = 0
    for bracket in bare.translate(None, _NO_BRACKETS):
        depth += 1 if bracket in b"[{" else -1
        if depth > most_depth:
            raise BeyondBounds(f"values more than {most_depth} deep")
        if depth < 0:
            return  # the parser will say so


def read_json(data: bytes, most_values: int, most_depth: int = MOST_DEPTH) -> object:
    """The value of a JSON text. Raises ValueError: no JSON, a number of too many digits, BeyondBounds."""
    check_json(data, most_values, most_depth)
    value: object = json.loads(data)
    return value
