"""Forms of fields: title, effect, unit and range beside the model, read from its JSON schema."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from pydantic import Field

from ibe100.models.base import Value

BYTES = "bytes"


def told(
    title: str, effect: str, unit: str = "", words: Mapping[str, str] | None = None, *, in_hex: bool = False
) -> Any:
    """Words of a field for whoever sets it: title, effect in a sentence, unit, words of its choices."""
    extra: dict[str, Any] = {"unit": unit, "words": dict(words or {}), "in_hex": in_hex}
    return Field(title=title, description=effect, json_schema_extra=extra)


class FieldShape(StrEnum):
    """Shape of a value, by which it is edited."""

    SWITCH = "switch"
    NUMBER = "number"
    TEXT = "text"
    PATH = "path"
    CHOICE = "choice"
    SEVERAL = "several"
    """Some of a few."""
    LINES = "lines"
    """A list of texts."""
    PAIRS = "pairs"
    """A value by each name."""


class FieldForm(Value):
    """How a field of a model is edited, from its JSON schema."""

    name: str
    title: str
    effect: str = ""
    unit: str = ""
    shape: FieldShape = FieldShape.TEXT
    may_be_empty: bool = False
    """True where null is allowed."""
    choices: tuple[tuple[Any, str], ...] = ()
    """Values of a CHOICE or SEVERAL, each with its words."""
    least: float | None = None
    most: float | None = None
    is_whole: bool = False
    """True for whole numbers."""
    in_hex: bool = False
    """True for a number that is shown as 0x…"""

    @property
    def is_folder(self) -> bool:
        """True for a PATH of a folder."""
        return self.name.endswith(("_dir", "folder"))

    @property
    def allowed(self) -> str:
        """Range in words, such as `0.5 to 60 s`; empty without one."""
        if self.in_hex:
            return ""
        least, most = self.least, self.most
        if least is not None and most is not None:
            # The unit once, but where bytes have one of their own on either side.
            begins = _quantity(least, self.unit) if self.unit == BYTES else f"{least:g}"
            return f"{begins} to {_quantity(most, self.unit)}"
        if least is not None:
            return f"at least {_quantity(least, self.unit)}"
        return "" if most is None else f"at most {_quantity(most, self.unit)}"


def _quantity(value: float, unit: str) -> str:
    """Number with its unit; bytes in the largest unit that leaves it whole."""
    if unit == BYTES:
        for size, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
            if value >= size and value % size == 0:
                return f"{value / size:g} {name}"
    return f"{value:g} {unit}".strip()


def forms_of(schema: Mapping[str, Any], definitions: Mapping[str, Any]) -> dict[str, FieldForm]:
    """Forms of the fields of an object schema, by their names; `definitions` are its `$defs`."""
    return {name: form_of(name, field, definitions) for name, field in schema["properties"].items()}


def form_of(name: str, field: Mapping[str, Any], definitions: Mapping[str, Any]) -> FieldForm:
    """Form of one field of a JSON schema, as pydantic writes it."""
    kinds = [_resolved(one, definitions) for one in field.get("anyOf", [field])]
    may_be_empty = any(one.get("type") == "null" for one in kinds)
    kind = next(one for one in kinds if one.get("type") != "null")
    shape, choices = _shape(kind, definitions)
    words = field.get("words", {})
    least = kind.get("minimum", kind.get("exclusiveMinimum"))
    most = kind.get("maximum", kind.get("exclusiveMaximum"))
    return FieldForm(
        name=name,
        title=field.get("title", name),
        effect=field.get("description", ""),
        unit=field.get("unit", ""),
        shape=shape,
        may_be_empty=may_be_empty,
        choices=tuple((value, words.get(str(value), str(value))) for value in choices),
        least=least,
        most=most,
        is_whole=kind.get("type") == "integer",
        in_hex=field.get("in_hex", False),
    )


def _shape(kind: Mapping[str, Any], definitions: Mapping[str, Any]) -> tuple[FieldShape, list[Any]]:
    if "enum" in kind or "const" in kind:
        return FieldShape.CHOICE, list(kind.get("enum") or [kind["const"]])
    match kind.get("type"):
        case "boolean":
            return FieldShape.SWITCH, []
        case "integer" | "number":
            return FieldShape.NUMBER, []
        case "object":
            return FieldShape.PAIRS, []
        case "array":
            items = _resolved(kind.get("items", {}), definitions)
            return (FieldShape.SEVERAL, list(items["enum"])) if "enum" in items else (FieldShape.LINES, [])
        case _ if kind.get("format") in ("path", "file-path", "directory-path"):
            return FieldShape.PATH, []
    return FieldShape.TEXT, []


def _resolved(kind: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = kind.get("$ref")
    if reference is None:
        return kind
    found: Mapping[str, Any] = definitions[str(reference).rpartition("/")[2]]
    return found
