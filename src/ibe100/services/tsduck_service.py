"""Processors of this machine: tsp where it is installed, and the built-in minitsp."""

from __future__ import annotations

from pathlib import Path

from ibe100.models.errors import ProcessorError
from ibe100.models.stream_config import Engine
from ibe100.tsduck.processor import BUILTIN, find_tsp


class TSDuckService:
    """Looks for tsp anew at each call: it may be installed while the console runs."""

    def __init__(self, engine: Engine, tsp_path: Path | None) -> None:
        self._engine = engine
        self._tsp_path = tsp_path

    def use(self, engine: Engine, tsp_path: Path | None) -> None:
        """Change engine and tsp from now on."""
        self._engine, self._tsp_path = engine, tsp_path

    async def engines(self) -> tuple[str, ...]:
        """The processors there are, the one for streams that name none first."""
        builtin = BUILTIN.label
        try:
            tsp = await find_tsp(self._tsp_path)
        except ProcessorError as error:
            return (f"{builtin} ({error})",)
        if tsp is None:
            return (builtin,)
        real = f"{tsp.label} ({tsp.command[0]})"
        return (builtin, real) if self._engine is Engine.BUILTIN else (real, builtin)
