"""Loop over files, timers and signals. The whole runner runs here, one callback at a time."""

import contextlib
import errno
import heapq
import selectors
import signal
import socket
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from types import FrameType

FIRST = 0
"""Priority of cue receipts, which must not wait."""
NORMAL = 1
_ACCEPT_AGAIN_S = 1.0
_NONE_LEFT = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)


@dataclass(order=True, slots=True)
class Timer:
    """A call at a time; cancel() revokes it."""

    due: float
    order: int
    callback: Callable[[], None] = field(compare=False)
    cancelled: bool = field(default=False, compare=False)

    def cancel(self) -> None:
        self.cancelled = True


class Loop:
    """Calls back when a file is ready, a time has come or a signal arrived. Times are time.monotonic()."""

    def __init__(self) -> None:
        self._selector = selectors.DefaultSelector()
        self._timers: list[Timer] = []
        self._order = 0
        self._running = True
        self._signal_reader: socket.socket | None = None
        self._signal_writer: socket.socket | None = None

    def watch(
        self, file: int | socket.socket, events: int, callback: Callable[[int], None], priority: int = NORMAL
    ) -> None:
        """Call callback(events) whenever the file is ready; replaces an earlier watch of the same file."""
        entry = (priority, callback)
        if file in self._selector.get_map():
            self._selector.modify(file, events, entry)
        else:
            self._selector.register(file, events, entry)

    def unwatch(self, file: int | socket.socket) -> None:
        """Forget a file; to be called before it is closed."""
        with contextlib.suppress(KeyError):
            self._selector.unregister(file)

    def accept(self, listening: socket.socket) -> socket.socket | None:
        """The next connection; None where nobody is there, or nobody can be let in for now.

        Where no descriptor is left the socket stays ready: it is not looked at for a second.
        """
        try:
            return listening.accept()[0]
        except OSError as error:
            if error.errno in _NONE_LEFT and listening in self._selector.get_map():
                watched = self._selector.unregister(listening)
                self.call_later(_ACCEPT_AGAIN_S, lambda: self._watch_again(listening, watched))
            return None

    def _watch_again(self, listening: socket.socket, watched: selectors.SelectorKey) -> None:
        if listening.fileno() != -1 and listening not in self._selector.get_map():
            self._selector.register(listening, watched.events, watched.data)

    def call_later(self, delay_s: float, callback: Callable[[], None]) -> Timer:
        """Call once, delay_s from now."""
        self._order += 1
        timer = Timer(time.monotonic() + delay_s, self._order, callback)
        heapq.heappush(self._timers, timer)
        return timer

    def on_signals(self, signals: Iterable[signal.Signals], callback: Callable[[int], None]) -> None:
        """Call callback(signal number) from the loop. A wake-up descriptor ends the select at once."""
        reader, writer = socket.socketpair()
        reader.setblocking(False)
        writer.setblocking(False)
        self._signal_reader, self._signal_writer = reader, writer
        signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
        for number in signals:
            signal.signal(number, _noted)

        def read(_events: int) -> None:
            for number in set(reader.recv(4096)):
                callback(number)

        self.watch(reader, selectors.EVENT_READ, read)

    def stop(self) -> None:
        """End run() after the present callbacks."""
        self._running = False

    def run(self) -> None:
        """Run until stop(). Files go before timers: data that waits is read before a watchdog judges."""
        while self._running:
            ready = self._selector.select(self._timeout_s())
            ready.sort(key=lambda item: item[0].data[0])
            for key, events in ready:
                # An earlier callback may have closed it: then the object has no descriptor to be found by.
                current = self._selector.get_map().get(key.fd)
                if current is not None and current.data is key.data:
                    key.data[1](events)
            now = time.monotonic()
            while self._timers and self._timers[0].due <= now:
                timer = heapq.heappop(self._timers)
                if not timer.cancelled:
                    timer.callback()

    def _timeout_s(self) -> float | None:
        while self._timers and self._timers[0].cancelled:
            heapq.heappop(self._timers)
        return max(0.0, self._timers[0].due - time.monotonic()) if self._timers else None

    def close(self) -> None:
        """Close the descriptors."""
        if self._signal_reader is not None and self._signal_writer is not None:
            signal.set_wakeup_fd(-1)
            self.unwatch(self._signal_reader)
            self._signal_reader.close()
            self._signal_writer.close()
        self._selector.close()


def _noted(_number: int, _frame: FrameType | None) -> None:
    """The wake-up descriptor carries the signal; Python only writes to it where a handler is set."""
