"""minitsp and a real tsp given the same command line: the same packets, the same log, to the byte.

On the media beside the project and on streams made by ffmpeg: H.264, HEVC, MPEG-2, AAC, AC-3 and MPEG audio,
at constant and at variable bitrate, with one service and with twelve.
"""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import imageio_ffmpeg
import numpy as np
import pytest
from minitsp_rig import MEDIA, MINITSP, free_port, is_bound, send, wait_for

from ibe100.mpegts.packet import pids
from ibe100.mpegts.psi import SectionAssembler
from ibe100.scte35.section import encode
from ibe100.scte35.values import SpliceInfoSection, SpliceInsert, SpliceTime

pytestmark = pytest.mark.tsduck

READ_WRONGLY: Final = {
    "hevc_ac3_vbr": "HEVC video (320x192, main 10",  # the conformance window cuts it to 320x180, in 8 bits
    "sat_no_sdt": "Audio layer 0",  # ADTS under the stream_type of MPEG-2 audio
}
FIRST_PTS: Final = 132_000
GRID: Final = 21
TWELVE: Final = range(1, 13)
PICTURE: Final = ("-f", "lavfi", "-i", "testsrc2=s=320x180:r=25", "-f", "lavfi", "-i", "sine=440:r=48000")
MADE: Final[dict[str, tuple[str, ...]]] = {
    "h264_aac_cbr": (
        *("-c:v", "libx264", "-preset", "ultrafast", "-g", "12", "-bf", "2", "-b:v", "400k"),
        *("-c:a", "aac", "-muxrate", "800k", "-metadata", "service_name=One"),
    ),
    "hevc_ac3_vbr": (
        *("-c:v", "libx265", "-preset", "ultrafast", "-x265-params", "log-level=none"),
        *("-c:a", "ac3", "-ac", "2"),
    ),
    "mpeg2_mp2_cbr": (
        *("-c:v", "mpeg2video", "-b:v", "1M", "-c:a", "mp2", "-metadata:s:a:0", "language=fra"),
        *("-muxrate", "2M"),
    ),
    "twelve_cbr": ("-c:v", "mpeg2video", "-b:v", "100k", "-c:a", "mp2", "-b:a", "64k", "-muxrate", "5M"),
    "twelve_vbr": ("-c:v", "mpeg2video", "-b:v", "100k", "-c:a", "mp2", "-b:a", "64k"),
}
STREAMS: Final = (*MADE, "dvb_hd_service", "ott_with_scte35", "sat_no_sdt")
COMMANDS: Final = (
    "continuity",
    "filter --pid 256 --pid 0",
    "pcrbitrate --min-pcr 10",
    "pcrbitrate --dts --min-pcr 10",
    "pcrextract --output-file {csv}",
    "pcrextract --log --pts --good-pts-only --pid 256",
    "pcrverify --bitrate 2000000 --pid 256",
    "pmt --add-pid 500/0x86 --add-registration 0x43554549",
    "pmt --service 1 --remove-pid 257 --increment-version",
    "remap 0x101=0x100",
    "remap 256=600 257=601 0x1000=0x700",
    "remap --no-psi 256=600",
    "remap --single 256-258=700",
    "sdt --create --service-id 1 --name Created",
    "sdt --remove-service 1 --new-version 9",
    "sdt --service-id 1 --name Bonjour --provider Été",
    "svrename --name Nom --ignore-nit",
    "svrename --name Ж --id 500 --ignore-eit 1",
    "svrename --name Nom Service1",
    "tables --log-json-line=T: --psi-si",
    "tables --log-json-line=T: --pid 0 --pid 0x1000-0x1010 --meta-base64-sections --meta-sections",
    "until --null-sequence-count 3",
    "until --packets 100",
    "until --seconds 1 --pcr-based",
    "until --unit-start-count 7 --exclude-last",
    "zap 1 --ignore-absent",
    "zap 1 2 3 --pes-only --ignore-absent",
    "zap 257 --stuffing --ignore-absent",
    "zap 99",
    "zap Service3 --ignore-absent",
)


@pytest.fixture(scope="module")
def streams(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Every stream by name; those of ffmpeg are made once, of three seconds."""
    folder = tmp_path_factory.mktemp("streams")
    paths = {name: MEDIA / f"{name}.ts" for name in STREAMS}
    for name, options in MADE.items():
        paths[name] = folder / f"{name}.ts"
        services: list[str] = []
        if name.startswith("twelve"):
            for number in TWELVE:
                pair = f"st={2 * number - 2}:st={2 * number - 1}"
                services += ["-map", "0:v", "-map", "1:a"]
                services += ["-program", f"title=Service{number}:program_num={number}:{pair}"]
        command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", *PICTURE, *services, *options]
        subprocess.run([*command, "-t", "3", "-f", "mpegts", paths[name]], check=True, timeout=60)
    return paths


@pytest.mark.parametrize(("number", "command"), [*enumerate(COMMANDS)])
def test_packets_and_log_are_those_of_tsp(
    number: int, command: str, streams: dict[str, Path], tmp_path: Path
) -> None:
    """Each command on three streams in turn, so that every stream has its share of the commands."""
    for name in (STREAMS[(number + step) % len(STREAMS)] for step in (0, 3, 6)):
        ours, theirs = (
            _run(program, streams[name], command, tmp_path / kind)
            for program, kind in ((MINITSP, "ours"), (["tsp"], "theirs"))
        )
        assert ours == theirs, name


def _run(program: list[str], stream: Path, command: str, target: Path) -> tuple[list[str], bytes, str]:
    """The log but for what the input says, the packets, and the CSV where the command writes one."""
    csv, out = target.with_suffix(".csv"), target.with_suffix(".ts")
    out.unlink(missing_ok=True)
    words = command.format(csv=csv).split()
    done = subprocess.run(
        [*program, "--verbose", "-I", "file", stream, "-P", *words, "-O", "file", out],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    log = [line for line in done.stderr.splitlines() if not line.startswith("* file: ")]
    return log, out.read_bytes(), csv.read_text() if "{csv}" in command else ""


@pytest.mark.parametrize("form", ["RS204", "M2TS"])
def test_each_reads_the_files_that_the_other_wrote(form: str, tmp_path: Path) -> None:
    """RS204 is the same to the byte; of M2TS the arrival times differ, as they are those of the run."""
    source = MEDIA / "dvb_hd_service.ts"
    written = {}
    for name, writer, reader in (("ours", MINITSP, ["tsp"]), ("theirs", ["tsp"], MINITSP)):
        target, back = tmp_path / f"{name}.bin", tmp_path / f"{name}.ts"
        for program, words in (
            (writer, ["-I", "file", source, "-P", "file", f"--format={form}", target, "-O", "drop"]),
            (reader, ["-I", "file", target, "-O", "file", back]),
        ):
            subprocess.run([*program, *words], check=True, timeout=60)
        assert back.read_bytes() == source.read_bytes()
        written[name] = target.read_bytes()
    assert len(written["ours"]) == len(written["theirs"])
    if form == "RS204":
        assert written["ours"] == written["theirs"]


def test_a_cue_with_a_splice_time_is_put_in_the_same_places(tmp_path: Path) -> None:
    """Up to one null packet of --add-input-stuffing: which of them is free when the time has come."""
    cue = encode(
        SpliceInfoSection(
            SpliceInsert(
                splice_event_id=7,
                out_of_network_indicator=True,
                splice_time=SpliceTime(FIRST_PTS + 6 * 90_000),
                unique_program_id=1,
            )
        )
    )
    with ThreadPoolExecutor() as pool:
        runs = [pool.submit(_places_of_cue, program, cue, tmp_path) for program in (MINITSP, ["tsp"])]
        ours, theirs = (run.result() for run in runs)
    assert [section for _, section in ours] == [section for _, section in theirs] == [cue] * 3
    for (place, _), (their_place, _) in zip(ours, theirs, strict=True):
        assert abs(place - their_place) <= GRID


def _places_of_cue(program: list[str], cue: bytes, folder: Path) -> list[tuple[int, bytes]]:
    """(packet index, section) of what a program injects: three times, from four seconds ahead on."""
    port = free_port()
    target = folder / f"{len(program)}.ts"
    words = [
        *("--add-input-stuffing", f"1/{GRID - 1}", "-I", "file", MEDIA / "ott_with_scte35.ts"),
        *("-P", "regulate"),
        *("-P", "pmt", "--service=1", "--add-pid=500/0x86", "-P", "spliceinject", "--service=1", "--pid=500"),
        *(f"--udp=127.0.0.1:{port}", "--start-delay=4000", "--inject-count=3", "--inject-interval=1000"),
        *("-P", "until", "--pcr-based", "--seconds=7", "-O", "file", target),
    ]
    with subprocess.Popen([*program, *map(str, words)]) as process:
        wait_for(lambda: is_bound(port), "the cue port")
        send(cue, port)
        assert process.wait(60) == 0
    packets = np.fromfile(target, np.uint8).reshape(-1, 188)
    assembler = SectionAssembler()
    return [
        (row, section)
        for row in np.flatnonzero(pids(packets) == 500).tolist()
        for section in assembler.feed(packets[row].tobytes())
    ]


@pytest.mark.parametrize("name", STREAMS)
def test_an_analysis_is_that_of_tsp_but_for_what_tsp_reads_wrongly(
    name: str, streams: dict[str, Path]
) -> None:
    ours, theirs = (_analysis(program, streams[name]) for program in (MINITSP, ["tsp"]))
    if name in READ_WRONGLY:
        for one, other in zip(ours["pids"], theirs["pids"], strict=True):
            if READ_WRONGLY[name] in other["description"]:
                other["description"] = one["description"]
    assert ours == theirs


def _analysis(program: list[str], stream: Path) -> dict[str, Any]:
    """The whole JSON, without its times and the chain's bitrate, which minitsp knows sooner than tsp."""
    words = ["-I", "file", stream, "-P", "analyze", "--json-line=A:", "-O", "drop"]
    done = subprocess.run([*program, *words], capture_output=True, text=True, timeout=60, check=True)
    (line,) = done.stderr.splitlines()
    analysis: dict[str, Any] = json.loads(line.partition("A:")[2])
    del analysis["time"]
    for key in ("user-bitrate", "user-bitrate-204"):
        del analysis["ts"][key]
    return analysis
