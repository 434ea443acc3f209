"""The command line is cut into global options and plugins as tsp cuts it."""

from pathlib import Path

import pytest

from ibe100.minitsp.chain.options import OptionError
from ibe100.minitsp.command_line import PluginCall, expand_files, global_options, parse_command_line


def test_every_part_gets_its_words() -> None:
    first = ["--realtime", "-a", "1/20", "-I", "file", "--infinite", "x.ts"]
    argv = [*first, "-P", "regulate", "-P", "pmt", "--service", "1", "-O", "ip", "h:1"]
    line = parse_command_line(argv)
    assert line.input == PluginCall("file", ("--infinite", "x.ts"))
    assert line.processors == (PluginCall("regulate", ()), PluginCall("pmt", ("--service", "1")))
    assert line.output == PluginCall("ip", ("h:1",))
    options = global_options(line.tsp)
    assert options.realtime
    assert (options.stuffing_nulls, options.stuffing_inputs) == (1, 20)


def test_standard_input_and_output_are_the_default() -> None:
    line = parse_command_line(["-P", "regulate"])
    assert line.input == line.output == PluginCall("file", ())


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["-I"], "missing plugin name after -I"),
        (["-I", "file", "-I", "ip"], "more than one -I"),
        (["--bogus"], "unknown option --bogus"),
        (["-a", "1/0"], "invalid value 1/0 for option --add-input-stuffing"),
        (["@/nowhere/options"], "cannot read options from /nowhere/options"),
    ],
)
def test_a_wrong_line_is_refused(argv: list[str], message: str) -> None:
    with pytest.raises(OptionError, match=message):
        global_options(parse_command_line(argv).tsp)


def test_options_are_read_from_a_file_one_a_line(tmp_path: Path) -> None:
    options = tmp_path / "secret"
    options.write_text("--passphrase=with spaces @and more\n\n--latency=2000\n")
    assert expand_files(["a", f"@{options}", "b"]) == [
        "a",
        "--passphrase=with spaces @and more",
        "--latency=2000",
        "b",
    ]


def test_a_doubled_at_sign_is_a_literal_one() -> None:
    assert expand_files(["@@file.ts", "@"]) == ["@file.ts", "@"]
