"""One act on many streams: each for itself, those it does not concern are left alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from ibe100.core.application import Application, open_application
from ibe100.models.actor import Actor
from ibe100.models.errors import ConfigurationError, NotAllowed
from ibe100.models.rights import Role
from ibe100.models.stream_config import FileInput, StreamConfig, UdpInput
from ibe100.models.stream_list import ManyAct
from ibe100.models.stream_state import StreamState
from ibe100.services.audit_trail import acting_as
from services_rig import settings


@pytest.fixture
async def application(tmp_path: Path) -> AsyncIterator[Application]:
    async with open_application(settings(tmp_path / "data"), "test", log_to_stderr=False) as application:
        yield application


async def test_those_that_refuse_are_named_and_the_others_done(
    application: Application, tmp_path: Path
) -> None:
    for name in ("One", "Two"):
        source = FileInput(path=tmp_path / f"{name}.ts")
        await application.streams.add(StreamConfig(name=name, input=source))
    failed = await application.streams.do_to_many(ManyAct.START, ("one", "two"))
    assert [(one.stream_id, one.name) for one in failed] == [("one", "One"), ("two", "Two")]
    assert "One.ts" in failed[0].reason
    assert await application.streams.do_to_many(ManyAct.STOP, ("one", "two")) == ()
    assert application.streams.run_of("one").view.state is StreamState.FAILED
    assert await application.streams.do_to_many(ManyAct.DELETE, ("one", "two", "one")) == ()
    assert application.streams.streams() == ()


async def test_nothing_is_done_where_one_of_them_may_not_be_acted_on(application: Application) -> None:
    for name in ("One", "Two"):
        await application.streams.add(StreamConfig(name=name))
    with acting_as(Actor("olga", Role.ENGINEER, frozenset({"one"}))), pytest.raises(NotAllowed):
        await application.streams.do_to_many(ManyAct.DELETE, ("one", "two"))
    assert len(application.streams.streams()) == 2


async def test_a_group_is_set_on_all_and_nothing_else_changes(application: Application) -> None:
    views = [await application.streams.add(StreamConfig(name=name)) for name in ("One", "Two")]
    await application.streams.group([view.stream_id for view in views], "Sport")
    assert [view.config.group for view in application.streams.streams()] == ["Sport", "Sport"]
    with pytest.raises(ConfigurationError):
        await application.streams.group(["one"], "x" * 41)


async def test_a_port_of_another_stream_is_refused_when_one_is_added_changed_or_copied(
    application: Application,
) -> None:
    streams = application.streams
    await streams.add(StreamConfig(name="News", input=UdpInput(port=5000)))
    with pytest.raises(ConfigurationError, match=r"input.port 5000: News listens on it"):
        await streams.add(StreamConfig(name="Sport", input=UdpInput(port=5000)))
    sport = await streams.add(StreamConfig(name="Sport", input=UdpInput(port=5001)))
    wrong = StreamConfig(name="Sport", input=UdpInput(port=5000))
    assert [clash.field for clash in await streams.clashes(sport.stream_id, wrong)] == ["input.port"]
    with pytest.raises(ConfigurationError, match="News listens on it"):
        await streams.change(sport.stream_id, wrong)
    copied = await streams.duplicate(sport.stream_id)
    assert (copied.name, copied.config.input) == ("Sport copy", UdpInput(port=5002))
