"""Refusals of the API: a problem of RFC 9457 with a kind, and the status that goes with them."""

from __future__ import annotations

import logging
import math
import secrets
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException

from ibe100.api.description import PROBLEM
from ibe100.api.etags import StaleChange
from ibe100.models.base import describe_faults
from ibe100.models.errors import (
    AccessRefused,
    ConfigurationError,
    CueRefused,
    KeyReused,
    NotAllowed,
    NotFound,
    NotSignedIn,
    OperatorError,
    SecondPersonNeeded,
    StorageError,
    TooManyLogins,
)

WITHOUT_VALUES = ("/api/v1/login", "/api/v1/users", "/api/v1/tokens")
"""Paths whose faults repeat no value: passwords stand in the wrong field easily."""
PLACES = frozenset({"body", "query", "path", "header"})
KINDS: Mapping[int, str] = {
    400: "malformed",
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method",
    408: "slow",
    409: "refused",
    412: "stale",
    413: "too_large",
    415: "malformed",
    421: "wrong_host",
    422: "invalid",
    429: "too_many",
    500: "bug",
    503: "storage",
}


class Refusal(BaseModel):
    """Body of every error, a problem of RFC 9457; some have more fields."""

    type: str = "about:blank"
    title: str
    """Name of the status."""
    status: int
    detail: str
    """The reason, for a person."""
    error: str
    """The same; for clients of earlier versions."""
    kind: str
    """The reason, for a program."""
    retry_in_s: float | None = None
    """When the same may be possible, where that is known."""


_STATUSES: tuple[tuple[type[OperatorError], int], ...] = (
    (NotSignedIn, 401),
    (NotAllowed, 403),
    (NotFound, 404),
    (StaleChange, 412),
    (TooManyLogins, 429),
    (ConfigurationError, 422),
    (StorageError, 503),
    (KeyReused, 409),
    (AccessRefused, 409),
    (OperatorError, 409),
)
"""The first that fits."""

_log = logging.getLogger(__name__)


def refusal(status: int, words: str, **more: Any) -> JSONResponse:
    """A problem of RFC 9457 with our `kind`, and with what a client needs to go on."""
    headers = {}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if more.get("retry_in_s") is not None:
        headers["Retry-After"] = str(max(1, math.ceil(more["retry_in_s"])))
    kind = more.pop("kind", KINDS.get(status, "refused"))
    told = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": words}
    return JSONResponse({**told, "error": words, "kind": kind, **more}, status, headers, PROBLEM)


def refusal_of(error: OperatorError) -> JSONResponse:
    """Answer with the text that the operator would read on the screen."""
    status = next(status for kind, status in _STATUSES if isinstance(error, kind))
    if isinstance(error, CueRefused | TooManyLogins) and error.retry_in_s is not None:
        return refusal(status, str(error), retry_in_s=error.retry_in_s)
    if isinstance(error, SecondPersonNeeded):
        return refusal(status, str(error), kind="second_person")
    return refusal(status, str(error))


def bug(error: Exception, where: str) -> JSONResponse:
    """Answer to a bug: a number that stands in errors.log with the traceback."""
    number = secrets.token_hex(6)
    _log.error("error %s of the API at %s", number, where, exc_info=error)
    return refusal(500, f"an error of the console; it is number {number} in errors.log", number=number)


def install(app: FastAPI) -> None:
    """Give every error this form."""
    app.add_exception_handler(OperatorError, _operator_error)
    app.add_exception_handler(RequestValidationError, _validation_error)
    app.add_exception_handler(HTTPException, _http_error)
    app.add_exception_handler(Exception, _bug)


async def _operator_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, OperatorError)
    return refusal_of(error)


async def _validation_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    faults: list[ErrorDetails] = []
    tells_values = not request.url.path.startswith(WITHOUT_VALUES)
    for fault in error.errors():
        if fault["type"] == "json_invalid":
            return refusal(400, f"the body is no JSON: {fault.get('ctx', {}).get('error', 'unreadable')}")
        place = fault["loc"][1:] if fault["loc"] and fault["loc"][0] in PLACES else fault["loc"]
        # The body as a whole may be a secret that somebody forgot to name.
        given = fault.get("input") if tells_values and place else {}
        faults.append(
            ErrorDetails(type=fault["type"], loc=place or fault["loc"], msg=fault["msg"], input=given)
        )
    return refusal(422, describe_faults(faults))


async def _http_error(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    words = {404: "there is no such path", 405: "this path does not take that method"}
    is_plain = error.detail == HTTPStatus(error.status_code).phrase
    return refusal(
        error.status_code, words.get(error.status_code, error.detail) if is_plain else error.detail
    )


async def _bug(request: Request, error: Exception) -> JSONResponse:
    return bug(error, f"{request.method} {request.url.path}")
