"""Every condition that is an alarm: streams and their processors, cues, the machine; and what is measured."""

from __future__ import annotations

from ibe100.models.alarms.alarm import Severity
from ibe100.services.alarms.content_rules import CONTENT_RULES
from ibe100.services.alarms.rule import FLOW, AlarmRule
from ibe100.services.alarms.signal_catalogue import SIGNAL_RULES

SRT_PEERS = ("srt_sender_gone", "srt_receiver_gone")
"""Without a sender nothing comes, and a tsp without a receiver stands still."""
PEER_S = 0.6
"""An alarm is due within a second, and that a peer is silent is known after half of one."""
STREAM_RULES = (
    AlarmRule(
        "input_lost",
        Severity.CRITICAL,
        "Input lost: nothing flows",
        "The sender stopped, or the network lost its packets",
        "Check the source, its address and port; the stream goes on by itself when packets come",
        explained_by=("stream_failed", "sync_loss", *SRT_PEERS),
    ),
    AlarmRule(
        "nothing_flows",
        Severity.CRITICAL,
        "Running, but nothing flows",
        "The input stopped, or the processor hangs",
        "Check the source; the processor is restarted by itself if it hangs",
        explained_by=(
            "stream_failed",
            "sync_loss",
            "input_lost",
            "crash_loop",
            "processor_restarting",
            *SRT_PEERS,
        ),
    ),
    AlarmRule(
        "processor_restarting",
        Severity.CRITICAL,
        "Processor ended and is being restarted",
        "Its input or output failed, or it was killed",
        "Read the last log lines; if it repeats, check input and output",
        explained_by=("stream_failed", "sync_loss", "input_lost", "crash_loop"),
    ),
    AlarmRule(
        "crash_loop",
        Severity.CRITICAL,
        "Processor ends again and again",
        "An input or output that cannot be opened, or options that do not fit the stream",
        "Read the error in the log; put input and output right, or stop the stream",
        explained_by=("stream_failed", "sync_loss", "input_lost"),
    ),
    AlarmRule(
        "stream_failed",
        Severity.CRITICAL,
        "Stream failed and is not retried",
        "The processor cannot be started at all",
        "Read the reason, put it right, start the stream again",
    ),
)
SRT_RULES = (
    AlarmRule(
        "srt_sender_gone",
        Severity.CRITICAL,
        "SRT input: no sender, or it is silent",
        "The sender stopped, was refused, or has not called yet",
        "Check the sender, its address, port, passphrase and stream id; it is heard as soon as it comes",
        on_delay_s=PEER_S,
        explained_by=("stream_failed",),
    ),
    AlarmRule(
        "srt_receiver_gone",
        Severity.CRITICAL,
        "SRT output: no receiver, or it is silent",
        "The receiver stopped, was refused, or has not called yet",
        "Call whoever receives it; check address, port, passphrase and stream id; it is served once it comes",
        on_delay_s=PEER_S,
        explained_by=("stream_failed",),
    ),
)
CUE_RULES = (
    AlarmRule(
        "cue_failed",
        Severity.CRITICAL,
        "Cue was not seen on the output",
        "The stream was interrupted, or had no null packet to carry it",
        "Tell the distributor; fire again when the stream is ready, or restart it to empty the queue",
        clears_itself=False,
    ),
    AlarmRule(
        "break_missed",
        Severity.CRITICAL,
        "Planned break or return was missed",
        "The stream could not take a cue when it was due",
        "Tell the distributor; fire by hand if it is still wanted: the schedule sends nothing late",
        clears_itself=False,
    ),
    AlarmRule(
        "heartbeat_lost",
        Severity.MAJOR,
        "Heartbeats (splice_null) are not seen on the output",
        "No null packets, or a processor that does not take cues",
        "Check that null packets are left for them; a cue may not get through either",
        explained_by=(*FLOW, "no_null_packets"),
    ),
)
RETURN_RULES = (
    AlarmRule(
        "cue_not_returned",
        Severity.MAJOR,
        "Cue did not come back from the distributor's end",
        "It left us as it should: a hop after our output dropped or changed it",
        "Phone the distributor and read this out; the receipt has the bytes that left and those that came",
        clears_itself=False,
    ),
    AlarmRule(
        "return_feed_fault",
        Severity.MAJOR,
        "Distributor's end cannot carry cues",
        "A multiplexer after our output dropped the cue PID or changed its entry in the PMT",
        "Phone the distributor before the next break and read this out",
        explained_by=("return_feed_lost",),
    ),
    AlarmRule(
        "return_feed_lost",
        Severity.MINOR,
        "Return feed lost",
        "The distributor's end stopped sending it, or its address changed",
        "Check its address with the distributor; our own output is not concerned",
        explained_by=FLOW,
    ),
)
MACHINE_RULES = (
    AlarmRule(
        "disk_low",
        Severity.MAJOR,
        "Disk nearly full",
        "Recordings, logs or something else fill it",
        "Free some space, or move the recordings: cues that cannot be recorded are refused",
        off_delay_s=10.0,
    ),
    AlarmRule(
        "memory_low",
        Severity.MAJOR,
        "Memory nearly used up",
        "Something on this machine grows",
        "Close other programs; a processor may be killed by the system next",
        on_delay_s=10.0,
        off_delay_s=10.0,
    ),
    AlarmRule(
        "clock_step",
        Severity.MAJOR,
        "Clock of the machine was stepped",
        "Time synchronisation corrected it, or somebody set it",
        "Check NTP or PTP; planned breaks follow the new time, cues already armed keep their PTS",
        off_delay_s=60.0,
    ),
    AlarmRule(
        "console_slow",
        Severity.MAJOR,
        "Console is slow: its own work waits",
        "The machine has too much to do, or its disk is slow",
        "Close other programs on this machine; streams go on, cues may leave late",
        on_delay_s=3.0,
        off_delay_s=10.0,
    ),
    AlarmRule(
        "logs_not_written",
        Severity.MINOR,
        "Log files cannot be written",
        "The disk is full or the folder is not ours",
        "Check the log folder and its disk; streams and cues go on",
    ),
    AlarmRule(
        "backup_failed",
        Severity.MAJOR,
        "Backup could not be made",
        "The disk of the backups is full, gone or read-only, or the database is damaged",
        "Put right what is said there; it is tried again every quarter of an hour, or now: ./run backup now",
    ),
    AlarmRule(
        "backup_old",
        Severity.MAJOR,
        "Last good backup is more than two days old",
        "Backups fail, or the machine had no time for them",
        "Make one now (./run backup now) and read why it fails; streams and cues go on",
        explained_by=("backup_failed",),
    ),
)
RULES = {
    rule.condition: rule
    for rule in (
        *STREAM_RULES,
        *SRT_RULES,
        *SIGNAL_RULES,
        *CONTENT_RULES,
        *CUE_RULES,
        *RETURN_RULES,
        *MACHINE_RULES,
    )
}
CLEARING = frozenset(condition for condition, rule in RULES.items() if rule.clears_itself)
MEASURED = (
    "nothing_flows",
    "crash_loop",
    "heartbeat_lost",
    *(rule.condition for rule in (*SRT_RULES, *SIGNAL_RULES, *CONTENT_RULES)),
)
"""Conditions that are looked at only while a stream runs."""
