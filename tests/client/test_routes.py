"""Every route of the API has a call of the client, and no call asks for what is not there."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from collections.abc import Iterator
from datetime import date
from typing import Any

import ibe100_client
from ibe100.api.application import guarded_routes
from ibe100_client.calls import API, Call

VALUES: dict[str, Any] = {"int": 1, "float": 1.0, "bytes": b"", "date": date(2026, 1, 1), "bool": True}
SCRAPES = "/metrics"
"""For Prometheus, not for scripts."""


def made(function: Any) -> Call[Any]:
    """The call that a function makes of values which fit its parameters."""
    arguments = {}
    for one in inspect.signature(function).parameters.values():
        kind = str(one.annotation)
        fits = {} if kind.startswith("Mapping") else [] if kind.startswith("Sequence[Mapping") else None
        fits = ["x"] if fits is None and kind.startswith("Sequence") else fits
        arguments[one.name] = VALUES.get(kind.partition(" ")[0], "x") if fits is None else fits
    call: Call[Any] = function(**arguments)
    return call


def calls() -> Iterator[tuple[str, Call[Any]]]:
    for module in pkgutil.iter_modules(ibe100_client.__path__):
        found = importlib.import_module(f"ibe100_client.{module.name}")
        for name, function in inspect.getmembers(found, inspect.isfunction):
            is_ours = function.__module__ == found.__name__ and not name.startswith("_")
            if is_ours and str(inspect.signature(function).return_annotation).startswith("Call["):
                yield f"{module.name}.{name}", made(function)


def test_calls_and_routes_are_the_same() -> None:
    routes = {
        (method, route.path)
        for route in guarded_routes()
        for method in route.methods
        if route.path != SCRAPES
    } | {("POST", f"{API}/login")}
    fixed_first = sorted(routes, key=lambda one: ("{" in one[1], one[1]))
    reached, astray = set(), []
    for name, call in calls():
        fits = (
            (method, path)
            for method, path in fixed_first
            if method == call.method and re.fullmatch(re.sub(r"{\w+}", "[^/]+", path), f"{API}{call.path}")
        )
        if (found := next(fits, None)) is None:
            astray.append(name)
        else:
            reached.add(found)
    assert astray == []
    assert sorted(routes - reached) == []
