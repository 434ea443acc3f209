"""The TR 101 290 checks by priority, under the names tsp counts them by."""

from __future__ import annotations

from collections.abc import Mapping

CHECKS: tuple[tuple[int, str], ...] = (
    (1, "TS_sync_loss"),
    (1, "Sync_byte_error"),
    (1, "PAT_error"),
    (1, "PAT_error_2"),
    (1, "Continuity_count_error"),
    (1, "PMT_error"),
    (1, "PMT_error_2"),
    (1, "PID_error"),
    (2, "Transport_error"),
    (2, "CRC_error"),
    (2, "CRC_error_2"),
    (2, "PCR_error"),
    (2, "PCR_repetition_error"),
    (2, "PCR_discontinuity_indicator_error"),
    (2, "PCR_accuracy_error"),
    (2, "PTS_error"),
    (2, "CAT_error"),
    (3, "NIT_error"),
    (3, "NIT_actual_error"),
    (3, "NIT_other_error"),
    (3, "SI_repetition_error"),
    (3, "Buffer_error"),
    (3, "Empty_buffer_error"),
    (3, "Data_delay_error"),
    (3, "Unreferenced_PID"),
    (3, "SI_PID_error"),
    (3, "SDT_error"),
    (3, "SDT_actual_error"),
    (3, "SDT_other_error"),
    (3, "EIT_error"),
    (3, "EIT_actual_error"),
    (3, "EIT_other_error"),
    (3, "EIT_PF_error"),
    (3, "RST_error"),
    (3, "TDT_error"),
)
PRIORITIES = (1, 2, 3)
NOT_MEASURED_BY_TSDUCK = frozenset({"pcr_accuracy_error"})
"""tsp has a counter of 2.4 and leaves it at zero whatever the stream does."""


def normalised(counters: Mapping[str, int]) -> dict[str, int]:
    """The counters by lower-case name, as tsp writes them."""
    return {name.lower(): count for name, count in counters.items()}


def not_measured_by(engine: str) -> frozenset[str]:
    """Checks, in lower case, whose zero means nothing; `engine` as a StreamView names it."""
    return NOT_MEASURED_BY_TSDUCK if engine.startswith("tsduck") else frozenset()


def sums(counters: Mapping[str, int]) -> dict[int, int | None]:
    """Errors by priority; None where not a single check of that priority is measured."""
    given = normalised(counters)
    totals: dict[int, int | None] = dict.fromkeys(PRIORITIES)
    for priority, name in CHECKS:
        count = given.get(name.lower())
        if count is not None:
            totals[priority] = (totals[priority] or 0) + count
    return totals
