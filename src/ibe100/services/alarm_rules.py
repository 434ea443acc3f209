"""The conditions that are alarms: how bad, and what to do about each."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.models.alarm import Severity


@dataclass(frozen=True, slots=True)
class AlarmRule:
    """A condition with its words; `on_delay_s` passes before it is raised, `off_delay_s` before it clears."""

    condition: str
    severity: Severity
    title: str
    what_to_do: str
    on_delay_s: float = 0.0
    off_delay_s: float = 0.0
    clears_itself: bool = True
    """False for something that happened once: it stays until acknowledged."""


RULES = {
    rule.condition: rule
    for rule in (
        AlarmRule(
            "input_lost",
            Severity.CRITICAL,
            "Input lost: nothing flows",
            "Check the source, its address and port; the stream goes on by itself when packets come",
        ),
        AlarmRule(
            "processor_restarting",
            Severity.CRITICAL,
            "Processor ended and is being restarted",
            "Read the last log lines; if it repeats, check input and output",
        ),
        AlarmRule(
            "stream_failed",
            Severity.CRITICAL,
            "Stream failed and is not retried",
            "Read the reason, put it right, start the stream again",
        ),
        AlarmRule(
            "cue_failed",
            Severity.CRITICAL,
            "Cue was not seen on the output",
            "Tell the distributor; fire again when the stream is ready, or restart it to empty the queue",
            clears_itself=False,
        ),
        AlarmRule(
            "break_missed",
            Severity.CRITICAL,
            "Planned break or return was missed",
            "Tell the distributor; fire by hand if it is still wanted: the schedule sends nothing late",
            clears_itself=False,
        ),
        AlarmRule(
            "heartbeat_lost",
            Severity.MAJOR,
            "Heartbeats (splice_null) are not seen on the output",
            "Check that null packets are left for them; a cue may not get through either",
        ),
        AlarmRule(
            "no_null_packets",
            Severity.MAJOR,
            "No null packets: cues cannot go out",
            "Set stuffing in the stream's settings and restart the stream",
            on_delay_s=3.0,
            off_delay_s=3.0,
        ),
        AlarmRule(
            "sync_loss",
            Severity.CRITICAL,
            "Sync lost (TR 101 290 1.1)",
            "Check the link that delivers the input",
            off_delay_s=5.0,
        ),
        AlarmRule(
            "pat_pmt_error",
            Severity.CRITICAL,
            "PAT or PMT missing (TR 101 290 1.3, 1.5)",
            "Check the multiplexer that makes the input",
            on_delay_s=2.0,
            off_delay_s=5.0,
        ),
        AlarmRule(
            "disk_low",
            Severity.MAJOR,
            "Disk nearly full",
            "Free some space, or move the recordings: cues that cannot be recorded are refused",
            off_delay_s=10.0,
        ),
        AlarmRule(
            "logs_not_written",
            Severity.MINOR,
            "Log files cannot be written",
            "Check the log folder and its disk; streams and cues go on",
        ),
        AlarmRule(
            "continuity_error",
            Severity.MAJOR,
            "Packets lost or out of order (TR 101 290 1.4)",
            "Check the network on the way in; SRT or RIST repair what UDP loses",
            off_delay_s=5.0,
        ),
    )
}
