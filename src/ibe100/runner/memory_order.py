"""Order in which a machine that is out of memory ends our processes: a stream's processor last."""

import contextlib
from pathlib import Path

CONSOLE, PREVIEW, RUNNER, PROCESSOR = 800, 600, 400, 200
"""oom_score_adj (proc(5)): the higher goes first. Children inherit it, so each process has its own set."""


def set_memory_order(score: int, process: int | str = "self") -> None:
    """Set the place of a process; a system that has no such order, or keeps us from it, has its own."""
    with contextlib.suppress(OSError):
        Path(f"/proc/{process}/oom_score_adj").write_text(f"{score}", encoding="ascii")
