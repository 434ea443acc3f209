"""One SRT connection through the system's library: made, used, measured, closed, never blocking for long."""

import ctypes
import threading
import time
from collections.abc import Callable
from typing import Final

from ibe100.minitsp.chain.plugin import PluginError
from ibe100.minitsp.srt.libsrt import SrtLibrary
from ibe100.minitsp.srt.libsrt_types import SocketOption, SocketState, SrtError, Statistics, socket_address
from ibe100.minitsp.srt.settings import SrtSettings

_POLL_S: Final = 0.01
_LARGEST_MESSAGE: Final = 1456  # of libsrt in live mode
_MESSAGES_AT_ONCE: Final = 512
_IPV6: Final = ":"


class SrtConnection:
    """A connection from `open` to `close`, used by one thread; `close` is safe from any."""

    def __init__(self, library: SrtLibrary, settings: SrtSettings, on_refusal: Callable[[str], None]) -> None:
        """`on_refusal` is told why a caller was turned away, each time."""
        self._library = library
        self._on_refusal = on_refusal
        self._settings = settings
        self._socket = -1
        self._poll = -1
        self._buffer = ctypes.create_string_buffer(_LARGEST_MESSAGE)

    def open(self, closing: threading.Event) -> bool:
        """Call, or wait for a caller; False if `closing` was set meanwhile. Raises PluginError."""
        try:
            connected = self._listen(closing) if self._settings.ends.listens else self._call(closing)
            if connected:
                for option, value in self._settings.after:
                    self._library.set_option(self._socket, option, value)
                return True
        except SrtError as error:
            self.close()
            raise PluginError(str(error)) from error
        except OSError as error:
            self.close()
            remote = self._settings.ends.remote or self._settings.ends.local
            raise PluginError(f"{remote[0] if remote else ''}: {error.strerror or error}") from error
        self.close()
        return False

    @property
    def is_up(self) -> bool:
        """True while the peer is there, as far as the protocol knows."""
        return self._socket >= 0 and self._library.state(self._socket) is SocketState.CONNECTED

    def addresses(self) -> str:
        """`address:port (local: address:port)`."""
        remote = self._settings.ends.remote
        try:
            # A socket that has just connected may not know its peer yet, but we called it by name.
            peer = self._library.peer(self._socket) or (f"{remote[0]}:{remote[1]}" if remote else "")
            return f"{peer} (local: {self._library.local(self._socket)})"
        except SrtError:  # gone already
            return "a peer that has gone"

    def send(self, payload: bytes) -> bool:
        """Queue a payload; False while the queue is full. Raises SrtError when the peer is gone."""
        try:
            self._library.send(self._socket, payload)
        except SrtError as error:
            if error.is_again:
                return False
            raise
        return True

    def wait(self, timeout_s: float) -> bool:
        """True if something came within the time, or the peer has gone."""
        if self._poll < 0:
            self._poll = self._library.watch_readable(self._socket)
        return self._library.wait_readable(self._poll, round(timeout_s * 1000))

    def receive(self) -> bytes:
        """The bytes that have come. Raises SrtError when the peer is gone and nothing is left."""
        messages: list[bytes] = []
        while len(messages) < _MESSAGES_AT_ONCE:
            try:
                length = self._library.receive(self._socket, self._buffer)
            except SrtError as error:
                if error.is_again or messages:
                    break
                raise
            messages.append(ctypes.string_at(self._buffer, length))
        return b"".join(messages)

    def statistics(self) -> Statistics | None:
        """Counters; None when the connection is gone."""
        try:
            return self._library.statistics(self._socket)
        except SrtError:
            return None

    def drain(self, deadline_s: float) -> None:
        """Wait until the peer has acknowledged all that was sent, at most until a monotonic time."""
        while self.is_up and time.monotonic() < deadline_s and self._library.unsent_bytes(self._socket):
            time.sleep(_POLL_S)

    def close(self) -> None:
        """Close the connection."""
        number, self._socket = self._socket, -1
        poll, self._poll = self._poll, -1
        if poll >= 0:
            self._library.forget_poll(poll)
        if number >= 0:
            self._library.close(number)

    def _new_socket(self) -> int:
        number = self._library.create_socket()
        try:
            for option, value in self._settings.before:
                self._library.set_option(number, option, value)
        except SrtError:
            self._library.close(number)
            raise
        return number

    def _bind(self, number: int, host: str, port: int) -> None:
        if _IPV6 in host:
            self._library.set_option(number, SocketOption.IPV6ONLY, bytes(4))
        self._library.bind(number, socket_address(host, port))

    def _listen(self, closing: threading.Event) -> bool:
        """Wait for one caller; the listening socket is closed behind it."""
        assert self._settings.ends.local is not None
        listener = self._new_socket()
        try:
            self._bind(listener, *self._settings.ends.local)
            self._library.listen(listener, self._settings.backlog)
            while not closing.wait(_POLL_S):
                while self._library.refusals:
                    self._on_refusal(self._library.refusals.popleft())
                accepted = self._library.accept(listener)
                if accepted is not None:
                    self._socket = accepted
                    return True
        finally:
            self._library.close(listener)
        return False

    def _call(self, closing: threading.Event) -> bool:
        ends = self._settings.ends
        assert ends.remote is not None
        self._socket = self._new_socket()
        if ends.local is not None:
            self._bind(self._socket, *ends.local)
        elif self._settings.local_interface:
            self._bind(self._socket, self._settings.local_interface, 0)
        self._library.connect(self._socket, socket_address(*ends.remote))
        while not closing.wait(_POLL_S):
            state = self._library.state(self._socket)
            if state is SocketState.CONNECTED:
                return True
            if state is not SocketState.CONNECTING:
                raise self._library.refusal(self._socket)
        return False
