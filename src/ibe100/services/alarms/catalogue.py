"""Catalogue of all conditions; here those of cues, of return feeds as a whole, and of the machine."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.models.alarms.alarm import Severity
from ibe100.services.alarms import break_catalogue, signal_catalogue, stream_catalogue
from ibe100.services.alarms.rule import AlarmRule, CountedRule, parameter
from ibe100.services.alarms.signal_catalogue import NO_NULL_PACKETS
from ibe100.services.alarms.stream_catalogue import FLOW
from ibe100.utils.program import COMMAND


@dataclass(frozen=True, slots=True, eq=False)
class DiskRule(AlarmRule):
    """Room on a disk."""

    free_mb: float = parameter(500, "Least free space", "MB", 10, 10_000_000)


@dataclass(frozen=True, slots=True, eq=False)
class MemoryRule(AlarmRule):
    """Memory available to a process that asks for it."""

    free_percent: float = parameter(5, "Least available memory", "%", 1, 50, decimals=1)
    recovered_by_percent: float = 3
    """Margin above the least, at which it is enough again."""


@dataclass(frozen=True, slots=True, eq=False)
class DescriptorRule(AlarmRule):
    """Files, sockets and pipes that the console has open."""

    used_percent: float = parameter(90, "Most that may be in use", "%", 50, 100)


@dataclass(frozen=True, slots=True, eq=False)
class LagRule(AlarmRule):
    """Work of the console that waits for its turn."""

    lag_ms: float = parameter(300, "Longest wait", "ms", 50, 10_000)


CUE_FAILED = AlarmRule(
    "cue_failed",
    Severity.CRITICAL,
    "Cue was not seen on the output",
    "The stream was interrupted, or had no null packet to carry it",
    "Tell the distributor; fire again when the stream is ready: should it air after all, that is an alarm",
    clears_itself=False,
    only_while_running=False,
)
EMERGENCY_KEY = AlarmRule(
    "emergency_key",
    Severity.CRITICAL,
    "Emergency key was used",
    "Somebody at the window took the stream to a break or back without a sign-in",
    "Find out who it was and why; look at the stream's cues; then acknowledge",
    clears_itself=False,
    only_while_running=False,
)
CUE_AIRED_LATE = AlarmRule(
    "cue_aired_late",
    Severity.CRITICAL,
    "Cue aired after it was given up on",
    "The processor was held up with it, or had it already when it was called off",
    "Do not fire it again; tell the distributor, and go BACK TO PROGRAMME if its break is not wanted",
    clears_itself=False,
    only_while_running=False,
)
FOREIGN_CUE = AlarmRule(
    "foreign_cue",
    Severity.CRITICAL,
    "Foreign cue: not sent from here, on our cue PID",
    "Another program or user of this machine sent it to the processor, or the source has begun to",
    "Go BACK TO PROGRAMME if a break began; tell the distributor; find the sender, and see docs/security.md",
    clears_itself=False,
    only_while_running=False,
)
BREAK_MISSED = AlarmRule(
    "break_missed",
    Severity.CRITICAL,
    "Planned break or return was missed",
    "The stream could not take a cue when it was due",
    "Tell the distributor; fire by hand if it is still wanted: the schedule sends nothing late",
    clears_itself=False,
    only_while_running=False,
)
HEARTBEAT_LOST = AlarmRule(
    "heartbeat_lost",
    Severity.MAJOR,
    "Heartbeats (splice_null) are not seen on the output",
    "No null packets, or a processor that does not take cues",
    "Check that null packets are left for them; a cue may not get through either",
    explained_by=(*FLOW, NO_NULL_PACKETS),
)

RETURN_FEED_LOST = AlarmRule(
    "return_feed_lost",
    Severity.MINOR,
    "Return feed lost",
    "The distributor's end stopped sending it, or its address changed",
    "Check its address with the distributor; our own output is not concerned",
    only_while_running=False,
    explained_by=FLOW,
)
CUE_NOT_RETURNED = AlarmRule(
    "cue_not_returned",
    Severity.MAJOR,
    "Cue did not come back from the distributor's end",
    "It left us as it should: a hop after our output dropped or changed it",
    "Phone the distributor and read this out; the receipt has the bytes that left and those that came",
    clears_itself=False,
    only_while_running=False,
)
RETURN_FEED_FAULT = AlarmRule(
    "return_feed_fault",
    Severity.MAJOR,
    "Distributor's end cannot carry cues",
    "A multiplexer after our output dropped the cue PID or changed its entry in the PMT",
    "Phone the distributor before the next break and read this out",
    only_while_running=False,
    explained_by=(RETURN_FEED_LOST,),
)

DATA_MOVED = AlarmRule(
    "data_moved",
    Severity.CRITICAL,
    "Data folder was moved, deleted or replaced",
    "Somebody moved it, or mounted another over it",
    "Put it back in its place: cues are taken again at once. If it is lost, restart the console: the record "
    "is made anew from the newest backup; streams go on meanwhile",
)
DATABASE_AWAY = AlarmRule(
    "database_away",
    Severity.CRITICAL,
    "Database takes no writes",
    "Its server is down or cannot be reached, or its disk does not answer",
    "Bring it back: what happens meanwhile is held and written then. Until then cues are refused, but by the "
    "emergency key; streams go on",
)
DISK_LOW = DiskRule(
    "disk_low",
    Severity.MAJOR,
    "Disk nearly full",
    "Recordings, logs or something else fill it",
    "Free some space, or move the recordings: cues that cannot be recorded are refused",
    off_delay_s=10.0,
)
MEMORY_LOW = MemoryRule(
    "memory_low",
    Severity.MAJOR,
    "Memory nearly used up",
    "Something on this machine grows",
    "Close other programs; a processor may be killed by the system next",
    on_delay_s=10.0,
    off_delay_s=10.0,
)
DESCRIPTORS_LOW = DescriptorRule(
    "descriptors_low",
    Severity.CRITICAL,
    "File descriptors nearly used up",
    "Too many connections, or something that does not close what it opened",
    "Close windows and clients of the API; if it stays, restart the console: streams go on meanwhile",
    off_delay_s=10.0,
)
CLOCK_STEP = AlarmRule(
    "clock_step",
    Severity.MAJOR,
    "Clock of the machine was stepped",
    "Time synchronisation corrected it, or somebody set it",
    "Check NTP or PTP; planned breaks follow the new time, cues already armed keep their PTS",
    off_delay_s=60.0,
)
CONSOLE_SLOW = LagRule(
    "console_slow",
    Severity.MAJOR,
    "Console is slow: its own work waits",
    "The machine has too much to do, or its disk is slow",
    "Close other programs on this machine; streams go on, cues may leave late",
    on_delay_s=3.0,
    off_delay_s=10.0,
)
CONSOLE_FAULT = AlarmRule(
    "console_fault",
    Severity.MAJOR,
    "Part of the console failed and was begun again",
    "An error in the program, or a file that cannot be read",
    "Look at errors.log and report it; streams and cues go on",
    off_delay_s=60.0,
    explained_by=(DESCRIPTORS_LOW,),
)
LOGS_NOT_WRITTEN = AlarmRule(
    "logs_not_written",
    Severity.MINOR,
    "Log files cannot be written",
    "The disk is full or the folder is not ours",
    "Check the log folder and its disk; streams and cues go on",
)
SETTINGS_WRONG = AlarmRule(
    "settings_wrong",
    Severity.MAJOR,
    "Settings cannot be read: the last good ones hold",
    "A file was written by half, by hand, or by a newer version of IBE-100",
    "Put the file right as is said there; it is read again by itself. "
    f"To try it first: {COMMAND} config check",
)
ALARM_RULES_WRONG = AlarmRule(
    "alarm_rules_wrong",
    Severity.MAJOR,
    "Alarm rules cannot be read: those before hold",
    "Their file was written by half or by hand; after a restart the rules hold as they ship",
    "Put the file right as is said there: it is read again by itself",
)
CLIPS_NOT_RECORDED = AlarmRule(
    "clips_not_recorded",
    Severity.MINOR,
    "Clips are not recorded",
    "The disk of the clips is full, slow, gone or read-only; the stream itself is not concerned",
    "Make room, or name another folder in the settings; it is recorded again by itself as soon as it can be",
    on_delay_s=3.0,
    off_delay_s=5.0,
)
BACKUP_FAILED = AlarmRule(
    "backup_failed",
    Severity.MAJOR,
    "Backup could not be made",
    "The disk of the backups is full, gone or read-only, or the database is damaged",
    f"Put right what is said there; it is tried again every quarter of an hour, or now: {COMMAND} backup now",
)
BACKUP_OLD = AlarmRule(
    "backup_old",
    Severity.MAJOR,
    "Last good backup is more than two days old",
    "Backups fail, or the machine had no time for them",
    f"Make one now ({COMMAND} backup now) and read why it fails; streams and cues go on",
    explained_by=(BACKUP_FAILED,),
)

_ROOMS = (stream_catalogue, signal_catalogue, break_catalogue)
_ALL = (*(rule for room in _ROOMS for rule in vars(room).values()), *globals().values())
RULES = {rule.condition: rule for rule in _ALL if isinstance(rule, AlarmRule)}
"""Rules by condition."""
CLEARING = tuple(rule for rule in RULES.values() if rule.clears_itself)
MEASURED = tuple(rule for rule in CLEARING if rule.only_while_running)
"""Looked at only while a stream runs."""
COUNTED = tuple(rule for rule in RULES.values() if isinstance(rule, CountedRule))
