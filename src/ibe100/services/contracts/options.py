"""Derives the options of a stream from the contract that it keeps."""

from __future__ import annotations

from ibe100.models.base import build
from ibe100.models.cues.contract import Contract
from ibe100.models.scte35_marker import CueAction
from ibe100.models.stream_config import ExistingCues, Scte35Options, StreamConfig

LEAD_MARGIN_S = 1.0
"""A section takes up to 0.1 s to the output, and tsp begins up to 0.7 s late at low bitrates (measured)."""


def default_pre_roll_s(contract: Contract | None, action: CueAction) -> float:
    """Pre-roll of a cue that is asked for without a time; a way back may have to be quick."""
    if contract is None or action.traits.splices != "as the contract asks":
        return 0.0
    return contract.pre_roll_default_s


def start_delay_ms(contract: Contract) -> int:
    """Time before its splice at which the first section is asked for, so that `contract` is kept."""
    return round((contract.least_lead_s + LEAD_MARGIN_S) * 1000)


def options_for(contract: Contract, existing: ExistingCues = ExistingCues.PASS_THROUGH) -> Scte35Options:
    """The options that send cues as `contract` asks; `existing` is no part of a contract."""
    return Scte35Options(
        pid=contract.scte35_pid,
        existing=existing,
        start_delay_ms=start_delay_ms(contract),
        inject_count=contract.repeats,
        inject_interval_ms=contract.repeat_interval_ms,
        event_id_first=contract.event_id_first,
        event_id_last=contract.event_id_last,
        unique_program_id=contract.unique_program_id or 0,
        break_duration_s=contract.duration_default_s,
        auto_return=contract.auto_return,
        # Where nothing returns by itself, the duration is only a safety net: the return is sent.
        explicit_return=not contract.auto_return,
        heartbeat_interval_s=contract.heartbeat_interval_s,
        splice_on=contract.splice_on,
    )


def under_contract(config: StreamConfig, contract: Contract | None) -> StreamConfig:
    """`config` with the contract and the options that follow from it; None takes the contract away.

    Raises ConfigurationError when the rest of `config` does not go with them.
    """
    if contract is None:
        return config.model_copy(update={"contract": None})
    values = {field: getattr(config, field) for field in StreamConfig.model_fields}
    values |= {"contract": contract, "scte35": options_for(contract, config.scte35.existing)}
    return build(StreamConfig, values, f"{config.name} under the contract {contract.name}")


def break_faults(contract: Contract | None, duration_s: float, pre_roll_s: float) -> tuple[str, ...]:
    """Reasons for which a break as it is chosen would be refused; none without a contract."""
    if contract is None:
        return ()
    faults = []
    if pre_roll_s < contract.pre_roll_min_s:
        faults.append(f"pre-roll shorter than the contract's {contract.pre_roll_min_s:g} s")
    if (allowed := contract.duration_fault(duration_s)) is not None:
        faults.append(f"a break of {duration_s:g} s, where the contract allows {allowed}")
    return tuple(faults)
