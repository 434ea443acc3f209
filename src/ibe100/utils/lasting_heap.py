"""Full collections of cyclic garbage stop every thread, also the one that is about to send a cue."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def lasting_heap() -> Iterator[None]:
    """Keep full collections off what exists now (modules, services), as long as the context lasts."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
