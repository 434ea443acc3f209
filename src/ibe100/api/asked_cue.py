"""A cue as it is asked from outside: what it leaves out, the stream's contract says."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import CueAction

IMMEDIATE_S = 0.0


def asked_cue(values: Mapping[str, Any], stream: StreamView) -> dict[str, Any]:
    """The values of a CueRequest on `stream`; `pre_roll_s` left out or None is what the contract asks.

    A way back may have to be quick, and where a time is given, that is the lead.
    """
    pre_roll_s = values.get("pre_roll_s")
    contract = stream.config.contract
    if pre_roll_s is None:
        is_asked = values.get("action") == CueAction.TO_BREAK and values.get("splice_at") is None
        pre_roll_s = contract.pre_roll_default_s if contract is not None and is_asked else IMMEDIATE_S
    return {**values, "pre_roll_s": pre_roll_s, "stream_id": stream.stream_id}
