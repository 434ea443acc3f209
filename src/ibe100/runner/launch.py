"""Starting and finding a runner. Importing this has no side effects."""

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

EXIT_ENDED = 0
"""The stream was stopped or is completed."""
EXIT_FAILED = 1
"""The stream cannot run; the journal's last state line says why."""
EXIT_USAGE = 2
"""The runner was called wrongly."""
EXIT_LOCKED = 3
"""Another runner holds this stream's lock; nothing was touched."""

MARK = "IBE100_STREAM_DIR"
"""Environment variable that every process of a stream inherits; it names the stream's folder."""
CONTROL_SOCKET = "control.sock"
_UNIX_PATH_LIMIT = 100  # sun_path holds 108 bytes on Linux, 104 on macOS


def runner_command(stream_dir: Path) -> list[str]:
    """The argv of the runner for one stream directory.

    The caller starts it in a new session, with its output to a file or /dev/null (a runner that cannot run
    says why there; a pipe may break), writes a line `{"secrets": {…}}` to its standard input, and closes it.
    `-I -S` keeps start-up short and the environment's Python settings out.
    """
    package = Path(__file__).resolve().parent
    return [sys.executable, "-I", "-S", "-X", "utf8", str(package), str(stream_dir.absolute())]


def control_socket_path(stream_dir: Path) -> Path:
    """Path of the socket of a stream's runner: in its own folder, which a logout does not take away."""
    return stream_dir / CONTROL_SOCKET


@contextlib.contextmanager
def short_socket_path(path: Path) -> Iterator[str]:
    """The path as `bind` and `connect` take it, good inside the context, however deep its folder lies.

    OSError where the folder cannot be opened; on macOS a path of more than 100 bytes stays too long.
    """
    if len(os.fsencode(path)) <= _UNIX_PATH_LIMIT or sys.platform != "linux":
        yield str(path)
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)


def boot_id() -> str:
    """This boot of the machine; empty where the system does not name it."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return ""
