"""The API in OpenAPI: as FastAPI derives it, with how errors look and how to sign in."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.routing import APIRoute

PROBLEM = "application/problem+json"
"""RFC 9457."""
OPEN = ("/healthz", "/api/v1/login")
SCHEME = {"type": "http", "scheme": "bearer", "description": "A token, `ibe100_…`; none at the Unix socket."}
SCHEMAS = "#/components/schemas/"
_OF_FASTAPI = ("HTTPValidationError", "ValidationError")


def operation_id(route: APIRoute) -> str:
    """Name of an operation for generated clients: subject and function, whatever its path is."""
    return f"{route.tags[0]}_{route.name}"


def describe(app: FastAPI) -> dict[str, Any]:
    """The description; takes a while the first time."""
    document = app.openapi()
    components = document["components"]
    if "securitySchemes" in components:
        return document
    components["securitySchemes"] = {"token": SCHEME}
    document["security"] = [{"token": []}]
    for path, operations in document["paths"].items():
        for operation in operations.values():
            if path in OPEN:
                operation["security"] = []
            responses = operation["responses"]
            responses.pop("422", None)  # FastAPI's own form, which nobody sees here: it is one of 4XX
            for code in ("4XX", "5XX"):
                if code in responses:
                    responses[code]["content"] = {PROBLEM: responses[code]["content"]["application/json"]}
    for name in _OF_FASTAPI:
        components["schemas"].pop(name, None)
    _name_apart(document)
    return document


def _name_apart(document: dict[str, Any]) -> None:
    """Name models apart by their subject: FastAPI tells those of one name apart by their modules."""
    schemas = document["components"]["schemas"]
    names = {}
    for name in [one for one in schemas if "__" in one]:
        *_, subject, own = name.split("__")
        names[name] = f"{subject.title().replace('_', '')}{own}"
        schemas[names[name]] = {**schemas.pop(name), "title": names[name]}
    _refer(document, {f"{SCHEMAS}{name}": f"{SCHEMAS}{now}" for name, now in names.items()})


def _refer(part: Any, names: dict[str, str]) -> None:
    if isinstance(part, dict):
        if part.get("$ref") in names:
            part["$ref"] = names[part["$ref"]]
        for inner in part.values():
            _refer(inner, names)
    elif isinstance(part, list):
        for inner in part:
            _refer(inner, names)
