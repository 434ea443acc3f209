"""Options after `?` in the URLs of inputs and outputs: those that are taken, and those passed over."""

from __future__ import annotations

from urllib.parse import unquote

from ibe100.models.errors import ConfigurationError

SRT_OPTIONS = {
    "mode": "mode",
    "latency": "latency_ms",
    "streamid": "stream_id",
    "passphrase": "passphrase",
}
UDP_INPUT_OPTIONS = {"localaddr": "local_address", "sources": "source"}
UDP_OUTPUT_OPTIONS = {"localaddr": "local_address", "ttl": "ttl"}
# Options of ffmpeg, VLC and srt-live-transmit for buffers, sockets and packet sizes, which are set here by
# what the stream needs.
_SOCKET_OPTIONS = {
    "udp": """
        bitrate block broadcast buffer_size burst_bits connect dscp fifo_size localport localrtcpport
        localrtpport overrun_nonfatal pkt_size reuse reuse_socket rtcpport timeout ttl write_to_source
    """,
    "srt": """
        conntimeo connect_timeout enforced_encryption fc ffs inputbw iptos ipttl linger listen_timeout
        lossmaxttl maxbw messageapi mininputbw mss nakreport oheadbw payload_size pbkeylen pkt_size rcvbuf
        recv_buffer_size reuse send_buffer_size smoother sndbuf snddropdelay timeout tlpktdrop transtype
        tsbpd tsbpdmode
    """,
}
_PASSED_OVER = {scheme: frozenset(names.split()) for scheme, names in _SOCKET_OPTIONS.items()}
_PASSED_OVER["rtp"] = _PASSED_OVER["udp"]


def read_query(text: str, known: dict[str, str], scheme: str, where: str) -> dict[str, str]:
    """Options after `?`, by field name. Raises ConfigurationError for one that is neither taken nor known.

    Not by urllib's rules: `#` and `+` are part of a stream id (`#!::r=name,m=publish`) or a passphrase.
    """
    values = {}
    for name, value in _pairs(text):
        if name in known:
            values[known[name]] = unquote(value)
        elif name not in _PASSED_OVER[scheme]:
            # After a passphrase it may be the rest of one that holds a `&`.
            named = "an option" if "passphrase=" in text else f"option {name!r}"
            raise ConfigurationError(f"{where}: {named} is not known; allowed: {', '.join(known)}")
        elif (name, value) == ("transtype", "file"):
            raise ConfigurationError(f"{where}: transtype=file is no live stream; send with transtype=live")
    return values


def passed_over(text: str) -> str:
    """Notice of the options of a URL that are not used; empty where all are."""
    scheme = text.strip().partition("://")[0].lower()
    taken = SRT_OPTIONS if scheme == "srt" else UDP_INPUT_OPTIONS | UDP_OUTPUT_OPTIONS
    names = [name for name, _ in _pairs(text) if name in _PASSED_OVER.get(scheme, ()) and name not in taken]
    if not names:
        return ""
    return (
        f"{scheme}://: {', '.join(names)} passed over: buffers, sizes and keys of the transport are set here"
    )


def _pairs(text: str) -> list[tuple[str, str]]:
    pairs = (pair.partition("=") for pair in text.strip().partition("?")[2].split("&") if pair)
    return [(name, value) for name, _, value in pairs]
