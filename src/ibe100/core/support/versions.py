"""Versions and licences of what is installed, by the metadata of the packages and by asking the programs."""

from __future__ import annotations

import importlib.metadata
import platform
import subprocess

import imageio_ffmpeg

from ibe100 import __version__
from ibe100.minitsp.srt.libsrt import find_library
from ibe100.models.settings.installation import PackageLicence, PartVersion

ABSENT = "not installed"
OURS = "ibe100"
FFMPEG_TIMEOUT_S = 20
LONGEST_LICENCE = 80


def versions(engines: tuple[str, ...]) -> tuple[PartVersion, ...]:
    """Versions of the parts; `engines` are the processors, such as `tsduck 3.45-4721 (/usr/bin/tsp)`.

    Blocks while ffmpeg is asked.
    """
    tsduck = next((one.removeprefix("tsduck ") for one in engines if one.startswith("tsduck")), ABSENT)
    library = find_library()
    return (
        PartVersion(name="IBE-100", version=__version__),
        PartVersion(name="Python", version=platform.python_version(), place=platform.platform()),
        PartVersion(name="Qt", version=_version("PyQt6-Qt6")),
        PartVersion(name="PyQt", version=_version("PyQt6")),
        PartVersion(name="TSDuck", version=tsduck),
        PartVersion(name="minitsp, built in", version=__version__),
        _ffmpeg(),
        PartVersion(name="libsrt", version=ABSENT)
        if library is None
        else PartVersion(name="libsrt", version=library.version, place=str(library.path)),
    )


def licences() -> tuple[PackageLicence, ...]:
    """Licences of the installed packages, by name; each once."""
    found = {}
    for distribution in importlib.metadata.distributions():
        name = distribution.metadata["Name"]
        if name and name.lower() not in found:
            found[name.lower()] = PackageLicence(
                name=name, version=distribution.version, licence=_licence(distribution)
            )
    return tuple(found[name] for name in sorted(found))


def _licence(distribution: importlib.metadata.Distribution) -> str:
    """SPDX expression, else classifiers, else the free text where that is one line and no whole licence."""
    fields = distribution.metadata
    if "License-Expression" in fields:
        return fields["License-Expression"]
    named = [one.rpartition(" :: ")[2] for one in fields.get_all("Classifier", []) if "License ::" in one]
    text = fields["License"].strip() if "License" in fields else ""
    if text and "\n" not in text and len(text) <= LONGEST_LICENCE:
        return text
    return ", ".join(named) or "see the package"


def _version(package: str) -> str:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return ABSENT


def _ffmpeg() -> PartVersion:
    try:
        path = imageio_ffmpeg.get_ffmpeg_exe()
        command = [path, "-version"]
        text = subprocess.run(
            command, capture_output=True, text=True, timeout=FFMPEG_TIMEOUT_S, check=True
        ).stdout
    except (RuntimeError, OSError, subprocess.SubprocessError):
        return PartVersion(name="ffmpeg", version=ABSENT)
    words = text.partition("\n")[0].removeprefix("ffmpeg version ").partition(" Copyright")[0]
    return PartVersion(name="ffmpeg", version=words, place=path)
