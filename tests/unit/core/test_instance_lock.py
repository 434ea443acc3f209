from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ibe100.core.instance_lock import AlreadyRunning, InstanceLock
from ibe100.models.errors import StorageError

HOLDER = """
import sys
from pathlib import Path
from ibe100.core.instance_lock import InstanceLock
with InstanceLock.acquire(Path(sys.argv[1]), "ibe100 serve"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_instance_is_refused_and_told_who_holds_the_folder(tmp_path: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"held\n"
        with pytest.raises(AlreadyRunning, match=rf"ibe100 serve, process {holder.pid}\."):
            InstanceLock.acquire(tmp_path, "console")
        holder.kill()
        holder.wait(60)
    with InstanceLock.acquire(tmp_path, "console"):
        pass


def test_the_lock_can_be_taken_again_after_release_and_guards_one_folder_only(tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    first = InstanceLock.acquire(tmp_path, "a console of a very long name")
    InstanceLock.acquire(other, "console").release()
    with pytest.raises(AlreadyRunning, match=rf"long name, process {os.getpid()}"):
        InstanceLock.acquire(tmp_path, "console")
    first.release()
    first.release()
    second = InstanceLock.acquire(tmp_path, "short")
    with pytest.raises(AlreadyRunning, match=": short, process"):
        InstanceLock.acquire(tmp_path, "console")
    second.release()


def test_a_holder_that_wrote_nothing_yet_is_no_crash(tmp_path: Path) -> None:
    with InstanceLock.acquire(tmp_path, "console"):
        (tmp_path / "instance.lock").write_bytes(b"")
        with pytest.raises(AlreadyRunning, match="just starting"):
            InstanceLock.acquire(tmp_path, "console")


def test_a_folder_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match=r"none/instance\.lock"):
        InstanceLock.acquire(tmp_path / "none", "console")
