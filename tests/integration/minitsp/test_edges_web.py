"""HLS and HTTP in and out of minitsp, over real servers on loopback."""

import re
import signal
import socket
import subprocess
import urllib.request
from pathlib import Path
from urllib.error import URLError

import pytest
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

from loopback import free_port
from minitsp_rig import DEADLINE_S, MEDIA, finish, recording, run, running, wait_for
from web_rig import HANG_UP, Answer, WebServer, playlist, web_server

STREAM = (MEDIA / "ott_with_scte35.ts").read_bytes()
SEQUENCE_PARAMETER_SET = b"\x00\x00\x01\x67"
SEGMENT_BYTES = 188 * 300
SEGMENTS = [STREAM[start : start + SEGMENT_BYTES] for start in range(0, 12 * SEGMENT_BYTES, SEGMENT_BYTES)]


def with_segments(server: WebServer, count: int = len(SEGMENTS)) -> list[str]:
    """Serve the first segments; returns their names."""
    names = [f"{number}.ts" for number in range(count)]
    server.routes |= {f"/{name}": segment for name, segment in zip(names, SEGMENTS, strict=False)}
    return names


def test_a_live_playlist_is_played_without_repeats_gaps_or_lost_segments() -> None:
    with web_server() as server:
        names = with_segments(server)
        names[4] = f"#EXT-X-DISCONTINUITY\n{names[4]}"
        loads = 0

        def live() -> Answer:
            nonlocal loads
            loads += 1
            last = min(2 + 3 * loads, len(names))
            first = max(0, last - 5)
            return 200, playlist(first, names[first:last], ended=last == len(names))

        server.routes["/live.m3u8"] = live
        done = run("-v", "-I", "hls", server.url("/live.m3u8"), "-O", "file")
    assert done.stdout == b"".join(SEGMENTS)
    assert done.exit_code == 0
    assert "* hls: discontinuity before segment 4" in done.log
    assert sorted(set(server.requests)) == sorted(["/live.m3u8", *(f"/{n}.ts" for n in range(len(names)))])
    assert len([path for path in server.requests if path.endswith(".ts")]) == len(names)


def test_the_variant_asked_for_is_played_from_the_master_playlist() -> None:
    master = b"""#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=900000
high/v.m3u8
#EXT-X-STREAM-INF:BANDWIDTH=100000
low/v.m3u8
"""
    with web_server() as server:
        with_segments(server)
        server.routes["/master.m3u8"] = master
        server.routes["/high/v.m3u8"] = playlist(0, ["/0.ts"], ended=True)
        server.routes["/low/v.m3u8"] = playlist(0, ["/1.ts"], ended=True)
        first = run("-I", "hls", server.url("/master.m3u8"), "-O", "file")
        low = run("-I", "hls", "--lowest-bitrate", server.url("/master.m3u8"), "-O", "file")
    assert (first.stdout, low.stdout) == (SEGMENTS[0], SEGMENTS[1])


def test_encrypted_segments_and_byte_ranges_are_played() -> None:
    key = bytes(range(16))
    iv = (1).to_bytes(16, "big")
    padder = PKCS7(128).padder()
    encryptor = Cipher(algorithms.AES(key), modes.CBC(iv)).encryptor()
    encrypted = encryptor.update(padder.update(SEGMENTS[1]) + padder.finalize()) + encryptor.finalize()
    names = [
        f"#EXT-X-BYTERANGE:{SEGMENT_BYTES}@0\nall.ts",
        '#EXT-X-KEY:METHOD=AES-128,URI="key"\nsecret.ts',
        f"#EXT-X-KEY:METHOD=NONE\n#EXT-X-BYTERANGE:{SEGMENT_BYTES}@{2 * SEGMENT_BYTES}\nall.ts",
    ]
    with web_server() as server:
        server.routes |= {"/all.ts": STREAM, "/secret.ts": encrypted, "/key": key}
        server.routes["/vod.m3u8"] = playlist(0, names, ended=True)
        done = run("-I", "hls", server.url("/vod.m3u8"), "-O", "file")
    assert (done.exit_code, done.log) == (0, [])
    assert done.stdout == b"".join(SEGMENTS[:3])


def test_failures_of_the_server_are_tried_again_and_told() -> None:
    with web_server() as server:
        names = with_segments(server, 3)
        failures = {"/1.ts": 1, "/live.m3u8": 1}
        loads = 0

        def segment() -> Answer:
            failures["/1.ts"] -= 1
            return (503, b"") if failures["/1.ts"] >= 0 else (200, SEGMENTS[1])

        def live() -> Answer:
            nonlocal loads
            loads += 1
            return (502, b"") if loads == 2 else (200, playlist(0, names[: loads + 1], ended=loads == 3))

        server.routes |= {"/1.ts": segment, "/live.m3u8": live}
        done = run("-I", "hls", server.url("/live.m3u8"), "-O", "file")
    assert done.stdout == b"".join(SEGMENTS[:3])
    assert done.exit_code == 0
    warnings = [re.sub(r"http://\S*", "URL", line) for line in done.log]
    assert warnings == [
        "* Warning: hls: segment 1 failed, trying again: "
        "download error, HTTP status 503 Service Unavailable for URL",
        "* Warning: hls: reload of the playlist failed, trying again: "
        "download error, HTTP status 502 Bad Gateway for URL",
    ]


def test_a_playlist_that_is_gone_for_good_ends_with_an_error() -> None:
    with web_server() as server:
        names = with_segments(server, 2)
        loads = 0

        def live() -> Answer:
            nonlocal loads
            loads += 1
            return (200, playlist(0, names)) if loads == 1 else (404, b"")

        server.routes["/live.m3u8"] = live
        words = ["--receive-timeout=1000", server.url("/live.m3u8?token=hush")]
        done = run("-I", "hls", *words, "-O", "file")
    assert done.stdout == b"".join(SEGMENTS[:2])
    assert done.exit_code == 1
    assert done.log[-1].startswith("* Error: hls: download error, HTTP status 404")
    assert "hush" not in "".join(done.log)


def test_a_segment_that_is_gone_is_left_out_and_the_window_as_it_is_then_goes_on() -> None:
    with web_server() as server:
        names = with_segments(server, 8)
        del server.routes["/2.ts"]
        loads = 0

        def live() -> Answer:
            nonlocal loads
            loads += 1
            first, last = (0, 5) if loads == 1 else (4, 8)
            return 200, playlist(first, names[first:last], ended=loads > 1)

        server.routes["/live.m3u8"] = live
        done = run("-I", "hls", server.url("/live.m3u8"), "-O", "file")
    assert done.exit_code == 0
    assert done.stdout == b"".join(SEGMENTS[number] for number in (0, 1, 4, 5, 6, 7))
    assert done.log[1].startswith("* Error: hls: segment 2 is left out: download error, HTTP status 404")
    assert done.log[2] == "* Warning: hls: 1 segments were missed, the playlist went on without us"


def test_a_playlist_that_stands_still_is_told_and_waited_for() -> None:
    with web_server() as server:
        names = with_segments(server, 4)
        loads = 0

        def live() -> Answer:
            nonlocal loads
            loads += 1
            return 200, playlist(0, names[:2] if loads < 4 else names, ended=loads >= 4)

        server.routes["/live.m3u8"] = live
        done = run("-I", "hls", "--receive-timeout=300", server.url("/live.m3u8"), "-O", "file")
    assert (done.exit_code, done.stdout) == (0, b"".join(SEGMENTS[:4]))
    assert done.log == [
        "* Warning: hls: the playlist has brought nothing new for 1 s",
        "* hls: the playlist goes on",
    ]


def test_a_server_that_goes_away_is_taken_up_where_it_was_left() -> None:
    with web_server() as server:
        names = with_segments(server, 6)
        loads = 0

        def live() -> Answer:
            nonlocal loads
            loads += 1
            if loads == 1:
                return 200, playlist(0, names[:3])
            return (HANG_UP, b"") if loads < 4 else (200, playlist(1, names[1:], ended=True))

        server.routes["/live.m3u8"] = live
        done = run("-I", "hls", server.url("/live.m3u8"), "-O", "file")
    assert done.exit_code == 0
    assert done.stdout == b"".join(SEGMENTS[:6])
    assert len(done.log) == 1
    assert done.log[0].startswith("* Warning: hls: reload of the playlist failed, trying again: ")


@pytest.mark.parametrize(
    ("names", "body", "reason"),
    [
        (['#EXT-X-MAP:URI="init.mp4"\na.m4s'], b"", "fragmented MP4"),
        (["a.ts"], b"\x00\x00\x00\x18styp" + bytes(2000), "fragmented MP4"),
        (["a.ts"], b"ID3" + bytes(2000), "no MPEG-2 transport stream packets"),
    ],
)
def test_what_is_no_transport_stream_is_refused_in_words(names: list[str], body: bytes, reason: str) -> None:
    with web_server() as server:
        server.routes |= {"/a.ts": body, "/vod.m3u8": playlist(0, names, ended=True)}
        done = run("-I", "hls", server.url("/vod.m3u8"), "-O", "drop")
    assert done.exit_code == 1
    assert len(done.log) == 1
    assert done.log[0].startswith("* Error: hls: ")
    assert reason in done.log[0]


def test_an_unreachable_server_reads_as_with_tsp() -> None:
    port = free_port()
    done = run("-I", "hls", f"http://127.0.0.1:{port}/live.m3u8", "-O", "drop")
    told = recording("error-hls-unreachable")["log"][0].replace("15592", str(port))
    assert done.exit_code == 1
    assert len(done.log) == 1
    assert done.log[0].startswith(told.partition(" after 0 ms")[0])


def test_a_stream_over_http_is_read_as_often_as_asked() -> None:
    with web_server() as server:
        server.routes["/s.ts"] = STREAM
        once = run("-I", "http", server.url("/s.ts"), "-O", "file")
        twice = run("-I", "http", "--repeat=2", server.url("/s.ts"), "-O", "file")
        page = run("-I", "http", server.url("/none.ts"), "-O", "drop")
    assert (once.stdout, twice.stdout) == (STREAM, 2 * STREAM)
    assert page.exit_code == 1
    assert page.log[0].startswith("* Error: http: download error, HTTP status 404 Not Found")


def test_a_server_that_is_away_is_waited_for_and_told_once() -> None:
    port = free_port()
    words = ["--infinite", "--ignore-errors", f"http://127.0.0.1:{port}/s.ts"]
    with running("-I", "http", *words, "-O", "file", stdout=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert process.stdout is not None
        assert b"Connection refused" in process.stderr.readline()
        with web_server(port) as server:
            server.routes["/s.ts"] = STREAM
            assert process.stdout.read(len(STREAM)) == STREAM
        process.stdout.close()
        done = finish(process, signal.SIGTERM)
    assert not [line for line in done.log if "Connection refused" in line][1:]


def test_null_packets_are_made_to_order() -> None:
    done = run("-I", "null", "1,000", "-O", "file")
    assert done.stdout == (b"\x47\x1f\xff\x10" + b"\xff" * 184) * 1000


def test_a_client_pulls_the_stream_and_the_next_one_when_it_may() -> None:
    port = free_port()
    source = ["-v", "-I", "file", "--infinite", "dvb_hd_service.ts", "-P", "regulate", "--bitrate=8000000"]
    with running(*source, "-O", "http", f"--server=127.0.0.1:{port}", "--multiple-clients") as process:
        first = _pull(port, 188 * 500)
        second = _pull(port, 188 * 50)
        done = finish(process)
    assert done.exit_code == 0
    assert first == (MEDIA / "dvb_hd_service.ts").read_bytes()[: 188 * 500]
    assert len(second) == 188 * 50
    assert "* http: client disconnected" in done.log


def test_a_live_output_waits_for_no_client_and_drops_one_that_is_too_slow() -> None:
    port = free_port()
    live = ["--realtime", "-v", "-I", "file", "--infinite", "dvb_hd_service.ts", "-P", "regulate"]
    output = ["-O", "http", f"--server=127.0.0.1:{port}", "--multiple-clients"]
    with running(*live, "--bitrate=200000000", *output) as process:
        assert process.stderr is not None
        assert len(_pull(port, 188 * 50)) == 188 * 50
        with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as slow:
            slow.sendall(b"GET / HTTP/1.1\r\n\r\n")
            while b"too slow" not in (line := process.stderr.readline()):
                assert line
        last = _pull(port, 188 * 50)
        done = finish(process)
    assert done.exit_code == 0
    assert set(last[::188]) == {0x47}


def _pull(port: int, size: int) -> bytes:
    """The first bytes that the server sends, as soon as there is a server."""
    bodies: list[bytes] = []

    def attempt() -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=DEADLINE_S) as response:
                bodies.append(response.read(size))
        except URLError:
            return False
        return True

    wait_for(attempt, "the server")
    return bodies[0]


def test_the_end_of_the_input_is_the_end_of_the_download() -> None:
    port = free_port()
    with running("-I", "file", "sat_no_sdt.ts", "-O", "http", f"--server={port}") as process:
        body = _pull(port, 1 << 24)
        assert finish(process, None).exit_code == 0
    assert body == (MEDIA / "sat_no_sdt.ts").read_bytes()


def test_hls_segments_begin_with_tables_and_a_picture_and_hold_the_whole_stream(tmp_path: Path) -> None:
    target = tmp_path / "v.m3u8"
    done = run("-I", "file", "ott_with_scte35.ts", "-O", "hls", "-d", "4", "-p", target, tmp_path / "s.ts")
    assert (done.exit_code, done.log) == (0, [])
    lines = target.read_text().splitlines()
    names = [line for line in lines if not line.startswith("#")]
    durations = [float(line[8:-1]) for line in lines if line.startswith("#EXTINF:")]
    assert names == [f"s-{number:06}.ts" for number in range(len(durations))]
    assert lines[-1] == "#EXT-X-ENDLIST"
    assert all(4 <= duration <= 6 for duration in durations[:-1])
    assert max(map(round, durations)) == int(
        next(line for line in lines if "TARGET" in line).partition(":")[2]
    )
    parts = [(tmp_path / name).read_bytes() for name in names]
    tables = 2 * 188
    assert parts[0] + b"".join(part[tables:] for part in parts[1:]) == STREAM
    for part in parts[1:]:
        pids = [int.from_bytes(part[at + 1 : at + 3], "big") & 0x1FFF for at in (0, 188, 376)]
        assert pids[0] == 0
        assert part[tables + 1] & 0x40
        assert SEQUENCE_PARAMETER_SET in part[tables : tables + 188]


def test_a_live_hls_window_moves_and_old_segments_go(tmp_path: Path) -> None:
    target = tmp_path / "live.m3u8"
    words = ["-I", "file", "--repeat=2", "ott_with_scte35.ts", "-O", "hls", "--live=3", "--duration=5"]
    done = run(*words, "--playlist", target, "--custom-tag=EXT-X-TEST", tmp_path / "live-007.ts")
    assert (done.exit_code, done.log) == (0, [])
    lines = target.read_text().splitlines()
    names = [line for line in lines if not line.startswith("#")]
    sequence = int(next(line for line in lines if "MEDIA-SEQUENCE" in line).partition(":")[2])
    assert len(names) == 3
    assert names[0] == f"live-{sequence + 7:03}.ts"
    assert "#EXT-X-TEST" in lines
    kept = sorted(path.name for path in tmp_path.glob("*.ts"))
    assert kept == [f"live-{sequence + 6:03}.ts", *names]


def test_the_seam_of_a_loop_is_a_discontinuity(tmp_path: Path) -> None:
    target = tmp_path / "v.m3u8"
    run("-I", "file", "--repeat=2", "ott_with_scte35.ts", "-O", "hls", "-p", target, tmp_path / "s.ts")
    assert target.read_text().count("#EXT-X-DISCONTINUITY") == 1


def test_hls_input_reads_what_hls_output_writes(tmp_path: Path) -> None:
    run(
        "-I",
        "file",
        "ott_with_scte35.ts",
        "-O",
        "hls",
        "--slice-only",
        "-p",
        tmp_path / "v.m3u8",
        tmp_path / "s.ts",
    )
    with web_server() as server:
        server.routes = {f"/{path.name}": path.read_bytes() for path in tmp_path.iterdir()}
        assert run("-I", "hls", server.url("/v.m3u8"), "-O", "file").stdout == STREAM


def test_a_hanging_server_does_not_hold_up_the_end() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/live.m3u8"
        with running("-I", "hls", url, "-O", "drop", stderr=subprocess.PIPE) as process:
            client, _ = silent.accept()
            with client:
                done = finish(process, signal.SIGTERM)
    assert done.exit_code == 0
    assert done.log == ["* tsp: user interrupt, terminating..."]
