"""Posts line protocol to an InfluxDB v2 server."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode, urlsplit

_TIMEOUT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class InfluxServer:
    """Where to write. `query` names the bucket and the organisation."""

    host: str
    port: int | None
    secure: bool
    path: str
    token: str

    @classmethod
    def from_url(cls, url: str, query: dict[str, str], token: str) -> "InfluxServer":
        """From a URL or a host name, for which http is assumed. ValueError if it is neither."""
        parts = urlsplit(url if "://" in url else f"http://{url}")
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError(f"{url} is no http or https address")
        path = f"{parts.path.rstrip('/')}/api/v2/write?{urlencode({**query, 'precision': 'ms'})}"
        return cls(parts.hostname, parts.port, parts.scheme == "https", path, token)

    def write(self, text: str) -> None:
        """Post lines, waiting at most five seconds; OSError if the server is not there or refuses them."""
        # Imported by the sender's thread, so that the start of the processor does not wait for it.
        from http.client import HTTPConnection, HTTPException, HTTPSConnection

        connect = HTTPSConnection if self.secure else HTTPConnection
        connection = connect(self.host, self.port, timeout=_TIMEOUT_S)
        headers = {
            "User-Agent": "minitsp",
            "Accept": "application/json",
            "Authorization": f"Token {self.token}",
            "Content-Type": "text/plain; charset=utf-8",
        }
        try:
            connection.request("POST", self.path, text.encode(), headers)
            response = connection.getresponse()
            response.read()
            if response.status >= 300:
                raise OSError(0, f"server answered {response.status} {response.reason}")
        except HTTPException as error:
            raise OSError(0, f"no HTTP answer: {error!r}") from error
        finally:
            connection.close()
