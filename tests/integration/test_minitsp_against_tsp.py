"""minitsp and a real tsp given the same command line: the same packets, the same log, to the byte.

On the media beside the project and on streams made by ffmpeg: H.264, HEVC, MPEG-2, AAC, AC-3 and MPEG audio,
at constant and at variable bitrate, with one service and with twelve.
"""

import subprocess
from pathlib import Path
from typing import Final

import imageio_ffmpeg
import pytest
from minitsp_rig import MEDIA, MINITSP

pytestmark = pytest.mark.tsduck

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
