"""Boxes of MP4 segments: event messages of both versions, times, and damage."""

from __future__ import annotations

import random
import struct

import pytest

from ibe100.minitsp.cmaf.boxes import EventMessage, Tracks, event_messages, first_time_s, tracks_of
from ibe100.minitsp.cmaf.cue_messages import BINARY_SCHEME, ToldMessages, cues_of
from ibe100.mpegts.timestamps import PTS_HZ
from ibe100.scte35.cues import splice_insert
from ibe100.scte35.section import encode
from made_boxes import box, emsg, fragment, init

OUT = encode(splice_insert(7, True, pts_time=900_000, duration_pts=30 * PTS_HZ))


@pytest.mark.parametrize("version", [0, 1])
def test_an_event_message_is_read_whatever_stands_around_it(version: int) -> None:
    segment = box(b"styp", b"msdh") + emsg(OUT, 270_000, version=version) + fragment(1, 90_000)
    assert event_messages(segment) == [
        EventMessage(BINARY_SCHEME, 90_000, 270_000, version == 0, 2_700_000, OUT)
    ]


def test_the_first_sample_of_the_video_is_timed_by_its_own_scale() -> None:
    tracks = tracks_of(init({1: (48_000, b"soun"), 2: (12_800, b"vide")}))
    assert tracks == Tracks({1: 48_000, 2: 12_800}, 2)
    segment = fragment(1, 480_000) + fragment(2, 128_000, offset=1280)
    assert first_time_s(segment, tracks) == 10.1
    assert first_time_s(fragment(2, 12_800), tracks) == 1.0
    assert first_time_s(segment, Tracks({}, None)) is None


def test_a_cue_is_told_once_and_placed_by_the_segment_or_by_itself() -> None:
    told = ToldMessages()
    absolute, delta = emsg(OUT, 450_000, version=1), emsg(OUT, 90_000, version=0)
    (cue,) = cues_of(event_messages(absolute), 90_000, told)
    assert (cue.form, cue.out, cue.duration_s) == (f"emsg {BINARY_SCHEME}", True, 30.0)
    assert (cue.section, cue.pts) == (OUT, 450_000)
    assert list(cues_of(event_messages(absolute), 180_000, told)) == []
    (cue,) = cues_of(event_messages(delta), 90_000, told)
    assert cue.pts == 180_000
    other = emsg(OUT, 0, version=1, scheme="urn:mpeg:dash:event:2012")
    assert list(cues_of(event_messages(other + emsg(b"no section", 5, version=1)), 0, told)) == []


def test_damage_is_passed_over() -> None:
    chance = random.Random(1)
    whole = init({1: (90_000, b"vide")}) + emsg(OUT, 1, version=0) + emsg(OUT, 1, version=1) + fragment(1, 5)
    for _ in range(3000):
        damaged = bytearray(whole[: chance.randrange(len(whole))])
        for _ in range(min(len(damaged), 3)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        data = bytes(damaged)
        event_messages(data)
        first_time_s(data, tracks_of(data))
    deep = struct.pack(">I4s", 8, b"free") * 100_000
    assert event_messages(deep) == []
