"""The demo end to end, judged by a parser that shares no code with the product."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from demo_rig import Ended, Place, finished, place_in, receiver, sender
from independent_parser import Parsed, parse_file
from loopback import free_port

OTT_BPS = 246_000
"""2,430,652 bytes in 79 s of PCR."""
OTT_VIDEO = 256
OTT_AUDIO = 257
ENGINES = ("builtin", pytest.param("tsduck", marks=pytest.mark.tsduck))


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    with place_in(tmp_path) as place:
        yield place


def receipts(ended: Ended) -> list[dict[str, Any]]:
    """The three receipts of a demo that proved everything."""
    assert ended.code == 0, ended.err
    assert ended.json["ok"], ended.out
    cues: list[dict[str, Any]] = ended.json["cues"]
    assert [cue["action"] for cue in cues] == ["TO BREAK", "BACK TO PROGRAMME", "TO BREAK"]
    assert [cue["state"] for cue in cues] == ["SPLICED"] * 3
    assert all(cue["sent"] == cue["seen"] >= 1 and cue["sent_base64"] == cue["seen_base64"] for cue in cues)
    assert cues[0]["splice_event_id"] == cues[1]["splice_event_id"] != cues[2]["splice_event_id"]
    assert cues[2]["sent"] > 1, "a pre-rolled cue is repeated"
    assert cues[2]["pre_roll_ms"] >= 5000, "a pre-rolled cue is at least 5 s ahead"
    assert all(0 < cue["latency_ms"] < 2000 for cue in cues[:2])
    return cues


def assert_on_air(parsed: Parsed, cues: list[dict[str, Any]], splice_pid: int = 500) -> None:
    """The splice PID is declared and registered, and carries exactly what the receipts say."""
    assert parsed.splice_pids == [splice_pid]
    service = next(service for service in parsed.services.values() if splice_pid in service.streams)
    assert service.has_cuei
    sent = [cue["seen_base64"] for cue in cues for _ in range(cue["seen"])]
    assert parsed.splices_base64(splice_pid) == sent


def assert_untouched(parsed: Parsed, source: Parsed, pids: tuple[int, ...]) -> None:
    """The packets of these PIDs are the source's, byte for byte and without a gap."""
    for pid in pids:
        came = [packet.raw for packet in parsed.packets if packet.pid == pid]
        assert len(came) > 50, f"PID {pid}: {len(came)} packets came"
        original = [packet.raw for packet in source.packets if packet.pid == pid]
        first = original.index(came[0])
        assert came == original[first : first + len(came)], f"PID {pid} was changed"


def assert_pre_rolled_cue_is_ahead_in_the_output(parsed: Parsed, cue: dict[str, Any], video_pid: int) -> None:
    """By the output's own timestamps, the first repeat lies at least 4 s before its splice time."""
    first = next(
        index
        for index, packet in enumerate(parsed.packets)
        if packet.pid == 500 and parsed.sections_in(packet) == [cue["seen_base64"]]
    )
    before = [parsed.pts_of(packet) for packet in parsed.packets[:first] if packet.pid == video_pid]
    newest = max(pts for pts in before if pts is not None)
    assert (cue["pts_time"] - newest) / 90_000 >= 4.0


@pytest.mark.parametrize("engine", ENGINES)
def test_a_file_airs_every_cue_and_nothing_else_changes(place: Place, media: Path, engine: str) -> None:
    source, out = media / "ott_with_scte35.ts", place.folder / "out.ts"
    ended = place.run("demo", "--input", source, "--output", out, "--engine", engine, "--json")
    cues = receipts(ended)
    assert ended.json["engine"] == engine
    parsed = parse_file(out)
    assert_on_air(parsed, cues)
    assert_pre_rolled_cue_is_ahead_in_the_output(parsed, cues[2], OTT_VIDEO)
    assert parsed.continuity_errors == {}
    original = parse_file(source)
    assert_untouched(parsed, original, (OTT_VIDEO, OTT_AUDIO))
    assert [len(versions) for versions in parsed.pmt_versions.values()] == [1], "one PMT from the first on"
    assert place.leftovers() == []


@pytest.mark.parametrize("engine", ENGINES)
def test_a_stream_received_over_udp_is_written_with_its_cues(place: Place, media: Path, engine: str) -> None:
    source, out, port = media / "ott_with_scte35.ts", place.folder / "out.ts", free_port()
    with sender(source, port, OTT_BPS):
        ended = place.run(
            "demo", "--input", f"udp://127.0.0.1:{port}", "--output", out, "--engine", engine, "--json"
        )
    cues = receipts(ended)
    parsed = parse_file(out)
    assert_on_air(parsed, cues)
    assert parsed.continuity_errors == {}
    assert_untouched(parsed, parse_file(source), (OTT_VIDEO, OTT_AUDIO))
    assert place.leftovers() == []


def test_the_test_pattern_is_sent_over_udp_with_its_cues(place: Place) -> None:
    with receiver() as (port, came):
        ended = place.run("demo", "--output", f"udp://127.0.0.1:{port}", "--engine", "builtin", "--json")
    assert all(len(datagram) % 188 == 0 and len(datagram) <= 1316 for datagram in came)
    parsed = Parsed(b"".join(came))
    assert_on_air(parsed, receipts(ended))
    assert parsed.continuity_errors == {}
    service = parsed.services[1]
    pcrs = parsed.pcrs(service.pcr_pid)
    assert len(pcrs) > 100
    assert all(0 < later - earlier < 27_000_000 // 10 for earlier, later in pairwise(pcrs))
    assert place.leftovers() == []


def test_loops_with_jumping_timestamps_air_what_can_be_kept_and_say_why_the_rest_cannot(
    place: Place, media: Path
) -> None:
    looped = {
        name: place.start(
            "demo", "--input", media / name, "--output", place.folder / name, "--engine", "builtin", "--json"
        )
        for name in ("sat_no_sdt.ts", "dvb_hd_service.ts")
    }
    ends = {name: finished(process) for name, process in looped.items()}
    for name, ended in ends.items():
        assert "Traceback" not in ended.err
        immediate, last = ended.json["cues"][:2], ended.json["cues"][2]
        assert [cue["state"] for cue in immediate] == ["SPLICED"] * 2, ended.out
        airs = last["state"] == "SPLICED"
        assert airs or (last["state"] in ("REFUSED", "FAILED") and "jump" in last["reason"]), last
        assert (ended.code, ended.json["ok"]) == ((0, True) if airs else (1, False))
        assert airs or last["sent"] == 0, "what the loop makes impossible is not sent into the void"
        assert_on_air(parse_file(place.folder / name), immediate + [last] * airs)
    impossible = ends["dvb_hd_service.ts"].json["cues"][2]
    assert impossible["state"] == "REFUSED", "a loop of 1.1 s never reaches a splice 7 s ahead"
    assert place.leftovers() == []
