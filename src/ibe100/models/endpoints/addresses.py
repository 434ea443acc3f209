"""Addresses of inputs, as `parse_input` reads them."""

from __future__ import annotations

from urllib.parse import quote

from ibe100.models.endpoints.inputs import (
    FileInput,
    HlsInput,
    HlsVariant,
    HttpInput,
    PlainInput,
    RistInput,
    SrtInput,
    SrtMode,
    UdpInput,
)


def address_of(source: PlainInput) -> str:
    """The address of an input, without its passphrase and what no address says (a timeout, a loop)."""
    match source:
        case FileInput():
            return str(source.path)
        case UdpInput():
            sender = f"{_host(source.source)}@" if source.source else ""
            local = f"?localaddr={source.local_address}" if source.local_address else ""
            return f"udp://{sender}{_host(source.host)}:{source.port}{local}"
        case SrtInput():
            return f"srt://{_host(source.host)}:{source.port}{_srt_query(source)}"
        case HlsInput():
            return _hls(source)
        case RistInput() | HttpInput():
            return source.url


def _host(host: str | None) -> str:
    return f"[{host}]" if host and ":" in host else host or ""


def _srt_query(source: SrtInput) -> str:
    options = []
    if source.mode is SrtMode.LISTENER and source.host:
        options.append("mode=listener")
    if source.latency_ms != SrtInput.model_fields["latency_ms"].default:
        options.append(f"latency={source.latency_ms}")
    if source.stream_id:
        options.append(f"streamid={quote(source.stream_id, safe='#!:,=/+')}")
    return f"?{'&'.join(options)}" if options else ""


def _hls(source: HlsInput) -> str:
    path = source.url.partition("?")[0].lower()
    address = source.url if path.endswith((".m3u8", ".m3u")) else f"hls+{source.url}"
    choices = []
    if source.variant is not HlsVariant.FIRST:
        choices.append(source.variant.value)
    if source.max_height is not None:
        choices.append(f"height={source.max_height}")
    if source.max_bitrate_bps is not None:
        choices.append(f"bandwidth={source.max_bitrate_bps}")
    return f"{address}#{'&'.join(choices)}" if choices else address
