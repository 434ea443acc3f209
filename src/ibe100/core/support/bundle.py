"""Support bundle: a zip for who helps, in which no secret is; made by the window and the command line."""

from __future__ import annotations

import contextlib
import json
import os
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from ibe100.core.config import AppConfig
from ibe100.core.folders import Folders
from ibe100.core.redaction import redact, redact_text
from ibe100.core.settings_reload import flat
from ibe100.core.support.versions import licences, versions
from ibe100.models.errors import StorageError
from ibe100.models.messages import StreamView
from ibe100.models.settings.installation import CheckFinding
from ibe100.utils.timecode import format_utc

MOST_LOG_BYTES = 1_000_000
"""The newest of each log."""
LOGS = ("app.log", "errors.log")
"""Not audit.log: who did what at which hour is nobody's business who only mends the program."""
README = """Support bundle of IBE-100, {at}

doctor.txt      what is installed, what is missing, what that means
versions.json   versions of the parts
licences.json   packages and their licences
settings.json   settings in force that are not as shipped
streams.json    streams and their states; null where no console or server ran
*.log           the newest lines of app.log and errors.log

Secrets are masked: passphrases, passwords, tokens, and what is secret of addresses. Names of streams,
hosts, folders and users of this machine are in it: look through it before you send it.
"""


def save_bundle(
    file: Path,
    settings: AppConfig,
    folders: Folders,
    findings: Sequence[CheckFinding],
    streams: Sequence[StreamView] | None,
    engines: tuple[str, ...] = (),
) -> None:
    """Write the bundle, whole or not at all; for its user only. Blocks; raises StorageError."""
    usual = flat(AppConfig())
    changed = {name: value for name, value in flat(settings).items() if value != usual[name]}
    found = [one for one in findings if one.what == "TSDuck" and one.verdict == "ok"]
    parts = versions(engines or tuple(f"tsduck {one.found}" for one in found))
    states = None if streams is None else [_state(view) for view in streams]
    contents: dict[str, str] = {
        "README.txt": README.format(at=format_utc(time.time())),
        "doctor.txt": redact_text(doctor_text(findings)),
        "versions.json": _json([one.model_dump() for one in parts]),
        "licences.json": _json([one.model_dump() for one in licences()]),
        "settings.json": _json(redact(changed)),
        "streams.json": _json(redact(states)),
        **{name: redact_text(_tail(folders.log_dir / name)) for name in LOGS},
    }
    _write(file, contents)


def doctor_text(findings: Sequence[CheckFinding]) -> str:
    """Findings as lines."""
    return "".join(
        f"{one.verdict:8}{one.what}: {one.found}{f' ({one.meaning})' if one.meaning else ''}\n"
        for one in findings
    )


def _state(view: StreamView) -> Mapping[str, object]:
    return view.model_dump(mode="json")


def _json(value: object) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False) + "\n"


def _tail(path: Path) -> str:
    try:
        with path.open("rb") as log:
            log.seek(max(0, path.stat().st_size - MOST_LOG_BYTES))
            return log.read(MOST_LOG_BYTES).decode(errors="replace")
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"{path.name} cannot be read: {error.strerror}\n"


def _write(file: Path, contents: Mapping[str, str]) -> None:
    part = file.with_name(f".{file.name}.part")
    try:
        descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with (
            os.fdopen(descriptor, "wb") as target,
            zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle,
        ):
            for name, text in contents.items():
                bundle.writestr(f"{file.stem}/{name}", text)
        part.replace(file)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink(missing_ok=True)
        raise StorageError(f"The support bundle {file} cannot be written: {error.strerror}.") from error
