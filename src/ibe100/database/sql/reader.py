"""Reads, on connections and threads of their own: they never wait for a write."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from ibe100.database.sql.faults import is_storage_fault, storage_error
from ibe100.database.sql.sqlite import READ_CONNECTIONS

T = TypeVar("T")


class Reader:
    """Reads the database in as many threads as there are connections."""

    def __init__(self, engine: Engine, database: str) -> None:
        self._engine = engine
        self._database = database
        self._threads = ThreadPoolExecutor(READ_CONNECTIONS, thread_name_prefix="ibe100-db-read")

    async def read(self, work: Callable[[Session], T]) -> T:
        """The result of `work` on everything committed so far. Raises StorageError with the reason."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    def close(self) -> None:
        """Blocks until running reads are done."""
        self._threads.shutdown()

    def _run(self, work: Callable[[Session], T]) -> T:
        try:
            with Session(self._engine) as session:
                return work(session)
        except Exception as error:
            if is_storage_fault(error):
                raise storage_error(error, "read", self._database) from error
            raise
