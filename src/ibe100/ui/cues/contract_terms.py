"""What a stream's contract asks of a break, as the panel offers and refuses it."""

from __future__ import annotations

from collections.abc import Sequence

from ibe100.models.scte35_marker import Readiness


def offered_pre_roll_s(default_s: float, choices: Sequence[int]) -> float:
    """The shortest choice that is no less than the contract's default, else the default itself."""
    return next((float(choice) for choice in sorted(choices) if choice >= default_s), default_s)


def held_against(faults: Sequence[str], ready: Readiness) -> Readiness:
    """Readiness of TO BREAK as it is chosen: not ready where the contract would have it refused."""
    return Readiness(ready=ready.ready and not faults, reasons=(*ready.reasons, *faults))
