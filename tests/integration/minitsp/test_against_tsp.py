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

from ibe100.mpegts.constants import NULL_PID, PAT_PID
from ibe100.mpegts.elementary.codings import StreamKind, codec_of
from ibe100.mpegts.packet import payload, pids
from ibe100.mpegts.psi import Pat, Pmt
from ibe100.mpegts.section_assembler import SectionAssembler
from ibe100.mpegts.timestamps import parse_pes_timestamps, pts_add
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from loopback import free_port
from minitsp_rig import MEDIA, MINITSP, is_bound, send, wait_for

pytestmark = pytest.mark.tsduck

READ_WRONGLY: Final = {
    "hevc_ac3_vbr": "HEVC video (320x192, main 10",  # the conformance window cuts it to 320x180, in 8 bits
    "sat_no_sdt": "Audio layer 0",  # ADTS under the stream_type of MPEG-2 audio
}
CUE_PID: Final = 7000
PMT_TABLE_ID: Final = 0x02
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
LONG_ENOUGH: Final = tuple(name for name in STREAMS if name != "dvb_hd_service")
"""For a cue that is due after a second."""
COMMANDS: Final = (
    "analyze --json --deterministic --title T",
    "continuity",
    "continuity --fix",
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
    "splicemonitor --all-commands --packet-index",
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
    """The log but for what the input says, the packets, and what is printed, or the CSV if there is one."""
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
    return log, out.read_bytes(), csv.read_text() if "{csv}" in command else done.stdout


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


@pytest.mark.parametrize("stuffing", ["", "1/20"])
@pytest.mark.parametrize("name", LONG_ENOUGH)
def test_cues_with_a_splice_time_are_put_in_the_same_packets(
    name: str, stuffing: str, streams: dict[str, Path], tmp_path: Path
) -> None:
    """Two cues, three times each; of streams without null packets only those that get some."""
    packets = np.fromfile(streams[name], np.uint8).reshape(-1, 188)
    if not stuffing and not (pids(packets) == NULL_PID).any():
        pytest.skip("no null packets")
    service, first_pts = _first_service(packets)
    cues = [
        encode(splice_insert(number, True, pts_time=pts_add(first_pts, ticks)))
        for number, ticks in enumerate((2 * 90_000, 2 * 90_000 + 11_700), 1)
    ]
    with ThreadPoolExecutor() as pool:
        runs = [
            pool.submit(_places_of_cues, program, streams[name], service, stuffing, cues, tmp_path)
            for program in (MINITSP, ["tsp"])
        ]
        ours, theirs = (run.result() for run in runs)
    assert {section for _, section in ours} == {*cues}
    assert ours == theirs


def _first_service(packets: np.ndarray) -> tuple[int, int]:
    """The lowest service_id and the first PTS of its first video, or of its PCR PID."""
    tables, assemblers = [], {}
    for row in packets:
        pid = int(row[1] & 0x1F) << 8 | int(row[2])
        if pid in {PAT_PID, *(pmt_pid for _, pmt_pid in tables)}:
            for section in assemblers.setdefault(pid, SectionAssembler()).feed(row.tobytes()):
                if pid == PAT_PID:
                    tables = sorted(Pat.parse(section).programs)[:1]
                elif section[0] == PMT_TABLE_ID and Pmt.parse(section).program_number == tables[0][0]:
                    pmt = Pmt.parse(section)
                    videos = [
                        s.pid for s in pmt.streams if codec_of(s, pmt.descriptors).kind is StreamKind.VIDEO
                    ]
                    return tables[0][0], _first_pts(packets, [*videos, pmt.pcr_pid][0])
    raise AssertionError("no service")


def _first_pts(packets: np.ndarray, pid: int) -> int:
    for row in np.flatnonzero((pids(packets) == pid) & ((packets[:, 1] & 0x40) > 0)):
        pts, _ = parse_pes_timestamps(payload(packets[row].tobytes()))
        if pts is not None:
            return pts
    raise AssertionError("no PTS")


def _places_of_cues(
    program: list[str], stream: Path, service: int, stuffing: str, cues: list[bytes], folder: Path
) -> list[tuple[int, bytes]]:
    """(packet index, section) of what a program injects: three times, from a second ahead on."""
    port = free_port()
    target = folder / f"{len(program)}.ts"
    words = [
        *(["--add-input-stuffing", stuffing] if stuffing else []),
        *("-I", "file", stream, "-P", "regulate"),
        *("-P", "pmt", f"--service={service}", f"--add-pid={CUE_PID}/0x86"),
        *("-P", "spliceinject", f"--service={service}", f"--pid={CUE_PID}", f"--udp=127.0.0.1:{port}"),
        *("--start-delay=1000", "--inject-count=3", "--inject-interval=300"),
        *("-P", "until", "--pcr-based", "--seconds=3", "-O", "file", target),
    ]
    with subprocess.Popen([*program, *map(str, words)]) as process:
        wait_for(lambda: is_bound(port), "the cue port")
        send(cues[0], port)
        send(cues[1], port)
        assert process.wait(60) == 0
    packets = np.fromfile(target, np.uint8).reshape(-1, 188)
    assembler = SectionAssembler()
    return [
        (row, section)
        for row in np.flatnonzero(pids(packets) == CUE_PID).tolist()
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
