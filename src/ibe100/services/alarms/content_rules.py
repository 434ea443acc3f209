"""Conditions of what the output shows and plays; judged for streams whose configuration asks for it."""

from __future__ import annotations

from ibe100.models.alarms.alarm import Severity
from ibe100.services.alarms.rule import FLOW, AlarmRule

_UPSTREAM = (*FLOW, "sync_loss", "pat_error", "pmt_error", "service_lost", "scrambled_pid")

CONTENT_RULES = (
    AlarmRule(
        "picture_lost",
        Severity.MAJOR,
        "No picture can be decoded",
        "Packets come, but no keyframe that a receiver could begin with",
        "Look at the output on a receiver; check the encoder's keyframes and the contribution link",
        explained_by=(*_UPSTREAM, "video_lost"),
    ),
    AlarmRule(
        "picture_black",
        Severity.MAJOR,
        "Picture is black",
        "The source went to black, or its playout ended",
        "Ask the source; if the break ended early, go BACK TO PROGRAMME",
        explained_by=(*_UPSTREAM, "video_lost", "picture_lost"),
    ),
    AlarmRule(
        "picture_frozen",
        Severity.MAJOR,
        "Picture stands still",
        "The source's encoder or playout hangs, or a slate is on",
        "Ask the source; acknowledge it if a slate is meant to be on",
        explained_by=(*_UPSTREAM, "video_lost", "picture_lost", "picture_black"),
    ),
    AlarmRule(
        "sound_silent",
        Severity.MAJOR,
        "No sound",
        "The source is muted, or its sound is not decoded",
        "Listen to the source; check the audio embedding and the channel routing",
        explained_by=(*_UPSTREAM, "pid_error"),
    ),
)
