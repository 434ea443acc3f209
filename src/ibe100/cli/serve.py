"""`ibe100 serve`: the services without a window, until SIGTERM or Ctrl-C."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from ibe100.api.startup import NOBODY, listen, serving
from ibe100.cli.line_teller import LineTeller
from ibe100.cli.running_instance import overrides
from ibe100.core.application import Application, open_application
from ibe100.core.settings_reload import HANGUP, SettingsSource
from ibe100.models.cues.schedule import BreakState
from ibe100.models.messages import AlarmChanged, CueChanged, NoticePosted, ScheduleChanged, StreamStateChanged
from ibe100.models.stream_config import Engine
from ibe100.runner.memory_order import CONSOLE, set_memory_order
from ibe100.services.audit_trail import act_as
from ibe100.utils.service_manager import READY, STOPPING, tell_manager, tell_that_we_live, watchdog_s
from ibe100.utils.tasks import keep_running
from ibe100.utils.units import format_event_id

if TYPE_CHECKING:
    from ibe100.api.application import Api

LOAD_AFTER_S = 0.0
"""Nothing is painted here: the API is loaded at once."""


def run_serve(
    data_dir: Path | None,
    engine: Engine,
    *,
    stop_streams: bool,
    api: bool | None = None,
    api_port: int | None = None,
) -> int:
    """Serve until told to end; the streams go on unless `stop_streams`."""
    settings = overrides(data_dir, engine.value)
    given = {"enabled": api, "port": api_port}
    settings["api"] = {name: value for name, value in given.items() if value is not None}
    set_memory_order(CONSOLE)
    asyncio.run(_serve(SettingsSource(settings), stop_streams=stop_streams))
    return 0


async def _serve(source: SettingsSource, *, stop_streams: bool) -> None:
    ended, hung_up = asyncio.Event(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ended.set)
    loop.add_signal_handler(signal.SIGHUP, hung_up.set)
    with LineTeller() as teller:
        await _until_told_to_end(source, ended, hung_up, teller.say, stop_streams=stop_streams)
        teller.say("ended; " + ("the streams were stopped" if stop_streams else "the streams go on"))


async def _until_told_to_end(
    source: SettingsSource,
    ended: asyncio.Event,
    hung_up: asyncio.Event,
    say: Callable[[str], None],
    *,
    stop_streams: bool,
) -> None:
    config = await asyncio.to_thread(source.load_to_begin)
    async with AsyncExitStack() as stack:
        # Before anything else begins: a port that is taken must not have started streams.
        over_tcp = await listen(config.api)
        if over_tcp is not None:
            stack.callback(over_tcp.close)
        application = await stack.enter_async_context(
            open_application(config, "ibe100 serve", stop_streams=stop_streams, source=source)
        )
        count = len(application.streams.streams())
        say(f"serving {count} streams on {application.folders.data_dir}; Ctrl-C ends this, not the streams")

        def tell_on(_api: Api) -> None:
            if over_tcp is not None:
                say(f"the API is on {over_tcp.url}{'' if application.access.users() else NOBODY}")

        await stack.enter_async_context(
            serving(application, config.api, application.folders.data_dir, over_tcp, tell_on, LOAD_AFTER_S)
        )
        works = [
            keep_running(lambda: _tell(application, say), "what serve tells"),
            keep_running(lambda: _reload(application, hung_up), "settings at SIGHUP"),
        ]
        if (within_s := watchdog_s()) is not None:
            works.append(keep_running(lambda: tell_that_we_live(within_s), "watchdog of the service manager"))
        tell_manager(READY, f"STATUS=serving {count} streams")
        await ended.wait()
        tell_manager(STOPPING)
        for work in works:
            work.cancel()


async def _reload(application: Application, hung_up: asyncio.Event) -> None:
    assert application.settings_reload is not None
    act_as(HANGUP)
    while await hung_up.wait():
        hung_up.clear()
        await application.settings_reload.reload()


async def _tell(application: Application, say: Callable[[str], None]) -> None:
    """Print a line per fact that an operator would want to see go by."""
    states: dict[str, str] = {}
    async for message in application.messages():
        match message:
            case StreamStateChanged(stream=view) if states.get(view.stream_id) != view.state:
                states[view.stream_id] = view.state
                say(f"{view.number} {view.config.name}: {view.state} {view.reason}".rstrip())
            case CueChanged(cue=cue):
                fate = f"{cue.action} event {format_event_id(cue.splice_event_id)} {cue.state} {cue.reason}"
                say(f"{cue.stream_id}: {fate}".rstrip())
            case AlarmChanged(alarm=alarm):
                words = f"{alarm.severity} {alarm.state}: {alarm.title} {alarm.value}"
                say(f"{alarm.stream_name}: alarm {words}".rstrip())
            case ScheduleChanged(changed=changed):
                for one in changed:
                    if one.state is not BreakState.PLANNED:
                        say(f"{one.stream_id}: planned break {one.title} {one.state} {one.reason}".rstrip())
            case NoticePosted(level=level, text=text):
                say(f"{level}: {text}")
