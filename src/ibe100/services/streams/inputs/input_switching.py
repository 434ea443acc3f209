"""Inputs of a stream that has several: switched by hand, held, drilled, left to the rules; each on record."""

from __future__ import annotations

import time
from collections.abc import Callable

from ibe100.models.errors import NotFound, StreamError
from ibe100.models.messages import Message, NoticePosted
from ibe100.models.rights import Act
from ibe100.models.stream_config import SwitchedInput, describe_input
from ibe100.services.audit_trail import AuditTrail
from ibe100.services.rights import demand
from ibe100.services.streams.run import Runs, StreamRun
from ibe100.services.streams.runner_facts import Fact, InputSwitched
from ibe100.services.streams.runner_samples import Sample

LONGEST_DRILL_S = 3600.0


class InputSwitching:
    """Asks the switch of a stream's runner; observes the runners, and tells of each switch. On the loop."""

    def __init__(self, runs: Runs, audit: AuditTrail, publish: Callable[[Message], None]) -> None:
        self._runs = runs
        self._audit = audit
        self._publish = publish

    async def go_to(
        self, stream_id: str, number: int, *, hold: bool = False, for_s: float | None = None
    ) -> None:
        """Put input `number` (from 1) on air until it is lost; `hold`: also then; `for_s`: for so long.

        Raises StreamError, NotFound.
        """
        demand(Act.RUN_STREAM, stream_id)
        run, source = self._switched(stream_id)
        if not 1 <= number <= len(source.inputs):
            raise NotFound(f"{run.name} has {len(source.inputs)} inputs; there is no input {number}")
        if for_s is not None and not 0 < for_s <= LONGEST_DRILL_S:
            raise StreamError(f"a drill takes up to {LONGEST_DRILL_S:.0f} s")
        words = f"input {number}, {describe_input(source.inputs[number - 1])}"
        command: dict[str, object] = {"cmd": "switch", "input": number - 1}
        act = "input chosen by hand"
        if for_s is not None:
            act, command["seconds"] = "drill of an input", for_s
            words += f", for {for_s:g} s"
        elif hold:
            act, command["hold"] = "input held by hand", True
        async with self._audit.doing(act, stream_id, words):
            await run.link.request(command)

    async def follow_rules(self, stream_id: str) -> None:
        """Have the rules of the stream choose its input again. Raises StreamError."""
        demand(Act.RUN_STREAM, stream_id)
        run, _ = self._switched(stream_id)
        async with self._audit.doing("inputs left to the rules", stream_id):
            await run.link.request({"cmd": "switch", "rules": True})

    async def on_fact(self, run: StreamRun, fact: Fact) -> None:
        """Tell of a switch, whoever made it."""
        if isinstance(fact, InputSwitched):
            text = f"{run.name}: input {fact.on_air + 1} is on air: {fact.reason}"
            self._publish(NoticePosted(at=time.time(), level="warning", text=text, stream_id=run.stream_id))

    def on_sample(self, run: StreamRun, sample: Sample) -> None:
        """Take no notice."""

    def _switched(self, stream_id: str) -> tuple[StreamRun, SwitchedInput]:
        run = self._runs.run_of(stream_id)
        source = run.entry.config.input if run.record is None else run.record.config.input
        if not isinstance(source, SwitchedInput):
            raise StreamError(f"{run.name} has one input only")
        if not run.view.state.is_active:
            raise StreamError(f"{run.name} is not on air: {run.view.state}")
        return run, source
