"""The client against servers that misbehave: a cue is asked for again, and nothing else is."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from ibe100_client import AnswerLost, Client, NotReachable, Refused, cues, streams

CUE = {
    "cue_id": 7,
    "stream_id": "news",
    "action": "TO BREAK",
    "state": "ARMED",
    "requested_by": "a",
    "requested_at": 1,
}


def answer(status: int, body: object, more: str = "") -> bytes:
    content = json.dumps(body).encode()
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(content)}\r\n{more}\r\n".encode() + content


@contextmanager
def server(turns: list[bytes]) -> Iterator[tuple[str, list[bytes]]]:
    """Answers each connection's first request with the next turn, and closes; an empty one is no answer."""
    asked: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            for turn in turns:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    head = b""
                    while b"\r\n\r\n" not in head:
                        head += connection.recv(65536)
                    begun = head.partition(b"\r\n\r\n")
                    length = next(
                        (
                            int(one.split(b":")[1])
                            for one in begun[0].lower().split(b"\r\n")
                            if b"content-length" in one
                        ),
                        0,
                    )
                    body = begun[2]
                    while len(body) < length:
                        body += connection.recv(65536)
                    asked.append(begun[0] + b"\r\n\r\n" + body)
                    connection.sendall(turn)

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}", asked
        finally:
            listening.shutdown(socket.SHUT_RDWR)
            thread.join()


def keys(asked: list[bytes]) -> set[bytes]:
    return {
        line for one in asked for line in one.split(b"\r\n") if line.lower().startswith(b"idempotency-key")
    }


def test_a_cue_whose_answers_are_lost_is_asked_for_again_under_its_key() -> None:
    with (
        server([b"", b"HTTP/1.1 201 X\r\nContent-", answer(200, CUE)]) as (url, asked),
        Client(url, "t") as client,
    ):
        assert client.do(cues.fire("1", "TO BREAK")).cue_id == 7
    assert (len(asked), len(keys(asked))) == (3, 1)


def test_what_has_no_key_is_asked_for_once_and_its_loss_is_told() -> None:
    with server([b"", answer(200, {})]) as (url, asked), Client(url, "t") as client:
        with pytest.raises(AnswerLost, match="whether it was done is not known"):
            client.do(streams.start("1"))
        assert len(asked) == 1
        client.do(streams.remove("1"))


def test_a_refusal_is_told_at_once_and_a_busy_server_is_asked_again() -> None:
    refused = answer(409, {"detail": "the stream is OFF", "kind": "refused", "retry_in_s": 2.5})
    busy = answer(503, {"detail": "too many requests at once", "kind": "busy", "retry_in_s": 1})
    with server([busy, refused]) as (url, asked), Client(url, "t") as client:
        with pytest.raises(Refused, match="the stream is OFF") as told:
            client.do(streams.start("1"))
        assert (told.value.status, told.value.kind, told.value.retry_in_s) == (409, "refused", 2.5)
        assert len(asked) == 2


def test_nobody_there_is_told_at_once_and_after_a_loss_when_patience_ends() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    with Client(url, "t") as client, pytest.raises(NotReachable, match="nobody answers at"):
        client.do(streams.listed())
    with server([b"", b"", b"", b"", b""]) as (url, asked), Client(url, "t", patience_s=0.5) as client:
        with pytest.raises(AnswerLost):
            client.do(cues.fire("1", "TO BREAK"))
        assert (len(asked) > 1, len(keys(asked))) == (True, 1)


def test_an_idle_connection_that_the_server_closed_is_not_used_again() -> None:
    listed = answer(200, [], "Connection: keep-alive\r\n")
    with server([listed, listed]) as (url, asked), Client(url, "t") as client:
        assert client.do(streams.listed()) == client.do(streams.listed()) == ()
    assert len(asked) == 2
