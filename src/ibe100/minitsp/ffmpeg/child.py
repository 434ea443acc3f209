"""The ffmpeg of imageio-ffmpeg as a child: never orphaned, secrets taken out of its visible arguments."""

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO, Final

from ibe100.minitsp.chain.plugin import PluginError

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
_ARG_START_FIELD: Final = 48  # proc(5), counted from 1
_ARG_END_FIELD: Final = 49
_FIELDS_BEFORE_STATE: Final = 2


def find_ffmpeg() -> str:
    """Path of the ffmpeg binary. Raises PluginError where there is none."""
    import imageio_ffmpeg

    try:
        return str(imageio_ffmpeg.get_ffmpeg_exe())
    except RuntimeError as error:
        raise PluginError("needs TSDuck, or an ffmpeg with SRT and RIST: none is installed") from error


def start_ffmpeg(
    arguments: Sequence[str], stdin: int | IO[bytes], stdout: int | IO[bytes]
) -> subprocess.Popen[bytes]:
    """Start ffmpeg with its log on a pipe. It is killed when the calling thread ends, however that ends.

    It is in a process group of its own: an interrupt from the terminal reaches only us.
    """
    return subprocess.Popen(
        [find_ffmpeg(), *arguments],
        stdin=stdin,
        stdout=stdout,
        stderr=subprocess.PIPE,
        process_group=0,
        preexec_fn=_death_with_parent(),
    )


def hide_arguments(pid: int, secrets: Sequence[str]) -> None:
    """Overwrite secrets in a child's arguments, which /proc shows to every user of the machine.

    Only for a child that has copied its arguments already. Raises OSError where this is not possible.
    """
    stat = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    start = int(stat[_ARG_START_FIELD - _FIELDS_BEFORE_STATE - 1])
    end = int(stat[_ARG_END_FIELD - _FIELDS_BEFORE_STATE - 1])
    memory = os.open(f"/proc/{pid}/mem", os.O_RDWR | os.O_CLOEXEC)
    try:
        arguments = os.pread(memory, end - start, start).split(b"\0")
        position = start
        for argument in arguments:
            if argument.decode(errors="surrogateescape") in secrets:
                os.pwrite(memory, b"*" * len(argument), position)
            position += len(argument) + 1
    finally:
        os.close(memory)


def _death_with_parent() -> Callable[[], None] | None:
    """The call that ties the child to its parent's life, made before exec; it is looked up in the parent."""
    if not sys.platform.startswith("linux"):
        return None
    prctl = ctypes.CDLL(None).prctl
    parent = os.getpid()

    def ask() -> None:
        prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    return ask
