"""Makes the transport streams that tests read: ffmpeg encodes, the tables are written here byte by byte.

Kept in `.cache/streams/KEY`; the key is this file's content and ffmpeg's version, so that they are made once.
Shares no code with the product, and gives the same bytes each time on one machine.
"""

from __future__ import annotations

import base64
import fcntl
import hashlib
import subprocess
import tempfile
from collections.abc import Iterable
from pathlib import Path

import imageio_ffmpeg

from independent_parser import NULL_PID, PACKET, crc32

CUE = base64.b64decode("/DAlAAAAAAAAAAAAFAUAAAD/f+/+AA+/QP4AG3dAA+gAAAAASETwhQ==")
"""splice_insert 255: out of the network at PTS 1032000 for 20 s, with auto_return."""


def made_streams(cache: Path) -> Path:
    """The folder of the made streams below `cache`; makes what is not there yet, whoever else does so now."""
    recipe = Path(__file__).read_bytes() + imageio_ffmpeg.get_ffmpeg_version().encode()
    folder = cache / "streams" / hashlib.sha256(recipe).hexdigest()[:16]
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    with (folder.parent / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            # Renamed when all are there: whoever sees the folder sees whole streams.
            with tempfile.TemporaryDirectory(dir=folder.parent) as unfinished:
                made = Path(unfinished) / "made"
                made.mkdir()
                for make in (ott_with_scte35, dvb_hd_service, sat_no_sdt):
                    (made / f"{make.__name__}.ts").write_bytes(b"".join(make()))
                made.rename(folder)
    return folder


def ott_with_scte35() -> Iterable[bytes]:
    """80 s of 640×360p30 and AAC, a PCR each second, one cue; the PMT never counts its packets."""
    packets = encoded(
        ("640x360", 30, 80.0),
        "-g 30 -b:v 150k -maxrate 180k -bufsize 180k -profile:v high -level 3.0",
        "-x264-params 8x8dct=1:cabac=1:bframes=2:scenecut=0",
        "-c:a aac -aac_coder fast -b:a 48k",
        "-pcr_period 1000 -pat_period 0.24 -sdt_period 1.3",
    )
    streams = ((0x1B, 256, b""), (0x0F, 257, b"\x0a\x04und\0"), (0x86, 1001, b""))
    pmt = packet(4096, 0, pmt_section(1, 256, streams, version=1))
    for index, each in enumerate(packets):
        if index == 3:
            yield packet(1001, 0, CUE)
        yield pmt if pid_of(each) == 4096 else each


def dvb_hd_service() -> Iterable[bytes]:
    """1.1 s of 1920×1080i25 with three E-AC-3 sounds and two subtitles, service 257, its SDT once."""
    packets = encoded(
        ("1920x1080", 25, 1.12),
        "-map 0 -map 1 -map 1 -map 1",
        "-g 12 -b:v 6M -maxrate 6M -bufsize 3M -profile:v high -level 4.0",
        "-x264-params 8x8dct=1:cabac=1:bframes=2:tff=1 -flags:v +ildct+ilme+bitexact",
        "-c:a eac3 -b:a 128k -pcr_period 40",
        "-streamid 0:120 -streamid 1:130 -streamid 2:131 -streamid 3:132",
        "-mpegts_service_id 257 -mpegts_pmt_start_pid 110 -output_ts_offset 38602",
    )
    sounds = ((130, b"fre\0", b"\x80\xc2"), (131, b"qad\0", b"\x80\xd2"), (132, b"qaa\0", b"\x80\xc2"))
    streams = (
        (0x1B, 120, b"\x52\x01\x01"),
        *((0x06, pid, b"\x0a\x04" + language + b"\x7a\x02" + kind) for pid, language, kind in sounds),
        (0x06, 140, b"\x59\x08fra\x24\0\1\0\1"),
        (0x06, 142, b"\x59\x08fra\x14\0\1\0\1"),
    )
    name = service_descriptor(0x19, "Provider", "Channel HD")
    yield packet(17, 0, sdt_section(1, 8442, ((257, name),)))
    pmt, pmts, pictures = pmt_section(257, 120, streams, version=1), 0, 0
    for each in packets:
        pid = pid_of(each)
        if pid == 120 and each[1] & 0x40:
            pictures += 1
            if pictures % 10 == 5:
                yield subtitle_packet(140, pictures // 10, pts=38604 * 90_000 + pictures * 3600)
                yield subtitle_packet(142, pictures // 10, pts=None)
        if pid == 110:
            yield packet(110, pmts, pmt)
            pmts += 1
        elif pid != 17:
            yield each


def sat_no_sdt() -> Iterable[bytes]:
    """12 s of 1024×576p25 and AAC that the PMT calls MPEG audio; PCR_PID 0x1FFF, no SDT, PAT and PMT once."""
    packets = encoded(
        ("1024x576", 25, 12.0),
        "-map 1 -map 0",
        "-g 25 -b:v 1050k -maxrate 1050k -bufsize 500k -profile:v high -level 3.1",
        "-x264-params 8x8dct=1:cabac=1:bframes=0:scenecut=0",
        "-c:a aac -aac_coder fast -b:a 96k -pcr_period 40",
        "-streamid 0:100 -streamid 1:101 -mpegts_pmt_start_pid 99 -output_ts_offset 3883",
    )
    yield packet(0, 0, pat_section(1, ((1, 99),)))
    yield packet(99, 0, pmt_section(1, NULL_PID, ((0x04, 100, b""), (0x1B, 101, b""))))
    for each in packets:
        if pid_of(each) in (100, 101):
            yield each


def encoded(picture: tuple[str, int, float], *options: str) -> list[bytes]:
    """The packets of a moving picture (size, frames/s, seconds) in H.264 and a tone, made by ffmpeg."""
    size, rate, seconds = picture
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-threads", "1"]
    command += ["-f", "lavfi", "-i", f"testsrc2=size={size}:rate={rate}"]
    command += ["-f", "lavfi", "-i", "sine=frequency=997:sample_rate=48000", "-t", str(seconds)]
    command += ["-c:v", "libx264", "-preset", "ultrafast", "-threads", "1", "-pix_fmt", "yuv420p", "-ac", "2"]
    # Without it the version of the encoder stands in the stream.
    command += ["-fflags", "+bitexact", "-flags:a", "+bitexact", "-flags:v", "+bitexact"]
    command += [word for option in options for word in option.split()]
    data = subprocess.run([*command, "-f", "mpegts", "-"], check=True, stdout=subprocess.PIPE).stdout
    return [data[at : at + PACKET] for at in range(0, len(data), PACKET)]


def pid_of(packet: bytes) -> int:
    return (packet[1] & 0x1F) << 8 | packet[2]


def packet(pid: int, counter: int, section: bytes) -> bytes:
    """A section that fits into one packet, as one packet."""
    header = bytes((0x47, 0x40 | pid >> 8, pid & 0xFF, 0x10 | counter & 0x0F, 0))
    return (header + section).ljust(PACKET, b"\xff")


def section(table_id: int, extension: int, body: bytes, version: int = 0) -> bytes:
    """A whole section 0 of 0, with its CRC_32 (ISO 13818-1, 2.4.4)."""
    length = (0xB000 | len(body) + 9).to_bytes(2, "big")
    numbers = bytes((0xC1 | version << 1, 0, 0))
    whole = bytes((table_id,)) + length + extension.to_bytes(2, "big") + numbers + body
    return whole + crc32(whole).to_bytes(4, "big")


def pat_section(transport_stream_id: int, programs: Iterable[tuple[int, int]]) -> bytes:
    """A PAT of (program_number, PMT PID)."""
    body = b"".join(n.to_bytes(2, "big") + (0xE000 | pid).to_bytes(2, "big") for n, pid in programs)
    return section(0x00, transport_stream_id, body)


def pmt_section(
    program: int, pcr_pid: int, streams: Iterable[tuple[int, int, bytes]], version: int = 0
) -> bytes:
    """A PMT of (stream_type, PID, descriptors), without program_info."""
    body = (0xE000 | pcr_pid).to_bytes(2, "big") + b"\xf0\x00"
    for stream_type, pid, descriptors in streams:
        body += bytes((stream_type,)) + (0xE000 | pid).to_bytes(2, "big")
        body += (0xF000 | len(descriptors)).to_bytes(2, "big") + descriptors
    return section(0x02, program, body, version)


def sdt_section(transport_stream_id: int, network: int, services: Iterable[tuple[int, bytes]]) -> bytes:
    """An SDT actual of (service_id, descriptors) of running services (EN 300 468, 5.2.3)."""
    body = network.to_bytes(2, "big") + b"\xff"
    for number, descriptors in services:
        body += number.to_bytes(2, "big") + b"\xfc" + (0x8000 | len(descriptors)).to_bytes(2, "big")
        body += descriptors
    return section(0x42, transport_stream_id, body)


def service_descriptor(service_type: int, provider: str, name: str) -> bytes:
    """A service_descriptor with names in ASCII (EN 300 468, 6.2.33)."""
    text = b"".join(bytes((len(one),)) + one.encode("ascii") for one in (provider, name))
    return bytes((0x48, len(text) + 1, service_type)) + text


def subtitle_packet(pid: int, counter: int, pts: int | None) -> bytes:
    """One PES packet in one packet: an empty DVB subtitle at `pts` (90 kHz), or padding without one."""
    if pts is None:
        pes = b"\0\0\1\xbe\0\1\xff"
    else:
        marked = (0x21 | pts >> 29 & 0x0E, pts >> 22, pts >> 14 | 1, pts >> 7, pts << 1 | 1)
        stamp = bytes(octet & 0xFF for octet in marked)
        # data_identifier, subtitle_stream_id, a page composition of page 1 without regions, the end marker.
        data = b"\x20\x00" + b"\x0f\x10\x00\x01\x00\x02\x1e\x08" + b"\xff"
        rest = b"\x84\x80\x05" + stamp + data
        pes = b"\0\0\1\xbd" + len(rest).to_bytes(2, "big") + rest
    stuffing = PACKET - 4 - len(pes)
    adaptation = bytes((stuffing - 1, 0)).ljust(stuffing, b"\xff")
    return bytes((0x47, 0x40 | pid >> 8, pid & 0xFF, 0x30 | counter & 0x0F)) + adaptation + pes
