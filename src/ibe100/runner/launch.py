"""How a runner is started and found. No side effects: whoever supervises streams may import this."""

import binascii
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path

EXIT_ENDED = 0
"""The stream was stopped or is completed."""
EXIT_FAILED = 1
"""The stream cannot run; the journal's last state line says why."""
EXIT_USAGE = 2
"""The runner was called wrongly."""
EXIT_LOCKED = 3
"""Another runner holds this stream's lock; nothing was touched."""

_UNIX_PATH_LIMIT = 100  # sun_path holds 108 bytes on Linux, 104 on macOS


def runner_command(stream_dir: Path) -> list[str]:
    """The argv of the runner for one stream directory.

    The caller starts it in a new session, with its output to a file or /dev/null (a runner that cannot run
    says why there; a pipe may break), writes a line `{"secrets": {…}}` to its standard input, and closes it.
    `-I -S` keeps start-up short and the environment's Python settings out.
    """
    package = Path(__file__).resolve().parent
    return [sys.executable, "-I", "-S", "-X", "utf8", str(package), str(stream_dir.absolute())]


def control_socket_path(stream_dir: Path, environ: Mapping[str, str] = os.environ) -> Path:
    """Where a runner started in this environment listens.

    A runner that is already there may have been started in another environment: the path in its runner.json
    goes before this one.
    """
    resolved = stream_dir.resolve()
    readable = re.sub(r"[^A-Za-z0-9._-]", "_", resolved.name)[:32]
    name = f"{readable}-{binascii.crc32(os.fsencode(resolved)):08x}.sock"
    runtime_dir = Path(environ.get("XDG_RUNTIME_DIR", ""))
    if runtime_dir.is_absolute() and runtime_dir.is_dir():
        path = runtime_dir / "ibe100" / name
        if len(os.fsencode(path)) <= _UNIX_PATH_LIMIT:
            return path
    return Path(f"/tmp/ibe100-{os.getuid()}", name)
