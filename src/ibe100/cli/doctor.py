"""`ibe100 doctor`: what is installed, what is missing, and what that means."""

from __future__ import annotations

import asyncio
import ctypes.util
import importlib.metadata
import importlib.util
import json
import os
import platform
import shutil
import subprocess
import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from ibe100 import __version__
from ibe100.cli.options import print_table
from ibe100.cli.running_instance import settings_and_fault
from ibe100.core.config import AppConfig
from ibe100.core.folders import Folders, resolve
from ibe100.core.records.alone import check_installation
from ibe100.minitsp.srt.libsrt import find_library
from ibe100.models.errors import OperatorError
from ibe100.tsduck.processor import find_tsp

Verdict = Literal["ok", "note", "missing"]
LEAST_FREE_BYTES = 1_000_000_000
OFFSCREEN_LIBRARIES = ("glib-2.0", "EGL", "GL", "xkbcommon", "fontconfig", "dbus-1")
DISPLAY_LIBRARIES = ("xkbcommon-x11", "xcb-cursor", "xcb-icccm", "xcb-keysyms", "xcb-shape")
EXIT_MISSING = 1


@dataclass(frozen=True, slots=True)
class Finding:
    """Result of one check."""

    what: str
    verdict: Verdict
    found: str
    meaning: str = ""


def run_doctor(data_dir: Path | None, *, as_json: bool) -> int:
    """Check this machine; returns 1 when something is missing without which streams cannot run."""
    settings, told = _settings(data_dir)
    findings = [
        Finding("IBE-100", "ok", f"{__version__}, Python {platform.python_version()}, {platform.platform()}"),
        told,
        asyncio.run(_tsp(settings.engine.tsp_path)),
        Finding(
            "minitsp",
            "ok",
            f"built in, {__version__}",
            "all inputs and outputs",
        ),
        _ffmpeg(),
        *_reliable_transports(),
        *_window(),
        *_folders(settings),
    ]
    if as_json:
        print(json.dumps([asdict(finding) for finding in findings]))
    else:
        _print(findings)
    return EXIT_MISSING if any(finding.verdict == "missing" for finding in findings) else 0


def _settings(data_dir: Path | None) -> tuple[AppConfig, Finding]:
    """The settings by which this machine is checked, and what is wrong with their files."""
    try:
        settings, fault = settings_and_fault(data_dir)
    except OperatorError as error:
        return AppConfig(), Finding(
            "settings", "missing", str(error), "nothing starts until that is put right"
        )
    if fault is None:
        return settings, Finding("settings", "ok", "all understood")
    if fault.is_made_up_for:
        return settings, Finding("settings", "note", fault.words, f"{fault.which} hold")
    return settings, Finding("settings", "missing", fault.words, "nothing starts until that is put right")


async def _tsp(configured: Path | None) -> Finding:
    try:
        tsp = await find_tsp(configured)
    except OperatorError as error:
        if configured is None:
            return Finding("TSDuck", "note", str(error), "the built-in processor is used")
        return Finding("TSDuck", "missing", str(error), "put it right, or clear engine.tsp_path")
    if tsp is None:
        return Finding(
            "TSDuck",
            "note",
            "no tsp on PATH",
            "the built-in processor is used",
        )
    return Finding("TSDuck", "ok", f"{tsp.version} at {tsp.command[0]}", "used by engine auto")


def _ffmpeg() -> Finding:
    import imageio_ffmpeg

    try:
        path = imageio_ffmpeg.get_ffmpeg_exe()
        text = subprocess.run(
            [path, "-version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return Finding("ffmpeg", "note", f"cannot be run: {error}", "there is no test pattern without it")
    return Finding("ffmpeg", "ok", text.splitlines()[0].partition(" Copyright")[0], "makes the test pattern")


def _reliable_transports() -> list[Finding]:
    """Libraries that give the built-in processor SRT and RIST."""
    spoken = _protocols_of_ffmpeg()
    library = find_library()
    if library is not None:
        srt = Finding(
            "SRT", "ok", f"libsrt {library.version}, {library.path}", "used by the built-in processor"
        )
    elif "srt" in spoken:
        meaning = "works, but without statistics; install libsrt (Debian: libsrt1.5-openssl)"
        srt = Finding("SRT", "note", "no libsrt, but ffmpeg's", meaning)
    else:
        meaning = "the built-in processor has no SRT until libsrt is installed; TSDuck has it"
        srt = Finding("SRT", "note", "no libsrt, and ffmpeg here lacks it", meaning)
    if "rist" in spoken:
        return [srt, Finding("RIST", "ok", "ffmpeg's", "used by the built-in processor")]
    meaning = "the built-in processor has no RIST on this platform; TSDuck has it"
    return [srt, Finding("RIST", "note", "ffmpeg here lacks it", meaning)]


def _protocols_of_ffmpeg() -> frozenset[str]:
    import imageio_ffmpeg

    try:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-protocols"]
        text = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    except (RuntimeError, OSError, subprocess.SubprocessError):  # `_ffmpeg` says so
        return frozenset()
    return frozenset(text.split())


def _window() -> list[Finding]:
    version = importlib.metadata.version("PyQt6") if importlib.util.find_spec("PyQt6") else None
    if version is None:
        return [Finding("PyQt6", "note", "not installed", "no window; demo and serve work")]
    findings = [Finding("PyQt6", "ok", version)]
    if sys.platform == "linux":
        display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        wanted = OFFSCREEN_LIBRARIES + (DISPLAY_LIBRARIES if display else ())
        missing = [name for name in wanted if ctypes.util.find_library(name) is None]
        found = "all there" if not missing else "missing: " + ", ".join(f"lib{name}" for name in missing)
        meaning = "" if not missing else "no window until they are installed; ./run console installs them"
        findings.append(Finding("Qt's system libraries", "note" if missing else "ok", found, meaning))
        shown = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or "none"
        meaning = "" if display else "no window here; demo, serve and console --screenshot work"
        findings.append(Finding("display", "ok" if display else "note", shown, meaning))
    return findings


def _folders(settings: AppConfig) -> list[Finding]:
    folders = resolve(settings.folders)
    try:
        folders.create()
    except OperatorError as error:
        return [
            Finding("data folder", "missing", str(error), "nothing can be recorded until that is put right")
        ]
    free = shutil.disk_usage(folders.data_dir).free
    low = free < LEAST_FREE_BYTES
    return [
        Finding("data folder", "ok", str(folders.data_dir)),
        Finding("log folder", "ok", str(folders.log_dir)),
        _privacy(folders.open_to_others()),
        *_records(folders, settings),
        Finding(
            "disk",
            "note" if low else "ok",
            f"{free / 1e9:.1f} GB free",
            "recordings may fill it soon" if low else "",
        ),
    ]


def _records(folders: Folders, settings: AppConfig) -> list[Finding]:
    """Row that holds the record against its chain; none before anything is recorded."""
    if not folders.database_file.is_file():
        return []
    try:
        found = check_installation(folders, settings)
    except OperatorError as error:
        return [Finding("records", "note", str(error), "whether they were changed is not known")]
    if found.is_intact:
        return [
            Finding("records", "ok", f"as recorded: {found.links} links, {found.anchors} heads kept apart")
        ]
    first = (*found.faults, *found.unproved)[0]
    count = len(found.faults) + len(found.unproved)
    meaning = "somebody changed what is on record" if found.faults else "nothing proves these records"
    return [Finding("records", "note", f"{count} findings: {first}", f"{meaning}: ./run audit verify")]


def _privacy(open_to_others: list[Path]) -> Finding:
    if not open_to_others:
        return Finding("privacy", "ok", "only this user may read data and logs")
    found = f"others may read {len(open_to_others)} files and folders, {open_to_others[0]} among them"
    return Finding("privacy", "note", found, "hashes of passwords and the audit are there: chmod go=")


def _print(findings: list[Finding]) -> None:
    columns = ("", "What", "Found", "What it means")
    print_table(columns, ((one.verdict, one.what, one.found, one.meaning) for one in findings))
