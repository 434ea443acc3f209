"""Tones of alarms, made by number: pulses of a pitch, more and higher ones the worse the alarm is."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ibe100.models.alarms.alarm import Severity

RATE_HZ = 48_000
LOUDEST = 32_767
RAMP_S = 0.012
"""Attack and decay of a pulse: without them it clicks."""
OVERTONE = 0.25

Pulse = tuple[float, float, float]
"""Pitch in Hz, length and rest after it in seconds."""
PULSES: dict[Severity, tuple[Pulse, ...]] = {
    Severity.CRITICAL: ((988, 0.16, 0.06), (784, 0.16, 0.06), (988, 0.16, 0.06), (784, 0.24, 0.0)),
    Severity.MAJOR: ((784, 0.16, 0.10), (784, 0.22, 0.0)),
    Severity.MINOR: ((587, 0.30, 0.0),),
}


@lru_cache(maxsize=16)
def tone(severity: Severity, volume_percent: int) -> bytes:
    """The tone as 16-bit little-endian samples, mono, at RATE_HZ."""
    parts = []
    for pitch, length_s, rest_s in PULSES[severity]:
        at = np.arange(int(length_s * RATE_HZ)) / RATE_HZ
        wave = np.sin(2 * np.pi * pitch * at) + OVERTONE * np.sin(4 * np.pi * pitch * at)
        ramp = np.minimum(1.0, np.minimum(at, length_s - at) / RAMP_S)
        parts += [wave * ramp / (1 + OVERTONE), np.zeros(int(rest_s * RATE_HZ))]
    samples = np.concatenate(parts) * (LOUDEST * volume_percent / 100)
    return samples.astype("<i2").tobytes()
