"""The base of all values that cross a boundary."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import ErrorDetails

from ibe100.models.endpoints.urls import public_url
from ibe100.models.errors import ConfigurationError

Model = TypeVar("Model", bound=BaseModel)

SECRET_FIELDS = frozenset({"passphrase", "password", "token"})
LONGEST_SHOWN = 100
LONGEST_FAULT = 400
MOST_FAULTS = 20
# Controls, lone surrogates, line and paragraph separators: none can be part of a command line or of a name.
UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Value(BaseModel):
    """Base of values: frozen, closed to unknown fields, so that a wrong one cannot be built."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", str_strip_whitespace=True, hide_input_in_errors=True
    )


def check_printable(text: str) -> str:
    """`text` itself. Raises ValueError when it holds control characters or line ends."""
    if any(unicodedata.category(character) in UNPRINTABLE for character in text):
        raise ValueError("control characters and line ends are not allowed")
    return text


Printable = AfterValidator(check_printable)
Text = Annotated[str, Printable]
Name = Annotated[str, Field(min_length=1, max_length=80), Printable]
FolderPath = Annotated[Path, AfterValidator(lambda path: path.expanduser().absolute())]
Pid = Annotated[int, Field(ge=0x0010, le=0x1FFE)]
"""A PID that can carry an elementary stream: 0x0010 to 0x1FFE."""


def describe_error(error: ValidationError) -> str:
    """Faults as text, a clause each: the field, the value, what is allowed. Secrets are not repeated."""
    return describe_faults(error.errors(include_url=False))


def describe_faults(faults: Sequence[ErrorDetails]) -> str:
    """Faults that come without their error, as text; see `describe_error`. At most twenty are told."""
    clauses = []
    for fault in faults[:MOST_FAULTS]:
        field = ".".join(_shortened(str(part), LONGEST_SHOWN) for part in fault["loc"]) or "value"
        clauses.append(f"{field}{_shown(fault)}: {_shortened(describe_fault(fault), LONGEST_FAULT)}")
    if len(faults) > MOST_FAULTS:
        clauses.append(f"and {len(faults) - MOST_FAULTS} more")
    return "; ".join(clauses)


def _shortened(text: str, most: int) -> str:
    return text if len(text) <= most else f"{text[:most]}…"


def describe_fault(fault: ErrorDetails) -> str:
    """Fault of a value as text, without the value; the length of a text is said in characters."""
    message = fault["msg"].removeprefix("Value error, ").replace("Tuple should", "a list should", 1)
    message = message.replace(" after validation", "")
    if fault["type"] in ("too_short", "too_long") and isinstance(fault["input"], str):
        # Pydantic's words where a limit stands behind a validator: "1 item after validation, not 0".
        edge, limit = ("least", "min_length") if fault["type"] == "too_short" else ("most", "max_length")
        count = fault["ctx"][limit]
        message = f"string should have at {edge} {count} character{'' if count == 1 else 's'}"
    elif fault["type"] in ("int_parsing", "float_parsing"):
        message = "this is no number"
    return message[:1].lower() + message[1:]


def _shown(fault: ErrorDetails) -> str:
    given = fault["input"]
    if isinstance(given, dict | list | tuple | bytes | BaseModel) or SECRET_FIELDS.intersection(fault["loc"]):
        return ""
    if fault["type"] == "extra_forbidden":
        return ""  # nobody knows what it is: a secret under a wrong name, perhaps
    return f" {_shortened(repr(public_url(given) if isinstance(given, str) else given), LONGEST_SHOWN)}"


def build(model: type[Model], values: object, what: str) -> Model:
    """A checked `model` from untrusted `values`.

    Raises ConfigurationError that names the field, the value and what is allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(f"{what}: {describe_error(error)}") from error
