"""What a field holds when its kind of input or output is chosen anew."""

from __future__ import annotations

from collections.abc import Iterable

from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from ibe100.models.stream_config import (
    FileInput,
    FileOutput,
    HlsInput,
    HlsOutput,
    HttpInput,
    NoOutput,
    RistInput,
    RistOutput,
    SrtInput,
    SrtOutput,
    TestPatternInput,
    UdpInput,
    UdpOutput,
)

INPUTS: tuple[type[BaseModel], ...] = (
    TestPatternInput,
    FileInput,
    UdpInput,
    SrtInput,
    RistInput,
    HlsInput,
    HttpInput,
)
OUTPUTS: tuple[type[BaseModel], ...] = (NoOutput, FileOutput, UdpOutput, SrtOutput, RistOutput, HlsOutput)


def _defaults(side: str, models: Iterable[type[BaseModel]]) -> dict[str, dict[str, str]]:
    """The models' own defaults by kind, as the fields show them."""
    by_kind: dict[str, dict[str, str]] = {}
    for model in models:
        texts = {
            f"{side}.{name}": _text(field.default)
            for name, field in model.model_fields.items()
            if field.default is not PydanticUndefined and field.default is not None
        }
        by_kind[texts[f"{side}.kind"]] = texts
    return by_kind


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)


INPUT_DEFAULTS = _defaults("input", INPUTS)
RETURN_DEFAULTS = _defaults("return_feed", INPUTS[1:])
OUTPUT_DEFAULTS = _defaults("output", OUTPUTS)
