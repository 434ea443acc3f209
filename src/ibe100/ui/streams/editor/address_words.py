"""Addresses as an operator pastes them: read for one end of a stream, and said in the form's words."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable

from pydantic import BaseModel, SecretStr

from ibe100.models.endpoints.parse import parse_input, parse_output, parse_return_feed
from ibe100.models.endpoints.queries import passed_over
from ibe100.models.endpoints.urls import public_url
from ibe100.models.errors import ConfigurationError
from ibe100.models.stream_config import (
    FileInput,
    FileOutput,
    HlsOutput,
    SrtEdge,
    StreamConfig,
    UdpInput,
    UdpOutput,
)
from ibe100.ui.streams.editor.field_spec import FieldKind
from ibe100.ui.streams.editor.fields import EndpointSpec

HINT = "Begin it with srt://, udp://, rtp://, rist:// or http(s)://, or give the full path of a file"
MASK = "••••"
_PASSPHRASE = re.compile(r"(passphrase=)[^&]*")
_STREAM_NAME = re.compile(r"(?:^|[,:])r=([^,]+)")
_PATH = re.compile(r"~|[/\\]|[A-Za-z]:[/\\]")
_MEDIA = re.compile(r".*\.(?:ts|m2ts|mts|mpg|mpeg|m3u8)", re.IGNORECASE)
_HOST_AND_PORT = re.compile(r"(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):\d{1,5}")


def first_address(text: str) -> str:
    """The first line that is not empty, without quotes around it."""
    lines = (line.strip().strip("\"'<>").strip() for line in text.splitlines())
    return next(filter(None, lines), "")


def is_address(text: str) -> bool:
    """True for a text that looks like an address of a stream, so that it may be pasted onto the window."""
    address = first_address(text)
    return bool(re.match(r"(?:srt|udp|rtp|rist|https?|hls\+https?|file)://", address, re.IGNORECASE))


def read_address(text: str, side: str) -> BaseModel:
    """Input, output or return feed that a text names. Raises ConfigurationError in words for the form."""
    address = first_address(text)
    if "://" not in address and not (_PATH.match(address) or _MEDIA.fullmatch(address)):
        if _HOST_AND_PORT.fullmatch(address):
            raise ConfigurationError(f"Is it SRT, UDP or RTP? Write srt://{address}, udp://… or rtp://…")
        raise ConfigurationError(f"No address can be read from it. {HINT}")
    if side == "return_feed":
        return parse_return_feed(address)
    return parse_output(address) if side == "output" else parse_input(address)


def refusal_words(error: ConfigurationError) -> str:
    """A refusal without the address, which stands above it."""
    _where, found, words = str(error).partition("': ")
    words = words if found else str(error)
    return words[:1].upper() + words[1:]


def reading(endpoint: BaseModel, spec: EndpointSpec, text: str) -> str:
    """How an address was read: its kind and each field that it says something about."""
    holder = holding(endpoint, spec.side)
    kind = str(getattr(endpoint, "kind", ""))
    said = [spec.kinds.get(kind, kind), *_said(holder, endpoint, spec)]
    words = f"Read as {', '.join(said)}."
    others = len(list(filter(str.strip, text.splitlines()))) - 1
    if others > 0:
        words += f" {others} more {'line' if others == 1 else 'lines'} left out: an end has one address."
    if note := passed_over(first_address(text)):
        words += f" {note[:1].upper()}{note[1:]}."
    return words


def holding(endpoint: BaseModel, side: str) -> StreamConfig:
    """A stream with this end: fields read their texts from it."""
    return StreamConfig(name="read").model_copy(update={side: endpoint})


def _said(holder: StreamConfig, endpoint: BaseModel, spec: EndpointSpec) -> Iterable[str]:
    kind = str(getattr(endpoint, "kind", ""))
    for field in spec.fields.get(kind, ()):
        if field.kind is FieldKind.SECRET:
            if isinstance(getattr(endpoint, field.key.rpartition(".")[2], None), SecretStr):
                yield "with its passphrase"
            continue
        shown = public_url(field.shown(holder))
        if shown and shown != field.default(type(endpoint)):
            value = next((words for choice, words in field.choices if field.text(choice) == shown), shown)
            name = field.title[:1].lower() + field.title[1:] if field.title[1:2].islower() else field.title
            yield f"{name} {value.partition(':')[0] if field.choices else value} {field.unit}".strip()


def masked(text: str) -> str:
    """The address without passphrase, user and query of a URL, as it may stay on screen."""
    address = first_address(text)
    if address.lower().startswith("srt://"):
        return _PASSPHRASE.sub(rf"\1{MASK}", address)
    return public_url(address) if "@" in address or "?" in address else address


def name_for(endpoint: BaseModel) -> str:
    """Name to suggest for a stream with this input; empty where the address says none."""
    match endpoint:
        case FileInput(path=path) | FileOutput(path=path) | HlsOutput(playlist=path):
            return path.stem[:80]
        case SrtEdge(stream_id=stream_id, host=host, port=port):
            found = _STREAM_NAME.search(stream_id)
            return found[1][:80] if found else f"SRT {host or 'listener'} {port}"
        case UdpInput(host=group, port=port) | UdpOutput(host=group, port=port):
            return f"UDP {group or 'port'} {port}"
    url = str(getattr(endpoint, "url", ""))
    place = re.match(r"[a-z+]+://(?:[^/@]*@)?([^/:?]+)", url)
    return f"{str(getattr(endpoint, 'kind', '')).upper()} {place[1]}" if place else ""


def free_name(name: str, taken: Collection[str]) -> str:
    """The name, or with the next number behind it where another stream has it: `News 2`."""
    known = {one.casefold() for one in taken}
    tries = (name, *(f"{name} {number}" for number in range(2, len(known) + 3)))
    return next(one for one in tries if one.casefold() not in known)
