"""Checks of this machine: what is installed, what is missing, and what that means."""

from __future__ import annotations

import asyncio
import importlib.metadata
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

from ibe100 import __version__
from ibe100.core.config import AppConfig
from ibe100.core.folders import Folders, resolve
from ibe100.core.records.alone import check_installation
from ibe100.core.support.qt_libraries import display_at_hand, missing_packages
from ibe100.minitsp.srt.libsrt import find_library
from ibe100.models.errors import OperatorError
from ibe100.models.settings.installation import CheckFinding, Verdict
from ibe100.services.clips.clip_service import FOLDER
from ibe100.tsduck.processor import find_tsp
from ibe100.utils.program import COMMAND
from ibe100.utils.units import counted, format_bytes

LEAST_FREE_BYTES = 1_000_000_000


def finding(what: str, verdict: Verdict, found: str, meaning: str = "") -> CheckFinding:
    """Result of one check."""
    return CheckFinding(what=what, verdict=verdict, found=found, meaning=meaning)


async def check_machine(
    settings: AppConfig, told: CheckFinding, *, records: bool = True
) -> list[CheckFinding]:
    """Check this machine; `told` is what was found of the settings.

    With `records` what is on record is held against its chain, which reads the whole database.
    """
    tsp = await _tsp(settings.engine.tsp_path)
    others = await asyncio.to_thread(_check_rest, settings, records)
    return [
        finding("IBE-100", "ok", f"{__version__}, Python {platform.python_version()}, {platform.platform()}"),
        told,
        tsp,
        *others,
    ]


def _check_rest(settings: AppConfig, records: bool) -> list[CheckFinding]:
    return [
        finding("minitsp", "ok", f"built in, {__version__}", "all inputs and outputs"),
        _ffmpeg(),
        *_reliable_transports(),
        *_window(),
        *_folders(settings, records),
    ]


async def _tsp(configured: Path | None) -> CheckFinding:
    try:
        tsp = await find_tsp(configured)
    except OperatorError as error:
        if configured is None:
            return finding("TSDuck", "note", str(error), "the built-in processor is used")
        return finding("TSDuck", "missing", str(error), "put it right, or clear engine.tsp_path")
    if tsp is None:
        return finding(
            "TSDuck",
            "note",
            "no tsp on PATH",
            "the built-in processor is used",
        )
    return finding("TSDuck", "ok", f"{tsp.version} at {tsp.command[0]}", "used by engine auto")


def _ffmpeg() -> CheckFinding:
    import imageio_ffmpeg

    try:
        path = imageio_ffmpeg.get_ffmpeg_exe()
        text = subprocess.run(
            [path, "-version"], capture_output=True, text=True, timeout=20, check=True
        ).stdout
    except (RuntimeError, OSError, subprocess.SubprocessError) as error:
        return finding("ffmpeg", "note", f"cannot be run: {error}", "there is no test pattern without it")
    return finding("ffmpeg", "ok", text.splitlines()[0].partition(" Copyright")[0], "makes the test pattern")


def _reliable_transports() -> list[CheckFinding]:
    """Libraries that give the built-in processor SRT and RIST."""
    spoken = _protocols_of_ffmpeg()
    library = find_library()
    if library is not None:
        srt = finding(
            "SRT", "ok", f"libsrt {library.version}, {library.path}", "used by the built-in processor"
        )
    elif "srt" in spoken:
        meaning = "works, but without statistics; install libsrt (Debian: libsrt1.5-openssl)"
        srt = finding("SRT", "note", "no libsrt, but ffmpeg's", meaning)
    else:
        meaning = "the built-in processor has no SRT until libsrt is installed; TSDuck has it"
        srt = finding("SRT", "note", "no libsrt, and ffmpeg here lacks it", meaning)
    if "rist" in spoken:
        return [srt, finding("RIST", "ok", "ffmpeg's", "used by the built-in processor")]
    meaning = "the built-in processor has no RIST on this platform; TSDuck has it"
    return [srt, finding("RIST", "note", "ffmpeg here lacks it", meaning)]


def _protocols_of_ffmpeg() -> frozenset[str]:
    import imageio_ffmpeg

    try:
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-hide_banner", "-protocols"]
        text = subprocess.run(command, capture_output=True, text=True, timeout=20, check=True).stdout
    except (RuntimeError, OSError, subprocess.SubprocessError):  # `_ffmpeg` says so
        return frozenset()
    return frozenset(text.split())


def _window() -> list[CheckFinding]:
    version = importlib.metadata.version("PyQt6") if importlib.util.find_spec("PyQt6") else None
    if version is None:
        return [finding("PyQt6", "note", "not installed", "no window (extra: console); demo and serve work")]
    findings = [finding("PyQt6", "ok", version)]
    if sys.platform == "linux":
        display = bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
        missing = missing_packages(display_at_hand())
        found = "all there" if not missing else "missing: " + ", ".join(missing)
        meaning = "" if not missing else "no window until these Debian packages are installed"
        findings.append(finding("Qt's system libraries", "note" if missing else "ok", found, meaning))
        shown = os.environ.get("WAYLAND_DISPLAY") or os.environ.get("DISPLAY") or "none"
        meaning = "" if display else "no window here; demo, serve and console --screenshot work"
        findings.append(finding("display", "ok" if display else "note", shown, meaning))
    return findings


def _folders(settings: AppConfig, records: bool) -> list[CheckFinding]:
    folders = resolve(settings.folders)
    try:
        folders.create()
    except OperatorError as error:
        return [
            finding("data folder", "missing", str(error), "nothing can be recorded until that is put right")
        ]
    free = shutil.disk_usage(folders.data_dir).free
    low = free < LEAST_FREE_BYTES
    return [
        finding("data folder", "ok", str(folders.data_dir)),
        finding("log folder", "ok", str(folders.log_dir)),
        _privacy(folders.open_to_others()),
        *_clips(settings.clips.folder or folders.data_dir / FOLDER),
        *(_records(folders, settings) if records else ()),
        finding(
            "disk",
            "note" if low else "ok",
            f"{free / 1e9:.1f} GB free",
            "recordings may fill it soon" if low else "",
        ),
    ]


def _clips(folder: Path) -> list[CheckFinding]:
    """Sizes of clips and rings; nothing where there never were any."""
    if not folder.is_dir():
        return []
    sizes = [path.stat().st_size for path in folder.glob("*/*.ts")]
    rings = sum(path.stat().st_size for path in folder.rglob("*.ring"))
    found = f"{counted(len(sizes), 'clip')}, {format_bytes(sum(sizes))}; rings {format_bytes(rings)}"
    return [finding("clips", "ok", f"{found} in {folder}")]


def _records(folders: Folders, settings: AppConfig) -> list[CheckFinding]:
    """Row that holds the record against its chain; none before anything is recorded."""
    if not settings.database.url and not folders.database_file.is_file():
        return []
    try:
        found = check_installation(folders, settings)
    except OperatorError as error:
        return [finding("records", "note", str(error), "whether they were changed is not known")]
    if found.is_intact:
        return [
            finding("records", "ok", f"as recorded: {found.links} links, {found.anchors} heads kept apart")
        ]
    first = (*found.faults, *found.unproved)[0]
    count = len(found.faults) + len(found.unproved)
    meaning = "somebody changed what is on record" if found.faults else "nothing proves these records"
    return [finding("records", "note", f"{count} findings: {first}", f"{meaning}: {COMMAND} audit verify")]


def _privacy(open_to_others: list[Path]) -> CheckFinding:
    if not open_to_others:
        return finding("privacy", "ok", "only this user may read data and logs")
    found = f"others may read {len(open_to_others)} files and folders, {open_to_others[0]} among them"
    return finding("privacy", "note", found, "hashes of passwords and the audit are there: chmod go=")
