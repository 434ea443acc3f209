"""The runner's loop: nothing that one callback does may end it for the others."""

from __future__ import annotations

import selectors
import socket

from ibe100.runner.loop import Loop


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
