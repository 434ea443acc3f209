"""Handles of the database that each store is built on: the writer, the reader, the time."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from ibe100.database.sqlite.reader import Reader
from ibe100.database.sqlite.schema import Base
from ibe100.database.sqlite.writer import Writer
from ibe100.models.base import Value

V = TypeVar("V", bound=Value)


@dataclass(frozen=True, slots=True)
class Handles:
    """Handed to each part by `Database`."""

    writer: Writer
    reader: Reader
    wall: Callable[[], float]


def to_value(row: Base, model: type[V]) -> V:
    """The checked value of a row whose columns are named as the fields of `model`."""
    return model.model_validate({name: getattr(row, name) for name in model.model_fields})


def columns_of(value: Value, *left_out: str) -> dict[str, object]:
    """The fields of `value` as columns; enumerations as their plain values."""
    return value.model_dump(mode="json", exclude=set(left_out))
