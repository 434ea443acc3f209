from __future__ import annotations

from pathlib import Path

from ibe100.database.database import Database
from ibe100.services.storage import Storage


async def test_the_database_is_the_storage_that_services_ask_for(tmp_path: Path) -> None:
    database = await Database.open(tmp_path / "ibe100.db")
    storage: Storage = database
    assert await storage.cues.recent("one") == ()
    await database.close()
