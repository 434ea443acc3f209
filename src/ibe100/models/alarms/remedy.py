"""Remedies that need a person: each has a button in the row of its alarm."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType


class Remedy(StrEnum):
    """Remedy as its button says it."""

    START = "Start"
    RETRY = "Retry now"
    EDIT = "Edit …"
    BACK_UP = "Back up now"


REMEDIES: Mapping[str, Remedy] = MappingProxyType(
    {
        "stream_failed": Remedy.START,
        "input_lost": Remedy.RETRY,
        "processor_restarting": Remedy.RETRY,
        "crash_loop": Remedy.EDIT,
        "passed_without_cues": Remedy.EDIT,
        "service_lost": Remedy.EDIT,
        "no_null_packets": Remedy.EDIT,
        "backup_failed": Remedy.BACK_UP,
        "backup_old": Remedy.BACK_UP,
    }
)
"""By condition."""
