"""Frozen values built at the cost of mutable ones, for where a section is read."""

from collections.abc import Callable
from dataclasses import field, fields, make_dataclass
from typing import Any, ParamSpec, TypeVar, cast

_Arguments = ParamSpec("_Arguments")
_Value = TypeVar("_Value")


def fast_constructor(kind: Callable[_Arguments, _Value]) -> Callable[_Arguments, _Value]:
    """A constructor like that of `kind`, a frozen dataclass with slots and no __post_init__ of its own.

    A frozen dataclass has to go around its own __setattr__ for every field that it stores, which was most of
    the time of a decode. This one fills a mutable twin of the same fields and slots, then makes it a `kind`:
    nobody sees the value before it is frozen, and it is the same as one that `kind` itself built.
    """

    def freeze(twin: object) -> None:
        twin.__class__ = cast(Any, kind)

    twin = make_dataclass(
        f"{kind.__name__}Twin",
        [
            (one.name, one.type, field(default=one.default, default_factory=one.default_factory))
            for one in fields(cast(Any, kind))
        ],
        namespace={"__post_init__": freeze},
        slots=True,
    )
    return cast(Callable[_Arguments, _Value], twin)
