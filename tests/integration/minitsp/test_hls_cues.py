"""A live HLS output: cues in its playlist, and a playlist that goes on after the process was killed."""

import re
from pathlib import Path

import openm3u8

from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from loopback import free_port
from minitsp_rig import finish, is_bound, running, send, wait_for

SPLICE_PID = 500


def playlist(path: Path) -> str:
    return path.read_text() if path.exists() else ""


def chain(cue_port: int, folder: Path) -> list[str | Path]:
    """Ten times as fast as it was recorded, with room for cues."""
    return [
        *("--realtime", "--add-input-stuffing=1/10", "-I", "file", "--infinite", "ott_with_scte35.ts"),
        *("-P", "regulate", "--bitrate=2500000"),
        *("-P", "pmt", "--service=1", "--remove-pid=0x03E9", f"--add-pid={SPLICE_PID}/0x86"),
        *("-P", "spliceinject", "--service=1", f"--pid={SPLICE_PID}", f"--udp=127.0.0.1:{cue_port}"),
        *("-O", "hls", "--live=12", "--duration=2", "--playlist", folder / "live.m3u8", folder / "live-.ts"),
    ]


def test_cues_are_told_in_the_playlist_which_goes_on_after_a_kill(tmp_path: Path) -> None:
    path, cue_port = tmp_path / "live.m3u8", free_port()
    out = encode(splice_insert(1, out_of_network=True, duration_pts=60 * 90_000))
    back = encode(splice_insert(1, out_of_network=False))
    with running(*chain(cue_port, tmp_path)) as process:
        wait_for(lambda: is_bound(cue_port) and playlist(path).count("#EXTINF") >= 1, "the first segment")
        send(out, cue_port)
        wait_for(lambda: "#EXT-X-CUE-OUT-CONT" in playlist(path), "the break")
        send(back, cue_port)
        wait_for(lambda: "#EXT-X-CUE-IN" in playlist(path), "the end of the break")
        process.kill()
        process.wait()
    told = playlist(path)
    assert re.search(r"#EXT-X-CUE-OUT:60\.000\n#EXTINF:[^\n]*\n(#[^\n]*\n)*live-\d+\.ts\n", told)
    assert f"SCTE35-OUT=0x{out.hex().upper()}" in told
    assert f"SCTE35-IN=0x{back.hex().upper()}" in told
    before = openm3u8.loads(told)
    assert all(segment.program_date_time for segment in before.segments)
    with running(*chain(cue_port, tmp_path)) as process:
        wait_for(lambda: "#EXT-X-DISCONTINUITY\n" in playlist(path), "the new run")
        done = finish(process)
    assert done.exit_code == 0
    after = openm3u8.loads(playlist(path))
    assert not after.is_endlist
    last = before.media_sequence + len(before.segments)
    seam = next(number for number, segment in enumerate(after.segments) if segment.discontinuity)
    assert after.media_sequence + seam == last
    names = [segment.uri for segment in after.segments]
    assert names == [f"live-{after.media_sequence + number:06}.ts" for number in range(len(names))]
    assert all((tmp_path / name).stat().st_size for name in names)
    kept = sorted(one.name for one in tmp_path.glob("*.ts"))
    assert len(kept) <= len(names) + 1
