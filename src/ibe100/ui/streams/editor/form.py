"""Configuration out of the texts of the editor's fields, and faults by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NoReturn

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails, InitErrorDetails, PydanticCustomError

from ibe100.models.base import describe_fault
from ibe100.models.cues.contract import Contract
from ibe100.models.endpoints.parse import parse_input
from ibe100.models.errors import ConfigurationError
from ibe100.models.stream_config import (
    SrtEdge,
    StreamConfig,
    StreamInput,
    received_inputs,
)
from ibe100.ui.streams.editor.address_words import refusal_words
from ibe100.ui.streams.editor.field_spec import Empty, FieldKind, FieldSpec

FORM = ""
"""Key of faults that belong to no single field."""
SIDES = ("input", "output", "return_feed")
Texts = Mapping[FieldSpec, str]
_FIELD_NAME = re.compile(r"[a-z0-9_]+(?:\.[a-z0-9_]+)*")
_INPUT: TypeAdapter[StreamInput] = TypeAdapter(StreamInput)


def config_from(texts: Texts, original: StreamConfig, contract: Contract | None) -> StreamConfig:
    """`original` as the fields' texts change it, under a contract; raises ValidationError.

    A field whose text is as it was shown keeps its value, as does what the editor has no field for: so
    nothing is lost to rounding, secrets are kept, and a field of the model without an editor is not reset.
    """
    values = {**dict(original), "contract": contract}
    for side in SIDES:
        values[side] = _endpoint(side, texts, original)
    for spec, text in texts.items():
        part, _, name = spec.key.partition(".")
        if part in SIDES or text == spec.shown(original):
            continue
        if name:
            values[part] = {**dict(values[part]), name: spec.value(text)}
        else:
            values[part] = spec.value(text)
    return StreamConfig.model_validate(values)


def input_from(texts: Texts, original: StreamConfig) -> StreamInput:
    """The input by itself: it can be probed before the output is known. Raises ValidationError."""
    return _INPUT.validate_python(_endpoint("input", texts, original))


def _endpoint(side: str, texts: Texts, original: StreamConfig) -> dict[str, object] | BaseModel | None:
    """The values of one side; those of a kind chosen anew come from the fields alone."""
    before: BaseModel | None = getattr(original, side)
    fields = {spec: text for spec, text in texts.items() if spec.key.startswith(f"{side}.")}
    kind = next(spec.value(text) for spec, text in fields.items() if spec.key == f"{side}.kind")
    if kind is None:
        return None
    is_kept = before is not None and kind == getattr(before, "kind", None)
    values = dict(before) if before is not None and is_kept else {}
    addresses = {spec: text for spec, text in fields.items() if spec.kind is FieldKind.ADDRESS}
    if addresses:
        values["inputs"] = _inputs(addresses, original)
    for spec, text in fields.items():
        if spec not in addresses and (not is_kept or text != spec.shown(original)):
            values[spec.key.removeprefix(f"{side}.")] = spec.value(text)
    if isinstance(before, SrtEdge) and values.get("passphrase") == before.passphrase:
        # It was given for another place, and is asked for anew.
        parts = ("mode", "host", "port")
        moved = any(str(values.get(name) or "") != str(getattr(before, name) or "") for name in parts)
        values["passphrase"] = None if moved else before.passphrase
    return values


def _inputs(addresses: Texts, original: StreamConfig) -> tuple[StreamInput, ...]:
    """Inputs that the addresses name; one that is as it was shown is kept whole. Raises ValidationError."""
    before = received_inputs(original.input)
    found: list[StreamInput] = []
    for at, (spec, text) in enumerate(addresses.items()):
        if text and text == spec.shown(original):
            found.append(before[at])
        elif text.strip() or spec.empty is Empty.NEEDED:
            try:
                found.append(parse_input(text) if text.strip() else _no_address())
            except ConfigurationError as error:
                words = PydanticCustomError("address", "{words}", {"words": refusal_words(error)})
                fault = InitErrorDetails(type=words, loc=tuple(spec.key.split(".")), input=text)
                raise ValidationError.from_exception_data("StreamConfig", [fault]) from error
    return tuple(found)


def _no_address() -> NoReturn:
    raise ConfigurationError("an address is needed")


def faults(error: ValidationError, texts: Texts) -> dict[str, str]:
    """Words on what is wrong, by the field's key; FORM for what belongs to none."""
    specs = {spec.key: spec for spec in texts}
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False):
        spec = specs.get(_key(fault["loc"], specs))
        if spec is not None:
            found.setdefault(spec.key, _words(fault, spec, texts[spec]))
            continue
        key, words = _named(describe_fault(fault), _part(fault["loc"]), specs)
        found.setdefault(key, words)
    return found


def _words(fault: ErrorDetails, spec: FieldSpec, text: str) -> str:
    if spec.empty is Empty.NEEDED and not text.strip() and spec.kind is not FieldKind.SWITCH:
        return "is needed"
    if fault["type"] in ("int_parsing", "float_parsing"):
        return "must be a number"
    if fault["type"] == "int_from_float":
        return "must be a whole number"
    words = describe_fault(fault).removeprefix("input ").removeprefix("string ")
    words = words.replace("greater than or equal to", "at least").replace("less than or equal to", "at most")
    words = words.replace("should be", "must be").replace("greater than", "more than")
    return f"{words} {spec.unit}" if spec.unit and words[-1:].isdigit() else words


def _named(words: str, part: str, specs: Mapping[str, FieldSpec]) -> tuple[str, str]:
    """Field that a rule over several names first, and the rule with the fields by their titles."""
    first = FORM
    for name in _FIELD_NAME.findall(words):
        spec = specs.get(name) or specs.get(f"{part}.{name}")
        if spec is None:
            continue
        first = first or spec.key
        is_subject = first == spec.key and words.startswith(name)
        words = words.removeprefix(f"{name} ") if is_subject else words.replace(name, spec.title, 1)
    return first, words


def _part(location: tuple[int | str, ...]) -> str:
    return str(location[0]) if location else ""


def _key(location: tuple[int | str, ...], keys: Mapping[str, object]) -> str:
    parts = [str(part) for part in location]
    # A union's location has the kind between side and field: input.udp.port is the field input.port.
    without_kind = [*parts[:1], *parts[2:]]
    # Of one of several inputs, `input.switched.inputs.1.udp.port`, the whole address is wrong.
    for candidate in (".".join(parts), ".".join(without_kind), ".".join(without_kind[:3])):
        if candidate in keys:
            return candidate
    # A rule over a whole part is shown beside its only field, if it has but one.
    inside = [key for key in keys if parts and key.startswith(f"{parts[0]}.")]
    return inside[0] if len(inside) == 1 else FORM
