"""Types of the fields of inputs and outputs: what can be part of an address, a URL or a path."""

from __future__ import annotations

import re
from ipaddress import IPv6Address, ip_address
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, Field, SecretStr

from ibe100.models.base import Printable, check_printable
from ibe100.models.endpoints.urls import check_url

_NAME_OR_ADDRESS = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]*")


def _host(text: str) -> str:
    """A name or address; an IPv6 address loses its brackets."""
    text = text.strip(" ")
    if ":" in text:
        try:
            return str(IPv6Address(text.removeprefix("[").removesuffix("]")))
        except ValueError:
            raise ValueError("must be a host name or an IP address, without a port") from None
    if not _NAME_OR_ADDRESS.fullmatch(text):
        raise ValueError("must be a host name or an IP address: letters, digits, '.', '-' and '_'")
    return text


def _passphrase(secret: SecretStr) -> SecretStr:
    text = check_printable(secret.get_secret_value())
    if text and not 10 <= len(text.encode()) <= 79:
        raise ValueError("10 to 79 bytes are allowed")
    return secret


def _media_path(path: Path) -> Path:
    check_printable(str(path))
    if not path.name:
        raise ValueError("the path of a file is needed")
    try:
        return path.expanduser().absolute()
    except RuntimeError as error:
        raise ValueError(f"{path.parts[0]} is no home folder of this machine") from error


def _http_url(text: str) -> str:
    return check_url(check_printable(text.strip(" ")), "http", "https")


def _rist_url(text: str) -> str:
    return check_url(check_printable(text.strip(" ")), "rist")


Port = Annotated[int, Field(ge=1, le=65535)]
Host = Annotated[str, Field(min_length=1, max_length=253), AfterValidator(_host)]
Passphrase = Annotated[SecretStr, AfterValidator(_passphrase)]
"""The empty one stands for none, where another is kept."""
LatencyMs = Annotated[int, Field(ge=20, le=8000)]
HttpUrl = Annotated[str, Field(max_length=2000, repr=False), AfterValidator(_http_url)]
RistUrl = Annotated[str, Field(max_length=2000, repr=False), AfterValidator(_rist_url)]
SrtStreamId = Annotated[str, Field(max_length=512), Printable]
MediaPath = Annotated[Path, AfterValidator(_media_path)]


def is_multicast(host: str) -> bool:
    """True when `host` is the address of a multicast group."""
    try:
        return ip_address(host).is_multicast
    except ValueError:
        return False


def is_loopback(host: str) -> bool:
    """True when `host` is this machine's loopback, by name or address."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False
