"""One field of the stream editor as data: where it stands in StreamConfig, and how text and value meet."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from pydantic import BaseModel, SecretStr
from pydantic_core import PydanticUndefined

from ibe100.models.endpoints.addresses import address_of
from ibe100.models.stream_config import SwitchedInput, TestPatternInput, received_inputs

NO_SECRET = "-"
"""Typed in place of a secret, where the one that is kept is to be used no more."""


class FieldKind(Enum):
    """Kind of editor of a field."""

    TEXT = "text"
    NUMBER = "number"
    EVENT_ID = "event id"
    """A number, shown as 0x and eight digits."""
    CHOICE = "choice"
    SWITCH = "switch"
    PATH = "path"
    SAVE_PATH = "save path"
    SECRET = "secret"
    ADDRESS = "address"
    """One of several inputs, as `parse_input` reads it."""


class Empty(Enum):
    """The value that an empty field stands for."""

    NEEDED = "needed"
    """None: it may not be empty."""
    NONE = "none"
    TEXT = "text"
    """The empty text."""


@dataclass(frozen=True, slots=True)
class FieldSpec:
    """One field; `key` is its path in StreamConfig, e.g. `input.port`."""

    key: str
    title: str
    kind: FieldKind = FieldKind.TEXT
    hint: str = ""
    unit: str = ""
    empty: Empty = Empty.NEEDED
    choices: tuple[tuple[object, str], ...] = ()
    """Values of a CHOICE, each with its words."""

    @property
    def caption(self) -> str:
        """Title and unit."""
        return f"{self.title} {self.unit}".strip()

    @property
    def full_title(self) -> str:
        """Title with the end of the stream that it belongs to."""
        side = self.key.partition(".")[0]
        words = {"input": "input", "output": "output", "return_feed": "return feed"}.get(side)
        return f"{words} {self.title}" if words else self.title

    def shown(self, config: BaseModel) -> str:
        """The text of this field for `config`; empty where that has no such value, and for secrets."""
        if self.kind is FieldKind.ADDRESS:
            return self._shown_address(config)
        value: object = config
        for name in self.key.split("."):
            value = getattr(value, name, None)
        return self.text(value)

    def _shown_address(self, config: BaseModel) -> str:
        """Address of the input with this number; of a stream with one input that is the first."""
        source, at = getattr(config, "input", None), int(self.key.rpartition(".")[2])
        inputs = () if source is None else received_inputs(source)
        one = inputs[at] if at < len(inputs) else None
        return "" if one is None or isinstance(one, TestPatternInput | SwitchedInput) else address_of(one)

    def default(self, model: type[BaseModel]) -> str:
        """The text for the default in `model`, a kind of endpoint; empty where it has none."""
        if self.kind is FieldKind.ADDRESS:
            return ""
        value = model.model_fields[self.key.rpartition(".")[2]].get_default(call_default_factory=True)
        return "" if value is PydanticUndefined else self.text(value)

    def text(self, value: object) -> str:
        """A value as the field shows it."""
        match value:
            case SecretStr() | None:
                return ""
            case bool():
                return "true" if value else "false"
            case int() if self.kind is FieldKind.EVENT_ID:
                return f"0x{value:08X}"
            case float():
                return repr(value).removesuffix(".0")
        return str(value)

    def value(self, text: str) -> object:
        """The value that a text stands for; what cannot be read is left to StreamConfig to refuse."""
        text = text.strip()
        match self.kind:
            case FieldKind.SWITCH:
                return text == "true"
            case FieldKind.SECRET if text == NO_SECRET:
                return ""
            case FieldKind.CHOICE:
                return next(value for value, _words in self.choices if self.text(value) == text)
            case FieldKind.NUMBER | FieldKind.EVENT_ID if text.lower().startswith("0x"):
                return _hexadecimal(text)
        return text or ("" if self.empty is Empty.TEXT else None)


def _hexadecimal(text: str) -> int | str:
    try:
        return int(text, 16)
    except ValueError:
        return text
