"""Streams that were deleted come back as they were; what is kept of them ends after 30 days."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from pydantic import SecretStr

from ibe100.core.application import Application, open_application
from ibe100.core.secrets import SecretStore
from ibe100.models.cues.contract import Contract
from ibe100.models.errors import ConfigurationError, NotFound
from ibe100.models.stream_config import SrtInput, StreamConfig, UdpInput
from ibe100.services.streams.changes.deleted import KEPT_S
from services_rig import settings

SECRET = "correct horse battery"
CONFIG = StreamConfig(
    name="News",
    group="Sport",
    input=SrtInput(host="192.0.2.1", port=9000, passphrase=SecretStr(SECRET)),
    contract=Contract(name="Distributor", scte35_pid=600),
)


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    async with open_application(settings(tmp_path / "data"), "test", log_to_stderr=False) as application:
        yield application


async def test_a_deleted_stream_comes_back_with_contract_group_and_passphrase(
    application: Application,
) -> None:
    streams = application.streams
    await streams.add(StreamConfig(name="First"))
    view = await streams.add(CONFIG)
    deleted_id = await streams.remove(view.stream_id)
    assert [one.name for one in streams.streams()] == ["First"]
    (kept,) = await streams.deleted()
    assert (kept.stream_id, kept.number, kept.config.name, kept.deleted_by) == ("news", 2, "News", "console")
    assert SECRET not in kept.config.model_dump_json()
    restored = await streams.restore(deleted_id)
    assert (restored.stream_id, restored.number, restored.config) == ("news", 2, CONFIG)
    assert await streams.deleted() == ()
    with pytest.raises(NotFound):
        await streams.restore(deleted_id)


async def test_a_new_stream_of_that_id_gets_no_secret_of_the_deleted_one(application: Application) -> None:
    streams = application.streams
    deleted_id = await streams.remove((await streams.add(CONFIG)).stream_id)
    without = CONFIG.model_copy(update={"input": SrtInput(host="192.0.2.1", port=9000)})
    assert (await streams.add(without)).config.input == without.input
    restored = await streams.restore(deleted_id)
    assert (restored.stream_id, restored.number) == ("news-2", 2)
    assert restored.config == CONFIG


async def test_one_whose_port_was_given_away_waits_for_it(application: Application) -> None:
    streams = application.streams
    deleted_id = await streams.remove(
        (await streams.add(StreamConfig(name="News", input=UdpInput(port=5000)))).stream_id
    )
    other = await streams.add(StreamConfig(name="Sport", input=UdpInput(port=5000)))
    with pytest.raises(ConfigurationError, match="5000: Sport listens on it"):
        await streams.restore(deleted_id)
    await streams.remove(other.stream_id)
    assert (await streams.restore(deleted_id)).name == "News"


async def test_after_thirty_days_stream_and_secrets_are_gone(tmp_path: Path) -> None:
    data = settings(tmp_path / "data")
    async with open_application(data, "test", log_to_stderr=False) as application:
        deleted_id = await application.streams.remove((await application.streams.add(CONFIG)).stream_id)
        application.streams._deleted._wall = lambda: 4e9 + KEPT_S
        await application.streams._deleted.forget_old()
        assert await application.streams.deleted() == ()
        with pytest.raises(NotFound):
            await application.streams.restore(deleted_id)
    assert not any("passphrase" in name for name in SecretStore.open(tmp_path / "data").names())


async def test_deleted_for_good_leaves_nothing_of_it(application: Application, tmp_path: Path) -> None:
    deleted_id = await application.streams.remove((await application.streams.add(CONFIG)).stream_id)
    await application.streams.forget(deleted_id)
    assert await application.streams.deleted() == ()
    assert not any("passphrase" in name for name in SecretStore.open(tmp_path / "data").names())
