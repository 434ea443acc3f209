"""Make sure, before a stream starts, that its output can be written."""

from __future__ import annotations

import errno
import os
import socket
from pathlib import Path

from ibe100.models.errors import StreamError
from ibe100.models.stream_config import FileOutput, HlsOutput, SrtMode, SrtOutput, StreamConfig


def prepare_output(config: StreamConfig, *, keep: bool = False) -> None:
    """Check the output, remove a file that is to be overwritten. Raises StreamError.

    The processor appends, so that its restart keeps what was recorded; `keep` does so for a new run as well.
    """
    match config.output:
        case FileOutput(path=path, overwrite=overwrite):
            _prepare_file(config.name, path, overwrite, keep)
        case HlsOutput(playlist=playlist):
            _check_folder(config.name, playlist.parent)
        case SrtOutput(mode=SrtMode.LISTENER, port=port, host=host):
            _check_udp_port(config.name, host or "0.0.0.0", port)


def _prepare_file(name: str, path: Path, overwrite: bool, keep: bool) -> None:
    _check_folder(name, path.parent)
    if path.is_dir():
        raise StreamError(f"{name}: {path} is a folder; name a file in it")
    if keep or not path.is_file():
        return
    if not overwrite:
        raise StreamError(f"{name}: {path} exists; allow overwriting it or choose another name")
    try:
        path.unlink()
    except OSError as error:
        raise StreamError(f"{name}: {path} cannot be overwritten: {error.strerror}") from error


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
