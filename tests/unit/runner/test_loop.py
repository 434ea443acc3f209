"""The runner's loop: nothing that one callback does may end it for the others."""

from __future__ import annotations

import errno
import os
import selectors
import socket

import pytest

from descriptor_rig import no_descriptor_left
from ibe100.runner.loop import Loop

AGAIN_S = 0.05


def test_a_file_that_an_earlier_callback_closed_is_passed_over() -> None:
    loop = Loop()
    pairs = [socket.socketpair() for _ in range(2)]
    heard: list[int] = []

    def close_the_other(number: int) -> None:
        heard.append(number)
        other = pairs[1 - number][0]
        loop.unwatch(other)
        other.close()
        loop.stop()

    for number, (reader, writer) in enumerate(pairs):
        loop.watch(reader, selectors.EVENT_READ, lambda _events, number=number: close_the_other(number))
        writer.send(b"x")
    loop.run()
    loop.close()
    for pair in pairs:
        for end in pair:
            end.close()
    assert len(heard) == 1, "both were ready at once; the one that was closed is not called"


def test_the_runner_leaves_its_socket_alone_and_takes_the_connection_later(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("ibe100.runner.loop._ACCEPT_AGAIN_S", AGAIN_S)
    loop, calls = Loop(), list[str]()
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as client:
        listening.setblocking(False)

        def ready(_events: int) -> None:
            accepted = loop.accept(listening)
            calls.append("nobody" if accepted is None else "somebody")
            if accepted is not None:
                accepted.close()
                loop.stop()

        loop.watch(listening, selectors.EVENT_READ, ready)
        with no_descriptor_left():
            client.connect(listening.getsockname())
            with pytest.raises(OSError, match=os.strerror(errno.EMFILE)):
                os.dup(0)
            loop.call_later(AGAIN_S / 2, loop.stop)
            loop.run()
        assert calls == ["nobody"]
        loop._running = True
        loop.run()
    assert calls == ["nobody", "somebody"]
    loop.close()
