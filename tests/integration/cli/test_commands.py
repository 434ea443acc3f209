"""Commands that need nothing to run: help, doctor, decode, and what they say where something is missing."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from demo_rig import Place, finished, place_in

WRONG_USE, REFUSED, NO_SERVER = 2, 3, 4
IMMEDIATE = "/DAgAAAAAAAAAP/wDwVgAAABf//+AA27oAABAAAAAMzs8jQ="


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_in(tmp_path) as place:
        yield place


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 1 MB of its own; skips the test where that is not allowed."""
    folder = tmp_path / "small"
    folder.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
    if shutil.which("mount") is None or subprocess.run(command, capture_output=True).returncode:
        pytest.skip("mounting a file system needs root")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_help_lists_every_command_and_a_wrong_one_is_refused(place: Place) -> None:
    top, stream, cue, wrong = (
        finished(process)
        for process in [
            place.start("--help"),
            place.start("stream", "--help"),
            place.start("cue", "--help"),
            place.start("broadcast"),
        ]
    )
    for command in ("console", "demo", "serve", "doctor", "stream", "cue", "scte35"):
        assert f" {command} " in top.out
    for command in ("list", "add", "start", "stop", "restart", "remove"):
        assert f" {command} " in stream.out
    for command in ("to-break", "to-programme", "log"):
        assert f" {command} " in cue.out
    assert {top.code, stream.code, cue.code} == {0}
    assert wrong.code == WRONG_USE
    assert "broadcast" in wrong.err


def test_options_without_a_command_are_those_of_the_console(place: Place) -> None:
    help_of_console, unknown, refused = (
        finished(process)
        for process in [
            place.start("--demo", "--help"),
            place.start("--broadcast"),
            place.start("--engine", "ffmpeg"),
        ]
    )
    assert "--screenshot" in help_of_console.out
    assert (help_of_console.code, unknown.code, refused.code) == (0, WRONG_USE, WRONG_USE)
    assert "--broadcast" in unknown.err
    assert "'auto', 'tsduck', 'builtin'" in refused.err


def test_doctor_tells_what_is_there_and_decode_what_a_cue_means(place: Place) -> None:
    doctor, decoded, damaged, asked = (
        finished(process)
        for process in [
            place.start("doctor", "--json", "--data-dir", place.data_dir, PATH="/nowhere"),
            place.start("scte35", "decode", IMMEDIATE, "--json"),
            place.start("scte35", "decode", IMMEDIATE.replace("DAg", "DBg")),
            place.start("cue", "log", "1", "--data-dir", place.data_dir),
        ]
    )
    assert doctor.code == 0, doctor.err
    found = {finding["what"]: finding for finding in json.loads(doctor.out)}
    assert found["TSDuck"]["verdict"] == "note"
    assert "no tsp on PATH" in found["TSDuck"]["found"]
    assert found["minitsp"]["verdict"] == found["data folder"]["verdict"] == "ok"
    assert found["data folder"]["found"] == str(place.data_dir)
    assert "ffmpeg version" in found["ffmpeg"]["found"]

    assert decoded.code == 0, decoded.err
    assert "1610612737" in decoded.out
    assert damaged.code == WRONG_USE
    assert damaged.refusal().startswith("scte35: ")

    assert asked.code == NO_SERVER
    assert asked.err == (
        f"ibe100: no console or server runs on {place.data_dir}; start one with ./run or ./run serve\n"
    )
    assert place.leftovers() == []


def test_a_data_folder_that_cannot_be_used_is_named_with_what_to_do(place: Place, small_disk: Path) -> None:
    occupied = place.folder / "occupied"
    occupied.write_text("a file")
    free = shutil.disk_usage(small_disk).free
    (small_disk / "filler").write_bytes(bytes(free))
    full, file = (
        finished(process)
        for process in [
            place.start("serve", "--data-dir", small_disk / "data"),
            place.start("serve", "--data-dir", occupied),
        ]
    )
    subprocess.run(["mount", "-o", "remount,ro", str(small_disk)], check=True)
    locked = place.run("serve", "--data-dir", small_disk / "other")
    for ended, folder, reason in (
        (full, small_disk / "data", "No space left on device|disk is full"),
        (file, occupied, "is a file"),
        (locked, small_disk / "other", "Read-only file system"),
    ):
        assert ended.code == REFUSED, ended.err
        assert ended.out == ""
        assert str(folder) in ended.refusal()
        assert any(words in ended.refusal() for words in reason.split("|")), ended.err
    assert place.leftovers() == []


def test_a_wrong_setting_is_refused_by_its_name(place: Place) -> None:
    ended = place.run("serve", "--data-dir", place.data_dir, IBE100_RUNNER__STALL_TIMEOUT_S="soon")
    assert ended.code == REFUSED
    assert "runner.stall_timeout_s" in ended.refusal()
    assert "soon" in ended.refusal()
    assert not place.data_dir.exists()
