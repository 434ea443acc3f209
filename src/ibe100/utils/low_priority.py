"""Low priority for a process or a thread: it takes only what the streams leave over."""

from __future__ import annotations

import contextlib
import os
import sys
import threading
from pathlib import Path

LOWEST = 19
LOW = 10
AUTOGROUP = Path("/proc/self/autogroup")
SESSION_NICE = 10
"""A tenth of a busy stream's share; at 19 a machine that is merely busy would show no picture at all."""


def take_lowest_priority() -> None:
    """Give this process and its children a session of their own, nice 19, and SCHED_IDLE if there is one.

    Linux shares the processor among sessions first and lets nice count only inside one (sched(7), "The
    autogroup feature"): a preview in the console's session would weigh as much as a stream. A system that
    allows none of it is no reason to do without pictures.
    """
    if hasattr(os, "setsid"):
        with contextlib.suppress(OSError):
            os.setsid()
    if AUTOGROUP.exists():
        with contextlib.suppress(OSError):
            AUTOGROUP.write_text(str(SESSION_NICE), encoding="ascii")
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(LOWEST)
    if hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def take_low_priority_of_thread() -> None:
    """Give this thread nice 10. Only on Linux has a thread a priority of its own (nice(2), NOTES)."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW)
