"""What a stream's contract asks of a break that is about to be fired from the panel."""

from __future__ import annotations

from collections.abc import Sequence

from ibe100.models.cues.contract import Contract
from ibe100.models.scte35_marker import Readiness


def asked_pre_roll_s(contract: Contract | None, choices: Sequence[int]) -> float:
    """The shortest choice that keeps the contract, else what it asks; 0 where none is agreed."""
    if contract is None:
        return 0.0
    asked = contract.pre_roll_default_s
    return next((float(choice) for choice in sorted(choices) if choice >= asked), asked)


def held_against(
    contract: Contract | None, ready: Readiness, duration_s: float, pre_roll_s: float
) -> Readiness:
    """Whether TO BREAK can go out as it is chosen; the services refuse what this says no to."""
    if contract is None:
        return ready
    faults = []
    if pre_roll_s < contract.pre_roll_min_s:
        faults.append(f"pre-roll shorter than the contract's {contract.pre_roll_min_s:g} s")
    if (allowed := contract.duration_fault(duration_s)) is not None:
        faults.append(f"a break of {duration_s:g} s, where the contract allows {allowed}")
    return Readiness(ready=ready.ready and not faults, reasons=(*ready.reasons, *faults))
