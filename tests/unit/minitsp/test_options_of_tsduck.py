"""Every option of every plugin of tsp is built in as tsp has it, or refused as one that needs TSDuck."""

import json
import re
from typing import Any

import pytest

from ibe100.minitsp import inputs, outputs, plugins
from ibe100.minitsp.__main__ import main
from ibe100.minitsp.build import BuildError, build_chain
from ibe100.minitsp.chain.options import OptionKind, OptionTable
from ibe100.minitsp.chain.plugin import Context, GlobalOptions
from ibe100.minitsp.command_line import GLOBAL_OPTIONS, parse_command_line
from ibe100.minitsp.options_of_tsduck import plugins_of_tsduck
from places import DATA, GOLDEN
from plugin_rig import Log

RECORDED = DATA / "tsduck" / "options.json"
OURS = "dash"
"""An input of return feeds, which tsp has not."""
TABLES: dict[tuple[str, str, str], OptionTable] = {
    ("tsp", "", "tsp"): GLOBAL_OPTIONS,
    **{("input", "-I", name): inputs.load(name).options for name in inputs.INPUTS if name != OURS},
    **{("output", "-O", name): outputs.load(name).options for name in outputs.OUTPUTS},
    **{("processor", "-P", name): plugins.load(name).options for name in plugins.PROCESSORS},
}
pytestmark = pytest.mark.skipif(not RECORDED.is_file(), reason="no recorded options of a real tsp")


@pytest.fixture(scope="module")
def recorded() -> dict[str, Any]:
    commands: dict[str, Any] = json.loads(RECORDED.read_text())["commands"]
    return commands


@pytest.mark.parametrize("key", TABLES, ids=" ".join)
def test_no_option_of_tsp_is_unknown_here_nor_one_of_ours_there(
    key: tuple[str, str, str], recorded: dict[str, Any]
) -> None:
    kind, part, name = key
    theirs = {option.removeprefix("--") for option in recorded[f"{part} {name}".strip()]["options"]} - {
        "help"
    }
    ours = {option.name for option in TABLES[key] if option.is_of_tsp} - {"help"}
    assert ours <= theirs <= plugins_of_tsduck(kind)[name].keys()


@pytest.mark.parametrize("key", TABLES, ids=" ".join)
def test_an_option_takes_a_value_where_tsps_does_and_has_its_letter(
    key: tuple[str, str, str], recorded: dict[str, Any]
) -> None:
    _, part, name = key
    for option, theirs in recorded[f"{part} {name}".strip()]["options"].items():
        ours = TABLES[key].option(option.removeprefix("--"))
        if ours is not None:
            assert (ours.kind is not OptionKind.FLAG) == (theirs["value"] is not None), option
            assert ours.value_optional == theirs["value_optional"], option
            assert (f"-{ours.short}" if ours.short else None) == theirs["short"], option


def test_every_plugin_that_a_real_tsp_lists_is_known() -> None:
    log = json.loads((GOLDEN / "list-plugins.json").read_text())["log"]
    listed = {match[1] for line in log if (match := re.match(r"  (\w+) ", line))}
    known = {name for kind in ("input", "output", "processor") for name in plugins_of_tsduck(kind)}
    assert listed == known


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ("-P pcrextract --scte35", "pcrextract: option --scte35 needs TSDuck"),
        ("-P until --only-label=1", "until: option --only-label needs TSDuck"),
        ("-O file --max-size=5", "file: option --max-size needs TSDuck"),
        ("-O rist --allow=1.2.3.4 rist://a:1", "rist: option --allow needs TSDuck"),
        ("-O srt --caller=h:1 --bufferapi", "srt: option --bufferapi needs TSDuck"),
        ("-P pcrextract --scte", "pcrextract: option --scte35 needs TSDuck"),
        ("-I file -l 3 x", "file: option --label-base needs TSDuck"),
        ("-P until -Z", "until: unknown option -Z"),
        ("-P zap --bogus", "zap: unknown option --bogus"),
    ],
)
def test_a_refusal_says_whether_tsduck_would_help(words: str, reason: str) -> None:
    log = Log()
    with pytest.raises(BuildError):
        build_chain(parse_command_line(words.split()), Context(GlobalOptions(), log))
    assert log.lines == [f"* Error: {reason}"]


@pytest.mark.parametrize(
    ("option", "reason"), [("monitor", "option --monitor needs TSDuck"), ("bogus", "unknown option --bogus")]
)
def test_a_refusal_of_an_option_of_tsp_itself_says_so_too(
    option: str, reason: str, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main([f"--{option}", "-I", "null", "-O", "drop"]) == 1
    assert capfd.readouterr().err == f"* Error: tsp: {reason}\n"


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            "-P continuity --help",
            ["  -p, --pid pid[-pid] (repeatable)", "Need TSDuck: except-label, only-label"],
        ),
        ("-I file --help", ["Usage: minitsp -I file [options] …", "      --format text"]),
        ("-P aes --help", ["aes: needs TSDuck"]),
        ("--help", ["  -t, --timed-log"]),
    ],
)
def test_help_lists_the_options_that_are_built_in(
    words: str, expected: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words.split()) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in expected if line not in lines] == []
