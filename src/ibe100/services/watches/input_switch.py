"""Inputs of a stream that has several: whether a backup is on air, and whether each one is there. Pure."""

from __future__ import annotations

from ibe100.models.stream_config import StreamConfig, describe_input, received_inputs
from ibe100.models.stream_state import InputSwitchState, ReceivedInput
from ibe100.services.alarms.rule import FALSE, Judgement, Judgements
from ibe100.services.alarms.stream_catalogue import BACKUP_MISSING, ON_BACKUP
from ibe100.services.streams.runner_samples import SwitchStatus
from ibe100.services.watches.watch import News, Watch


class InputSwitchWatch(Watch):
    """Judges each status of the switch."""

    def __init__(self, config: StreamConfig) -> None:
        self._names = tuple(describe_input(one) for one in received_inputs(config.input))

    def take(self, news: News, now_s: float) -> Judgements:
        """Judge by what the switch says; nothing for a stream that has one input."""
        if not isinstance(news, SwitchStatus) or len(news.state.inputs) != len(self._names):
            return {}
        return {ON_BACKUP: self._on_backup(news.state), BACKUP_MISSING: self._missing(news.state)}

    def _on_backup(self, state: InputSwitchState) -> Judgement:
        if not state.on_air:
            return FALSE
        return Judgement(True, f"input {state.on_air + 1} ({self._names[state.on_air]}): {state.reason}")

    def _missing(self, state: InputSwitchState) -> Judgement:
        """The input on air has alarms of its own."""
        missing = [
            f"input {at + 1} ({self._names[at]}) {_complaint(one)}"
            for at, one in enumerate(state.inputs)
            if not one.good and at != state.on_air
        ]
        return Judgement(bool(missing), "; ".join(missing))


def _complaint(one: ReceivedInput) -> str:
    if one.fault:
        return one.fault
    return "has given nothing yet" if one.silent_s is None else "is silent"
