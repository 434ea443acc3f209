"""HTTP for the inputs: tsp's web options, time-outs, errors in tsp's words. Slow to import (httpx)."""

import contextlib
import re
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit
from urllib.request import getproxies

import certifi
import httpcore
import httpx
import truststore

from ibe100.minitsp.chain.options import Arguments
from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.web.decoding import EncodingRefused, decoded
from ibe100.minitsp.web.reach import AddressRefused, Reach, ReachedNetwork
from ibe100.minitsp.web.web_options import LOCAL_ADDRESSES

_DEFAULT_TIMEOUT_MS: Final = 10_000
_USER_AGENT: Final = "tsduck"
_CHUNK_BYTES: Final = 64 * 1024


_PLAYLIST_BEGINS: Final = b"#EXTM3U"
_UTF8_BOM: Final = b"\xef\xbb\xbf"
_PLAYLIST_TYPE: Final = "mpegurl"
_IS_A_PLAYLIST: Final = (
    "this is an HLS playlist, not a transport stream: write its address as hls+http://… or hls+https://…, "
    "or take the hls input"
)


class DownloadError(PluginError):
    """A download failed; `status` is the HTTP status, 0 if the server gave none."""

    def __init__(self, text: str, status: int = 0) -> None:
        super().__init__(text)
        self.status = status

    @property
    def is_of_resource(self) -> bool:
        """True if the server answers, but does not have the resource."""
        return 400 <= self.status < 500


class PlaylistGiven(DownloadError):
    """A playlist came where a transport stream was expected."""


class SourceRefused(DownloadError):
    """A resource that is not taken from where it is, or as it comes."""

    @property
    def is_of_resource(self) -> bool:
        return True


class _Transport(httpx.HTTPTransport):
    """A pool that connects to where the source may lead, and nowhere else."""

    def __init__(self, trusted: ssl.SSLContext, reach: Reach) -> None:
        super().__init__(verify=trusted)
        self._pool = httpcore.ConnectionPool(ssl_context=trusted, network_backend=ReachedNetwork(reach))


@dataclass(frozen=True, slots=True)
class Downloaded:
    """The body of a response and the URL it came from, after redirections."""

    data: bytes
    url: str


class HttpClient:
    """Downloads with one connection pool. Every method raises DownloadError.

    `origin` is the address of the source; where requests may go besides follows from it.
    """

    def __init__(self, arguments: Arguments, origin: str) -> None:
        self._reach = Reach(urlsplit(origin).hostname or "", local=arguments.present(LOCAL_ADDRESSES))
        headers = {"User-Agent": arguments.text("user-agent", _USER_AGENT)}
        headers["Accept-Encoding"] = "gzip, deflate" if arguments.present("compressed") else "identity"
        for line in arguments.texts("headers"):
            name, _, value = line.partition(":")
            headers[name.strip()] = value.strip()
        receive_s = arguments.integer("receive-timeout", _DEFAULT_TIMEOUT_MS) / 1000
        connect_s = arguments.integer("connection-timeout", _DEFAULT_TIMEOUT_MS) / 1000
        proxy, trusted = _proxy(arguments), _trusted()
        is_direct = proxy is None and not getproxies()
        self._client = httpx.Client(
            headers=headers,
            follow_redirects=True,
            timeout=httpx.Timeout(receive_s, connect=connect_s),
            proxy=proxy,
            verify=trusted,
            transport=_Transport(trusted, self._reach) if is_direct else None,
            event_hooks={} if is_direct else {"request": [self._check_by_name]},
        )

    def _check_by_name(self, request: httpx.Request) -> None:
        """Look at what a host means to us: it is the proxy that connects to it."""
        with contextlib.suppress(OSError):
            self._reach.addresses(request.url.host, request.url.port or 0)

    def close(self) -> None:
        """Close every connection."""
        self._client.close()

    def download(
        self, url: str, *, limit_bytes: int, timeout_s: float, byte_range: tuple[int, int] | None = None
    ) -> Downloaded:
        """A resource, or `byte_range` (offset, length) of it, no larger than the limit, within the time."""
        deadline_s = time.monotonic() + timeout_s
        headers = {}
        if byte_range is not None:
            offset, length = byte_range
            headers["Range"] = f"bytes={offset}-{offset + length - 1}"
        data = bytearray()
        try:
            with self._client.stream("GET", url, headers=headers) as response:
                _check(response)
                for chunk in _body(response, _CHUNK_BYTES):
                    data += chunk
                    if len(data) > limit_bytes:
                        raise DownloadError(f"{shown(url)} is larger than {limit_bytes:,} bytes")
                    if time.monotonic() > deadline_s:
                        raise DownloadError(
                            f"download error, {shown(url)} took longer than {timeout_s:.0f} s"
                        )
                final_url, partial = str(response.url), response.status_code == httpx.codes.PARTIAL_CONTENT
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _download_error(url, error) from error
        except (AddressRefused, EncodingRefused) as error:
            raise SourceRefused(f"download error, {error}") from error
        if byte_range is not None and not partial:
            data = data[byte_range[0] : sum(byte_range)]
        if byte_range is not None and len(data) != byte_range[1]:
            raise DownloadError(
                f"download error, {shown(url)}: {len(data):,} of {byte_range[1]:,} bytes came"
            )
        return Downloaded(bytes(data), final_url)

    def stream(self, url: str) -> Iterator[bytes]:
        """The body as it comes, in pieces of whatever size arrived."""
        try:
            with self._client.stream("GET", url) as response:
                _check(response)
                yield from _no_playlist(response)
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            raise _download_error(url, error) from error
        except (AddressRefused, EncodingRefused) as error:
            raise SourceRefused(f"download error, {error}") from error


def shown(url: str) -> str:
    """A URL for the log: without user, password and query, which may hold secrets."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _no_playlist(response: httpx.Response) -> Iterator[bytes]:
    """The body; raises DownloadError if its type or its first bytes are those of a playlist."""
    begin, is_stream = b"", False
    if _PLAYLIST_TYPE in response.headers.get("Content-Type", "").lower():
        raise PlaylistGiven(_IS_A_PLAYLIST)
    for chunk in _body(response):
        if not is_stream:
            begin = (begin + chunk).removeprefix(_UTF8_BOM).lstrip()
            if begin.startswith(_PLAYLIST_BEGINS):
                raise PlaylistGiven(_IS_A_PLAYLIST)
            is_stream = len(begin) >= len(_PLAYLIST_BEGINS)
        yield chunk


def _body(response: httpx.Response, piece_bytes: int | None = None) -> Iterator[bytes]:
    return decoded(response.headers.get("Content-Encoding", ""), response.iter_raw(piece_bytes))


def _check(response: httpx.Response) -> None:
    status = response.status_code
    if status >= httpx.codes.BAD_REQUEST:
        reason = response.reason_phrase
        url = shown(str(response.url))
        raise DownloadError(f"download error, HTTP status {status} {reason} for {url}", status)


def _download_error(url: str, error: Exception) -> DownloadError:
    place = urlsplit(url)
    host, port = place.hostname, place.port or (443 if place.scheme == "https" else 80)
    reason = re.sub(r"^\[Errno -?\d+\] ", "", str(error)) or type(error).__name__
    if isinstance(error, httpx.ConnectTimeout | httpx.ConnectError):
        text = f"Couldn't connect to server, Failed to connect to {host} port {port}: {reason}"
    elif isinstance(error, httpx.TimeoutException):
        text = f"Timeout was reached, nothing came from {host} port {port} in time"
    else:
        text = f"{reason} ({shown(url)})"
    return DownloadError(f"download error, {text}")


def _trusted() -> ssl.SSLContext:
    """The authorities of the system, a house's own among them; where it has none, those that come with us."""
    context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    system = ssl.get_default_verify_paths()
    if not system.cafile and not any(Path(system.capath or "/nowhere").glob("*")):
        context.load_verify_locations(certifi.where())
    return context


def _proxy(arguments: Arguments) -> httpx.Proxy | None:
    host = arguments.text("proxy-host")
    if not host:
        return None
    user = arguments.text("proxy-user")
    auth = (user, arguments.text("proxy-password")) if user else None
    return httpx.Proxy(f"http://{host}:{arguments.integer('proxy-port', 8080)}", auth=auth)
