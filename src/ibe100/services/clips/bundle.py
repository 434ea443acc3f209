"""The as-run log of a day with its clips, in one ZIP archive: for whoever has to be shown what was on air."""

from __future__ import annotations

import asyncio
import csv
import hashlib
import io
import os
import zipfile
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from ibe100.models.clips.clip import Clip, ClipBundle, ClipQuery
from ibe100.models.cues.as_run import AsRunFormat, AsRunLog
from ibe100.models.errors import StorageError
from ibe100.services.history.as_run_columns import utc_text
from ibe100.services.history.as_run_export import SPREADSHEET_FORMULA
from ibe100.services.history.as_run_log import AsRunService

SUMS, SIGNATURE, LIST = "SHA256SUMS", "SHA256SUMS.sig", "clips.csv"
COLUMNS = (
    *("clip_id", "cue_id", "alarm_id", "stream_id", "stream_name", "side", "subject", "centre_at"),
    *("starts_at", "ends_at", "size", "sha256", "lost_packets", "file", "state"),
)
CHUNK_BYTES = 1 << 20
MOST_CLIPS = 100_000


async def bundle_of(
    log: AsRunLog,
    as_run: AsRunService,
    clips_on_record: Callable[[ClipQuery], Awaitable[Sequence[Clip]]],
    host: str,
    path: Path,
) -> ClipBundle:
    """Write the log of a day with its clips. Raises StorageError."""
    await as_run.check_path(path)
    formats = (AsRunFormat.CSV, AsRunFormat.JSON)
    logs = {f"as-run.{format}": await as_run.content(log, format) for format in formats}
    query = ClipQuery(stream_id=log.stream_id, begins_at=log.begins_at, ends_at=log.ends_at, limit=MOST_CLIPS)
    clips = (await clips_on_record(query))[::-1]
    try:
        return await asyncio.to_thread(write_bundle, path, logs, clips, host, as_run.signing_key)
    except OSError as error:
        raise StorageError(f"{path} cannot be written: {error.strerror or error}") from error


def write_bundle(
    path: Path,
    logs: Mapping[str, bytes],
    clips: Sequence[Clip],
    host: str,
    key: Ed25519PrivateKey | None,
) -> ClipBundle:
    """Write the archive, whole or not at all; blocks on the disk. Raises OSError.

    `logs` are the as-run log by the name of its file. SHA256SUMS names the digest of each file, and its
    signature is that of the console: `openssl pkeyutl -verify -pubin -inkey KEY.pem -rawin -in SHA256SUMS
    -sigfile SHA256SUMS.sig`. A clip that is gone, or is not as it was cut, is told in clips.csv.
    """
    part = path.with_name(f".{path.name}.part")
    sums: dict[str, str] = {}
    rows: list[tuple[Clip, str, str]] = []
    size = 0
    try:
        with (
            os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file,
            zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive,
        ):
            for name, content in logs.items():
                archive.writestr(name, content, zipfile.ZIP_DEFLATED)
                sums[name] = hashlib.sha256(content).hexdigest()
            for clip in clips:
                name, state, digest = _add(archive, clip, host)
                rows.append((clip, name, state))
                if name:
                    sums[name] = digest
                    size += clip.size
            listed = _list(rows)
            archive.writestr(LIST, listed, zipfile.ZIP_DEFLATED)
            sums[LIST] = hashlib.sha256(listed).hexdigest()
            text = "".join(f"{digest}  {name}\n" for name, digest in sums.items()).encode()
            archive.writestr(SUMS, text)
            if key is not None:
                archive.writestr(SIGNATURE, key.sign(text))
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    inside = sum(1 for _, name, _ in rows if name)
    return ClipBundle(clips=inside, without=len(rows) - inside, size=size)


def _add(archive: zipfile.ZipFile, clip: Clip, host: str) -> tuple[str, str, str]:
    """Add the file of a clip; returns its name in the archive (empty for none), its state, its SHA-256."""
    if not clip.is_kept:
        return "", clip.words, ""
    if clip.host != host:
        return "", f"on the disk of {clip.host}", ""
    source = Path(clip.file)
    name = f"clips/{clip.clip_id}_{source.name}"
    digest = hashlib.sha256()
    moment = datetime.fromtimestamp(max(clip.centre_at, 315_619_200), UTC)
    entry = zipfile.ZipInfo(name, (*moment.timetuple()[:6],))
    entry.external_attr = 0o600 << 16
    try:
        with source.open("rb") as file, archive.open(entry, "w", force_zip64=True) as target:
            while piece := file.read(CHUNK_BYTES):
                digest.update(piece)
                target.write(piece)
    except FileNotFoundError:
        return "", "gone from the disk", ""
    is_right = digest.hexdigest() == clip.sha256
    return name, clip.words if is_right else "CHANGED since it was cut", digest.hexdigest()


def _list(rows: Sequence[tuple[Clip, str, str]]) -> bytes:
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for clip, name, state in rows:
        values = clip.model_dump(mode="json") | {"file": name, "state": state}
        values |= {field: utc_text(values[field]) for field in ("centre_at", "starts_at", "ends_at")}
        writer.writerow(_cell(values[column]) for column in COLUMNS)
    return file.getvalue().encode()


def _cell(value: object) -> object:
    """No text is a formula."""
    return f"'{value}" if isinstance(value, str) and value.startswith(SPREADSHEET_FORMULA) else value
