"""`ibe100 console`: the window; without a display it says so and offers what works there."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from ibe100.cli.reference.exit_codes import NO_WINDOW
from ibe100.cli.running_instance import overrides
from ibe100.core.config import default_file
from ibe100.core.folders import resolve
from ibe100.core.settings_reload import SettingsSource
from ibe100.core.support.qt_libraries import display_at_hand, missing_packages
from ibe100.models.errors import ConfigurationError
from ibe100.models.stream_config import Engine
from ibe100.runner.memory_order import CONSOLE, set_memory_order
from ibe100.services.ports import Services
from ibe100.utils.program import COMMAND

if TYPE_CHECKING:
    from ibe100.ui.app import Look


@dataclass(frozen=True, slots=True)
class Remote:
    """Server of a window on another machine, as the command line names it."""

    place: str
    """A URL, or `unix:PATH`."""
    fingerprint: str = ""
    """SHA-256 of its certificate, compared by a person; it is noted."""
    token_file: Path | None = None


def start_console(
    *,
    screenshot: Path | None = None,
    size: str = "1600x1000",
    theme: str = "",
    text_size: int | None = None,
    demo: bool = False,
    data_dir: Path | None = None,
    engine: Engine = Engine.AUTO,
    remote: Remote | None = None,
) -> int:
    """Run the console; returns the exit code when the window is closed. Raises OperatorError.

    With `remote` it is a window of that server, with no services in this process.
    """
    if not _has_display():
        if screenshot is None:
            print(
                f"ibe100: no display here; {COMMAND} demo proves a stream in this terminal, "
                f"{COMMAND} serve runs the services without a window",
                file=sys.stderr,
            )
            return NO_WINDOW
        os.environ["QT_QPA_PLATFORM"] = "offscreen"
    _demand_window()
    # Qt and the services are loaded only when there is something to show.
    from ibe100.ui.app import RESTART, Look
    from ibe100.ui.themes.sizes import TEXT_SIZES
    from ibe100.ui.themes.tokens import Theme

    if theme and theme not in list(Theme):
        raise ConfigurationError(f"theme {theme!r} is not one of {', '.join(Theme)}")
    if text_size is not None and text_size not in TEXT_SIZES:
        raise ConfigurationError(f"text size {text_size} is not one of {', '.join(map(str, TEXT_SIZES))}")

    look = Look(
        theme=Theme(theme) if theme else None,
        text_size=text_size,
        screenshot=screenshot,
        screenshot_size=_pixels(size),
    )
    code = _run_remote(remote, look) if remote else _run_here(data_dir, engine, look, demo=demo)
    if code == RESTART:
        # The same command again, with the same process id: whoever waits for it sees no end.
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    return code


def _run_remote(remote: Remote, look: Look) -> int:
    """Run a window whose server is elsewhere."""
    from ibe100.remote.opening import place_of, remote_services, token_in
    from ibe100.remote.pins import Pins
    from ibe100.ui.app import run_console

    folder = default_file().parent / "remote"
    place, token, pins = place_of(remote.place), token_in(remote.token_file), Pins(folder)
    if remote.fingerprint:
        if isinstance(place, Path):
            raise ConfigurationError("--fingerprint goes with https only")
        asyncio.run(pins.note(place, remote.fingerprint))
    return run_console(
        lambda: remote_services(place, token, pins),
        look,
        title_suffix=remote.place,
        data_dir=folder,
        trust=pins.note,
    )


def _run_here(data_dir: Path | None, engine: Engine, look: Look, *, demo: bool) -> int:
    """Run a window with the services in this process."""
    from ibe100.api.startup import api_beside
    from ibe100.core.application import open_application
    from ibe100.ui.app import run_console

    set_memory_order(CONSOLE)
    source = SettingsSource(overrides(data_dir, engine.value))
    config = source.load_to_begin()

    @asynccontextmanager
    async def services() -> AsyncIterator[Services]:
        async with (
            open_application(config, "console", log_to_stderr=False, source=source) as application,
            api_beside(
                application, config.api, application.folders.data_dir, application.tell_next_subscriber
            ),
        ):
            began_empty = not application.streams.streams()
            yield application
            if look.screenshot is not None and demo and began_empty:
                for one in application.streams.streams():  # a picture leaves nothing on air
                    await application.streams.stop(one.stream_id, "the picture is taken")

    return run_console(services, look, data_dir=resolve(config.folders).data_dir, demo=demo)


def _demand_window() -> None:
    """Refuse where Qt cannot draw: it would end the program with a traceback, or by a signal."""
    if find_spec("PyQt6") is None:
        raise ConfigurationError(
            "the window is not installed here: install ibe100[console] in place of ibe100; "
            f"{COMMAND} serve needs no window"
        )
    if missing := missing_packages(display_at_hand()):
        raise ConfigurationError(
            "the window cannot be drawn: libraries of the system are missing. As root: apt-get install "
            f"{' '.join(missing)} (Debian's names); {COMMAND} serve and {COMMAND} demo need none of them"
        )


def _has_display() -> bool:
    if sys.platform in ("win32", "darwin") or os.environ.get("QT_QPA_PLATFORM"):
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def _pixels(size: str) -> tuple[int, int]:
    match = re.fullmatch(r"(\d{3,5})x(\d{3,5})", size)
    if match is None:
        raise ConfigurationError(f"size {size!r} is not WIDTHxHEIGHT, such as 1600x1000")
    return int(match.group(1)), int(match.group(2))
