"""Make sure, before a stream starts, that its output can be written."""

from __future__ import annotations

import errno
import os
import socket
import stat
from collections.abc import Callable
from pathlib import Path

from ibe100.models.errors import StreamError
from ibe100.models.stream_config import FileOutput, HlsOutput, SrtMode, SrtOutput, StreamConfig
from ibe100.utils.exact_files import begins_as_transport_stream, open_exact, unlink_exact


def prepare_output(config: StreamConfig, *, keep: bool = False) -> None:
    """Check the output, remove a file that is to be overwritten. Raises StreamError.

    `config` names its files where they really are: a link on the way is refused. The processor appends, so
    that its restart keeps what was recorded; `keep` does so for a new run as well.
    """
    match config.output:
        case FileOutput(path=path, overwrite=overwrite):
            _prepare_file(config.name, path, overwrite, keep)
        case HlsOutput(playlist=playlist):
            _check_folder(config.name, playlist.parent)
            _check_playlist(config.name, playlist)
        case SrtOutput(mode=SrtMode.LISTENER, port=port, host=host):
            _check_udp_port(config.name, host or "0.0.0.0", port)


def _prepare_file(name: str, path: Path, overwrite: bool, keep: bool) -> None:
    _check_folder(name, path.parent)
    if path.is_dir():
        raise StreamError(f"{name}: {path} is a folder; name a file in it")
    if path.is_fifo() or not (path.exists() or path.is_symlink()):
        return
    if not keep and not overwrite:
        raise StreamError(f"{name}: {path} exists; allow overwriting it or choose another name")
    if not _begins_as(path, begins_as_transport_stream):
        raise StreamError(f"{name}: {path} holds something else than a transport stream; choose another name")
    if keep:
        return
    try:
        unlink_exact(path)
    except OSError as error:
        raise StreamError(f"{name}: {path} cannot be overwritten: {error.strerror}") from error


def _check_playlist(name: str, playlist: Path) -> None:
    if playlist.exists() and not _begins_as(playlist, lambda file: os.pread(file, 7, 0) in (b"", b"#EXTM3U")):
        raise StreamError(f"{name}: {playlist} holds something else than a playlist; choose another name")


def _begins_as(path: Path, expected: Callable[[int], bool]) -> bool:
    """True for a file that begins as is expected; False for what is no file, or cannot be read."""
    try:
        descriptor = open_exact(path, os.O_RDONLY | os.O_NONBLOCK)
    except OSError:
        return False
    try:
        return stat.S_ISREG(os.fstat(descriptor).st_mode) and expected(descriptor)
    except OSError:
        return False
    finally:
        os.close(descriptor)


def _check_folder(name: str, folder: Path) -> None:
    if not folder.is_dir():
        raise StreamError(f"{name}: folder {folder} does not exist; create it or choose another")
    if not os.access(folder, os.W_OK | os.X_OK) or os.statvfs(folder).f_flag & os.ST_RDONLY:
        raise StreamError(f"{name}: folder {folder} cannot be written to; choose another")


def _check_udp_port(name: str, host: str, port: int) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((host, port))
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise StreamError(f"{name}: port {port} is in use; choose another for the output") from error
            raise StreamError(f"{name}: cannot listen on {host}:{port}: {error.strerror}") from error
