"""The plugins and options of tsp that we use: an allow-list, checked against a real tsp's own by the tests.

Left out on purpose: fork, merge, play and the `--alarm-command` family, because they run a shell.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal

from ibe100.models.base import check_printable
from ibe100.models.errors import ProcessorError

PluginKind = Literal["-I", "-P", "-O"]

GLOBAL_OPTIONS = frozenset(
    {"--realtime", "--verbose", "--add-input-stuffing", "--initial-input-packets", "--max-input-packets"}
)

_SRT: Final = frozenset(
    {
        "--caller",
        "--listener",
        "--latency",
        "--streamid",
        "--passphrase",
        "--multiple",
        "--statistics-interval",
        "--json-line",
    }
)
PLUGIN_OPTIONS: dict[tuple[PluginKind, str], frozenset[str]] = {
    ("-I", "file"): frozenset({"--infinite", "--byte-offset"}),
    ("-I", "ip"): frozenset(
        {"--local-address", "--source", "--ssm", "--receive-timeout", "--no-reuse-port", "--buffer-size"}
    ),
    ("-I", "srt"): _SRT,
    ("-I", "rist"): frozenset(),
    ("-I", "hls"): frozenset(
        {"--receive-timeout", "--highest-bitrate", "--lowest-bitrate", "--max-bitrate", "--max-height"}
    ),
    ("-I", "http"): frozenset({"--receive-timeout"}),
    ("-P", "regulate"): frozenset({"--bitrate", "--wait-min"}),
    ("-P", "filter"): frozenset({"--negate", "--pid"}),
    ("-P", "pmt"): frozenset(
        {
            "--service",
            "--add-registration",
            "--add-pid",
            "--add-pid-registration",
            "--remove-pid",
            "--increment-version",
        }
    ),
    ("-P", "spliceinject"): frozenset(
        {
            "--service",
            "--pid",
            "--pcr-pid",
            "--pts-pid",
            "--udp",
            "--no-reuse-port",
            "--start-delay",
            "--inject-count",
        }
    ),
    ("-P", "analyze"): frozenset({"--interval", "--json-udp"}),
    ("-P", "influx"): frozenset(
        {
            "--interval",
            "--bitrate",
            "--services",
            "--type",
            "--pid",
            "--pts",
            "--pcr",
            "--tr-101-290",
            "--host-url",
            "--bucket",
            "--org",
        }
    ),
    ("-P", "splicemonitor"): frozenset(
        {
            "--splice-pid",
            "--time-pid",
            "--all-commands",
            "--timestamp",
            "--meta-base64-sections",
            "--json-udp",
        }
    ),
    ("-P", "tables"): frozenset(
        {"--psi-si", "--tid", "--all-sections", "--no-duplicate", "--ip-udp", "--no-encapsulation"}
    ),
    ("-P", "ip"): frozenset({"--packet-burst", "--rtp"}),
    ("-O", "drop"): frozenset(),
    ("-O", "file"): frozenset({"--append"}),
    ("-O", "ip"): frozenset({"--packet-burst", "--ttl", "--local-address", "--rtp"}),
    ("-O", "srt"): _SRT,
    ("-O", "rist"): frozenset(),
    ("-O", "hls"): frozenset({"--duration", "--live", "--playlist"}),
}

OWN_OPTIONS: Mapping[tuple[PluginKind, str], frozenset[str]] = {
    ("-I", "dash"): frozenset({"--receive-timeout", "--local-addresses", "--cue-tags-udp"}),
    ("-I", "hls"): frozenset({"--local-addresses", "--cue-tags-udp", "--mp4"}),
    ("-I", "http"): frozenset({"--local-addresses"}),
}
"""Options, and with dash a plugin, that only the built-in processor has."""


def option(name: str, value: object = None) -> str:
    """An option as a single token, `--name` or `--name=value`, so that no value can be taken for an option.

    Raises ProcessorError when the value holds a control character.
    """
    if value is None:
        return name
    return f"{name}={_clean(str(value))}"


def positional(value: str) -> str:
    """A positional argument: tsp reads options from `@file`, so a leading `@` is doubled."""
    value = _clean(value)
    if value.startswith("-"):
        raise ProcessorError(f"{value!r} cannot be given to tsp: it starts with a dash")
    return "@" + value if value.startswith("@") else value


def plugin(kind: PluginKind, name: str, *arguments: str) -> list[str]:
    """The tokens of one plugin; asserts that it and its options are on the allow-list."""
    own = OWN_OPTIONS.get((kind, name))
    assert own is not None or (kind, name) in PLUGIN_OPTIONS, f"{kind} {name}"
    allowed = PLUGIN_OPTIONS.get((kind, name), frozenset()) | (own or frozenset())
    for argument in arguments:
        if argument.startswith("--"):
            assert argument.partition("=")[0] in allowed, f"{kind} {name} {argument}"
    return [kind, name, *arguments]


def _clean(value: str) -> str:
    try:
        return check_printable(value)
    except ValueError as error:
        raise ProcessorError(f"{value!r} cannot be given to tsp: {error}") from error
