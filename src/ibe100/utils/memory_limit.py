"""A bound on the memory of a child process: what others send it may not fill the machine."""

from __future__ import annotations

import contextlib
import sys

if sys.platform != "win32":
    import resource


def limit_memory(pid: int, limit_mb: int) -> None:
    """Bound the data of a child, and of those that it starts, in MiB; for one that runs already.

    Only Linux holds mapped memory against such a limit; elsewhere nothing is done.
    """
    if sys.platform == "linux":
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):  # gone, or bounded lower
            hard = resource.prlimit(pid, resource.RLIMIT_DATA)[1]
            resource.prlimit(pid, resource.RLIMIT_DATA, (limit_mb << 20, hard))
