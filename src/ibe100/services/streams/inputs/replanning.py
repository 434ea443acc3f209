"""Another plan for an input that has changed, while its packets go on."""

from __future__ import annotations

import asyncio
import logging

from ibe100.models.errors import OperatorError
from ibe100.models.stream_config import HlsInput
from ibe100.services.streams.inputs.plan_fit import PlanFit
from ibe100.services.streams.launch import StreamLaunch
from ibe100.services.streams.run import StreamRun
from ibe100.tsduck.playlist import is_live
from ibe100.tsduck.stream_ports import address

STARTED_S = 5.0
POLL_S = 0.02

_log = logging.getLogger(__name__)


class Replanning:
    """Asked by the reconciler; each method takes the lock of the stream."""

    def __init__(self, launch: StreamLaunch, fit: PlanFit) -> None:
        self._launch = launch
        self._fit = fit

    async def pass_on(self, run: StreamRun, lock: asyncio.Lock) -> None:
        """Have another plan made where that can be at once, else the input passed on without cues."""
        source = run.entry.config.input
        if isinstance(source, HlsInput) and not await is_live(source):
            self._fit.leave(run)
            return
        misfit = self._fit.misfit(run)
        if _has_input_copy(run) and await self._go_on_at_once(run, lock, misfit):
            return
        await run.link.request({"cmd": "pass", "reason": misfit})

    async def replan(self, run: StreamRun, lock: asyncio.Lock) -> None:
        """Find a plan that fits an input which is passed on without cues, and go on by it."""
        async with lock:
            if run.is_wanted() and run.passes and run.view.state.is_active:
                await self._launch.replan(run)

    async def _go_on_at_once(self, run: StreamRun, lock: asyncio.Lock, misfit: str) -> bool:
        """Make the plan anew while the old command passes the packets on, which saves a start of tsp.

        False where none was found soon.
        """
        async with lock:
            attempt = run.view.attempt
            run.doubt(misfit)
            try:
                await self._launch.replan(run)
                # What the old command still reports must not be held against the new plan.
                async with asyncio.timeout(STARTED_S):
                    while run.view.attempt == attempt:
                        await asyncio.sleep(POLL_S)
            except TimeoutError:
                _log.warning("%s: its runner has not gone on by the new command yet", run.name)
            except OperatorError as error:
                _log.info("%s is passed on without cues: %s", run.name, error)
                return False
            finally:
                run.doubt("")
            return True


def _has_input_copy(run: StreamRun) -> bool:
    """True where its command sends a copy of its input all the time, by which a plan can be made anew."""
    record = run.record
    return record is not None and address(record.ports.look) in record.command
