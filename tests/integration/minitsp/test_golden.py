"""minitsp runs the command lines recorded from a real tsp 3.45 and answers alike."""

import json
import re
import threading
from contextlib import suppress
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Any

import pytest

from independent_parser import parse_file
from loopback import free_port
from minitsp_rig import (
    GOLDEN,
    MEDIA,
    Finished,
    finish,
    is_bound,
    nothing_more,
    port_of,
    receive_texts,
    recording,
    run,
    running,
    send,
    udp_receiver,
    wait_for,
    without_times,
)
from places import DATA

SAME_TO_THE_LETTER = [
    "error-missing-file",
    "error-not-a-ts",
    "error-remap-conflict",
    "error-service-not-found",
    "error-splice-no-pid",
    "error-splice-pid-conflict",
    "error-udp-receive-timeout",
    "error-udp-unicast-address-refused",
    "error-unknown-option",
    "error-unknown-plugin",
]
PACKETS_OF_CAPTURES = ["continuity-loop-seam", "splicemonitor-existing-cues-json-line"]
"""To the letter too, and the letters tell where in the capture a packet is."""
FAILED_WITH_STATUS_0 = {
    "error-remap-conflict",
    "error-service-not-found",
    "error-splice-no-pid",
    "error-splice-pid-conflict",
}
"""What tsp ends with 0 although it failed, minitsp ends with 1: our one deliberate difference."""
NEEDS_TIME_BEFORE_THE_CUE = "live-past-pts-dropped"
LIVE = [
    "live-bad-xml-by-udp",
    "live-binary-section-by-udp",
    "live-cancel-does-not-dequeue",
    "live-heartbeat-splice-null",
    "live-immediate-out-in",
    "live-no-stuffing-cue-never-airs",
    "live-past-pts-dropped",
    "live-preroll-out",
    "live-time-signal-segmentation",
]

ELSEWHERE = {
    "error-hls-unreachable": "test_edges_web.py",
    "error-srt-caller-refused": "test_edges_reliable.py",
    "live-analyze-json-line-dvb": "test_golden_telemetry.py",
    "live-analyze-json-udp": "test_golden_telemetry.py",
    "live-bitrate-continuity-json-line": "test_golden_telemetry.py",
    "live-influx-tr-101-290": "test_golden_telemetry.py",
    "live-pcrextract-pts-log": "test_golden_telemetry.py",
}
HERE = {"end-of-file", "list-plugins", "stop-by-sigint", "stop-by-sigterm", "version"}


def test_no_recording_is_left_out() -> None:
    everywhere = [*SAME_TO_THE_LETTER, *PACKETS_OF_CAPTURES, *LIVE, *ELSEWHERE, *HERE]
    assert sorted(everywhere) == sorted(path.stem for path in GOLDEN.glob("*.json"))
    for name, file in ELSEWHERE.items():
        assert f'recording("{name}")' in (Path(__file__).parent / file).read_text()


@pytest.mark.parametrize("name", SAME_TO_THE_LETTER)
def test_exit_code_and_log_are_those_of_tsp(name: str) -> None:
    golden = recording(name)
    argv = [_own_port(token) for token in golden["argv"][1:]]
    done = run(*argv)
    assert done.exit_code == (1 if name in FAILED_WITH_STATUS_0 else golden["rc"])
    assert [line.replace(argv[2], golden["argv"][3]) for line in done.log] == golden["log"]


@pytest.mark.parametrize("name", PACKETS_OF_CAPTURES)
def test_log_of_a_capture_is_that_of_tsp(name: str, captures: Path) -> None:
    golden = recording(name)
    done = run(*golden["argv"][1:], folder=captures)
    assert (done.exit_code, done.log) == (golden["rc"], golden["log"])


def _own_port(token: str) -> str:
    """The recorded ports, but for the address that is refused, replaced by a free one; our own JSON file."""
    if token == "../scte35/vectors.json":
        return str(DATA / "scte35" / "vectors.json")
    if token in ("15590", "--udp=127.0.0.1:15504"):
        return token.replace("15590", "15504").replace("15504", str(free_port()))
    return token


@pytest.mark.parametrize("to_file", [True, False])
def test_cues_are_written_as_one_json_document(to_file: bool, tmp_path: Path) -> None:
    target = tmp_path / "cues.json"
    where = [f"--output-file={target}"] if to_file else []
    monitor = ["-P", "splicemonitor", "--all-commands", "--meta-base64-sections", "--json", *where]
    done = run("-I", "file", "ott_with_scte35.ts", *monitor, "-O", "drop")
    assert (done.exit_code, done.log) == (0, [])
    lines = recording("splicemonitor-existing-cues-json-line")["log"]
    expected = [json.loads(line.removeprefix("* splicemonitor: SPLICE:")) for line in lines]
    written = json.loads(target.read_text() if to_file else done.stdout)
    for event in (*written, *expected):
        for of_the_capture in ("packet-index", "pre-roll-ms"):
            event.pop(of_the_capture, None)
    assert written == expected


def test_a_file_is_played_in_real_time_to_its_end_with_the_lines_of_tsp() -> None:
    golden = recording("end-of-file")
    short = [token.replace("sat_no_sdt.ts", "dvb_hd_service.ts") for token in golden["argv"][1:]]
    done = run(*short)
    assert done.exit_code == golden["rc"]
    assert [without_times(line) for line in done.log] == [without_times(line) for line in golden["log"]]


@pytest.mark.parametrize(("name", "bitrate"), [("sat_no_sdt", 1_213_134), ("ott_with_scte35", 242_478)])
def test_the_first_bitrate_of_a_capture_is_that_of_tsp(name: str, bitrate: int, captures: Path) -> None:
    assert _first_bitrate_bps(captures / f"{name}.ts") == pytest.approx(bitrate, rel=0.001)


@pytest.mark.parametrize(("name", "pcr_pid"), [("sat_no_sdt", 101), ("ott_with_scte35", 256)])
def test_the_first_bitrate_is_that_of_the_pcr(name: str, pcr_pid: int) -> None:
    path = MEDIA / f"{name}.ts"
    expected = parse_file(path).bitrate_bps(pcr_pid)
    assert _first_bitrate_bps(path) == pytest.approx(expected, rel=0.001)


def _first_bitrate_bps(path: Path) -> int:
    log = run("--verbose", "-I", "file", path, "-O", "drop").log
    return int(log[0].removeprefix("* file: initial input bitrate is ").removesuffix(" b/s").replace(",", ""))


@pytest.mark.parametrize(("name", "number"), [("stop-by-sigint", SIGINT), ("stop-by-sigterm", SIGTERM)])
def test_a_signal_ends_the_stream_with_the_line_of_tsp(name: str, number: int) -> None:
    golden = recording(name)
    with running(*golden["argv"][1:]) as process:
        wait_for(lambda: _has_open(process.pid, "ott_with_scte35.ts"), "the stream to begin")
        done = finish(process, number)
    assert done.exit_code == golden["rc"]
    assert [without_times(line) for line in done.log] == [without_times(line) for line in golden["log"]]


def _has_open(pid: int, name: str) -> bool:
    """Whether a process reads this file (Linux)."""
    for link in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):  # closed meanwhile
            if link.readlink().name == name:
                return True
    return False


def test_version_and_list_of_plugins_have_the_shape_of_tsp() -> None:
    """On standard output, where it is asked for; of the plugins those that are built in, by tsp's names."""
    version, listed = (run(*recording(name)["argv"][1:]) for name in ("version", "list-plugins"))
    assert (version.exit_code, listed.exit_code) == (0, 0)
    assert re.fullmatch(rb"minitsp: .+ - version [\d.]+\n", version.stdout)
    theirs, ours = recording("list-plugins")["log"], listed.stdout.decode().splitlines()
    assert [line for line in ours if line.startswith("List of")] == [
        line for line in theirs if line.startswith("List of")
    ]
    names, known = ({line.split()[0] for line in log if " .." in line} for log in (ours, theirs))
    assert names - {"dash"} <= known  # ours: playlists of DASH, for return feeds
    assert all(re.fullmatch(r"  \w+ \.{2,} .+", line) for line in ours if " .." in line)


def test_live_recordings_give_the_same_datagrams_and_log() -> None:
    """All at once, as each takes its real time; what is compared: every datagram and line, times blanked."""
    failures: dict[str, str] = {}

    def check(name: str) -> None:
        try:
            _replay(recording(name))
        except (AssertionError, OSError) as error:
            failures[name] = str(error) or repr(error)

    threads = [threading.Thread(target=check, args=(name,)) for name in LIVE]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures, "\n".join(f"{name}: {text}" for name, text in failures.items())


def _replay(golden: dict[str, Any]) -> None:
    cue_port = free_port()
    with udp_receiver() as receiver:
        ports = {"15504": str(cue_port), "15501": str(port_of(receiver))}
        argv = [_with_ports(token, ports) for token in golden["argv"][1:]]
        if "--verbose" not in argv:
            argv.insert(0, "--verbose")
        expected = [without_times(text) for _, text in golden["udp"].get("15501", [])]
        with running(*argv) as process:
            wait_for(lambda: is_bound(cue_port), "the cue port")
            for number, cue in enumerate(golden["sends"]):
                _let_the_stream_run(golden["name"], cue["at"] if number == 0 else 0.3)
                send(_datagram(cue["data"]), cue_port)
            received = receive_texts(receiver, len(expected))
            if not expected:
                _let_the_stream_run(NEEDS_TIME_BEFORE_THE_CUE, 0.5)
            done = finish(process)
        assert [without_times(text) for text in received] == expected
        assert golden["name"] == "live-heartbeat-splice-null" or nothing_more(receiver)
    assert done.exit_code == golden["rc"]
    _same_lines(golden, done)


def _let_the_stream_run(name: str, seconds: float) -> None:
    """Most cues may come at any time; only one that must be late needs the stream to have run."""
    if name == NEEDS_TIME_BEFORE_THE_CUE or seconds < 1:
        threading.Event().wait(seconds)


def _same_lines(golden: dict[str, Any], done: Finished) -> None:
    """The recorded log lines; errors by plugin alone, as two XML parsers say it in different words."""
    log = [without_times(line) for line in done.log]
    assert all(line.startswith("* TIME - ") for line in log)
    errors = [line for line in log if "Error: " in line]
    assert [line.split(":")[1] for line in errors] == [
        line.split("Error:")[1].split(":")[0] for line in golden["log"] if "Error: " in line
    ]
    for line in golden["log"]:
        if "Error: " not in line:
            assert without_times(line) in log


def _with_ports(token: str, ports: dict[str, str]) -> str:
    for recorded, own in ports.items():
        token = token.replace(recorded, own)
    return token


def _datagram(data: str) -> bytes:
    return bytes.fromhex(data) if data.startswith("fc") else data.encode()
