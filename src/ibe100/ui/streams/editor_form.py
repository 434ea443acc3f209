"""Between the editor's fields and StreamConfig: values out, values in, faults by field."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from pydantic import BaseModel, SecretStr, ValidationError

from ibe100.models.cues.contract import Contract
from ibe100.models.stream_config import StreamConfig
from ibe100.ui.streams.editor_fields import HEX_KEYS, INTEGER_CHOICES

FORM = ""
"""Key of faults that belong to no single field."""


def shown_values(config: StreamConfig) -> dict[str, str]:
    """The text of each field; secrets stay empty."""
    shown: dict[str, str] = {}
    _flatten(config, "", shown)
    return shown


def config_from(
    values: Mapping[str, str], original: StreamConfig | None, contract: Contract | None = None
) -> StreamConfig:
    """A checked configuration of the fields' texts, under a contract; raises ValidationError.

    What the editor has no field for, and secrets left empty, are kept from `original`.
    """
    nested: dict[str, object] = {}
    for key, text in values.items():
        _put(nested, key, _parsed(key, text))
    nested["contract"] = contract
    if isinstance(feed := nested.get("return_feed"), dict) and feed.get("kind") is None:
        nested["return_feed"] = None
    if original is not None:
        nested["pmt"] = original.pmt
        for side in ("input", "output", "return_feed"):
            _keep_secret(nested.get(side), getattr(original, side))
    return StreamConfig.model_validate(nested)


def faults(error: ValidationError, keys: Iterable[str]) -> dict[str, str]:
    """What is wrong, by field; FORM for what belongs to none."""
    known = set(keys)
    found: dict[str, str] = {}
    for fault in error.errors(include_url=False):
        key = _key(fault["loc"], known)
        words = fault["msg"].removeprefix("Value error, ").removeprefix("Input ")
        if fault["type"] in ("int_parsing", "float_parsing"):
            words = "is no number"
        if fault["type"] == "missing" or (fault["input"] is None and "None" not in words):
            words = "is needed"
        if key == FORM or key not in known:
            where = ".".join(str(part) for part in fault["loc"])
            found[FORM] = f"{where}: {words}" if where else words
        else:
            found.setdefault(key, words)
    return found


def _key(location: tuple[int | str, ...], known: set[str]) -> str:
    parts = [str(part) for part in location]
    # A union's location has the kind between side and field: input.udp.port is the field input.port.
    candidates = [parts, [*parts[:1], *parts[2:]]]
    for candidate in candidates:
        if ".".join(candidate) in known:
            return ".".join(candidate)
    # A rule over a whole model is shown beside the field it names first.
    inside = [key for key in known if parts and key.startswith(f"{parts[0]}.")]
    return inside[0] if len(inside) == 1 else FORM


def _flatten(model: BaseModel, prefix: str, shown: dict[str, str]) -> None:
    for name in type(model).model_fields:
        value, key = getattr(model, name), f"{prefix}{name}"
        match value:
            case Contract():
                pass  # chosen as a whole, not edited by field
            case BaseModel():
                _flatten(value, f"{key}.", shown)
            case SecretStr() | None:
                shown[key] = ""
            case bool():
                shown[key] = "true" if value else "false"
            case int() if key in HEX_KEYS:
                shown[key] = f"0x{value:08X}"
            case float():
                shown[key] = f"{value:g}"
            case Path() | str() | int():
                shown[key] = str(value)


def _put(nested: dict[str, object], key: str, value: object) -> None:
    side, _, name = key.partition(".")
    if not name:
        nested[side] = value
        return
    inner = nested.setdefault(side, {})
    assert isinstance(inner, dict)
    inner[name] = value


def _parsed(key: str, text: str) -> object:
    text = text.strip()
    if key.endswith(".stream_id") or key == "name":
        return text
    if not text:
        return None
    if key in INTEGER_CHOICES:
        return int(text)
    if text.lower().startswith("0x"):
        try:
            return int(text, 16)
        except ValueError:
            return text
    return text


def _keep_secret(side: object, original: BaseModel | None) -> None:
    secret = getattr(original, "passphrase", None)
    if not isinstance(side, dict) or side.get("kind") != getattr(original, "kind", None):
        return
    if secret is not None and side.get("passphrase") is None:
        side["passphrase"] = secret
