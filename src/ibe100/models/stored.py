"""Stored JSON that older and newer versions share: defaults are left out, what is not known is kept.

A reader takes what it understands. Fields it does not know stay with the value (pydantic's `model_extra`)
and are written again; a field whose value it does not know has its default, and its text is kept as well.
Raise VERSION with each value that an older version does not understand.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Literal, TypeAlias, TypeVar, get_args, get_origin

from pydantic import BaseModel, SecretStr, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticUndefined, from_json, to_json, to_jsonable_python

from ibe100.models.base import describe_error

VERSION = 1
KEPT = "?"
"""Begins the name of a field, among those that are not known, whose value is not understood."""
NEWER = frozenset({"enum", "literal_error", "union_tag_invalid"})
"""Faults of a value that a later version may have added."""

Path: TypeAlias = tuple[str | int, ...]
M = TypeVar("M", bound=BaseModel)
T = TypeVar("T")


class DamagedDocument(Exception):
    """A document that cannot be read at all; the text says where it goes wrong."""


def read_stored(form: type[T] | TypeAdapter[T], content: bytes | str) -> T:
    """The value in a stored document. Raises DamagedDocument."""
    document = _parse(content)
    is_newer = _version_of(document) > VERSION
    if not is_newer:
        document.pop("version", None)
    return _read(form if isinstance(form, TypeAdapter) else TypeAdapter(form), document, is_newer)


def write_stored(value: BaseModel, indent: int | None = None) -> bytes:
    """A document of `value`, without secrets; one of a newer version keeps its number."""
    fields = _fields(value)
    return to_json({"version": max(VERSION, _version_of(fields)), **_without_version(fields)}, indent=indent)


def keep_unknown(new: M, old: BaseModel) -> M:
    """`new`, an edit of `old`, with what this version does not know of `old`.

    A value that is not understood goes when the edit gives its field another.
    """
    if type(new) is not type(old):
        return new
    changes, unknown = {}, {**(old.model_extra or {}), **(new.model_extra or {})}
    for name in type(new).model_fields:
        now, before = getattr(new, name), getattr(old, name)
        if isinstance(now, BaseModel) and isinstance(before, BaseModel):
            changes[name] = keep_unknown(now, before)
        if now != before:
            unknown.pop(KEPT + name, None)
    kept = new.model_copy(update=changes)
    object.__setattr__(kept, "__pydantic_extra__", unknown or None)  # frozen, and no field
    return kept


def not_understood(value: BaseModel) -> tuple[str, ...]:
    """Fields, as `scte35.existing`, that have a default in place of a value this version does not know."""
    return tuple(path.replace(KEPT, "") for path in _unknown(value, "") if KEPT in path)


def not_known(value: BaseModel) -> tuple[str, ...]:
    """Fields, as `input.note`, that this version does not know."""
    return tuple(path for path in _unknown(value, "") if KEPT not in path)


def _unknown(item: object, path: str) -> Iterator[str]:
    parts: Iterable[tuple[Any, object]] = ()
    if isinstance(item, BaseModel):
        yield from (f"{path}{name}" for name in item.model_extra or {})
        parts = item
    elif isinstance(item, Mapping):
        parts = item.items()
    elif isinstance(item, tuple):
        parts = enumerate(item)
    for name, part in parts:
        yield from _unknown(part, f"{path}{name}.")


def _parse(content: bytes | str) -> dict[str, Any]:
    """A JSON object. Raises DamagedDocument."""
    try:
        document = from_json(content)
    except ValueError as error:
        raise DamagedDocument(f"it is no JSON: {error}") from error
    if not isinstance(document, dict):
        raise DamagedDocument("it is no JSON object")
    return document


def _read(adapter: TypeAdapter[T], document: dict[str, Any], is_newer: bool) -> T:
    """Set aside each value that is not understood, until the rest is valid."""
    first: ValidationError | None = None
    while True:
        try:
            return adapter.validate_python(document, extra="allow")
        except ValidationError as error:
            faults = error.errors(include_url=False)
            may_be_newer = is_newer or first is not None or all(one["type"] in NEWER for one in faults)
            first = first or error
            holders = {_holder(document, fault) for fault in faults}
            if not may_be_newer or () in holders:
                raise DamagedDocument(describe_error(first)) from error
            for holder in holders:
                _set_aside(document, holder)


def _holder(document: dict[str, Any], fault: ErrorDetails) -> Path:
    """The innermost field that holds a fault and is not set aside yet; empty for the document itself."""
    path: list[str | int] = []
    item: Any = document
    for part in fault["loc"]:
        is_there = part in item if isinstance(item, dict) else isinstance(item, list)
        if is_there:  # else the tag of a union, or a field that is missing
            path.append(part)
            item = item[part]
    while path and (isinstance(path[-1], int) or path[-1].startswith(KEPT)):
        path.pop()
    return tuple(path)


def _set_aside(document: Any, path: Path) -> None:
    """Give a field another name, so that it has its default."""
    *parents, name = path
    for parent in parents:
        if isinstance(document, dict) and parent not in document:
            return  # with one that holds it
        document = document[parent]
    if name in document:
        document[f"{KEPT}{name}"] = document.pop(name)


def _fields(value: BaseModel) -> dict[str, Any]:
    known = {
        name: _plain(getattr(value, name))
        for name, field in type(value).model_fields.items()
        if _is_written(field, getattr(value, name))
    }
    unknown: dict[str, Any] = _as_it_was(value.model_extra or {})
    return known | unknown


def _as_it_was(item: Any) -> Any:
    """Unknown fields under the names they were read with."""
    if isinstance(item, dict):
        return {name.removeprefix(KEPT): _as_it_was(inner) for name, inner in item.items()}
    return [_as_it_was(inner) for inner in item] if isinstance(item, list) else item


def _is_written(field: FieldInfo, item: object) -> bool:
    if isinstance(item, SecretStr):
        return False
    is_tag = get_origin(field.annotation) is Literal and len(get_args(field.annotation)) == 1
    default = field.get_default(call_default_factory=True)
    return is_tag or default is PydanticUndefined or item != default


def _plain(item: object) -> Any:
    if isinstance(item, BaseModel):
        return _fields(item)
    if dataclasses.is_dataclass(item) and not isinstance(item, type):
        return {name: _plain(inner) for name, inner in vars(item).items()}
    if isinstance(item, Mapping):
        return {str(name): _plain(inner) for name, inner in item.items()}
    if isinstance(item, list | tuple):
        return [_plain(inner) for inner in item]
    return to_jsonable_python(item)


def _version_of(document: Mapping[str, Any]) -> int:
    version = document.get("version", VERSION)
    return version if isinstance(version, int) else VERSION


def _without_version(document: Mapping[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in document.items() if name != "version"}
