"""The file of a backup: a gzipped tar that any system can unpack, and a digest of all of it at its end.

The digest stands in the comment of an empty gzip member (RFC 1952), which unpackers pass over.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO, BinaryIO, cast

from pydantic import ValidationError

from ibe100.database.backup.sqlite_copy import SYNC_BYTES
from ibe100.models.backup import BackupManifest, BackupMember
from ibe100.models.base import describe_error
from ibe100.models.errors import StorageError

MANIFEST = "manifest.json"
MOST_MANIFEST_BYTES = 4 << 20
FASTEST = 1
PRIVATE = 0o600
_BLOCK = 1 << 20
MOST_HEADER_BYTES = 16 << 10
"""Bytes allowed beside a member's content: its header, a PAX header for a long name, what is read ahead."""
_UNREADABLE = (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile)


def trailer(sha256: str) -> bytes:
    """The gzip member at the end: flag FCOMMENT, no time, system unknown, the digest, no content."""
    return b"\x1f\x8b\x08\x10" + bytes(5) + b"\xff" + f"SHA-256 {sha256}\0".encode() + b"\x03\x00" + bytes(8)


TRAILER_BYTES = len(trailer("0" * 64))


class _Paced:
    """A file of which never much waits in the kernel for the disk; keeps the digest of what was written."""

    def __init__(self, file: BinaryIO, pace: Callable[[], None]) -> None:
        self._file = file
        self._pace = pace
        self._waiting = 0
        self.digest = hashlib.sha256()

    def write(self, data: bytes) -> int:
        self.digest.update(data)
        self._waiting += len(data)
        written = self._file.write(data)
        if self._waiting >= SYNC_BYTES:
            self.flush()
            os.fdatasync(self._file.fileno())
            self._pace()
            self._waiting = 0
        return written

    def flush(self) -> None:
        self._file.flush()


class _Bounded:
    """Reader of a backup that gives no more than is expected next, whatever the headers say.

    A header that announces gigabytes (a PAX header, a long name) would be read into memory.
    """

    def __init__(self, path: Path, file: IO[bytes]) -> None:
        self._path = path
        self._file = file
        self._left = 0

    def allow_header(self) -> None:
        """Allow a header, and nothing that was left of what was allowed before."""
        self._left = MOST_HEADER_BYTES

    def allow_content(self, size: int) -> None:
        """Allow so many bytes more."""
        self._left += size

    def read(self, size: int) -> bytes:
        """Read at most `size` bytes. Raises StorageError beyond what was allowed."""
        data = self._file.read(size)
        self._left -= len(data)
        if self._left < 0:
            raise StorageError(f"{self._path} is no backup of IBE-100: a header of it is too long.")
        return data


def write_archive(
    path: Path, manifest: BackupManifest, sources: Mapping[str, Path | bytes], pace: Callable[[], None]
) -> None:
    """Write the new file `path`, on disk when it returns. `sources`: each member's content, or where it lies.

    Raises OSError, and what `pace` raises.
    """
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
    with os.fdopen(descriptor, "wb") as file:
        paced = _Paced(file, pace)
        with (
            gzip.GzipFile("", "wb", FASTEST, cast(IO[bytes], paced), mtime=0) as packed,
            tarfile.open(fileobj=packed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            document = manifest.model_dump_json(indent=1).encode()
            _add(tar, MANIFEST, len(document), manifest.made_at, BytesIO(document))
            for member in manifest.members:
                source = sources[member.name]
                with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as content:
                    _add(tar, member.name, member.size, manifest.made_at, content)
        file.write(trailer(paced.digest.hexdigest()))
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, name: str, size: int, at: float, content: IO[bytes]) -> None:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mtime, entry.mode = size, int(at), PRIVATE
    tar.addfile(entry, content)


def digest_of(source: Path | bytes, pace: Callable[[], None]) -> tuple[int, str]:
    """Size and SHA-256 of a content, or of a file. Raises OSError."""
    if isinstance(source, bytes):
        return len(source), hashlib.sha256(source).hexdigest()
    return _digest(source, None, pace)


def _digest(path: Path, length: int | None, pace: Callable[[], None]) -> tuple[int, str]:
    digest, read = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK if length is None else min(_BLOCK, length - read)):
            digest.update(block)
            read += len(block)
            pace()
    return read, digest.hexdigest()


def check_file(path: Path, pace: Callable[[], None] = lambda: None) -> None:
    """Check a backup. Raises StorageError when a single byte of the file is not as it was written."""
    try:
        size = path.stat().st_size
        if size > TRAILER_BYTES:
            _, computed = _digest(path, size - TRAILER_BYTES, pace)
            with path.open("rb") as file:
                file.seek(size - TRAILER_BYTES)
                if file.read() == trailer(computed):
                    return
    except OSError as error:
        raise StorageError(f"The backup {path} cannot be read: {error.strerror}.") from error
    raise StorageError(
        f"{path} is damaged, or no backup of IBE-100: its content is not what its SHA-256 says."
    )


def extract(
    member: BackupMember, content: IO[bytes], target: Path | None, pace: Callable[[], None] = lambda: None
) -> None:
    """Write a member to the new file `target`, on disk when it returns; None only looks at it.

    Raises StorageError when it is not what its digest says, OSError.
    """
    digest = hashlib.sha256()
    with Path(os.devnull if target is None else target).open("wb") as out:
        while block := content.read(_BLOCK):
            digest.update(block)
            out.write(block)
            pace()
        out.flush()
        if target is not None:
            os.fsync(out.fileno())
    if digest.hexdigest() != member.sha256:
        raise StorageError(f"{member.name} in the backup is not what its SHA-256 says.")


def read_manifest(path: Path) -> BackupManifest:
    """Quick: only the beginning of the file is read. Raises StorageError."""
    with _unpacked(path) as (tar, packed):
        return _manifest(path, tar, packed)


def members_of(path: Path) -> Iterator[tuple[BackupMember, IO[bytes]]]:
    """Members of a backup, each with its content, to be read at once. Raises StorageError."""
    with _unpacked(path) as (tar, packed):
        for member in _manifest(path, tar, packed).members:
            content = _next(tar, packed, member.name, member.size)
            if content is None:
                raise StorageError(f"The backup {path} lacks {member.name}, which its manifest names.")
            yield member, content


def _next(tar: tarfile.TarFile, packed: _Bounded, name: str, size: int | None = None) -> IO[bytes] | None:
    """Content of the next member, if it is the plain file `name` of `size`; None stands for a manifest's."""
    packed.allow_header()
    entry = tar.next()  # not by iteration, which would begin with the manifest again
    # Neither a link, nor a device, nor a sparse file whose holes are no bytes of the archive.
    if entry is None or entry.type not in (tarfile.REGTYPE, tarfile.AREGTYPE) or entry.issparse():
        return None
    right = entry.size <= MOST_MANIFEST_BYTES if size is None else entry.size == size
    if entry.name != name or not right:
        return None
    packed.allow_content(entry.size)
    return tar.extractfile(entry)


def _manifest(path: Path, tar: tarfile.TarFile, packed: _Bounded) -> BackupManifest:
    content = _next(tar, packed, MANIFEST)
    if content is None:
        raise StorageError(f"{path} is no backup of IBE-100: it does not begin with a manifest.")
    try:
        return BackupManifest.model_validate_json(content.read(), extra="ignore")
    except ValidationError as error:
        raise StorageError(f"The manifest of the backup {path} is wrong: {describe_error(error)}.") from error


@contextmanager
def _unpacked(path: Path) -> Iterator[tuple[tarfile.TarFile, _Bounded]]:
    try:
        with gzip.open(path) as file:
            packed = _Bounded(path, cast(IO[bytes], file))
            packed.allow_header()  # opening it reads the first header
            with tarfile.open(fileobj=cast(IO[bytes], packed), mode="r|") as tar:
                yield tar, packed
    except _UNREADABLE as error:
        raise StorageError(f"{path} is damaged, or no backup of IBE-100: {error}.") from error
    except OSError as error:
        raise StorageError(f"The backup {path} cannot be read: {error.strerror or error}.") from error
