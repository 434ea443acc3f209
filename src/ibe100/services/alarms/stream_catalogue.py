"""Conditions of a stream as a whole: its processor, its input, its SRT peers, and whether packets flow."""

from __future__ import annotations

from ibe100.models.alarms.alarm import Severity
from ibe100.services.alarms.rule import AlarmRule, CountedRule

BLOCKED_S, UNHEARD_S = 1.5, 2.0
"""An alarm is due after three seconds; an output is called blocked after one."""
PEER_S = 0.6
"""An alarm is due within a second, and that a peer is silent is known after half of one."""

STREAM_FAILED = AlarmRule(
    "stream_failed",
    Severity.CRITICAL,
    "Stream failed",
    "The processor cannot be started at all",
    "Read the reason and put it right: while it is meant to run it is tried again by itself",
    only_while_running=False,
)
SYNC_LOSS = CountedRule(
    "sync_loss",
    Severity.CRITICAL,
    "Sync lost (TR 101 290 1.1)",
    "What arrives is no transport stream, or is cut into wrong pieces",
    "Check the link that delivers the input",
    off_delay_s=5.0,
    counters=("ts_sync_loss",),
    explained_by=(STREAM_FAILED,),
)
SRT_SENDER_GONE = AlarmRule(
    "srt_sender_gone",
    Severity.CRITICAL,
    "SRT input: no sender, or it is silent",
    "The sender stopped, was refused, or has not called yet",
    "Check the sender, its address, port, passphrase and stream id; it is heard as soon as it comes",
    on_delay_s=PEER_S,
    explained_by=(STREAM_FAILED,),
)
SRT_RECEIVER_GONE = AlarmRule(
    "srt_receiver_gone",
    Severity.CRITICAL,
    "SRT output: no receiver, or it is silent",
    "The receiver stopped, was refused, or has not called yet",
    "Call whoever receives it; check address, port, passphrase and stream id; it is served once it comes",
    on_delay_s=PEER_S,
    explained_by=(STREAM_FAILED,),
)
OUTPUT_BLOCKED = AlarmRule(
    "output_blocked",
    Severity.CRITICAL,
    "Output is blocked: nothing leaves",
    "Whoever reads it does not, or its disk hangs",
    "Check whoever reads the output; after 10 s the processor opens it anew, again and again",
    on_delay_s=BLOCKED_S,
    explained_by=(STREAM_FAILED,),
)
OUTPUT_UNHEARD = AlarmRule(
    "output_unheard",
    Severity.CRITICAL,
    "Output: nobody receives it",
    "The receiver stopped, or has not begun yet",
    "Call whoever receives it; check address, port and secret; cues are refused until it is heard",
    on_delay_s=UNHEARD_S,
    explained_by=(STREAM_FAILED,),
)
INPUT_LOST = AlarmRule(
    "input_lost",
    Severity.CRITICAL,
    "Input lost: nothing flows",
    "The sender stopped, or the network lost its packets",
    "Check the source, its address and port; the stream goes on by itself when packets come",
    only_while_running=False,
    explained_by=(STREAM_FAILED, SYNC_LOSS, SRT_SENDER_GONE, SRT_RECEIVER_GONE),
)
ON_BACKUP = AlarmRule(
    "on_backup",
    Severity.MAJOR,
    "On a backup input",
    "The main input was lost or faulty, or somebody has switched by hand",
    "See to the main input; by its rules the stream goes back by itself once that is good again",
    explained_by=(STREAM_FAILED,),
)
BACKUP_MISSING = AlarmRule(
    "backup_missing",
    Severity.MAJOR,
    "An input that is not on air is missing or faulty",
    "Its sender stopped, or the network lost its packets",
    "See to it while another one is on air: if that is lost too, there is one less to go to",
    on_delay_s=3.0,
    off_delay_s=2.0,
    explained_by=(STREAM_FAILED, INPUT_LOST),
)
CRASH_LOOP = AlarmRule(
    "crash_loop",
    Severity.CRITICAL,
    "Processor ends again and again",
    "An input or output that cannot be opened, or options that do not fit the stream",
    "Read the error in the log; put input and output right, or stop the stream",
    explained_by=(STREAM_FAILED, SYNC_LOSS, INPUT_LOST),
)
PROCESSOR_RESTARTING = AlarmRule(
    "processor_restarting",
    Severity.CRITICAL,
    "Processor ended and is being restarted",
    "Its input or output failed, or it was killed",
    "Read the last log lines; if it repeats, check input and output",
    only_while_running=False,
    explained_by=(STREAM_FAILED, SYNC_LOSS, INPUT_LOST, CRASH_LOOP, OUTPUT_BLOCKED),
)
PASSED_WITHOUT_CUES = AlarmRule(
    "passed_without_cues",
    Severity.CRITICAL,
    "On air, but no cue can go out",
    "The source changed its services or PIDs, and no command fits it yet",
    "Read the reason: the stream goes on by itself as soon as its settings and the input agree",
    explained_by=(STREAM_FAILED,),
)
NOTHING_FLOWS = AlarmRule(
    "nothing_flows",
    Severity.CRITICAL,
    "Running, but nothing flows",
    "The input stopped, or the processor hangs",
    "Check the source; the processor is restarted by itself if it hangs",
    explained_by=(
        STREAM_FAILED,
        SYNC_LOSS,
        INPUT_LOST,
        CRASH_LOOP,
        PROCESSOR_RESTARTING,
        SRT_SENDER_GONE,
        SRT_RECEIVER_GONE,
        OUTPUT_BLOCKED,
        OUTPUT_UNHEARD,
    ),
)
FLOW = (STREAM_FAILED, INPUT_LOST, CRASH_LOOP, PROCESSOR_RESTARTING, NOTHING_FLOWS, OUTPUT_BLOCKED)
"""Causes of whatever else is measured on the stream while one of them stands."""
SYNC = (*FLOW, SYNC_LOSS)
