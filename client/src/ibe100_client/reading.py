"""JSON read as the client's values: fields that a newer server adds are passed over."""

from __future__ import annotations

import dataclasses
import types
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Union, get_args, get_origin, get_type_hints


def read(kind: Any, value: Any) -> Any:
    """`value` as `kind`: a dataclass, a tuple of them, or as it is. Raises ValueError."""
    if dataclasses.is_dataclass(kind):
        return _read_fields(kind, value)
    origin, arguments = get_origin(kind), get_args(kind)
    if origin in (Union, types.UnionType):
        inner = next(one for one in arguments if one is not types.NoneType)
        return None if value is None else read(inner, value)
    if origin is tuple:
        if not isinstance(value, list):
            raise ValueError(f"a list is expected, not {value!r:.100}")
        return tuple(read(arguments[0], one) for one in value)
    if kind is float and isinstance(value, int):
        return float(value)
    return value


@lru_cache(maxsize=256)
def _fields(kind: type) -> Mapping[str, tuple[Any, bool]]:
    """Type of each field, and whether it is needed."""
    hints = get_type_hints(kind)
    return {
        one.name: (
            hints[one.name],
            one.default is dataclasses.MISSING and one.default_factory is dataclasses.MISSING,
        )
        for one in dataclasses.fields(kind)
    }


def _read_fields(kind: Any, value: Any) -> Any:
    if not isinstance(value, dict):
        raise ValueError(f"an object is expected for {kind.__name__}, not {value!r:.100}")
    found = {}
    for name, (hint, is_needed) in _fields(kind).items():
        if name in value:
            found[name] = read(hint, value[name])
        elif is_needed:
            raise ValueError(f"{kind.__name__} has no {name}")
    return kind(**found)
