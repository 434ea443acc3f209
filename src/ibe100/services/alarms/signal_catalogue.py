"""Conditions of the signal: ETSI TR 101 290, bitrate, timestamps, PIDs, and what picture and sound show."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.models.alarms.alarm import Severity
from ibe100.services.alarms.rule import AlarmRule, CountedRule, parameter
from ibe100.services.alarms.stream_catalogue import FLOW, SYNC

NEXT_SAMPLE_S = 0.8
"""Two samples in a row, which come once a second; one, where it proves that its whole interval was bad;
or what the runner found missing for so long.
"""
A_WHILE_S = 3.0
"""Four samples in a row, or three that prove it."""


@dataclass(frozen=True, slots=True, eq=False)
class CollapseRule(AlarmRule):
    """A bitrate held against its own median."""

    below_percent: float = parameter(50, "Collapsed below this part of the usual bitrate", "%", 10, 90)
    recovered_by_percent: float = 10
    """Margin above that part, at which the bitrate has recovered."""


SYNC_BYTE_ERROR = CountedRule(
    "sync_byte_error",
    Severity.MAJOR,
    "Wrong sync bytes (TR 101 290 1.2)",
    "The link damages packets",
    "Check the link that delivers the input",
    off_delay_s=5.0,
    counters=("sync_byte_error",),
    explained_by=SYNC,
)
PAT_ERROR = CountedRule(
    "pat_error",
    Severity.CRITICAL,
    "PAT missing or wrong (TR 101 290 1.3)",
    "The multiplexer sends it less than twice a second, or not at all",
    "Check the multiplexer that makes the input: receivers cannot tune in",
    on_delay_s=NEXT_SAMPLE_S,
    off_delay_s=5.0,
    counters=("pat_error_2",),
    by_arrival=True,
    explained_by=SYNC,
)
PMT_ERROR = CountedRule(
    "pmt_error",
    Severity.CRITICAL,
    "PMT missing or wrong (TR 101 290 1.5)",
    "The multiplexer sends it less than twice a second, or not at all",
    "Check the multiplexer that makes the input: receivers find neither picture nor cues",
    on_delay_s=NEXT_SAMPLE_S,
    off_delay_s=5.0,
    counters=("pmt_error_2",),
    by_arrival=True,
    explained_by=(*SYNC, PAT_ERROR),
)
CONTINUITY_ERROR = CountedRule(
    "continuity_error",
    Severity.MAJOR,
    "Packets lost or out of order (TR 101 290 1.4)",
    "The network loses packets",
    "Check the network on the way in; SRT or RIST repair what UDP loses",
    off_delay_s=5.0,
    counters=("continuity_count_error",),
    explained_by=SYNC,
)
VIDEO_LOST = AlarmRule(
    "video_lost",
    Severity.CRITICAL,
    "Video PID carries nothing (TR 101 290 1.6)",
    "The encoder stopped, or the PID was changed",
    "Check the encoder; a PID that was changed is followed by itself",
    explained_by=SYNC,
)
PID_ERROR = AlarmRule(
    "pid_error",
    Severity.MAJOR,
    "A PID of the service carries nothing (TR 101 290 1.6)",
    "An encoder of the service stopped",
    "Check the audio or data encoder of this PID",
    explained_by=SYNC,
)
CUE_PID_LOST = AlarmRule(
    "cue_pid_lost",
    Severity.CRITICAL,
    "SCTE-35 PID is not in the PMT",
    "The service changed, so that it is not edited any more",
    "Read the reason: a command that fits the service is looked for by itself, and cues go out again by it",
    explained_by=(*SYNC, PAT_ERROR, PMT_ERROR),
)
SERVICE_LOST = AlarmRule(
    "service_lost",
    Severity.CRITICAL,
    "Service is gone from the PAT",
    "The multiplexer was configured anew",
    "Check the multiplexer; if the service has another number now, choose it: the stream follows by itself",
    explained_by=(*SYNC, PAT_ERROR),
)
PMT_CHANGED = AlarmRule(
    "pmt_changed",
    Severity.MINOR,
    "Services or PIDs changed",
    "The multiplexer or an encoder was configured anew",
    "Check that picture, sound and cues are still complete",
    off_delay_s=10.0,
    explained_by=SYNC,
)
SCRAMBLED_PID = AlarmRule(
    "scrambled_pid",
    Severity.MAJOR,
    "A PID is scrambled",
    "A scrambler was switched on, or a receiver lost its rights",
    "Check the conditional access of the source; cues still go out, the picture cannot be seen",
    off_delay_s=2.0,
    explained_by=SYNC,
)
TRANSPORT_ERROR = CountedRule(
    "transport_error",
    Severity.MAJOR,
    "Packets marked as damaged (TR 101 290 2.1)",
    "A demodulator could not repair what it received",
    "Check the reception in front of the input",
    off_delay_s=5.0,
    counters=("transport_error",),
    explained_by=SYNC,
)
CRC_ERROR = CountedRule(
    "crc_error",
    Severity.MAJOR,
    "Damaged tables (TR 101 290 2.2)",
    "Packets were damaged or lost on the way",
    "Check the link that delivers the input",
    off_delay_s=5.0,
    counters=("crc_error", "crc_error_2"),
    explained_by=(*SYNC, CONTINUITY_ERROR),
)
PCR_REPETITION_ERROR = CountedRule(
    "pcr_repetition_error",
    Severity.MINOR,
    "PCR comes too seldom (TR 101 290 2.3a)",
    "The multiplexer sends it less than every 100 ms",
    "Check the multiplexer; receivers may lose their clock",
    on_delay_s=A_WHILE_S,
    off_delay_s=10.0,
    counters=("pcr_repetition_error",),
    by_arrival=True,
    explained_by=(*SYNC, CONTINUITY_ERROR, VIDEO_LOST),
)
PCR_DISCONTINUITY_INDICATOR_ERROR = CountedRule(
    "pcr_discontinuity_indicator_error",
    Severity.MINOR,
    "PCR values are more than 100 ms apart (TR 101 290 2.3b)",
    "The multiplexer sends PCR too seldom, or its clock is not even",
    "Check the multiplexer; receivers may lose their clock",
    on_delay_s=A_WHILE_S,
    off_delay_s=10.0,
    counters=("pcr_discontinuity_indicator_error",),
    explained_by=(*SYNC, CONTINUITY_ERROR, VIDEO_LOST, PCR_REPETITION_ERROR),
)
PTS_ERROR = CountedRule(
    "pts_error",
    Severity.MINOR,
    "PTS comes too seldom (TR 101 290 2.5)",
    "The encoder sends it less than every 700 ms",
    "Check the encoder; cues cannot be timed to the frame",
    on_delay_s=A_WHILE_S,
    off_delay_s=10.0,
    counters=("pts_error",),
    by_arrival=True,
    explained_by=(*SYNC, CONTINUITY_ERROR, VIDEO_LOST, PID_ERROR, SCRAMBLED_PID),
)
PTS_JUMP = AlarmRule(
    "pts_jump",
    Severity.MAJOR,
    "PTS jumped",
    "The source was switched or started anew",
    "Check the source; cues armed before the jump are failed with the reason: fire them again",
    off_delay_s=10.0,
    explained_by=FLOW,
)
PCR_JUMP = AlarmRule(
    "pcr_jump",
    Severity.MAJOR,
    "PCR jumped",
    "The source was switched or started anew",
    "Check the source; cues armed before the jump are failed with the reason",
    off_delay_s=10.0,
    explained_by=(*FLOW, PTS_JUMP),
)
BITRATE_COLLAPSE = CollapseRule(
    "bitrate_collapse",
    Severity.MAJOR,
    "Bitrate collapsed",
    "An encoder stopped, or the network loses much",
    "Compare with the source; check which PIDs are missing",
    on_delay_s=A_WHILE_S,
    off_delay_s=3.0,
    explained_by=(*SYNC, VIDEO_LOST),
)
NO_NULL_PACKETS = AlarmRule(
    "no_null_packets",
    Severity.MAJOR,
    "No null packets: cues cannot go out",
    "The input is full, or something took its stuffing out",
    "A live input is given stuffing in a moment, unless the settings say how much: set more there",
    on_delay_s=A_WHILE_S,
    off_delay_s=3.0,
    explained_by=SYNC,
)
_UPSTREAM = (*SYNC, PAT_ERROR, PMT_ERROR, SERVICE_LOST, SCRAMBLED_PID)
PICTURE_LOST = AlarmRule(
    "picture_lost",
    Severity.MAJOR,
    "No picture can be decoded",
    "Packets come, but no keyframe that a receiver could begin with",
    "Look at the output on a receiver; check the encoder's keyframes and the contribution link",
    explained_by=(*_UPSTREAM, VIDEO_LOST),
)
PICTURE_BLACK = AlarmRule(
    "picture_black",
    Severity.MAJOR,
    "Picture is black",
    "The source went to black, or its playout ended",
    "Ask the source; if the break ended early, go BACK TO PROGRAMME",
    explained_by=(*_UPSTREAM, VIDEO_LOST, PICTURE_LOST),
)
PICTURE_FROZEN = AlarmRule(
    "picture_frozen",
    Severity.MAJOR,
    "Picture stands still",
    "The source's encoder or playout hangs, or a slate is on",
    "Ask the source; acknowledge it if a slate is meant to be on",
    explained_by=(*_UPSTREAM, VIDEO_LOST, PICTURE_LOST, PICTURE_BLACK),
)
SOUND_SILENT = AlarmRule(
    "sound_silent",
    Severity.MAJOR,
    "No sound",
    "The source is muted, or its sound is not decoded",
    "Listen to the source; check the audio embedding and the channel routing",
    explained_by=(*_UPSTREAM, PID_ERROR),
)
CONTENT = (PICTURE_LOST, PICTURE_BLACK, PICTURE_FROZEN, SOUND_SILENT)
"""Judged for streams whose configuration asks for it."""
