"""Differences between two values in words for the record, without their secrets."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel, SecretStr

from ibe100.models.base import SECRET_FIELDS
from ibe100.models.endpoints.urls import public_url

MOST_CHARACTERS = 4000
NOTHING = "–"


def changes_between(before: BaseModel | None, after: BaseModel) -> str:
    """`name "A" → "B", input.port 1234 → 1235`: each field that differs; empty without any.

    Of a secret it is said that it was changed, of a URL only what may be seen.
    """
    old = {} if before is None else dict(_leaves(before.model_dump(), ""))
    new = dict(_leaves(after.model_dump(), ""))
    names = [name for name in {**old, **new} if old.get(name) != new.get(name)]
    words = ", ".join(_words(name, old.get(name), new.get(name)) for name in names)
    return words if len(words) <= MOST_CHARACTERS else f"{words[:MOST_CHARACTERS]}…"


def _leaves(value: Any, name: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _leaves(item, f"{name}.{key}" if name else str(key))
    elif value is not None:
        yield name, value


def _words(name: str, old: Any, new: Any) -> str:
    before, after = _shown(name, old), _shown(name, new)
    if before == after:
        return f"{name} {after} (what is secret of it)"
    return f"{name} {before} → {after}"


def _shown(name: str, value: Any) -> str:
    if value is None:
        return NOTHING
    if isinstance(value, SecretStr) or name.rpartition(".")[2] in SECRET_FIELDS:
        return "a secret"
    if isinstance(value, str):
        return json.dumps(public_url(value), ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False, default=str)
