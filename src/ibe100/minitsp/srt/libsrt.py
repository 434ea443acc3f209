"""The SRT library of the system by ctypes: what the srt input and output call of it."""

import atexit
import ctypes
import functools
import os
import re
import sys
from collections import deque
from typing import Final

from ibe100.minitsp.srt.libsrt_types import (
    SocketOption,
    SocketState,
    SrtError,
    Statistics,
    address_text,
)

_VARIABLE: Final = "MINITSP_LIBSRT"
"""Environment: the path of a library to take instead, or `none` to do without."""
_LINUX_NAMES: Final = tuple(
    f"libsrt{flavour}.so{version}" for version in (".1.5", ".1.4", ".1", "") for flavour in ("", "-gnutls")
)
_MACOS_NAMES: Final = tuple(
    f"{folder}/libsrt{version}.dylib"
    for folder in ("/opt/homebrew/lib", "/usr/local/lib")
    for version in (".1.5", "")
)
_OLDEST_VERSION: Final = 0x010402
"""The first whose statistics have the layout of `Statistics`; later ones only add at the end."""
_ROOM_FOR_STATISTICS: Final = 4096
_LOG_WARNING: Final = 4
_LOG_WITHOUT_EXTRAS: Final = 0x0F
_MOST_REFUSALS: Final = 16
_REFUSAL: Final = re.compile(rb"rsp\(REJECT\): \d+ - (.+)")
_LOG_HANDLER: Final = ctypes.CFUNCTYPE(
    None, ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_char_p
)
_INVALID: Final = -1
_REJECTED_BY_TIMEOUT: Final = 16
_EPOLL_IN_OR_ERROR: Final = 0x1 | 0x8


class _EpollEvent(ctypes.Structure):
    _fields_ = (("socket", ctypes.c_int), ("events", ctypes.c_int))


class SrtLibrary:
    """One loaded library. Sockets are its numbers, all non-blocking; every method raises SrtError.

    `refusals`: the reasons why callers were turned away, until they are taken out.
    """

    def __init__(self, path: str) -> None:
        """Raises OSError when there is no such library, or it is too old."""
        self.path = path
        self._calls = ctypes.CDLL(path)
        for name in ("srt_getlasterror_str", "srt_rejectreason_str"):
            getattr(self._calls, name).restype = ctypes.c_char_p
        self._calls.srt_getversion.restype = ctypes.c_uint32
        self._calls.srt_epoll_uwait.argtypes = (
            ctypes.c_int,
            ctypes.POINTER(_EpollEvent),
            ctypes.c_int,
            ctypes.c_int64,
        )
        number = int(self._calls.srt_getversion())
        self.version = f"{number >> 16}.{number >> 8 & 0xFF}.{number & 0xFF}"
        if number < _OLDEST_VERSION:
            raise OSError(0, f"libsrt {self.version} at {path} is too old, 1.4.2 is needed")
        self._started = False
        self.refusals: deque[str] = deque(maxlen=_MOST_REFUSALS)
        self._log_handler = _LOG_HANDLER(self._read_log)  # kept, as the library keeps only its address

    def create_socket(self) -> int:
        """A new socket that never blocks."""
        if not self._started:
            self._started = True
            self._check(self._calls.srt_startup(), "srt_startup()")
            self._calls.srt_setloghandler(None, self._log_handler)
            self._calls.srt_setlogflags(_LOG_WITHOUT_EXTRAS)
            self._calls.srt_setloglevel(_LOG_WARNING)
        number = self._check(self._calls.srt_create_socket(), "srt_create_socket()")
        for option in (SocketOption.SNDSYN, SocketOption.RCVSYN):
            self.set_option(number, option, b"\0")
        return number

    def set_option(self, number: int, option: SocketOption, value: bytes) -> None:
        """Set an option to its value in memory."""
        self._check(
            self._calls.srt_setsockflag(number, int(option), value, len(value)),
            f"srt_setsockflag(SRTO_{option.name})",
        )

    def bind(self, number: int, address: bytes) -> None:
        """Take a local address."""
        self._check(self._calls.srt_bind(number, address, len(address)), "srt_bind()")

    def listen(self, number: int, backlog: int) -> None:
        """Wait for callers."""
        self._check(self._calls.srt_listen(number, backlog), "srt_listen()")

    def accept(self, number: int) -> int | None:
        """The socket of the next caller, None while there is none."""
        try:
            accepted = self._check(self._calls.srt_accept(number, None, None), "srt_accept()")
        except SrtError as error:
            if error.is_again:
                return None
            raise
        for option in (SocketOption.SNDSYN, SocketOption.RCVSYN):
            self.set_option(accepted, option, b"\0")
        return accepted

    def connect(self, number: int, address: bytes) -> None:
        """Begin to connect; `state` tells what becomes of it."""
        self._check(self._calls.srt_connect(number, address, len(address)), "srt_connect")

    def refusal(self, number: int) -> SrtError:
        """The reason why a connection failed."""
        reason = int(self._calls.srt_getrejectreason(number))
        if reason == _REJECTED_BY_TIMEOUT:
            return SrtError("srt_connect", reason, "Connection setup failure: connection timed out")
        words = self._calls.srt_rejectreason_str(reason).decode(errors="replace")
        text = f"Connection setup failure: connection rejected, reject reason: {words}"
        return SrtError("srt_connect", reason, text)

    def state(self, number: int) -> SocketState:
        """State of a socket."""
        return SocketState(self._calls.srt_getsockstate(number))

    def peer(self, number: int) -> str:
        """address:port of the other side, "" while it is not known."""
        return self._address(number, "srt_getpeername")

    def local(self, number: int) -> str:
        """address:port of this side."""
        return self._address(number, "srt_getsockname")

    def send(self, number: int, payload: bytes) -> None:
        """Queue one message."""
        self._check(self._calls.srt_send(number, payload, len(payload)), "srt_send()")

    def receive(self, number: int, buffer: "ctypes.Array[ctypes.c_char]") -> int:
        """Take one message into a buffer; returns its length."""
        return self._check(self._calls.srt_recv(number, buffer, len(buffer)), "srt_recv()")

    def unsent_bytes(self, number: int) -> int:
        """Number of bytes that the peer has not acknowledged yet."""
        size = ctypes.c_size_t()
        self._check(self._calls.srt_getsndbuffer(number, None, ctypes.byref(size)), "srt_getsndbuffer()")
        return size.value

    def statistics(self, number: int) -> Statistics:
        """Counters, of the whole connection and since this was asked for the last time."""
        room = ctypes.create_string_buffer(_ROOM_FOR_STATISTICS)
        self._check(self._calls.srt_bstats(number, room, 1), "srt_bstats")
        return Statistics.from_buffer_copy(room)

    def close(self, number: int) -> None:
        """Close a socket; nothing happens to one that is closed."""
        self._calls.srt_close(number)

    def watch_readable(self, number: int) -> int:
        """A poll that `wait_readable` takes, for one socket."""
        poll = self._check(self._calls.srt_epoll_create(), "srt_epoll_create()")
        events = ctypes.c_int(_EPOLL_IN_OR_ERROR)
        self._check(
            self._calls.srt_epoll_add_usock(poll, number, ctypes.byref(events)), "srt_epoll_add_usock()"
        )
        return poll

    def wait_readable(self, poll: int, timeout_ms: int) -> bool:
        """True if there is something to receive, or the peer is gone, within the time."""
        event = _EpollEvent()
        return int(self._calls.srt_epoll_uwait(poll, ctypes.byref(event), 1, timeout_ms)) > 0

    def forget_poll(self, poll: int) -> None:
        """End what `watch_readable` began."""
        self._calls.srt_epoll_release(poll)

    def silence(self) -> None:
        """Take no more of its log: its threads must not call us when Python ends."""
        if self._started:
            self._calls.srt_setloglevel(0)
            self._calls.srt_setloghandler(None, None)

    def _read_log(
        self, _opaque: int, _level: int, _file: bytes, _line: int, _area: bytes, message: bytes
    ) -> None:
        """Take the reasons of refusals, which only the log tells; called by the library's own threads."""
        if found := _REFUSAL.search(message or b""):
            self.refusals.append(found[1].decode(errors="replace").strip())

    def _address(self, number: int, call: str) -> str:
        room = ctypes.create_string_buffer(128)
        length = ctypes.c_int(len(room))
        self._check(getattr(self._calls, call)(number, room, ctypes.byref(length)), f"{call}()")
        return address_text(room.raw[: length.value]) if length.value else ""

    def _check(self, result: int, call: str) -> int:
        if result == _INVALID:
            code = int(self._calls.srt_getlasterror(None))
            raise SrtError(call, code, self._calls.srt_getlasterror_str().decode(errors="replace"))
        return int(result)


@functools.cache
def find_library() -> SrtLibrary | None:
    """The system's SRT library, None where there is none that can be used."""
    wanted = os.environ.get(_VARIABLE, "")
    if wanted:
        names: tuple[str, ...] = () if wanted == "none" else (wanted,)
    else:
        names = _MACOS_NAMES if sys.platform == "darwin" else _LINUX_NAMES
    for name in names:
        try:
            library = SrtLibrary(name)
        except (OSError, AttributeError):  # not there, or no SRT library, or too old
            continue
        atexit.register(library.silence)
        return library
    return None
