"""A preview takes only what the streams leave over."""

from __future__ import annotations

import contextlib
import os

LOWEST = 19


def take_lowest_priority() -> None:
    """This process and all it will start: nice 19, and SCHED_IDLE where there is such a thing.

    A system that allows neither is no reason to do without pictures.
    """
    if hasattr(os, "nice"):
        with contextlib.suppress(OSError):
            os.nice(LOWEST)
    if hasattr(os, "SCHED_IDLE"):
        with contextlib.suppress(OSError):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
