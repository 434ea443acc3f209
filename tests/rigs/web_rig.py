"""A web server on loopback whose answers a test decides, and live HLS on it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, bytes]
HANG_UP = 0
"""The status of an answer that is none: the server closes the connection."""


class WebServer(ThreadingHTTPServer):
    """`routes`: path -> body, or a function that makes (status, body); `requests`: the paths asked for.

    `redirects`: path -> where it leads; `headers` go with each body.
    """

    daemon_threads = True

    def __init__(self, port: int = 0) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.routes: dict[str, bytes | Callable[[], Answer]] = {}
        self.requests: list[str] = []
        self.redirects: dict[str, str] = {}
        self.headers: dict[str, str] = {}
        self.find: Callable[[str], Answer] = lambda path: (404, b"")
        """Answers what no route does."""

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}{path}"

    def handle_error(self, request: object, client_address: object) -> None:
        """A client that hangs up is no fault of the server."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: WebServer

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        self.server.requests.append(path)
        if path in self.server.redirects:
            self.send_response(302)
            self.send_header("Location", self.server.redirects[path])
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        route = self.server.routes.get(path, lambda: self.server.find(path))
        status, body = route() if callable(route) else (200, route)
        if status == HANG_UP:
            self.close_connection = True
            return
        wanted = self.headers.get("Range")
        if wanted and status == 200:
            first, _, last = wanted.removeprefix("bytes=").partition("-")
            status, body = 206, body[int(first) : int(last) + 1]
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing on the tests' output."""


@contextmanager
def web_server(port: int = 0) -> Iterator[WebServer]:
    with WebServer(port) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


def playlist(first: int, names: list[str], *, target_s: int = 1, ended: bool = False) -> bytes:
    """A media playlist of 1 s segments; a name may bring its own tags, one a line before it."""
    lines = ["#EXTM3U", f"#EXT-X-TARGETDURATION:{target_s}", f"#EXT-X-MEDIA-SEQUENCE:{first}"]
    for name in names:
        *tags, uri = name.split("\n")
        lines += [*tags, "#EXTINF:1.000,", uri]
    if ended:
        lines.append("#EXT-X-ENDLIST")
    return "\n".join([*lines, ""]).encode()
