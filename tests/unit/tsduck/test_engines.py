"""Our command lines given to the processors themselves: each word is understood, and the plan comes true."""

import asyncio
import os
import re
from dataclasses import replace
from pathlib import Path

import pytest

from ibe100.minitsp.build import BuildError, build_chain
from ibe100.minitsp.chain.plugin import Context
from ibe100.minitsp.command_line import global_options, parse_command_line
from ibe100.models.stream_config import Engine, ExistingCues, FileInput, FileOutput, StreamConfig
from ibe100.mpegts.stream_report import ServiceInfo, StreamReport
from ibe100.runner.spec import INFLUX_TOKEN
from ibe100.tsduck.command import build_arguments
from ibe100.tsduck.edges import secrets_of
from ibe100.tsduck.plan import plan_stream
from ibe100.tsduck.probe import probe_input
from ibe100.tsduck.processor import BUILTIN, Processor, find_tsp
from ibe100.tsduck.stream_ports import claim_ports, local_sockets
from plugin_rig import Log
from tsduck_cases import INPUTS, OUTPUTS, PLAN, PORTS, Case, cues, stream

UNKNOWN = "--not-an-option-of-regulate"
COMPLAINT = f"* Error: regulate: unknown option {UNKNOWN}"
MOST_RUNS = 20
SPLICEINJECT_AT_ITS_END = "* Error: spliceinject: cannot find received data type, 0 bytes,  ..."
"""tsp 3.45 prints this each time its cue socket is closed."""
engines = pytest.mark.parametrize(
    "engine", [Engine.BUILTIN, pytest.param(Engine.TSDUCK, marks=pytest.mark.tsduck)]
)


async def processor(engine: Engine) -> Processor:
    found = BUILTIN if engine is Engine.BUILTIN else await find_tsp()
    assert found is not None
    return found


async def run(chosen: Processor, argv: list[str]) -> tuple[int, list[str]]:
    """Exit code and the faults it printed, but those of influx, which has nobody to talk to here."""
    process = await asyncio.create_subprocess_exec(
        *chosen.command,
        *argv,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        env={**os.environ, **chosen.environment},
    )
    try:
        async with asyncio.timeout(60):
            _, errors = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    lines = errors.decode().splitlines()
    faults = [line for line in lines if "Error:" in line and "influx:" not in line]
    return process.returncode, [fault for fault in faults if fault != SPLICEINJECT_AT_ITS_END]


def with_secrets(argv: list[str], config: StreamConfig, folder: Path) -> list[str]:
    """The command line as the runner gives it: each placeholder is a file of options."""
    for name, text in (secrets_of(config) | {INFLUX_TOKEN: "--token=x\n"}).items():
        (folder / name).write_text(text)
        argv = [f"@{folder / name}" if word == f"@{{secret:{name}}}" else word for word in argv]
    return argv


def with_unknown_word(case: Case, engine: Engine, folder: Path) -> list[str]:
    """A command line with all plugins; a wrong word is put in before its output, and is read last."""
    config = stream(case.values) if case in INPUTS else stream(None, case.values)
    plan = replace(PLAN, stuffing=(1, 8), regulate=True, filter_pids=(700,), remove_pids=(700,))
    ports = PORTS if engine is Engine.TSDUCK else local_sockets(with_source=True)
    argv = with_secrets(build_arguments(config, plan, ports), config, folder)
    output = argv.index("-O")
    argv[output:output] = ["-P", "regulate", UNKNOWN]
    return argv


@pytest.mark.tsduck
@pytest.mark.parametrize("case", [*INPUTS, *OUTPUTS], ids=str)
async def test_a_real_tsp_understands_every_word(case: Case, tmp_path: Path) -> None:
    argv = with_unknown_word(case, Engine.TSDUCK, tmp_path)
    chosen = await processor(Engine.TSDUCK)
    result = await run(chosen, argv)
    for _ in range(MOST_RUNS):
        if result != (1, []):
            break
        # A real tsp that ends at once sometimes loses what it logs in the background.
        result = await run(chosen, argv)
    assert result == (1, [COMPLAINT])


@pytest.mark.parametrize("case", [*INPUTS, *OUTPUTS], ids=str)
def test_the_builtin_understands_every_word(case: Case, tmp_path: Path) -> None:
    command_line, log = parse_command_line(with_unknown_word(case, Engine.BUILTIN, tmp_path)), Log()
    with pytest.raises(BuildError):
        build_chain(command_line, Context(global_options(command_line.tsp), log))
    assert log.lines == [COMPLAINT]


async def played(config: StreamConfig, engine: Engine) -> StreamReport:
    """What is in the output after the whole of a file went through the chain."""
    assert isinstance(config.input, FileInput)
    assert isinstance(config.output, FileOutput)
    chosen = await processor(engine)
    plan = plan_stream(config, await probe_input(config.input, chosen))
    ports = local_sockets(with_source=False)
    if engine is Engine.TSDUCK:
        ports = claim_ports((), with_source=False)
    argv = with_secrets(build_arguments(config, plan, ports), config, config.output.path.parent)
    assert await run(chosen, argv) == (0, [])
    assert config.output.kind == "file"
    return await probe_input(FileInput(path=config.output.path), chosen)


def file_to_file(source: Path, target: Path, **fields: object) -> StreamConfig:
    return stream(
        {"kind": "file", "path": source, "loop": False},
        {"kind": "file", "path": target},
        regulate=False,
        **fields,
    )


def types(service: ServiceInfo) -> dict[int, int]:
    return {one.pid: one.stream_type for one in service.streams}


@engines
@pytest.mark.parametrize("name", ["dvb_hd_service.ts", "ott_with_scte35.ts", "sat_no_sdt.ts"])
async def test_the_cue_pid_is_in_the_pmt_and_all_else_is_kept(
    media: Path, tmp_path: Path, name: str, engine: Engine
) -> None:
    config = file_to_file(media / name, tmp_path / "@out.ts")
    before = await probe_input(config.input, BUILTIN)
    after = await played(config, engine)
    assert after.services[0].has_cuei
    assert types(after.services[0]) == {**types(before.services[0]), 500: 0x86}
    assert after.null_packets > 0
    for pid in before.pids:
        found = after.pid(pid.pid)
        # tsp's pmt drops what comes before the PAT.
        assert abs((found.packets if found else 0) - pid.packets) <= 1


@engines
@pytest.mark.parametrize("pid", [500, 1001])
async def test_cues_that_were_there_are_gone(media: Path, tmp_path: Path, engine: Engine, pid: int) -> None:
    config = file_to_file(
        media / "ott_with_scte35.ts", tmp_path / "out.ts", scte35=cues(ExistingCues.REPLACE, pid)
    )
    after = await played(config, engine)
    assert after.services[0].has_cuei
    assert types(after.services[0]) == {256: 0x1B, 257: 0x0F, pid: 0x86}
    assert not [one for one in after.pids if one.pid in (500, 1001) and one.packets]


@engines
async def test_components_are_removed(media: Path, tmp_path: Path, engine: Engine) -> None:
    config = file_to_file(
        media / "dvb_hd_service.ts", tmp_path / "out.ts", pmt={"remove_pids": [131, 132, 140]}
    )
    after = await played(config, engine)
    assert set(types(after.services[0])) == {120, 130, 142, 500}
    assert not [one for one in after.pids if one.pid in (131, 132, 140)]


def test_the_secret_files_of_a_case_hold_one_line(tmp_path: Path) -> None:
    for case in INPUTS:
        for text in secrets_of(stream(case.values)).values():
            assert re.fullmatch(r"[^\n]+\n", text)
