"""Only plugins and options of the allow-list, all of them tsp's own; and no text becomes another word."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ibe100.minitsp.command_line import expand_files, parse_command_line
from ibe100.models.errors import ProcessorError
from ibe100.models.stream_config import Engine, SrtInput, SrtMode, StreamConfig, TestPatternInput, UdpInput
from ibe100.tsduck.catalogue import GLOBAL_OPTIONS, PLUGIN_OPTIONS, PluginKind, option, plugin, positional
from ibe100.tsduck.command import build_arguments
from ibe100.tsduck.processor import Processor
from ibe100.tsduck.return_feed import ReturnPorts, build_return_arguments, watch_config
from ibe100.tsduck.source_command import source_command
from ibe100.tsduck.stream_ports import local_sockets
from places import DATA
from tsduck_cases import INPUTS, OUTPUTS, PLAN, PORTS, Case, stream

RUN_A_SHELL = {"fork", "merge", "play"}
KINDS: tuple[PluginKind, ...] = ("-I", "-P", "-O")

HOSTILE = [
    *("--infinite", "-O", "-", "--", "-P fork", "@/etc/passwd", "@@twice", "@{secret:output.passphrase}"),
    *("a\nb", "a\r\n--infinite", "a\tb", "a\x00b", "a\x7fb", "a\u2028--x", "a\x85b", "a\ud800b"),
    *(
        "it's",
        'say "x"',
        "; $(reboot) `id` && x | y > z",
        "*?[!]",
        "~nobody-of-that-name/x",
        "$HOME",
        "#!::r=x",
    ),
    *("../../x", "", " ", "a b", "\\", "=", "--x=--y", "кино", "\u202etxt.exe"),
]
texts = st.sampled_from(HOSTILE) | st.text(max_size=30)


@pytest.fixture(scope="module")
def real() -> dict[str, Any]:
    """Every option of a real tsp, by `tsp` or `-P name`."""
    path = DATA / "tsduck" / "options.json"
    if not path.is_file():
        pytest.skip(f"no recording {path}")
    commands: dict[str, Any] = json.loads(path.read_text())["commands"]
    return commands


OURS = ("@@", "@{secret:input.", "@{secret:output.", "@{secret:influx.")
"""What may begin with the sign of a file of options."""


def all_arguments() -> list[list[str]]:
    """Command lines that use every input and output kind and every optional part between them."""
    edits = replace(PLAN, filter_pids=(700,), remove_pids=(700,))
    plan = replace(edits, stuffing=(1, 8), regulate=True, leading_bytes=88)
    inputs = [build_arguments(stream(case.values), plan, PORTS) for case in INPUTS]
    outputs = [build_arguments(stream(None, case.values), plan, PORTS) for case in OUTPUTS]
    watch = watch_config(StreamConfig(name="One", return_feed=UdpInput(port=5000)))
    with_sound = build_arguments(stream(), replace(PLAN, register_pid=True), PORTS)
    listener = SrtInput(mode=SrtMode.LISTENER, port=9000)
    relay, _ = source_command(listener, PORTS.source, Processor(Engine.TSDUCK, "3.45", ()))
    paced = build_arguments(stream(TestPatternInput().model_dump()), PLAN, local_sockets(with_source=True))
    return [
        *inputs,
        *outputs,
        with_sound,
        relay,
        paced,
        build_return_arguments(watch, ReturnPorts(20001, 20002, 20003)),
    ]


def parts(argv: list[str]) -> list[tuple[str, list[str]]]:
    """`tsp` and each `-P name` with the words that follow."""
    found: list[tuple[str, list[str]]] = [("tsp", [])]
    words = iter(argv)
    for word in words:
        if word in KINDS:
            found.append((f"{word} {next(words)}", []))
        else:
            found[-1][1].append(word)
    return found


def test_the_catalogue_names_only_what_tsp_has(real: dict[str, Any]) -> None:
    assert set(real["tsp"]["options"]) >= GLOBAL_OPTIONS
    for (kind, name), options in PLUGIN_OPTIONS.items():
        assert set(real[f"{kind} {name}"]["options"]) >= options, name


def test_nothing_that_runs_a_shell_is_in_the_catalogue() -> None:
    assert not RUN_A_SHELL & {name for _, name in PLUGIN_OPTIONS}
    assert not any(name.endswith("-command") for options in PLUGIN_OPTIONS.values() for name in options)


def test_every_word_of_every_command_line_is_known_to_tsp_with_or_without_a_value(
    real: dict[str, Any],
) -> None:
    for argv in all_arguments():
        for plugin_name, words in parts(argv):
            for word in words:
                if word.startswith("-"):
                    name, equals, _ = word.partition("=")
                    takes = real[plugin_name]["options"][name]
                    has_value = takes["value"] is not None
                    assert has_value if equals else not has_value or takes["value_optional"], word


def test_the_catalogue_holds_nothing_that_is_not_used() -> None:
    used: dict[str, set[str]] = {}
    for argv in all_arguments():
        for name, words in parts(argv):
            used.setdefault(name, set()).update(w.partition("=")[0] for w in words if w.startswith("-"))
    assert used.pop("tsp") == GLOBAL_OPTIONS
    # The passphrase goes by file, where a placeholder stands.
    allowed = {
        f"{kind} {name}": set(options) - {"--passphrase"} for (kind, name), options in PLUGIN_OPTIONS.items()
    }
    assert used == allowed


@pytest.mark.parametrize(
    "call", [("-P", "fork", "reboot"), ("-P", "pmt", "--add-pidx=1"), ("-I", "file", "--fork")]
)
def test_what_is_not_in_the_catalogue_cannot_be_built(call: tuple[PluginKind, str, str]) -> None:
    with pytest.raises((AssertionError, KeyError)):
        plugin(*call)


@given(texts)
def test_a_positional_text_is_read_as_itself_or_refused(text: str) -> None:
    try:
        word = positional(text)
    except ProcessorError:
        return
    assert not word.startswith("-")
    assert expand_files([word]) == [text]


@given(texts)
def test_the_value_of_an_option_stays_in_its_word_or_is_refused(text: str) -> None:
    try:
        word = option("--streamid", text)
    except ProcessorError:
        return
    assert word == f"--streamid={text}"
    assert expand_files([word]) == [word]
    assert not any(ord(character) < 32 for character in word)


FIELDS = [
    ("input", {"kind": "file"}, "path"),
    ("input", {"kind": "udp", "port": 5000}, "host"),
    ("input", {"kind": "udp", "port": 5000}, "local_address"),
    ("input", {"kind": "udp", "port": 5000, "host": "239.1.1.1"}, "source"),
    ("input", {"kind": "srt", "port": 5000}, "host"),
    ("input", {"kind": "srt", "port": 5000, "host": "x"}, "stream_id"),
    ("input", {"kind": "srt", "port": 5000, "host": "x"}, "passphrase"),
    ("input", {"kind": "rist"}, "url"),
    ("input", {"kind": "hls"}, "url"),
    ("input", {"kind": "http"}, "url"),
    ("output", {"kind": "file"}, "path"),
    ("output", {"kind": "udp", "port": 5000}, "host"),
    ("output", {"kind": "udp", "port": 5000, "host": "x"}, "local_address"),
    ("output", {"kind": "srt", "port": 5000, "mode": "caller"}, "host"),
    ("output", {"kind": "srt", "port": 5000}, "stream_id"),
    ("output", {"kind": "rist"}, "url"),
    ("output", {"kind": "hls"}, "playlist"),
]
PREFIXES = {"url": ["http://h/", "rist://h:1/", ""], "playlist": ["/x", ""], "path": ["", "/"]}


@pytest.mark.parametrize(("side", "values", "field"), FIELDS, ids=lambda value: str(value)[:40])
@given(data=st.data())
def test_no_text_of_a_stream_becomes_another_word(
    side: str, values: dict[str, Any], field: str, data: st.DataObject
) -> None:
    prefix = data.draw(st.sampled_from(PREFIXES.get(field, [""])))
    suffix = ".m3u8" if field == "playlist" else ""
    text = prefix + data.draw(texts) + suffix
    fields = {"name": "x", "input": {"kind": "udp", "port": 1}, side: {**values, field: text}}
    try:
        config = StreamConfig.model_validate(fields)
    except ValidationError:
        return
    argv = build_arguments(config, PLAN, PORTS)
    watching = ["analyze", "influx", "splicemonitor", "ip", "ip", "ip"]
    plugins = ["ip", "splicemonitor", "pmt", "spliceinject", *watching]
    kind = getattr(config, side).kind
    name = {"udp": "ip"}.get(kind, kind)
    read = parse_command_line([word for word in argv if not word.startswith("@{secret:")])
    assert [call.name for call in read.processors] == plugins
    assert (read.input.name if side == "input" else read.output.name) == name
    for part, words in parts(argv):
        for word in words:
            if word.startswith("-"):
                known = GLOBAL_OPTIONS if part == "tsp" else PLUGIN_OPTIONS[tuple(part.split())]  # type: ignore[index]
                assert word.partition("=")[0] in known
            assert word.startswith(OURS) or not word.startswith("@")
            assert not any(ord(character) < 32 for character in word)


@pytest.mark.parametrize("case", [*INPUTS, *OUTPUTS], ids=str)
def test_the_words_of_each_case_are_split_as_they_were_meant(case: Case) -> None:
    words = [word for word in case.words if not word.startswith("@{secret:")]
    read = parse_command_line(words)
    call = read.input if case in INPUTS else read.output
    assert (call.name, list(call.tokens)) == (words[1], words[2:])
