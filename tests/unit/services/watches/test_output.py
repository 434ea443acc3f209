"""The output's trouble becomes a condition, and clears with it."""

from ibe100.models.stream_config import RistOutput, StreamConfig
from ibe100.services.alarms.rule import FALSE, Judgement
from ibe100.services.alarms.stream_catalogue import OUTPUT_BLOCKED, OUTPUT_UNHEARD
from ibe100.services.streams.runner_facts import AttemptStarted
from ibe100.services.streams.runner_samples import OutputChanged, read_sample
from ibe100.services.watches.output import OutputWatch

CONFIG = StreamConfig(name="x", output=RistOutput(url="rist://10.0.0.1:5000"))


def told(trouble: str) -> OutputChanged:
    """As the runner has it on the wire."""
    sample = read_sample({"sample": "output", "t": 1.0, "mono": 2.0, "trouble": trouble})
    assert isinstance(sample, OutputChanged)
    return sample


def test_each_trouble_is_a_condition_of_its_own_and_over_when_the_output_moves() -> None:
    watch = OutputWatch(CONFIG)
    moves = {OUTPUT_BLOCKED: FALSE, OUTPUT_UNHEARD: FALSE}
    assert watch.judge(0.0) == moves
    watch.take(told("no receiver"), 0.0)
    unheard = Judgement(True, "rist rist://10.0.0.1:5000")
    assert watch.judge(0.0) == {OUTPUT_BLOCKED: FALSE, OUTPUT_UNHEARD: unheard}
    watch.take(told("blocked"), 0.0)
    assert watch.judge(0.0)[OUTPUT_BLOCKED].is_true
    watch.take(told(""), 0.0)
    assert watch.judge(0.0) == moves


def test_another_processor_opens_the_output_anew() -> None:
    watch = OutputWatch(CONFIG)
    watch.take(told("blocked"), 0.0)
    watch.take(AttemptStarted(1, 1.0, 2.0, 2), 0.0)
    assert not watch.judge(0.0)[OUTPUT_BLOCKED].is_true
