"""What the runner reads of the PCRs in the pulses: their longest interval and their jitter, once a second."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

FRESH_S = 2.5
"""Older figures are of PCRs that do not come any more, or of a runner that is held up."""


@dataclass(frozen=True, slots=True)
class PcrRhythm:
    """Of one PID in a second; `jitter_us` None where the bitrate is not constant (TR 101 290 5.3.2.6)."""

    longest_ms: float
    jitter_us: float | None


def parse_pcr_rhythm(sample: Mapping[str, Any]) -> dict[int, PcrRhythm]:
    """The `pids` of a runner's `pcr` sample. Raises KeyError or ValueError on another shape."""
    return {
        int(pid): PcrRhythm(float(longest_ms), None if jitter_us is None else float(jitter_us))
        for pid, (longest_ms, jitter_us) in sample["pids"].items()
    }
