"""The client at the Unix socket of real services: no token, the kernel's name, notes."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from api_rig import at_socket, served
from ibe100.models.actor import person_of
from ibe100.models.rights import Role
from ibe100_client import Client, Refused, access, cues, schedule, streams, system
from ibe100_client.asynchronous import AsyncClient
from services_rig import console


async def test_whoever_runs_the_console_needs_no_token_and_is_named_by_the_kernel(tmp_path: Path) -> None:
    async with (
        console(tmp_path) as application,
        at_socket(application, tmp_path),
        AsyncClient(tmp_path, note="playout (ü)") as caller,
    ):
        me = await caller.do(access.me())
        assert (me.name, me.role, me.streams) == (person_of().name, "admin", None)
        added = await caller.do(streams.add({"name": "News / HD", "input": {"kind": "test_pattern"}}))
        assert (await caller.do(streams.one("News / HD"))).stream_id == added.stream_id
        with pytest.raises(Refused, match="the stream is OFF; start it") as told:
            await caller.do(cues.fire("News / HD", "TO BREAK"))
        assert told.value.status == 409
        with pytest.raises(Refused, match="at the Unix socket none is needed"):
            await caller.do(access.log_out())
        who = {record.who for record in await application.records.audit.list()}
        assert who == {f"{person_of().name} (playout ü)"}


async def test_files_of_this_machine_are_named_at_the_socket_only(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    data, folder = tmp_path / "data", tmp_path_factory.mktemp("recordings")
    config = {"name": "Out", "output": {"kind": "file", "path": str(folder / "out.ts")}}
    async with served(data) as api, at_socket(api.application, data):
        async with AsyncClient(api.url, api.tokens[Role.ADMIN].token) as far:
            assert await far.do(system.outside_media(config)) == (str(folder),)
            for call in (system.allow_media([str(folder)]), system.back_up(str(tmp_path / "b.tar.gz"))):
                with pytest.raises(Refused, match="at the Unix socket"):
                    await far.do(call)
            with pytest.raises(Refused, match="at the Unix socket"):
                await far.do(system.back_up(with_key=True))
            assert (await far.do(access.me())).name == "ada"
        async with AsyncClient(data) as near:
            await near.do(system.allow_media([str(folder)]))
            assert (await near.do(streams.add(config))).name == "Out"


async def test_many_breaks_are_removed_at_once_all_or_none(tmp_path: Path) -> None:
    rows = "".join(
        f"1,2040-01-{day:02}T00:{minute:02}:00Z,1\n" for day in range(1, 29) for minute in range(60)
    )
    async with console(tmp_path) as application, at_socket(application, tmp_path):
        await asyncio.to_thread(_plan_and_remove, tmp_path, f"stream,start,duration\n{rows}".encode())
        assert application.schedule.list() == ()


def _plan_and_remove(data_dir: Path, file: bytes) -> None:
    with Client(data_dir) as client:
        client.do(streams.add({"name": "News"}))
        assert client.do(schedule.import_file("plan.csv", file)).stored == 28 * 60
        numbers = [one.break_id for one in schedule.all_breaks(client)]
        with pytest.raises(Refused, match="there is no planned break 999999"):
            client.do(schedule.remove_all([*numbers, 999_999]))
        assert client.do(schedule.page(limit=1)).total == len(numbers) == 28 * 60
        client.do(schedule.remove_all(numbers))
