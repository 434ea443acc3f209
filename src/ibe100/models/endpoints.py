"""Inputs and outputs as one writes them on a command line: a file's path or a URL."""

from __future__ import annotations

from typing import Any
from urllib.parse import SplitResult, parse_qsl, urlsplit

from ibe100.models.base import Value, build
from ibe100.models.errors import ConfigurationError
from ibe100.models.stream_config import NoOutput, StreamInput, StreamOutput, TestPatternInput

INPUT_SCHEMES = "a file, test://, udp://, rtp://, srt://, rist://, http://, https:// (.m3u8 is HLS)"
OUTPUT_SCHEMES = "a file (.m3u8 is HLS), none, udp://, rtp://, srt://, rist://"


class _Input(Value):
    endpoint: StreamInput


class _Output(Value):
    endpoint: StreamOutput


def parse_input(text: str, *, loop: bool = True) -> StreamInput:
    """The input that `text` names. Raises ConfigurationError.

    `udp://:5000` and `udp://127.0.0.1:5000` receive unicast, `udp://239.1.1.1:5000` joins the group;
    `srt://host:port` calls, `srt://:port` listens, with `latency`, `streamid` and `passphrase` as query.
    """
    if text in ("", "test", "test://"):
        return TestPatternInput()
    url = _split(text)
    values: dict[str, Any]
    match url.scheme:
        case "udp" | "rtp":
            values = {"kind": "udp", "port": url.port, **_udp_source(url)}
        case "srt":
            values = _srt(url)
        case "rist":
            values = {"kind": "rist", "url": text}
        case "http" | "https":
            values = {"kind": "hls" if url.path.endswith(".m3u8") else "http", "url": text}
        case "" | "file":
            values = {"kind": "file", "path": _path(url, text), "loop": loop}
        case _:
            raise ConfigurationError(
                f"input {text!r}: {url.scheme}:// is not known; allowed: {INPUT_SCHEMES}"
            )
    return build(_Input, {"endpoint": values}, f"input {_shown(text)}").endpoint


def parse_output(text: str, *, overwrite: bool = False) -> StreamOutput:
    """The output that `text` names. Raises ConfigurationError."""
    if text in ("", "none"):
        return NoOutput()
    url = _split(text)
    values: dict[str, Any]
    match url.scheme:
        case "udp" | "rtp":
            values = {"kind": "udp", "host": url.hostname, "port": url.port, "rtp": url.scheme == "rtp"}
        case "srt":
            values = _srt(url)
        case "rist":
            values = {"kind": "rist", "url": text}
        case "" | "file":
            path = _path(url, text)
            if path.endswith(".m3u8"):
                values = {"kind": "hls", "playlist": path}
            else:
                values = {"kind": "file", "path": path, "overwrite": overwrite}
        case _:
            raise ConfigurationError(
                f"output {text!r}: {url.scheme}:// is not known; allowed: {OUTPUT_SCHEMES}"
            )
    return build(_Output, {"endpoint": values}, f"output {_shown(text)}").endpoint


def _split(text: str) -> SplitResult:
    try:
        url = urlsplit(text)
        _ = url.port
    except ValueError as error:
        raise ConfigurationError(f"{_shown(text)}: {error}") from error
    # A Windows drive or a colon in a file's name is no scheme.
    return url if "://" in text else SplitResult("", "", text, "", "")


def _udp_source(url: SplitResult) -> dict[str, Any]:
    host = (url.hostname or "").strip("@")
    if not host or host == "0.0.0.0":
        return {}
    if host in ("localhost", "127.0.0.1"):
        return {"local_address": "127.0.0.1"}
    query = dict(parse_qsl(url.query))
    source = {"source": url.username} if url.username else {}
    local = {"local_address": query["localaddr"]} if "localaddr" in query else {}
    return {"host": host, **source, **local}


def _srt(url: SplitResult) -> dict[str, Any]:
    query = dict(parse_qsl(url.query))
    known = {"mode", "latency", "streamid", "passphrase"}
    if unknown := set(query) - known:
        raise ConfigurationError(
            f"srt: {', '.join(sorted(unknown))} not known; allowed: {', '.join(sorted(known))}"
        )
    mode = query.get("mode", "caller" if url.hostname else "listener")
    values: dict[str, Any] = {"kind": "srt", "mode": mode, "host": url.hostname, "port": url.port}
    if "latency" in query:
        values["latency_ms"] = query["latency"]
    if "streamid" in query:
        values["stream_id"] = query["streamid"]
    if "passphrase" in query:
        values["passphrase"] = query["passphrase"]
    return values


def _path(url: SplitResult, text: str) -> str:
    return url.path if url.scheme == "file" else text


def _shown(text: str) -> str:
    """The text without what may be a secret."""
    return repr(text.partition("?")[0])
