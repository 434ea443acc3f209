"""Output of a stream: whether what the processor hands to it leaves. Pure.

Told by the built-in processor alone; of an SRT output its connection tells.
"""

from __future__ import annotations

from ibe100.models.stream_config import StreamConfig, describe_output
from ibe100.models.stream_state import OutputTrouble
from ibe100.services.alarms.rule import Judgement, Judgements
from ibe100.services.alarms.stream_catalogue import OUTPUT_BLOCKED, OUTPUT_UNHEARD
from ibe100.services.streams.runner_facts import AttemptStarted
from ibe100.services.streams.runner_samples import OutputChanged
from ibe100.services.watches.watch import News, Watch

RULES = {OutputTrouble.BLOCKED: OUTPUT_BLOCKED, OutputTrouble.NO_RECEIVER: OUTPUT_UNHEARD}


class OutputWatch(Watch):
    """Judges by what the runner said last."""

    def __init__(self, config: StreamConfig) -> None:
        self._target = describe_output(config.output)
        self._trouble: OutputTrouble | None = None

    def take(self, news: News, now_s: float) -> Judgements:
        """Note that the output got into trouble or out of it; another processor opens it anew."""
        if isinstance(news, OutputChanged):
            self._trouble = news.trouble
        elif isinstance(news, AttemptStarted):
            self._trouble = None
        return {}

    def judge(self, now_s: float) -> Judgements:
        """Judge what holds now, for as long as it does."""
        return {
            rule: Judgement(trouble is self._trouble, self._target if trouble is self._trouble else "")
            for trouble, rule in RULES.items()
        }
