"""Discipline of the machine's clock by NTP or PTP, as the kernel knows it (adjtimex) from any daemon."""

from __future__ import annotations

import ctypes
import sys
from typing import ClassVar

from ibe100.models.alarms.machine_health import ClockState, ClockSync

TIME_ERROR = 5
STA_PLL = 0x0001
STA_UNSYNC = 0x0040
STA_NANO = 0x2000


class _TimeValue(ctypes.Structure):
    _fields_: ClassVar = [("seconds", ctypes.c_long), ("fraction", ctypes.c_long)]


class _Timex(ctypes.Structure):
    """`struct timex` of adjtimex(2)."""

    _fields_: ClassVar = [
        ("modes", ctypes.c_uint),
        ("offset", ctypes.c_long),
        ("freq", ctypes.c_long),
        ("maxerror", ctypes.c_long),
        ("esterror", ctypes.c_long),
        ("status", ctypes.c_int),
        ("constant", ctypes.c_long),
        ("precision", ctypes.c_long),
        ("tolerance", ctypes.c_long),
        ("time", _TimeValue),
        ("tick", ctypes.c_long),
        ("ppsfreq", ctypes.c_long),
        ("jitter", ctypes.c_long),
        ("shift", ctypes.c_int),
        ("stabil", ctypes.c_long),
        ("counts", ctypes.c_long * 4),
        ("tai", ctypes.c_int),
        ("padding", ctypes.c_int * 11),
    ]


def read_clock_sync() -> ClockSync:
    """Ask the kernel; `not known` on systems without adjtimex, or where it is forbidden."""
    if sys.platform != "linux":
        return ClockSync()
    told = _Timex()
    try:
        state = ctypes.CDLL(None).adjtimex(ctypes.byref(told))
    except (OSError, AttributeError):
        return ClockSync()
    return ClockSync() if state < 0 else clock_sync(state, told.status, told.offset, told.esterror)


def clock_sync(state: int, status: int, offset: int, error_us: int) -> ClockSync:
    """Translate the kernel's answer; `offset` is in ns with STA_NANO, else in µs.

    Only a daemon that leaves the slewing to the kernel (STA_PLL) tells an offset; chrony keeps it to itself.
    """
    if state == TIME_ERROR or status & STA_UNSYNC:
        return ClockSync(state=ClockState.NOT_SYNCHRONISED)
    offset_ms = offset / (1e6 if status & STA_NANO else 1e3) if status & STA_PLL else None
    return ClockSync(state=ClockState.SYNCHRONISED, offset_ms=offset_ms, error_ms=error_us / 1000)
