"""The base of all values that cross a boundary."""

from __future__ import annotations

from typing import Annotated, TypeVar

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from ibe100.models.errors import ConfigurationError

Model = TypeVar("Model", bound=BaseModel)


class Value(BaseModel):
    """Frozen, closed to unknown fields: a wrong value cannot be built."""

    model_config = ConfigDict(frozen=True, extra="forbid", str_strip_whitespace=True)


def _printable(text: str) -> str:
    if any(ord(character) < 32 or ord(character) == 127 for character in text):
        raise ValueError("control characters are not allowed")
    return text


Text = Annotated[str, AfterValidator(_printable)]
Name = Annotated[Text, Field(min_length=1, max_length=80)]
Pid = Annotated[int, Field(ge=0x0010, le=0x1FFE)]
"""A PID that can carry an elementary stream: 0x0010 to 0x1FFE."""
Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[Text, Field(min_length=1, max_length=253, pattern=r"^[A-Za-z0-9._:\[\]%-]+$")]


def in_words(error: ValidationError) -> str:
    """What is wrong, a clause per fault: the field, the value, what is allowed."""
    clauses = []
    for fault in error.errors(include_url=False):
        field = ".".join(str(part) for part in fault["loc"]) or "value"
        given = fault.get("input")
        shown = "" if isinstance(given, dict | list) else f" {given!r}"
        clauses.append(f"{field}{shown}: {fault['msg'][:1].lower()}{fault['msg'][1:]}")
    return "; ".join(clauses)


def build(model: type[Model], values: object, what: str) -> Model:
    """A checked `model` from untrusted `values`.

    Raises ConfigurationError that names the field, the value and what is allowed.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise ConfigurationError(f"{what}: {in_words(error)}") from error
