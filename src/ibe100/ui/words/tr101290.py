"""The TR 101 290 checks by priority, under the names tsp counts them by."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

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
CONTINUITY = "continuity_count_error"
"""Name of its counter."""
CLAUSES: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        "TS_sync_loss": ("1.1", "sync bytes are missing"),
        "Sync_byte_error": ("1.2", "a sync byte is not 0x47"),
        "PAT_error": ("1.3", "no PAT for 0.5 s, another table on PID 0, or scrambled"),
        "PAT_error_2": ("1.3.a", "the same, for each section of the PAT"),
        "Continuity_count_error": ("1.4", "packets lost, out of order, or sent more than twice"),
        "PMT_error": ("1.5", "no PMT for 0.5 s, or scrambled"),
        "PMT_error_2": ("1.5.a", "the same, for each PMT that the PAT names"),
        "PID_error": ("1.6", "a PID that the PMT names carries nothing for 5 s"),
        "Transport_error": ("2.1", "transport_error_indicator is set"),
        "CRC_error": ("2.2", "wrong CRC_32 in PAT, CAT, PMT, NIT, SDT, BAT, EIT or TOT"),
        "CRC_error_2": ("2.2", "wrong CRC_32 in another table"),
        "PCR_error": ("2.3", "more than 100 ms between PCRs, or a jump that is not announced"),
        "PCR_repetition_error": ("2.3.a", "more than 100 ms between PCRs"),
        "PCR_discontinuity_indicator_error": ("2.3.b", "a PCR jumps by more than 100 ms, unannounced"),
        "PCR_accuracy_error": ("2.4", "a PCR is off by more than 500 ns"),
        "PTS_error": ("2.5", "more than 700 ms between PTSs"),
        "CAT_error": ("2.6", "scrambled packets without a CAT, or another table on PID 1"),
        "NIT_error": ("3.1", "no NIT for 10 s, or another table on PID 0x10"),
        "NIT_actual_error": ("3.1.a", "the same, for the actual network"),
        "NIT_other_error": ("3.1.b", "NIT of other networks more than 10 s apart"),
        "SI_repetition_error": ("3.2", "SI tables further apart than allowed"),
        "Buffer_error": ("3.3", "a buffer of the T-STD overflows or runs dry"),
        "Empty_buffer_error": ("3.9", "a buffer of the T-STD is not emptied once a second"),
        "Data_delay_error": ("3.10", "data stay in the T-STD longer than 1 s"),
        "Unreferenced_PID": ("3.4", "no PMT names a PID for 0.5 s"),
        "SI_PID_error": ("3.2", "an SI section on a PID that is not its own"),
        "SDT_error": ("3.5", "no SDT for 2 s, or another table on PID 0x11"),
        "SDT_actual_error": ("3.5.a", "the same, for the actual stream"),
        "SDT_other_error": ("3.5.b", "SDT of other streams more than 10 s apart"),
        "EIT_error": ("3.6", "no EIT present/following for 2 s, or another table on PID 0x12"),
        "EIT_actual_error": ("3.6.a", "the same, for the actual stream"),
        "EIT_other_error": ("3.6.b", "EIT of other streams more than 10 s apart"),
        "EIT_PF_error": ("3.6.c", "present without following, or the reverse"),
        "RST_error": ("3.7", "another table on PID 0x13, or RSTs too close together"),
        "TDT_error": ("3.8", "no TDT for 30 s, or another table on PID 0x14"),
    }
)
"""Clause of ETSI TR 101 290 (5.2) and meaning, by check."""
_SPELLED = {name.lower(): name for _, name in CHECKS}
NOT_MEASURED_BY_TSDUCK = frozenset({"pcr_accuracy_error"})
"""Checks that TSDuck does not measure: it leaves the counter of 2.4 at zero."""


def spelled(name: str) -> str:
    """Name of a check as the standard writes it: `PAT_error` for `pat_error`; other names stay."""
    return _SPELLED.get(name.lower(), name)


def normalised(counters: Mapping[str, int]) -> dict[str, int]:
    """Counters by lower-case name, as tsp writes them."""
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
