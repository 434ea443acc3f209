"""Processors of this machine: tsp where it is installed, and the built-in minitsp."""

from __future__ import annotations

from ibe100.models.errors import ProcessorError
from ibe100.models.stream_config import Engine
from ibe100.services.streams.launch_plan import LaunchPlanner
from ibe100.tsduck.processor import BUILTIN, find_tsp


class TSDuckService:
    """Looks for tsp anew at each call: it may be installed while the console runs."""

    def __init__(self, planner: LaunchPlanner) -> None:
        self._planner = planner

    async def engines(self) -> tuple[str, ...]:
        """The processors there are, the one for streams that name none first."""
        builtin = BUILTIN.label
        try:
            tsp = await find_tsp(self._planner.tsp_path)
        except ProcessorError as error:
            return (f"{builtin} ({error})",)
        if tsp is None:
            return (builtin,)
        real = f"{tsp.label} ({tsp.command[0]})"
        return (builtin, real) if self._planner.engine is Engine.BUILTIN else (real, builtin)
