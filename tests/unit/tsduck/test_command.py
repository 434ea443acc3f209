"""The command line, whole: every input, every output, what is done with cues that are there already."""

import shlex
from dataclasses import replace
from pathlib import Path

import pytest

from ibe100.models.stream_config import LIVE_INPUTS, Engine, ExistingCues
from ibe100.mpegts.stream_report import StreamReport
from ibe100.runner.spec import INFLUX_TOKEN
from ibe100.tsduck.command import build_arguments
from ibe100.tsduck.edges import secrets_of, shell_command
from ibe100.tsduck.packet_collector import PacketCollector
from ibe100.tsduck.plan import plan_stream
from ibe100.tsduck.processor import BUILTIN, Processor
from ibe100.tsduck.source_command import SWITCH, source_command
from ibe100.tsduck.srt_link import is_relayed
from tsduck_cases import INPUTS, OUTPUTS, PASSPHRASE, PLAN, PORTS, Case, cues, stream

PMT = [
    *("-P", "pmt", "--service=1", "--add-registration=0x43554549", "--add-pid=500/0x86"),
    "--increment-version",
]
SPLICEINJECT = [
    *("-P", "spliceinject", "--service=1", "--pid=500", "--pcr-pid=256", "--pts-pid=256"),
    *("--udp=127.0.0.1:20001", "--no-reuse-port"),
    *("--start-delay=6000", "--inject-count=1"),
]
ANALYZE = ["-P", "analyze", "--interval=1", "--json-udp=127.0.0.1:20004"]
INFLUX_START = ["-P", "influx", "--interval=1", "--bitrate", "--services", "--type"]
INFLUX_END = [
    *("--pts", "--pcr", "--tr-101-290", "--host-url=http://127.0.0.1:20003"),
    *("--bucket=ibe100", "--org=ibe100", "@{secret:influx.token}"),
]
INFLUX = [*INFLUX_START, "--pid=256", *INFLUX_END]
SPLICEMONITOR = [
    *("-P", "splicemonitor", "--splice-pid=500", "--time-pid=256", "--all-commands", "--timestamp"),
    *("--meta-base64-sections", "--json-udp=127.0.0.1:20002"),
]
NUMBERED, SLOW_NUMBERED = (["-P", "ip", "--rtp", f"--packet-burst={burst}"] for burst in (128, 8))
"""Twenty a second at 0.24 Mb/s."""
MONITOR = [
    *("-P", "splicemonitor", "--all-commands", "--timestamp", "--meta-base64-sections"),
    "--json-udp=127.0.0.1:20007",
]
INPUT_MONITOR = [*NUMBERED, "127.0.0.1:20010", *MONITOR]
SLOW_INPUT_MONITOR = [*SLOW_NUMBERED, "127.0.0.1:20010", *MONITOR]
TAP = ["-P", "ip", "--packet-burst=28", "127.0.0.1:20006"]
PULSE = [*NUMBERED, "127.0.0.1:20009", *NUMBERED, "127.0.0.1:20008"]
SLOW_PULSE = [*SLOW_NUMBERED, "127.0.0.1:20009", *SLOW_NUMBERED, "127.0.0.1:20008"]
"""Copies for the recorder and the runner."""
WATCH = [*ANALYZE, *INFLUX, *SPLICEMONITOR, *TAP, *PULSE]
SLOW_WATCH = [*ANALYZE, *INFLUX, *SPLICEMONITOR, *TAP, *SLOW_PULSE]
LIVE = ["--initial-input-packets=28", "--max-input-packets=28"]
UDP = ["-I", "ip", "--receive-timeout=5000", "--buffer-size=8388608", "--no-reuse-port", "5000"]
DROP = ["-O", "drop"]


@pytest.fixture
def ott(media: Path) -> StreamReport:
    """242 kb/s, VBR without null packets, SCTE 35 on 0x03E9, no CUEI."""
    collector = PacketCollector("ott")
    collector.feed((media / "ott_with_scte35.ts").read_bytes())
    return collector.report()


@pytest.mark.parametrize("case", INPUTS, ids=str)
def test_every_input_becomes_these_words(case: Case) -> None:
    argv = build_arguments(stream(case.values), PLAN, PORTS)
    live = LIVE if case.values["kind"] not in ("file", "hls", "http") else []
    assert argv == [
        "--realtime",
        "--verbose",
        *live,
        *case.words,
        *INPUT_MONITOR,
        *PMT,
        *SPLICEINJECT,
        *WATCH,
        *DROP,
    ]


def test_a_file_is_read_from_its_first_packet_on() -> None:
    """tsp refuses one that begins within a packet."""
    source = {"kind": "file", "path": "/media/a.ts"}
    argv = build_arguments(stream(source), replace(PLAN, leading_bytes=88), PORTS)
    assert argv[2:6] == ["-I", "file", "--infinite", "--byte-offset=88"]


@pytest.mark.parametrize(
    "source", [case.values for case in INPUTS if case.values["kind"] in ("udp", "test_pattern")], ids=str
)
def test_the_built_in_processor_waits_for_packets_without_end(source: dict[str, object]) -> None:
    argv = build_arguments(stream(source), PLAN, PORTS, Engine.BUILTIN)
    as_tsp = build_arguments(stream(source), PLAN, PORTS, Engine.TSDUCK)
    assert argv == [word for word in as_tsp if not word.startswith("--receive-timeout=")] != as_tsp


@pytest.mark.parametrize("case", OUTPUTS, ids=str)
def test_every_output_becomes_these_words(case: Case) -> None:
    argv = build_arguments(stream(None, case.values), PLAN, PORTS)
    assert argv == [
        "--realtime",
        "--verbose",
        *LIVE,
        *UDP,
        *INPUT_MONITOR,
        *PMT,
        *SPLICEINJECT,
        *WATCH,
        *case.words,
    ]


def test_cues_that_are_there_pass_beside_ours(ott: StreamReport) -> None:
    config = stream(scte35=cues(ExistingCues.PASS_THROUGH))
    argv = build_arguments(config, plan_stream(config, ott), PORTS)
    stuffing = "--add-input-stuffing=1/8"
    assert argv == [
        "--realtime",
        "--verbose",
        *LIVE,
        stuffing,
        *UDP,
        *SLOW_INPUT_MONITOR,
        *PMT,
        *SPLICEINJECT,
        *(ANALYZE + INFLUX + SPLICEMONITOR),
        *(word.replace("--splice-pid=500", "--splice-pid=1001") for word in SPLICEMONITOR),
        *(TAP + SLOW_PULSE + DROP),
    ]


def test_cues_that_are_there_are_replaced_by_ours_on_another_pid(ott: StreamReport) -> None:
    config = stream(scte35=cues(ExistingCues.REPLACE))
    assert build_arguments(config, plan_stream(config, ott), PORTS) == [
        *("--realtime", "--verbose", *LIVE, "--add-input-stuffing=1/8", *UDP, *SLOW_INPUT_MONITOR),
        *("-P", "filter", "--negate", "--pid=1001"),
        *(*PMT[:-1], "--remove-pid=1001", PMT[-1], *SPLICEINJECT, *SLOW_WATCH, *DROP),
    ]


def test_cues_that_are_there_are_replaced_on_their_own_pid(ott: StreamReport) -> None:
    config = stream(scte35=cues(ExistingCues.REPLACE, pid=1001))
    assert build_arguments(config, plan_stream(config, ott), PORTS) == [
        *("--realtime", "--verbose", *LIVE, "--add-input-stuffing=1/8", *UDP, *SLOW_INPUT_MONITOR),
        *("-P", "filter", "--negate", "--pid=1001"),
        *("-P", "pmt", "--service=1", "--add-registration=0x43554549", "--increment-version"),
        *(word.replace("--pid=500", "--pid=1001") for word in SPLICEINJECT),
        *(ANALYZE + INFLUX),
        *(word.replace("--splice-pid=500", "--splice-pid=1001") for word in SPLICEMONITOR),
        *(TAP + SLOW_PULSE + DROP),
    ]


@pytest.mark.parametrize("engine", [Engine.TSDUCK, Engine.BUILTIN])
def test_tsp_sends_a_copy_of_a_live_input_all_the_time_and_of_no_other(engine: Engine) -> None:
    """The built-in processor goes on without a gap, and sends it only while the input is passed on."""
    copy, ports = "127.0.0.1:20011", replace(PORTS, look=20011)
    for case in INPUTS:
        config = stream(case.values)
        is_sent = copy in build_arguments(config, PLAN, ports, engine)
        assert is_sent is (engine is Engine.TSDUCK and isinstance(config.input, LIVE_INPUTS))


def test_a_pmt_that_needs_no_change_is_left_alone() -> None:
    argv = build_arguments(stream(), replace(PLAN, add_splice_pid=False, add_registration=False), PORTS)
    assert argv == ["--realtime", "--verbose", *LIVE, *UDP, *INPUT_MONITOR, *SPLICEINJECT, *WATCH, *DROP]


def test_without_pcr_and_pts_no_clock_is_named() -> None:
    config = stream()
    plan = replace(PLAN, pcr_pid=None, time_pid=None)
    assert build_arguments(config, plan, PORTS) == [
        *("--realtime", "--verbose", *LIVE, *UDP, *INPUT_MONITOR, *PMT),
        *(word for word in SPLICEINJECT if not word.startswith(("--pcr-pid", "--pts-pid"))),
        *(*ANALYZE, *INFLUX_START, *INFLUX_END),
        *(word for word in SPLICEMONITOR if not word.startswith("--time-pid")),
        *(TAP + PULSE + DROP),
    ]


def test_pcr_and_pts_on_two_pids_are_both_measured() -> None:
    argv = build_arguments(stream(), replace(PLAN, pcr_pid=300, regulate=True), PORTS)
    assert argv == [
        *("--realtime", "--verbose", *LIVE, *UDP, "-P", "regulate", *INPUT_MONITOR, *PMT),
        *(word.replace("--pcr-pid=256", "--pcr-pid=300") for word in SPLICEINJECT),
        *(*ANALYZE, *INFLUX_START, "--pid=256", "--pid=300", *INFLUX_END, *SPLICEMONITOR),
        *(*TAP, *PULSE, *DROP),
    ]


@pytest.mark.parametrize("case", [*INPUTS, *OUTPUTS], ids=str)
def test_each_placeholder_has_its_secret_and_each_secret_its_placeholder(case: Case) -> None:
    config = stream(case.values, None) if case in INPUTS else stream(None, case.values)
    argv = build_arguments(config, PLAN, PORTS)
    placeholders = {token for token in argv if token.startswith("@{secret:")}
    names = {*secrets_of(config), INFLUX_TOKEN}  # the runner makes the token itself
    assert placeholders == {f"@{{secret:{name}}}" for name in names}


def test_srt_callers_are_received_by_a_command_of_its_own() -> None:
    values = {"kind": "srt", "mode": "listener", "port": 9000, "passphrase": PASSPHRASE}
    source = stream(values).input
    assert is_relayed(source)
    argv, _ = source_command(source, PORTS.source, Processor(Engine.TSDUCK, "3.45", ("tsp",)))
    assert argv == [
        "tsp",
        *("--realtime", "--verbose", *LIVE, "-I", "srt", "--listener=9000", "--latency=2000"),
        *("@{secret:input.passphrase}", "--multiple", "--statistics-interval=150"),
        *("--json-line=srt-statistics:input:", "-O", "ip", "--packet-burst=7", "127.0.0.1:20005"),
    ]
    assert secrets_of(stream(values)) == {"input.passphrase": f"--passphrase={PASSPHRASE}\n"}


def test_a_call_of_our_own_is_made_by_the_processor_itself() -> None:
    assert not is_relayed(stream({"kind": "srt", "mode": "caller", "host": "localhost", "port": 9000}).input)
    assert not is_relayed(stream({"kind": "udp", "port": 9000}).input)


@pytest.mark.parametrize("case", [*INPUTS, *OUTPUTS], ids=str)
def test_no_secret_is_in_the_command_or_in_what_is_pasted(case: Case) -> None:
    config = stream(case.values, None) if case in INPUTS else stream(None, case.values)
    argv = build_arguments(config, PLAN, PORTS)
    shown = shell_command(["tsp", *argv])
    for secret in (PASSPHRASE, "x" * 20, "abcdef", "hunter22"):
        assert secret not in "\n".join(argv)
        assert secret not in shown
        assert secret not in repr(config)


def test_secrets_are_one_option_or_argument_a_line() -> None:
    caller = next(case for case in OUTPUTS if case.name == "srt caller")
    token = next(case for case in INPUTS if case.name == "hls with a token")
    assert secrets_of(stream(token.values, caller.values)) == {
        "input.url": "https://cdn.example.com/live/index.m3u8?token=abcdef\n",
        "output.passphrase": f"--passphrase={PASSPHRASE}\n",
    }


@pytest.mark.parametrize("case", [*INPUTS, *OUTPUTS], ids=str)
def test_the_command_survives_a_shell(case: Case) -> None:
    config = stream(case.values, None) if case in INPUTS else stream(None, case.values)
    argv = ["/opt/my tsp", *build_arguments(config, PLAN, PORTS)]
    pasted = shlex.split(shell_command(argv))
    masks = {"input.url": "********", "input.passphrase": "--passphrase=********"}
    masks |= {"output.url": "********", "output.passphrase": "--passphrase=********"}
    masks["influx.token"] = "--token=********"
    assert pasted == [masks.get(token.removeprefix("@{secret:").removesuffix("}"), token) for token in argv]


def test_several_inputs_are_received_by_a_switch_beside_either_processor() -> None:
    srt = {"kind": "srt", "mode": "listener", "port": 9000, "passphrase": PASSPHRASE}
    inputs = [{"kind": "udp", "port": 5000}, srt, {"kind": "file", "path": "/media/slate.ts"}]
    values = {"kind": "switched", "inputs": inputs, "least_bitrate_bps": 1_000_000}
    config = stream(values)
    assert is_relayed(config.input)
    argv, environment = source_command(config.input, PORTS.source, Processor(Engine.TSDUCK, "3.45", ("tsp",)))
    assert argv == [
        *SWITCH,
        *("--verbose", "--fast-switch", "--receive-timeout=300", "--primary-input=0", "--return-after=10000"),
        *("--least-bitrate=1000000", "-I", "ip", "--buffer-size=8388608", "--no-reuse-port", "5000"),
        *("-I", "srt", "--listener=9000", "--latency=2000", "@{secret:input.inputs.1.passphrase}"),
        *("--multiple", "-I", "file", "--infinite", "/media/slate.ts"),
        *("-O", "ip", "--packet-burst=7", "127.0.0.1:20005"),
    ]
    assert "PYTHONPATH" in environment
    assert secrets_of(config) == {"input.inputs.1.passphrase": f"--passphrase={PASSPHRASE}\n"}
    assert PASSPHRASE not in shell_command(argv)
    processor = build_arguments(config, PLAN, PORTS)
    assert processor[processor.index("-I") :][:3] == ["-I", "ip", "--local-address=127.0.0.1"]


def test_without_a_way_back_by_itself_there_is_no_primary_input() -> None:
    inputs = [{"kind": "udp", "port": 5000}, {"kind": "udp", "port": 5002}]
    config = stream({"kind": "switched", "inputs": inputs, "returns": "by_hand"})
    argv, _ = source_command(config.input, "source.sock", BUILTIN)
    assert not [word for word in argv if word.startswith(("--primary-input", "--return-after"))]
    assert argv[-1] == "unix:source.sock"
