"""Handles of the database that each store is built on: the writer, the reader, the time."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import ValidationError
from sqlalchemy import Delete, Select, Update
from sqlalchemy.orm import Session

from ibe100.database.sql.custody import Custody
from ibe100.database.sql.reader import Reader
from ibe100.database.sql.schema import Base
from ibe100.database.sql.writer import Writer
from ibe100.models.base import Value, describe_error

V = TypeVar("V", bound=Value)

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Handles:
    """Handed to each part by `Database`."""

    writer: Writer
    reader: Reader
    custody: Custody
    wall: Callable[[], float]

    async def values(self, query: Select[Any], model: type[V]) -> tuple[V, ...]:
        """The rows of a query as values; one that is not understood is named in the log and left out."""
        return await self.reader.read(lambda session: tuple(to_values(session.scalars(query), model)))

    async def value(self, query: Select[Any], model: type[V]) -> V | None:
        """The first row of a query as a value; None without any."""
        return next(iter(await self.values(query.limit(1), model)), None)

    async def merge(self, row: Base, *, stream_id: str = "", has_happened: bool = False) -> None:
        """Add or replace a row, about a stream where one is named; committed when this returns.

        Raises StorageError, and StreamElsewhere for a stream of another host.
        """

        def work(session: Session) -> None:
            self.custody.demand(session, stream_id)
            session.merge(row)

        await self.writer.submit(work, has_happened=has_happened)

    async def execute(self, *statements: Update | Delete) -> None:
        """Run statements in one transaction, committed when this returns. Raises StorageError."""

        def work(session: Session) -> None:
            for statement in statements:
                session.execute(statement)

        await self.writer.submit(work)


def to_value(row: Base, model: type[V]) -> V:
    """The checked value of a row whose columns are named as the fields of `model`."""
    return model.model_validate({name: getattr(row, name) for name in model.model_fields})


def to_values(rows: Iterable[Base], model: type[V]) -> Iterator[V]:
    """Checked values of rows; one of a newer version, that is not understood, must not hide the others."""
    for row in rows:
        try:
            yield to_value(row, model)
        except ValidationError as error:
            _log.error(
                "a row of %s is not understood and left out: %s", row.__tablename__, describe_error(error)
            )


def columns_of(value: Value, *left_out: str) -> dict[str, object]:
    """The fields of `value` as columns; enumerations as their plain values."""
    return value.model_dump(mode="json", exclude=set(left_out))
