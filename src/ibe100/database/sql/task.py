"""Tasks of the writer: a write, its turn, and whom its outcome is told."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Any, Generic, TypeVar

from sqlalchemy.orm import Session

T = TypeVar("T")


class Turn(IntEnum):
    """Order of the tasks that wait."""

    AIR = 0
    """Something waits for it before it goes on air: also ahead of the record of what has happened."""
    RECORD = 1
    END = 2
    """None is behind it."""


@dataclass(frozen=True, slots=True)
class Task(Generic[T]):
    """A write. `work` may be run twice (after a rollback) and does nothing but use its Session."""

    work: Callable[[Session], T]
    turn: Turn
    has_happened: bool = False
    """True for a fact: it waits for a server that is away. What is only asked for is refused."""
    future: Future[T] = field(default_factory=Future)


@dataclass(frozen=True, slots=True)
class Failed:
    """Outcome of a task that raised."""

    error: BaseException


def tell(tasks: Sequence[Task[Any]], outcomes: Sequence[Any]) -> None:
    """Tell each caller the outcome of its task; there may be fewer outcomes than tasks."""
    for task, outcome in zip(tasks, outcomes, strict=False):
        if isinstance(outcome, Failed):
            task.future.set_exception(outcome.error)
        else:
            task.future.set_result(outcome)
