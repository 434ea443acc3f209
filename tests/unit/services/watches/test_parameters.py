"""Each parameter of a rule: what the operator sets reaches the judgement, and by it the board."""

from __future__ import annotations

import base64
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from alarm_rig import Bench, Kept, Listed, capture, news_of, running
from ibe100.models.alarms.settings import RuleChange
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from ibe100.services.alarms.break_catalogue import INPUT_OUT_WITHOUT_IN, OUT_WITHOUT_IN
from ibe100.services.alarms.catalogue import (
    CONSOLE_SLOW,
    COUNTED,
    DESCRIPTORS_LOW,
    DISK_LOW,
    MEMORY_LOW,
    RULES,
)
from ibe100.services.alarms.rule import AlarmRule, CountedRule, parameters_of
from ibe100.services.alarms.signal_catalogue import (
    BITRATE_COLLAPSE,
    CONTINUITY_ERROR,
    PCR_DISCONTINUITY_INDICATOR_ERROR,
    TRANSPORT_ERROR,
)
from ibe100.services.machine.watch import MachineWatch
from ibe100.services.streams.runner_facts import CueOnInput, CueOnOutput
from ibe100.services.streams.runner_samples import PacketFaults, read_sample
from ibe100.services.watches.feed import AlarmFeed
from ibe100.tsduck.telemetry import InfluxSample
from ibe100.utils.places import Places

ERRORS = 5
BEGIN_S, END_S = 20.0, 32.0
Scenario = Callable[[Bench], Awaitable[None]]


def counted(rule: CountedRule) -> Scenario:
    """5 errors a second, as the processor counts them."""
    names = (*rule.counters, *PCR_DISCONTINUITY_INDICATOR_ERROR.counters)

    async def play(bench: Bench) -> None:
        await posts(bench, lambda post: replace(post, counters=dict.fromkeys(names, ERRORS)))

    return play


def found_by_the_runner(**found: object) -> Scenario:
    """Faults of one moment, as the runner finds them in the packets."""
    shape = {"lost": {}, "damaged": 0, "scrambled": [], "jumps_s": {}, "versions": [], "missing_s": {}}

    async def play(bench: Bench) -> None:
        read = read_sample({"sample": "packet_faults", "t": 0.0, "mono": bench.now, **shape, **found})
        assert isinstance(read, PacketFaults)
        run = running(capture("tsduck_pattern").facts)
        feed = await posts(bench, lambda post: post)
        feed.on_sample(run, replace(read, mono_s=bench.now))
        await bench.board.settled()

    return play


async def posts(bench: Bench, fault: Callable[[InfluxSample], InfluxSample]) -> AlarmFeed:
    """A healthy stream whose posts go through `fault` for a while, played to the feed."""
    captured, feed, start = capture("tsduck_pattern"), bench.feed(), bench.now
    run = running(captured.facts)
    for at_s, sample in captured.samples:
        if isinstance(sample, InfluxSample) and at_s < END_S:
            bench.now = start + at_s
            feed.on_sample(run, news_of(run, fault(sample) if at_s >= BEGIN_S else sample, bench.now))
            await bench.board.settled()
    return feed


def bitrate_times(factor: float) -> Scenario:
    """The bitrate becomes so much more or less at once."""

    async def play(bench: Bench) -> None:
        await posts(bench, lambda post: replace(post, bitrate_bps=int(post.bitrate_bps * factor)))

    return play


async def machine(bench: Bench) -> None:
    """400 MB free, 4 % of memory, 95 % of the descriptors in use, and a loop that is 350 ms late."""
    watch = MachineWatch(
        bench.board, bench.rules, Listed(), lambda message: None, Path("/"), lambda: "", Places()
    )
    memory = SimpleNamespace(total=1_000_000_000, available=40_000_000)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("ibe100.services.machine.sampler.psutil.virtual_memory", lambda: memory)
        patch.setattr(watch._sampler, "fullest", lambda folders: (400_000_000, None))
        patch.setattr("ibe100.services.machine.watch.in_use", lambda: (95, 100))
        patch.setattr(watch._lag, "take_ms", lambda: 350.0)
        for _ in range(12):
            await watch.look()
            await watch.glance()
            bench.now += 1.0


def open_ended(kind: type[CueOnInput] | type[CueOnOutput]) -> Scenario:
    """A break that announced no duration began 1000 s ago."""
    section = base64.b64encode(encode(splice_insert(7, True, auto_return=False))).decode()

    async def play(bench: Bench) -> None:
        feed, run = bench.feed(), running(capture("tsduck_pattern").facts)
        assert run.record is not None
        at = time.time() - 1000
        await feed.on_fact(run, kind(1, at, bench.now, section, run.record.plan.splice_pid))
        await feed.look()
        await bench.board.settled()

    return play


TRIED: dict[AlarmRule, tuple[Scenario, dict[str, float]]] = {
    **{rule: (counted(rule), {"least_per_s": 10 * ERRORS}) for rule in COUNTED},
    BITRATE_COLLAPSE: (bitrate_times(0.4), {"below_percent": 30}),
    DISK_LOW: (machine, {"free_mb": 300}),
    MEMORY_LOW: (machine, {"free_percent": 1}),
    DESCRIPTORS_LOW: (machine, {"used_percent": 97}),
    CONSOLE_SLOW: (machine, {"lag_ms": 400}),
    INPUT_OUT_WITHOUT_IN: (open_ended(CueOnInput), {"longest_s": 2000}),
    OUT_WITHOUT_IN: (open_ended(CueOnOutput), {"longest_s": 2000}),
}
"""By rule: what is an alarm by the parameters that ship, and parameters by which it is none."""


def test_every_parameter_of_every_rule_is_tried() -> None:
    shipped = {rule: {one.name for one in parameters_of(rule)} for rule in RULES.values()}
    tried = {rule: set(harmless) for rule, (_, harmless) in TRIED.items()}
    assert {rule: names for rule, names in shipped.items() if names} == tried


async def is_raised(rule: AlarmRule, scenario: Scenario, **parameters: float) -> bool:
    bench, change = Bench(Kept()), RuleChange(enabled=True, parameters=parameters)
    for stream_id in ("", "one"):
        await bench.rules.set(stream_id, rule.condition, change)
    await scenario(bench)
    return rule.condition in bench.raised()


@pytest.mark.parametrize("rule", TRIED, ids=lambda rule: rule.condition)
async def test_what_the_operator_sets_changes_the_judgement(rule: AlarmRule) -> None:
    scenario, harmless = TRIED[rule]
    assert await is_raised(rule, scenario)
    assert not await is_raised(rule, scenario, **harmless)


@pytest.mark.parametrize(
    ("rule", "scenario"),
    [
        (CONTINUITY_ERROR, found_by_the_runner(lost={"256": ERRORS})),
        (TRANSPORT_ERROR, found_by_the_runner(damaged=ERRORS)),
    ],
    ids=lambda one: one.condition if isinstance(one, AlarmRule) else "",
)
async def test_what_the_runner_counts_is_held_against_the_same_parameter(
    rule: AlarmRule, scenario: Scenario
) -> None:
    assert await is_raised(rule, scenario)
    assert not await is_raised(rule, scenario, **TRIED[rule][1])
