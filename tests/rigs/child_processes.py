"""The children of this process, as they are on this machine now."""

from __future__ import annotations

import psutil


def children_with(words: str) -> list[psutil.Process]:
    """Those alive whose command line has `words`; one that another test left to be waited for has none."""
    found = []
    for child in psutil.Process().children():
        try:
            if words in " ".join(child.cmdline()):
                found.append(child)
        except (psutil.ZombieProcess, psutil.NoSuchProcess):
            continue
    return found
