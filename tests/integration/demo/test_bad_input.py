"""Bad input of the demo: one clear line, the right exit code, and nothing left behind."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_rig import Ended, Place, finished, patiently, place_in
from loopback import free_port

REFUSED = 3
INTERRUPTED = 130


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_in(tmp_path) as place:
        yield place


def small_disk(folder: Path, size: str) -> Iterator[Path]:
    """A file system of its own; skips the test where that is not allowed."""
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.fixture
def full_disk(tmp_path: Path) -> Iterator[Path]:
    """4 kB, so that some packets fit, and not one cue."""
    yield from small_disk(tmp_path / "full", "4k")


@pytest.fixture
def read_only(tmp_path: Path) -> Iterator[Path]:
    for folder in small_disk(tmp_path / "locked", "1m"):
        subprocess.run(["mount", "-o", "remount,ro", str(folder)], check=True)
        yield folder


def assert_refused(place: Place, ended: Ended, *words: str, output: Path | None = None) -> None:
    """Exit 2, one line that holds all of the words, the same in the JSON, and nothing left."""
    assert ended.code == REFUSED, ended.err
    line = ended.refusal()
    assert line.startswith("ibe100 demo: ")
    for word in words:
        assert re.search(word, line), f"{word!r} is not in {line!r}"
    assert ended.json["ok"] is False
    assert ended.json["cues"] == []
    assert line.removeprefix("ibe100 demo: ") == ended.json["reason"]
    assert output is None or not output.exists()
    assert place.leftovers() == []


def test_files_that_are_no_transport_stream_are_refused_by_name(place: Place) -> None:
    (place.folder / "noise.ts").write_bytes(os.urandom(200_000))
    (place.folder / "text.ts").write_text("hello\n")
    (place.folder / "empty.ts").touch()
    (place.folder / "folder.ts").mkdir()
    reasons = {
        "nowhere.ts": "No such file",
        "noise.ts": "no transport stream",
        "text.ts": "no transport stream",
        "empty.ts": "is empty",
        "folder.ts": "not a file",
    }
    running = {name: place.start("demo", "--input", name, "--output", "out.ts", "--json") for name in reasons}
    ends = {name: finished(process) for name, process in running.items()}
    for name, reason in reasons.items():
        assert_refused(place, ends[name], str(place.folder / name), reason, output=place.folder / "out.ts")


def test_an_existing_output_survives_an_input_that_is_missing(place: Place) -> None:
    out = place.folder / "precious.ts"
    out.write_bytes(b"recorded yesterday")
    ended = place.run("demo", "--input", "nowhere.ts", "--output", out, "--json")
    assert_refused(place, ended, "nowhere.ts")
    assert out.read_bytes() == b"recorded yesterday"


@pytest.mark.parametrize("engine", ["builtin", pytest.param("tsduck", marks=pytest.mark.tsduck)])
def test_a_source_that_cannot_be_reached_is_named(place: Place, engine: str) -> None:
    port = free_port()
    urls = {
        f"http://127.0.0.1:{port}/x.ts": r"needs TSDuck|connect",
        f"srt://127.0.0.1:{port}": r"needs TSDuck|connect",
    }
    running = [
        place.start("demo", "--input", url, "--output", "out.ts", "--engine", engine, "--json")
        for url in urls
    ]
    ends = [finished(process) for process in running]
    for ended, words in zip(ends, urls.values(), strict=True):
        assert_refused(place, ended, words, output=place.folder / "out.ts")


def test_a_wrong_url_is_refused_with_what_is_allowed(place: Place) -> None:
    running = [
        place.start("demo", "--input", url, "--json") for url in ("gopher://example.org", "udp://:99999")
    ]
    ends = [finished(process) for process in running]
    assert_refused(place, ends[0], "gopher://", "allowed", "udp://")
    assert_refused(place, ends[1], "99999", "65535")


def test_udp_that_nobody_sends_and_a_port_that_is_in_use_are_told_apart(place: Place) -> None:
    silent = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        taken = other.getsockname()[1]
        running = [
            place.start("demo", "--input", f"udp://127.0.0.1:{port}", "--engine", "builtin", "--json")
            for port in (silent, taken)
        ]
        ends = [finished(process) for process in running]
    assert_refused(place, ends[0], str(silent), "nothing was received", "check")
    assert_refused(place, ends[1], str(taken), "in use")


def test_an_output_that_cannot_be_written_is_refused_before_anything_runs(
    place: Place, media: Path, read_only: Path
) -> None:
    source = media / "ott_with_scte35.ts"
    (place.folder / "folder").mkdir()
    reasons = {
        str(read_only / "out.ts"): "cannot be written",
        str(place.folder / "absent" / "out.ts"): "does not exist",
        str(place.folder / "folder"): "is a folder",
    }
    running = [place.start("demo", "--input", source, "--output", path, "--json") for path in reasons]
    ends = [finished(process) for process in running]
    for ended, (path, reason) in zip(ends, reasons.items(), strict=True):
        assert_refused(place, ended, reason, "choose|name")
        assert str(Path(path).parent) in ended.refusal()
        assert "starting" not in ended.err


def test_a_disk_that_is_full_is_said_and_no_half_of_a_file_stays(
    place: Place, media: Path, full_disk: Path
) -> None:
    out = full_disk / "out.ts"
    ended = place.run(
        "demo", "--input", media / "ott_with_scte35.ts", "--output", out, "--engine", "builtin", "--json"
    )
    assert_refused(place, ended, str(out), "No space left on device", output=out)


def test_a_disk_that_fills_after_the_first_cues_is_named(place: Place, media: Path, tmp_path: Path) -> None:
    for disk in small_disk(tmp_path / "filling", "100k"):
        out = disk / "out.ts"
        source = ("--input", media / "ott_with_scte35.ts", "--output", out)
        ended = place.run("demo", *source, "--engine", "builtin")
        assert ended.code == 1
        assert re.search("the stream left the air: .*No space left on device", ended.err)


def test_a_temporary_folder_that_is_full_is_said(place: Place, full_disk: Path) -> None:
    ended = place.run("demo", "--json", TMPDIR=str(full_disk))
    assert_refused(place, ended, str(full_disk), "disk|No space left")
    assert list(full_disk.iterdir()) == []


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_demo_that_is_interrupted_stops_its_stream(place: Place, number: signal.Signals) -> None:
    demo = place.start("demo", "--engine", "builtin", "--json")
    patiently(lambda: place.pids("ibe100.minitsp"), "a processor")
    demo.send_signal(number)
    ended = finished(demo)
    assert ended.code == INTERRUPTED
    assert "interrupted" in ended.refusal()
    assert ended.json["ok"] is False
    assert place.leftovers() == []
