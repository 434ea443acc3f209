import contextlib
import socket
import threading
from collections.abc import Iterator
from contextlib import closing

import pytest

from ibe100.runner.loop import Loop
from ibe100.runner.telemetry.influx_http import BODY_LIMIT, InfluxServer
from ibe100.runner.telemetry.senders import is_our_connection


class Served:
    """An InfluxServer in a loop of its own thread."""

    def __init__(self) -> None:
        self.loop = Loop()
        self.posts: list[list[str]] = []
        self.tokens = {""}
        self.strangers = False
        self.server = self._listen()
        self._over = False
        self._tick()
        self._thread = threading.Thread(target=self.loop.run)
        self._thread.start()

    def _listen(self) -> InfluxServer:
        while True:  # until nobody else took the port between the look and its use
            with closing(socket.socket()) as trial, contextlib.suppress(OSError):
                trial.bind(("127.0.0.1", 0))
                self.port = trial.getsockname()[1]
                trial.close()
                return InfluxServer(
                    self.loop, self.port, self.posts.append, self._admits, lambda given: given in self.tokens
                )

    def _admits(self, peer: tuple[str, int]) -> bool:
        return is_our_connection(peer) and not self.strangers

    def _tick(self) -> None:
        if self._over:
            self.loop.stop()
        self.loop.call_later(0.02, self._tick)

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=60)

    def close(self) -> None:
        self._over = True
        self._thread.join()
        self.server.close()
        self.loop.close()


@pytest.fixture
def served() -> Iterator[Served]:
    with closing(Served()) as server:
        yield server


def post(body: bytes, *headers: bytes) -> bytes:
    head = [
        b"POST /api/v2/write?bucket=x HTTP/1.1",
        b"Host: 127.0.0.1",
        b"Content-Length: %d" % len(body),
        *headers,
    ]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def answer_to(connection: socket.socket, request: bytes) -> bytes:
    connection.sendall(request)
    return connection.recv(4096)


NO_CONTENT = b"HTTP/1.1 204 No Content\r\n\r\n"


def test_posts_on_one_connection_are_handed_over_as_lines(served: Served) -> None:
    with served.connect() as connection:
        assert answer_to(connection, post(b"a value=1\nb value=2\n")) == NO_CONTENT
        assert answer_to(connection, post(b"c value=3")) == NO_CONTENT
    assert served.posts == [["a value=1", "b value=2"], ["c value=3"]]


def test_a_post_may_arrive_byte_by_byte(served: Served) -> None:
    with served.connect() as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in post(b"a value=1\n"):
            connection.sendall(bytes([byte]))
        assert connection.recv(4096) == NO_CONTENT
    assert served.posts == [["a value=1"]]


def test_two_posts_in_one_packet_are_both_answered(served: Served) -> None:
    with served.connect() as connection:
        connection.sendall(post(b"a value=1") + post(b"b value=2"))
        received = b""
        while len(received) < 2 * len(NO_CONTENT):
            received += connection.recv(4096)
    assert received == 2 * NO_CONTENT
    assert served.posts == [["a value=1"], ["b value=2"]]


def test_who_expects_100_continue_gets_it_before_the_body(served: Served) -> None:
    head, body = post(b"a value=1", b"Expect: 100-continue").split(b"\r\n\r\n")
    with served.connect() as connection:
        assert answer_to(connection, head + b"\r\n\r\n") == b"HTTP/1.1 100 Continue\r\n\r\n"
        assert answer_to(connection, body) == NO_CONTENT
    assert served.posts == [["a value=1"]]


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"GET / HTTP/1.1\r\n\r\n", b"405"),
        (b"POST / HTTP/1.1\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"POST / HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (BODY_LIMIT + 1), b"413"),
        (b"POST / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n", b"413"),
        (b"x" * 20000, b"431"),
    ],
)
def test_what_it_cannot_take_is_refused_and_the_connection_closed(
    served: Served, request_bytes: bytes, status: bytes
) -> None:
    with served.connect() as connection:
        assert answer_to(connection, request_bytes).startswith(b"HTTP/1.1 " + status)
        assert connection.recv(10) == b""
    assert served.posts == []


def test_idle_connections_do_not_pile_up(served: Served) -> None:
    connections = [served.connect() for _ in range(20)]
    try:
        assert answer_to(connections[-1], post(b"a value=1")) == NO_CONTENT
        assert connections[0].recv(10) == b""
    finally:
        for connection in connections:
            connection.close()


def test_a_taken_port_is_an_error(served: Served) -> None:
    with closing(Loop()) as loop, pytest.raises(OSError, match="in use"):
        InfluxServer(loop, served.port, lambda lines: None, lambda _: True, lambda _: True)


def test_a_post_without_the_token_of_this_attempt_is_refused(served: Served) -> None:
    served.tokens = {"Token 0123"}
    for header in ((), (b"Authorization: Token 4567",), (b"Authorization: Bearer 0123",)):
        with closing(served.connect()) as connection:
            assert answer_to(connection, post(b"a value=1", *header)).startswith(b"HTTP/1.1 401 ")
    with closing(served.connect()) as connection:
        assert answer_to(connection, post(b"b value=1", b"Authorization: Token 0123")) == NO_CONTENT
    assert served.posts == [["b value=1"]]


def test_the_connection_of_another_user_is_closed_and_takes_nobodys_place(served: Served) -> None:
    with closing(served.connect()) as ours:
        assert answer_to(ours, post(b"a value=1")) == NO_CONTENT
        served.strangers = True
        for _ in range(20):
            with closing(served.connect()) as theirs:
                assert theirs.recv(10) == b""
        assert answer_to(ours, post(b"b value=1")) == NO_CONTENT
    assert served.posts == [["a value=1"], ["b value=1"]]
