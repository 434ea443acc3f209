"""Which processor is found: a real tsp by its words, and what is done about programs that are not it."""

import json
import os
import platform
import stat
import sys
from pathlib import Path

import pytest

from ibe100.models.errors import ProcessorError
from ibe100.models.stream_config import Engine, HlsOutput, StreamConfig
from ibe100.tsduck import processor
from ibe100.tsduck.processor import (
    BUILTIN,
    check_builtin,
    choose_processor,
    find_tsp,
    parse_version,
    plain_reason,
)
from places import GOLDEN
from tsduck_cases import INPUTS, OUTPUTS, Case, gone, stream


@pytest.fixture(scope="module")
def version_text() -> str:
    """What a real tsp prints for --version."""
    path = GOLDEN / "version.json"
    if not path.is_file():
        pytest.skip(f"no recording {path}")
    return "\n".join(json.loads(path.read_text())["log"])


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it but what a test puts there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


def fake_tsp(folder: Path, script: str, *, mode: int = 0o755) -> Path:
    path = folder / "tsp"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(mode)
    return path


def said(text: str) -> str:
    return f"cat <<'END'\n{text}\nEND"


def test_the_version_is_read_from_real_words(version_text: str) -> None:
    assert parse_version(version_text) == "3.45-4721"


@pytest.mark.parametrize("text", ["", "Task Spooler v1.0.1", "tsp 3.45", "TSDuck"])
def test_other_words_are_no_version(text: str) -> None:
    assert parse_version(text) is None


@pytest.mark.parametrize("stream_name", ["", " >&2"])
async def test_tsp_on_path_is_found_with_its_version(
    programs: Path, version_text: str, stream_name: str
) -> None:
    path = fake_tsp(programs, f"PATH=/usr/bin:/bin\n(\n{said(version_text)}\n){stream_name}")
    found = await find_tsp()
    assert found is not None
    assert (found.engine, found.version, found.command) == (Engine.TSDUCK, "3.45-4721", (str(path),))
    assert found.label == "tsduck 3.45-4721"
    assert found.environment == {"TSDUCK_NO_USER_CONFIG": "1"}


async def test_tsp_is_asked_without_the_users_own_configuration(programs: Path, version_text: str) -> None:
    fake_tsp(programs, f'PATH=/usr/bin:/bin\n[ -n "$TSDUCK_NO_USER_CONFIG" ] || exit 1\n{said(version_text)}')
    assert await find_tsp() is not None


async def test_without_tsp_there_is_none(programs: Path) -> None:
    assert await find_tsp() is None


async def test_a_tsp_that_may_not_be_run_is_not_on_path(programs: Path) -> None:
    fake_tsp(programs, "exit 0", mode=stat.S_IRUSR)
    assert await find_tsp() is None


@pytest.mark.parametrize("mode", [0o644, 0o755])
async def test_a_configured_tsp_that_cannot_be_run_is_named(tmp_path: Path, mode: int) -> None:
    path = tmp_path / "tsp"
    path.write_bytes(b"\x7fno program")
    path.chmod(mode)
    with pytest.raises(ProcessorError, match=f"{path} cannot be run: (Permission denied|Exec format error)"):
        await find_tsp(path)


async def test_a_configured_tsp_that_is_missing_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProcessorError, match="absent cannot be run: No such file"):
        await find_tsp(tmp_path / "absent")


async def test_another_program_named_tsp_is_told_apart(programs: Path) -> None:
    path = fake_tsp(programs, "echo 'Task Spooler v1.0.1'")
    with pytest.raises(ProcessorError, match=f"{path} is not TSDuck's tsp"):
        await find_tsp()


@pytest.mark.parametrize("version", ["3.9-2000", "3.44-4576", "2.99"])
async def test_a_tsp_without_what_receipts_are_made_of_gives_way_to_the_builtin(
    programs: Path, version: str
) -> None:
    fake_tsp(programs, f"echo 'tsp: TSDuck - The MPEG Transport Stream Toolkit - version {version}'")
    with pytest.raises(ProcessorError, match=rf"is TSDuck {version}: update it, .* need 3\.45"):
        await find_tsp()
    assert await choose_processor(Engine.AUTO, stream()) is BUILTIN
    with pytest.raises(ProcessorError, match="update it"):
        await choose_processor(Engine.TSDUCK, stream())


@pytest.mark.parametrize("version", ["3.45-4721", "3.100-1", "4.0"])
async def test_a_later_tsp_is_taken(programs: Path, version: str) -> None:
    fake_tsp(programs, f"echo 'tsp: TSDuck - The MPEG Transport Stream Toolkit - version {version}'")
    found = await find_tsp()
    assert found is not None
    assert found.version == version


async def test_a_tsp_that_hangs_is_ended_with_all_it_started(programs: Path, tmp_path: Path) -> None:
    pids = tmp_path / "pids"
    path = fake_tsp(programs, f"PATH=/usr/bin:/bin\ntrap '' TERM\nsleep 1000 &\necho $$ $! > {pids}\nwait")
    with pytest.raises(ProcessorError, match=f"tsp at {path} did not tell its version in 2 s"):
        await find_tsp(timeout_s=2)
    started = [int(pid) for pid in pids.read_text().split()]
    assert len(started) == 2
    await gone(*started)


async def test_a_tsp_that_floods_is_read_to_its_end(programs: Path) -> None:
    fake_tsp(programs, "PATH=/usr/bin:/bin\nhead -c 3000000 /dev/zero\nhead -c 3000000 /dev/zero >&2")
    with pytest.raises(ProcessorError, match="is not TSDuck's tsp"):
        await find_tsp()


async def test_auto_takes_tsp_where_it_is(programs: Path, version_text: str) -> None:
    fake_tsp(programs, f"PATH=/usr/bin:/bin\n{said(version_text)}")
    assert (await choose_processor(Engine.AUTO, stream())).engine is Engine.TSDUCK


async def test_auto_takes_the_builtin_for_hls_whose_cue_tags_tsp_would_lose(
    programs: Path, version_text: str
) -> None:
    fake_tsp(programs, f"PATH=/usr/bin:/bin\n{said(version_text)}")
    out = StreamConfig(name="a", output=HlsOutput(playlist=Path("/www/live.m3u8")))
    for config in (out, stream({"kind": "hls", "url": "http://h/a.m3u8"})):
        assert await choose_processor(Engine.AUTO, config) is BUILTIN
        assert (await choose_processor(Engine.TSDUCK, config)).engine is Engine.TSDUCK


@pytest.mark.parametrize("script", [None, "echo 'Task Spooler v1.0.1'", "exit 3"])
async def test_auto_falls_back_to_the_builtin(programs: Path, script: str | None) -> None:
    if script is not None:
        fake_tsp(programs, script)
    assert await choose_processor(Engine.AUTO, stream()) is BUILTIN


async def test_auto_does_not_pass_over_a_configured_tsp(programs: Path, tmp_path: Path) -> None:
    with pytest.raises(ProcessorError, match="absent cannot be run"):
        await choose_processor(Engine.AUTO, stream(), tmp_path / "absent")


async def test_auto_says_why_there_is_no_tsp_when_only_that_could(
    programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: "Darwin")
    config = stream({"kind": "rist", "url": "rist://@0.0.0.0:7000"})
    with pytest.raises(ProcessorError, match=r"RIST, which needs TSDuck.*\(there is no tsp on PATH\)"):
        await choose_processor(Engine.AUTO, config)
    fake_tsp(programs, "echo 'Task Spooler v1.0.1'")
    with pytest.raises(ProcessorError, match=r"RIST, which needs TSDuck.*is not TSDuck's tsp"):
        await choose_processor(Engine.AUTO, config)


async def test_tsduck_is_not_replaced_by_the_builtin(programs: Path) -> None:
    with pytest.raises(ProcessorError, match=r"engine tsduck: there is no tsp on PATH; install TSDuck"):
        await choose_processor(Engine.TSDUCK, stream())
    fake_tsp(programs, "exit 1")
    with pytest.raises(ProcessorError, match="is not TSDuck's tsp"):
        await choose_processor(Engine.TSDUCK, stream())


async def test_builtin_does_not_look_for_tsp(programs: Path, version_text: str) -> None:
    fake_tsp(programs, f"PATH=/usr/bin:/bin\n{said(version_text)}")
    assert await choose_processor(Engine.BUILTIN, stream()) is BUILTIN


@pytest.mark.parametrize("case", INPUTS, ids=str)
@pytest.mark.parametrize(("system", "library"), [("Linux", None), ("Darwin", None), ("Darwin", "libsrt")])
def test_an_input_that_the_builtin_lacks_on_a_platform_is_named(
    case: Case, system: str, library: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(platform, "system", lambda: system)
    monkeypatch.setattr(processor, "find_library", lambda: library)
    config = stream(case.values)
    kind = case.values["kind"]
    if system == "Darwin" and (kind == "rist" or (kind == "srt" and library is None)):
        with pytest.raises(ProcessorError, match=f"the input is {kind.upper()}, which needs"):
            check_builtin(config.input)
    else:
        check_builtin(config.input)


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other platforms lack SRT and RIST")
@pytest.mark.parametrize("case", OUTPUTS, ids=str)
async def test_the_builtin_has_every_output(case: Case) -> None:
    assert await choose_processor(Engine.BUILTIN, stream(None, case.values)) is BUILTIN


def test_the_builtin_tells_its_name_and_can_be_run() -> None:
    assert BUILTIN.label.startswith("built-in minitsp ")
    assert os.access(BUILTIN.command[0], os.X_OK)
    assert (Path(BUILTIN.environment["PYTHONPATH"]) / "ibe100" / "minitsp").is_dir()


INPUT_TIMEOUT = "error receiving from UDP socket: Resource temporarily unavailable"


@pytest.mark.parametrize(
    ("said", "read"),
    [
        (f"exit 1: ip: {INPUT_TIMEOUT}", "exit 1: nothing arrived on the input"),
        (INPUT_TIMEOUT, "nothing arrived on the input"),
        ("srt: connection refused", "srt: connection refused"),
        ("", ""),
    ],
)
def test_a_time_out_of_the_input_is_told_as_silence(said: str, read: str) -> None:
    assert plain_reason(said) == read
