"""Parsers of what others write, each with good inputs to damage and the errors that it declares."""

from __future__ import annotations

import contextlib
import hashlib
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from pydantic import TypeAdapter, ValidationError

from ibe100.core.config import read_file
from ibe100.database.backup.archive import members_of, write_archive
from ibe100.minitsp.hls.playlist import parse_playlist
from ibe100.minitsp.hls.playlist_text import read_back
from ibe100.minitsp.hls.playlist_values import PlaylistError
from ibe100.minitsp.hls.source import playlist_text
from ibe100.minitsp.splice.messages import MessageError, sections_of
from ibe100.models.backup import BackupManifest, BackupMember
from ibe100.models.endpoints.parse import parse_input, parse_output
from ibe100.models.errors import ConfigurationError, OperatorError, ProbeError, StorageError
from ibe100.models.profile import Profile
from ibe100.models.stored import DamagedDocument, read_stored
from ibe100.models.stream_config import StreamConfig
from ibe100.mpegts.descriptors import PsiError
from ibe100.mpegts.dvb_text import decode_dvb_text
from ibe100.mpegts.elementary.ac3 import ac3_format
from ibe100.mpegts.elementary.audio import adts_format, latm_format, mpeg_audio_format
from ibe100.mpegts.elementary.hevc import hevc_format
from ibe100.mpegts.elementary.video import h264_format, mpeg2_video_format
from ibe100.mpegts.psi import Pat, Pmt, Sdt
from ibe100.preview.reports import LevelsReport, ReportError, decode_report, encode_report
from ibe100.preview.sound_decoder import read_levels
from ibe100.runner.spec import SpecError, load_spec
from ibe100.scte35.cues import splice_insert, time_signal
from ibe100.scte35.description import describe
from ibe100.scte35.errors import SpliceDecodeError
from ibe100.scte35.json_form import from_dict, to_dict
from ibe100.scte35.pasted import sections_in
from ibe100.scte35.section import decode, encode, to_base64
from ibe100.scte35.summary import summary
from ibe100.scte35.xml.tsduck import to_xml
from ibe100.services.schedule.raw_rows import raw_rows
from ibe100.services.streams.runner_facts import MALFORMED, read_fact
from ibe100.services.streams.runner_samples import read_sample
from ibe100.tsduck.packet_collector import PacketCollector
from ibe100.utils.crc import with_crc32
from ibe100.utils.long_work import Turns
from places import MEDIA

TOKENS = (
    *(b"\x00", b"\xff" * 8, b"\x47", b"1e999", b"-1", b"NaN", b"9" * 40, b"9" * 5000, b"null", b"true"),
    *(b"[" * 2000, b'{"a":' * 500, b"<a>" * 500, b"\n", b"\r\n", b'"', b"'", b"\\", b",", b"=", b"#EXT-X-"),
    *(b"\xe2\x80\xae", b"\xf0\x9f\x98\x80", b"\xed\xa0\x80", b"\xc2\x85", b"&#0;", b"{$x}", b"..", b"%00"),
    *(b"@", b"[::", b"1" * 300, b"://"),
)


@dataclass(frozen=True, slots=True)
class Parser:
    """A parser: `read` takes bytes, and may raise what is in `declared` only."""

    read: Callable[[bytes], object]
    good: tuple[bytes, ...]
    declared: tuple[type[Exception], ...] = ()


class Escaped(Exception):
    """An input that a parser did not meet as it declares."""


def damaged(good: tuple[bytes, ...], chance: random.Random) -> bytes:
    """One of the good inputs, damaged in one to six places."""
    data = bytearray(chance.choice(good))
    for _ in range(chance.randint(1, 6)):
        at = chance.randint(0, len(data))
        to = min(len(data), at + chance.choice((1, 1, 4, 40, 400)))
        match chance.randrange(8):
            case 0 if data:
                data[at % len(data)] ^= 1 << chance.randrange(8)
            case 1:
                data[at:to] = chance.randbytes(to - at)
            case 2:
                del data[at:to]
            case 3:
                data[at:at] = data[at:to] * chance.randint(1, 20)
            case 4:
                data[at:at] = chance.choice(TOKENS)
            case 5:
                data[at:to] = chance.choice(TOKENS)
            case 6:
                other = chance.choice(good)
                data[at:] = other[chance.randint(0, len(other)) :]
            case _:
                del data[at:]
    return bytes(data[: 1 << 20])


def attack(parser: Parser, data: bytes, most_s: float) -> None:
    """Give an input to a parser; raises Escaped where it ends or lasts otherwise than it should."""
    began_s = time.process_time()
    try:
        parser.read(data)
    except parser.declared:
        pass
    except Exception as error:
        raise Escaped(f"{type(error).__name__}: {error}"[:300]) from error
    lasted_s = time.process_time() - began_s
    if lasted_s > most_s:
        raise Escaped(f"it took {lasted_s:.1f} s of CPU for {len(data):,} bytes")


def _all(read: Callable[[bytes], Any]) -> Callable[[bytes], object]:
    """`read`, with all that it yields taken."""
    return lambda data: list(read(data))


def _text(read: Callable[[str], object]) -> Callable[[bytes], object]:
    return lambda data: read(data.decode("utf-8", "replace"))


def _file(suffix: str, read: Callable[[Path], object]) -> Callable[[bytes], object]:
    def from_file(data: bytes) -> object:
        with TemporaryDirectory() as folder:
            path = Path(folder, f"input{suffix}")
            path.write_bytes(data)
            return read(path)

    return from_file


def _section(data: bytes) -> None:
    section = decode(data)
    describe(section)
    summary(section)
    to_xml(section)
    from_dict(to_dict(section))


def _with_crc(read: Callable[[bytes], object]) -> Callable[[bytes], object]:
    """Half of the inputs are given a good CRC: else nothing behind it would ever be read."""
    return lambda data: read(with_crc32(data[:-4]) if len(data) % 2 and len(data) > 8 else data)


def _json(read: Callable[[Any], object]) -> Callable[[bytes], object]:
    """A reader of decoded objects, behind the loader that comes before it."""

    def from_json(data: bytes) -> object:
        try:
            value = json.loads(data)
        except (ValueError, RecursionError):
            return None
        return read(value) if isinstance(value, dict) else None

    return from_json


def _packets(data: bytes) -> None:
    collector = PacketCollector("input")
    collector.feed(data)
    collector.report()


def _playlist(data: bytes) -> object:
    return parse_playlist(playlist_text(data), "https://a.example/x/live.m3u8")


def _formats(data: bytes) -> None:
    for read in _HEADERS:
        read(data)


def parsers() -> dict[str, Parser]:
    """All parsers by name."""
    cue = encode(splice_insert(0x60000001, out_of_network=True, pts_time=900_000, duration_pts=2_700_000))
    signal = encode(time_signal(pts_time=900_000))
    stream = (MEDIA / "ott_with_scte35.ts").read_bytes()[: 188 * 300]
    channel = StreamConfig(name="One").model_dump_json().encode()
    profile = json.dumps(
        {"name": "p", "streams": [{"stream_id": "a", "number": 1, "config": json.loads(channel)}]}
    )
    levels = encode_report(LevelsReport(-23.0, (-1.0, -2.0)))
    log = b"t: 1.0 TARGET:-23 LUFS    M: -23.1 S:-120.7 FTPK: -18 dBFS"
    facts = (
        b'{"seq":1,"t":1.5,"mono":2.5,"kind":"state","state":"RUNNING","reason":""}',
        b'{"seq":2,"t":1,"mono":2,"kind":"log","level":"error","plugin":"x","text":"y"}',
        b'{"seq":3,"t":1,"mono":2,"kind":"attempt_ended","attempt":1,"exit_code":1,"seconds":2,"outcome":"x"}',
        b'{"seq":4,"t":1,"mono":2,"kind":"cue_seen","base64":"/DAg","splice_pid":500}',
    )
    samples = (
        b'{"sample":"influx","t":1,"mono":2,"lines":["bitrate,scope=ts value=1000 1700000000000"]}',
        b'{"sample":"packet_faults","t":1,"mono":2,"lost":{"1":2},"damaged":1,"scrambled":[],"jumps_s":{},'
        b'"versions":[],"missing_s":{},"absent_s":[]}',
        b'{"sample":"pcr","t":1,"mono":2,"pids":{"256":[30.0,null]}}',
    )
    return {
        "section": Parser(_with_crc(_section), (cue, signal), (SpliceDecodeError,)),
        "pasted": Parser(sections_in, (*_pasted(cue), cue), (SpliceDecodeError,)),
        "datagram": Parser(sections_of, (cue, to_xml(decode(cue)).encode()), (MessageError,)),
        "pat": Parser(
            _with_crc(Pat.parse), (bytes.fromhex("00b00d0001c100000001e1002ab104b2"),), (PsiError,)
        ),
        "pmt": Parser(
            _with_crc(Pmt.parse),
            (bytes.fromhex("02b0170001c10000e100f0001be100f00006e101f000a1b2c3d4"),),
            (PsiError,),
        ),
        "sdt": Parser(
            _with_crc(Sdt.parse),
            (bytes.fromhex("42f0210001c10000ff01ff0001fc8010480e01074942452d313030044e657773aabbccdd"),),
            (PsiError,),
        ),
        "dvb text": Parser(decode_dvb_text, (b"News", b"\x15\xd0\xbd", b"\x10\x00\x02x", b"\x05a")),
        "packets": Parser(_packets, (stream,), (ProbeError,)),
        "elementary": Parser(_formats, _starts(stream)),
        "playlist": Parser(_playlist, _playlists(cue), (PlaylistError,)),
        "own playlist": Parser(
            _text(lambda text: read_back(text, Path("/m"))), _playlists(cue), (ValueError,)
        ),
        "url": Parser(_text(_url), _urls(), (ConfigurationError,)),
        "schedule csv": Parser(_all(_file(".csv", _rows)), _schedules(), (OperatorError,)),
        "schedule json": Parser(
            _all(_file(".json", _rows)),
            (_ROWS,),
            (OperatorError,),
        ),
        "schedule xmltv": Parser(_all(_file(".xml", _rows)), (_XMLTV,), (OperatorError,)),
        "fact": Parser(_json(read_fact), facts, MALFORMED),
        "sample": Parser(_json(read_sample), samples, MALFORMED),
        "preview report": Parser(decode_report, (levels,), (ReportError,)),
        "sound levels": Parser(_text(read_levels), (log,)),
        "stream": Parser(TypeAdapter(StreamConfig).validate_json, (channel,), (ValidationError,)),
        "profile": Parser(lambda data: read_stored(Profile, data), (profile.encode(),), (DamagedDocument,)),
        "settings": Parser(
            _file(".json", lambda path: read_file(path, True)),
            (b'{"api": {"port": 1}}',),
            (ConfigurationError,),
        ),
        "spec": Parser(_file(".json", load_spec), (_spec(),), (SpecError,)),
        "backup": Parser(_file(".tar.gz", lambda path: list(members_of(path))), _backups(), (StorageError,)),
    }


_HEADERS: tuple[Callable[[bytes], object], ...] = (
    *(ac3_format, adts_format, latm_format, mpeg_audio_format),
    *(hevc_format, h264_format, mpeg2_video_format),
)
_PAT = bytes.fromhex("00b00d0001c100000001e1002ab104b2")
_PMT = bytes.fromhex("02b0170001c10000e100f0001be100f00006e101f000a1b2c3d4")
_SDT = bytes.fromhex("42f0210001c10000ff01ff0001fc8010480e01074942452d313030044e657773aabbccdd")
_ROWS = b'[{"stream":"1","start":"2026-01-01T00:00:00Z"}]'
_XMLTV = b"""<?xml version="1.0"?><tv>
<programme start="20260101000000 +0000" stop="20260101010000 +0000" channel="1"><title>News</title>
</programme></tv>"""


def _pasted(cue: bytes) -> tuple[bytes, ...]:
    """A section in each way in which it is pasted."""
    text = to_base64(cue)
    standard = (
        '<SpliceInfoSection xmlns="http://www.scte.org/schemas/35" protocolVersion="0" tier="4095">'
        '<SpliceInsert spliceEventId="1" outOfNetworkIndicator="true"><Program>'
        '<SpliceTime ptsTime="9"/></Program></SpliceInsert></SpliceInfoSection>'
    )
    return (
        text.encode(),
        cue.hex().encode(),
        to_xml(decode(cue)).encode(),
        standard.encode(),
        f"#EXTM3U\n#EXT-X-CUE-OUT:30\n#EXT-OATCLS-SCTE35:{text}\n".encode(),
        f'#EXT-X-DATERANGE:ID="1",SCTE35-OUT=0x{cue.hex()}\n'.encode(),
    )


def _playlists(cue: bytes) -> tuple[bytes, ...]:
    media = (
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:6\n#EXT-X-MEDIA-SEQUENCE:7\n"
        '#EXT-X-DEFINE:NAME="path",VALUE="sub/"\n#EXT-X-KEY:METHOD=AES-128,URI="{$path}k",IV=0x01\n'
        "#EXT-X-PROGRAM-DATE-TIME:2026-01-01T00:00:00.000Z\n#EXTINF:6.0,\n#EXT-X-BYTERANGE:100@0\na.ts\n"
        f"#EXT-OATCLS-SCTE35:{to_base64(cue)}\n#EXT-X-DISCONTINUITY\n#EXT-X-GAP\n#EXTINF:6,\nb.ts\n#EXT-X-ENDLIST\n"
    )
    master = (
        '#EXTM3U\n#EXT-X-MEDIA:TYPE=AUDIO,GROUP-ID="a",URI="s.m3u8"\n'
        '#EXT-X-STREAM-INF:BANDWIDTH=3000000,RESOLUTION=1280x720,CODECS="avc1.4d401f,mp4a.40.2",AUDIO="a"\nv.m3u8\n'
    )
    return media.encode(), master.encode()


def _url(text: str) -> None:
    with contextlib.suppress(ConfigurationError):
        parse_output(text)
    parse_input(text)


def _urls() -> tuple[bytes, ...]:
    return (
        b"udp://10.0.0.1@239.1.1.1:5000?localaddr=10.0.0.2",
        b"srt://[::1]:9000?passphrase=0123456789&streamid=#!::r=a,m=publish",
        b"hls+https://user:word@a.example/x?y=1#height=720&best",
        b"rist://a.example:5000?cname=x",
        b"file:///media/a%20b.ts",
    )


def _read_back(text: str) -> object:
    return read_back(text, Path("/m"))


def _settings(path: Path) -> object:
    return read_file(path, True)


def _rows(path: Path) -> Any:
    return raw_rows(path, "UTC", Turns())


def _schedules() -> tuple[bytes, ...]:
    return (
        b"stream;title;start;duration\n1;News;2026-01-01T10:00:00Z;30\n",
        b"\xef\xbb\xbfstream,start,every_minutes,until\n1,2026-01-01 10:00,30,2026-01-02\n",
        "stream\tstart\n1\t2026-01-01\n".encode("utf-16"),
    )


def _starts(stream: bytes) -> tuple[bytes, ...]:
    """Payloads of packets in which something begins."""
    packets = np.frombuffer(stream, np.uint8).reshape(-1, 188)
    begins = packets[(packets[:, 1] & 0x40) != 0]
    return tuple(one[4:].tobytes() for one in begins[:12])


def _spec() -> bytes:
    command = {"argv": ["tsp", "@{secret:a}"], "env": {"A": "b"}}
    ports = {"cue": 20001, "splice_json": 20002, "influx": 20003}
    spec = {
        "version": 1,
        "stream_id": "a",
        "name": "A",
        "generation": 1,
        "engine": "builtin",
        "processor": command,
    }
    return json.dumps({**spec, "source": None, "ports": ports, "policy": {"finite": True}}).encode()


def _backups() -> tuple[bytes, ...]:
    content = b"{}"
    member = BackupMember(name="ibe100.db", size=2, sha256=hashlib.sha256(content).hexdigest())
    manifest = BackupManifest(version="1", schema_revision="0001", made_at=1.0, members=(member,))
    with TemporaryDirectory() as folder:
        path = Path(folder, "a.tar.gz")
        write_archive(path, manifest, {"ibe100.db": content}, lambda: None)
        return (path.read_bytes(),)
