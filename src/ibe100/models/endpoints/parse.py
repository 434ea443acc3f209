"""Inputs and outputs as one writes them on a command line: a file's path or a URL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, TypeVar
from urllib.parse import SplitResult, unquote, urlsplit

from pydantic import ConfigDict, TypeAdapter, ValidationError

from ibe100.models.base import describe_error
from ibe100.models.endpoints.fields import is_loopback
from ibe100.models.endpoints.queries import (
    SRT_OPTIONS,
    UDP_INPUT_OPTIONS,
    UDP_OUTPUT_OPTIONS,
    read_query,
)
from ibe100.models.endpoints.urls import public_url
from ibe100.models.errors import ConfigurationError
from ibe100.models.stream_config import (
    NoOutput,
    ReturnInput,
    StreamInput,
    StreamOutput,
    SwitchedInput,
    TestPatternInput,
)

INPUT_SCHEMES = (
    "a file, test://, udp://, rtp://, srt://, rist://, http://, https:// (.m3u8 is HLS, another playlist "
    "hls+http:// or hls+https://; #best, #worst, #height=720 or #bandwidth=3000000 chooses its variant)"
)
OUTPUT_SCHEMES = "a file (.m3u8 is HLS), none, udp://, rtp://, srt://, rist://"
HLS_CHOICES = ("first", "best", "worst")
HLS_LIMITS = {"height": "max_height", "bandwidth": "max_bitrate_bps"}
Endpoint = TypeVar("Endpoint")
_SILENT = ConfigDict(hide_input_in_errors=True)
_INPUT: TypeAdapter[StreamInput] = TypeAdapter(StreamInput, config=_SILENT)
_RETURN: TypeAdapter[ReturnInput] = TypeAdapter(ReturnInput, config=_SILENT)
_OUTPUT: TypeAdapter[StreamOutput] = TypeAdapter(StreamOutput, config=_SILENT)


def parse_input(text: str, *, loop: bool = True) -> StreamInput:
    """The input that `text` names. Raises ConfigurationError.

    `udp://:5000` and `udp://127.0.0.1:5000` receive unicast, `udp://239.1.1.1:5000` joins the group,
    `udp://10.0.0.1@239.1.1.1:5000` takes it from that sender only; `srt://host:port` calls,
    `srt://:port` listens, with `latency` (ms), `streamid` and `passphrase` after `?`. `hls+https://…` is a
    playlist whose address does not end in .m3u8. Blanks around it do not count.
    """
    text = text.strip()
    if text in ("", "test", "test://"):
        return TestPatternInput()
    where = f"input {public_url(text)!r}"
    url = _split(text, where)
    values: dict[str, Any]
    match url.scheme:
        case "udp" | "rtp":
            values = _udp_input(url, text, where)
        case "srt":
            values = _srt(url, text, where)
        case "rist":
            values = {"kind": "rist", "url": text}
        case "hls+http" | "hls+https":
            values = _hls(text.partition("+")[2], where)
        case "http" | "https" if url.path.lower().endswith((".m3u8", ".m3u")):
            values = _hls(text, where)
        case "http" | "https":
            values = {"kind": "http", "url": text}
        case "" | "file":
            values = {"kind": "file", "path": _path(url, where), "loop": loop}
        case _:
            raise ConfigurationError(f"{where}: {url.scheme}:// is not known; allowed: {INPUT_SCHEMES}")
    return _checked(_INPUT, values, where)


def parse_inputs(texts: Sequence[str]) -> StreamInput:
    """The input that `texts` name: several are a main input and its backups. Raises ConfigurationError."""
    if len(texts) == 1:
        return parse_input(texts[0])
    values = {"kind": "switched", "inputs": [parse_input(text) for text in texts]}
    return _checked(_INPUT, values, f"inputs {', '.join(map(public_url, texts))}")


def parse_return_feed(text: str) -> ReturnInput:
    """The return feed that `text` names: an input, or http(s)://….mpd for DASH. Raises ConfigurationError."""
    text = text.strip()
    where = f"return_feed {public_url(text)!r}"
    url = _split(text, where)
    if url.scheme in ("http", "https") and url.path.lower().endswith(".mpd"):
        return _checked(_RETURN, {"kind": "dash", "url": text}, where)
    found = parse_input(text, loop=False)
    if isinstance(found, TestPatternInput | SwitchedInput):
        raise ConfigurationError(f"{where}: a test pattern is no return feed")
    return found


def parse_output(text: str, *, overwrite: bool = False) -> StreamOutput:
    """The output that `text` names. Raises ConfigurationError."""
    text = text.strip()
    if text in ("", "none"):
        return NoOutput()
    where = f"output {public_url(text)!r}"
    url = _split(text, where)
    values: dict[str, Any]
    match url.scheme:
        case "udp" | "rtp":
            values = _udp_output(url, text, where)
        case "srt":
            values = _srt(url, text, where)
        case "rist":
            values = {"kind": "rist", "url": text}
        case "" | "file":
            path = _path(url, where)
            if _is_playlist(path):
                values = {"kind": "hls", "playlist": path}
            else:
                values = {"kind": "file", "path": path, "overwrite": overwrite}
        case _:
            raise ConfigurationError(f"{where}: {url.scheme}:// is not known; allowed: {OUTPUT_SCHEMES}")
    return _checked(_OUTPUT, values, where)


def _is_playlist(path: str) -> bool:
    return path.lower().endswith(".m3u8")


def _checked(adapter: TypeAdapter[Endpoint], values: dict[str, Any], where: str) -> Endpoint:
    try:
        return adapter.validate_python(values)
    except ValidationError as error:
        raise ConfigurationError(f"{where}: {describe_error(error)}") from error


def _split(text: str, where: str) -> SplitResult:
    if "://" not in text:
        # A Windows drive or a colon in a file's name is no scheme.
        return SplitResult("", "", text, "", "")
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError:
        # The reason is not repeated: it may quote a password.
        raise ConfigurationError(f"{where}: no host and port (1 to 65535) can be read from it") from None
    return url


def _port(url: SplitResult, where: str) -> int:
    if url.port is None:
        raise ConfigurationError(f"{where}: a port is missing; write {url.scheme}://host:port")
    return url.port


def _udp_input(url: SplitResult, text: str, where: str) -> dict[str, Any]:
    values = {"kind": "udp", "port": _port(url, where), **read_query(text, UDP_INPUT_OPTIONS, "udp", where)}
    host = url.hostname or ""
    if is_loopback(host):
        values.setdefault("local_address", host)
    elif host not in ("", "0.0.0.0", "::"):
        values["host"] = host
    if url.username:
        values["source"] = url.username
    return values


def _udp_output(url: SplitResult, text: str, where: str) -> dict[str, Any]:
    if not url.hostname or url.username:
        raise ConfigurationError(f"{where}: one host is needed; write {url.scheme}://host:port")
    return {
        "kind": "udp",
        "host": url.hostname,
        "port": _port(url, where),
        "rtp": url.scheme == "rtp",
        **read_query(text, UDP_OUTPUT_OPTIONS, "udp", where),
    }


def _srt(url: SplitResult, text: str, where: str) -> dict[str, Any]:
    values = read_query(text, SRT_OPTIONS, "srt", where)
    mode = "caller" if url.hostname else "listener"
    return {"kind": "srt", "mode": mode, "host": url.hostname, "port": _port(url, where), **values}


def _hls(text: str, where: str) -> dict[str, Any]:
    """A playlist; the fragment of its address, which no server sees, chooses the variant."""
    address, _, choice = text.partition("#")
    values: dict[str, Any] = {"kind": "hls", "url": address}
    for part in filter(None, choice.split("&")):
        name, _, value = part.partition("=")
        if part in HLS_CHOICES:
            values["variant"] = part
        elif name in HLS_LIMITS:
            values[HLS_LIMITS[name]] = value
        else:
            known = ", ".join((*HLS_CHOICES, *(f"{one}=…" for one in HLS_LIMITS)))
            raise ConfigurationError(f"{where}: #{name} chooses no variant; allowed: {known}")
    return values


def _path(url: SplitResult, where: str) -> str:
    if url.scheme != "file":
        return url.path
    if url.netloc not in ("", "localhost") or not url.path:
        raise ConfigurationError(f"{where}: the path must be absolute; write file:///folder/name.ts")
    return unquote(url.path)
