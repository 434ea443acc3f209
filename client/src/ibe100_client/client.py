"""The client for scripts that wait for each answer; safe from any thread."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any, Self, TypeVar, cast

from ibe100_client.calls import Call
from ibe100_client.errors import AnswerLost, ClientError, NotReachable, Refused
from ibe100_client.reading import read
from ibe100_client.transport import Answer, Transport, address_of
from ibe100_client.values import Event

T = TypeVar("T")

TIMEOUT_S = 60.0
PATIENCE_S = 10.0
PAUSE_S = 0.2
LONGEST_PAUSE_S = 2.0
NOT_MODIFIED = 304


class Client:
    """An API and who asks it.

    `place` is a URL, which needs a `token`, or as a `Path` the data folder of a console or server of this
    machine, which needs none. `fingerprint` is the SHA-256 of the server's certificate, see `tls.look_at`.
    `note` goes on record beside the name. A call whose answer is lost is asked again for `patience_s` where
    that does nothing twice: a cue carries a key by which the server knows it.
    """

    def __init__(
        self,
        place: str | Path,
        token: str = "",
        *,
        fingerprint: str = "",
        note: str = "",
        timeout_s: float | None = TIMEOUT_S,
        patience_s: float = PATIENCE_S,
    ) -> None:
        self.address = address_of(place, fingerprint)
        self.token = token
        self._note = note
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._transport = Transport(self.address, timeout_s)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connections."""
        self._transport.close()

    def cut_off(self) -> None:
        """End every connection now: answers that are waited for are lost."""
        self._transport.cut_off()

    def do(self, call: Call[T]) -> T:
        """The answer of a call. Raises Refused, NotReachable, AnswerLost."""
        if call.kind is bytes:
            return cast(T, self.answer(call).body)
        value = self.json(call)
        try:
            return cast(T, read(call.kind, value) if call.kind is not None else None)
        except ValueError as error:
            raise ClientError(f"an answer that is not understood: {error}") from error

    def json(self, call: Call[Any]) -> Any:
        """The answer of a call as the JSON that came."""
        answer = self.answer(call)
        try:
            return json.loads(answer.body) if answer.body else None
        except ValueError as error:
            raise ClientError(f"an answer that is no JSON: {answer.body!r:.100}") from error

    def answer(self, call: Call[Any]) -> Answer:
        """The whole answer of a call, with its headers."""
        call = call if not self._note or "X-Note" in call.headers else call.noting(self._note)
        headers = {"Accept": "application/json", **call.headers}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        body = call.body
        if body is not None and not isinstance(body, bytes):
            headers["Content-Type"] = "application/json"
            body = json.dumps(body).encode()
        elif body is not None:
            headers["Content-Type"] = "application/octet-stream"
        return _patiently(
            lambda: _checked(self._transport.ask(call.method, call.target, headers, body)),
            self._patience_s,
            may_ask_again=call.may_be_asked_again,
        )

    def until(self, call: Call[T], is_reached: Callable[[T], bool], within_s: float) -> T:
        """Ask again and again until the answer is as wanted. Raises TimeoutError with the last one."""
        end_s = time.monotonic() + within_s
        while not is_reached(found := self.do(call)):
            if time.monotonic() >= end_s:
                raise TimeoutError(f"not within {within_s:g} s: {found!r:.300}")
            time.sleep(PAUSE_S)
        return found

    def events(
        self,
        *,
        streams: Sequence[str] = (),
        types: Sequence[str] = (),
        after: str = "",
        reconnects: bool = True,
    ) -> Generator[Event, None, None]:
        """Events as they come, see `events.follow`."""
        from ibe100_client.events import follow

        with closing(follow(self, streams=streams, types=types, after=after, reconnects=reconnects)) as found:
            yield from found


def _patiently(ask: Callable[[], Answer], patience_s: float, *, may_ask_again: bool) -> Answer:
    """Ask; again after a lost answer, or where the server was too busy to begin. Raises ClientError."""
    end_s = time.monotonic() + patience_s
    pause_s, was_lost = PAUSE_S, False
    while True:
        try:
            return ask()
        except AnswerLost:
            was_lost = True
            if not may_ask_again or time.monotonic() >= end_s:
                raise
        except NotReachable as error:
            # Before anything was asked the caller decides; afterwards an answer is still owed.
            if not was_lost:
                raise
            if time.monotonic() >= end_s:
                raise AnswerLost(f"{error}; whether it was done is not known") from error
        except Refused as error:
            is_too_soon = error.kind == "busy" or (error.status == 429 and may_ask_again)
            if not is_too_soon or time.monotonic() >= end_s:
                raise
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, LONGEST_PAUSE_S)


def _checked(answer: Answer) -> Answer:
    """Raises Refused for anything but success; 304 is for the caller who asked with `If-None-Match`."""
    if 200 <= answer.status < 300 or answer.status == NOT_MODIFIED:
        return answer
    try:
        told = json.loads(answer.body)
    except ValueError:
        told = None
    if not isinstance(told, dict):
        raise Refused(answer.status, f"refused with status {answer.status}")
    words = str(told.get("detail") or told.get("error") or f"refused with status {answer.status}")
    raise Refused(answer.status, words, str(told.get("kind", "")), told.get("retry_in_s"), told)
