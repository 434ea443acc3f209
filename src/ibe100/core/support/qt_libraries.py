"""Shared objects that Qt needs to draw, by display, each with the Debian package that holds it.

The set-up runs this file by its path before anything is installed: standard library only.
"""

from __future__ import annotations

import ctypes
import os
import sys

_ALWAYS = {
    "libglib-2.0.so.0": "libglib2.0-0",
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libxkbcommon.so.0": "libxkbcommon0",
    "libfontconfig.so.1": "libfontconfig1",
    "libdbus-1.so.3": "libdbus-1-3",
}
_OF_DISPLAY = {
    "offscreen": {},
    "x11": {
        "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
        "libxcb-cursor.so.0": "libxcb-cursor0",
        "libxcb-icccm.so.4": "libxcb-icccm4",
        "libxcb-keysyms.so.1": "libxcb-keysyms1",
        "libxcb-shape.so.0": "libxcb-shape0",
    },
    "wayland": {
        "libwayland-client.so.0": "libwayland-client0",
        "libwayland-cursor.so.0": "libwayland-cursor0",
        "libwayland-egl.so.1": "libwayland-egl1",
    },
}


def display_at_hand() -> str:
    """Kind of display that Qt will draw on: x11, wayland or offscreen."""
    chosen = os.environ.get("QT_QPA_PLATFORM", "")
    if not chosen:
        return (
            "x11"
            if os.environ.get("DISPLAY")
            else "wayland"
            if os.environ.get("WAYLAND_DISPLAY")
            else "offscreen"
        )
    return "x11" if chosen.startswith("xcb") else "wayland" if chosen.startswith("wayland") else "offscreen"


def missing_packages(display: str) -> list[str]:
    """Debian packages whose libraries cannot be loaded here; none on other systems than Linux.

    Loading is the only probe that is right about the architecture and about every library path.
    """
    wanted = {**_ALWAYS, **_OF_DISPLAY[display]} if sys.platform == "linux" else {}
    return [package for library, package in wanted.items() if not _loads(library)]


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


if __name__ == "__main__":
    print("\n".join(missing_packages(sys.argv[1])))
