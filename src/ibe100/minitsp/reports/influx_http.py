"""Posts line protocol to an InfluxDB v2 server."""

import socket
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

_TIMEOUT_S: Final = 5.0
_LONGEST_ANSWER: Final = 65_536
_HTTP_PORT: Final = 80
_HTTPS_PORT: Final = 443


@dataclass(frozen=True, slots=True)
class InfluxServer:
    """Address of an InfluxDB server. `query` names the bucket and the organisation."""

    host: str
    port: int | None
    secure: bool
    path: str
    token: str

    @classmethod
    def from_url(cls, url: str, query: dict[str, str], token: str) -> "InfluxServer":
        """Read a URL or a host name, for which http is assumed. ValueError if it is neither."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is no http or https address")
        if not (parts.path + token).isprintable():
            raise ValueError("control characters in the address or in the token")
        path = f"{parts.path.rstrip('/')}/api/v2/write?{urlencode({**query, 'precision': 'ms'})}"
        return cls(parts.hostname, parts.port, parts.scheme == "https", path, token)

    def write(self, text: str) -> None:
        """Post lines, waiting at most five seconds; OSError if the server is not there or refuses them.

        Written by hand: http.client takes 30 ms to import, just when a stream has begun to flow.
        """
        body = text.encode()
        with self._connect() as connection:
            connection.sendall(self._head(len(body)) + body)
            status = _status_line(connection)
        version, _, rest = status.partition(" ")
        code = rest[:3]
        if not version.startswith("HTTP/1.") or not code.isdigit():
            raise OSError(0, f"no HTTP answer: {status!r}")
        if int(code) >= 300:
            raise OSError(0, f"server answered {rest}")

    def _connect(self) -> socket.socket:
        port = self.port or (_HTTPS_PORT if self.secure else _HTTP_PORT)
        connection = socket.create_connection((self.host, port), _TIMEOUT_S)
        if not self.secure:
            return connection
        import ssl

        return ssl.create_default_context().wrap_socket(connection, server_hostname=self.host)

    def _head(self, length: int) -> bytes:
        host = f"[{self.host}]" if ":" in self.host else self.host
        lines = (
            f"POST {self.path} HTTP/1.1",
            f"Host: {host}:{self.port}" if self.port else f"Host: {host}",
            "User-Agent: minitsp",
            "Accept: application/json",
            f"Authorization: Token {self.token}",
            "Content-Type: text/plain; charset=utf-8",
            f"Content-Length: {length}",
            "Connection: close",
        )
        return "\r\n".join((*lines, "", "")).encode("latin-1", "replace")


def _status_line(connection: socket.socket) -> str:
    """The first line of the answer, all of which is read so that the server sees a good end."""
    answer = b""
    while len(answer) < _LONGEST_ANSWER and (data := connection.recv(4096)):
        answer += data
        if answer.startswith(b"HTTP/1.1 204 ") and b"\r\n\r\n" in answer:
            break  # has no body, whether the server closes or not
    return answer.partition(b"\r\n")[0].decode("latin-1")
