"""Catalogue of the conditions of breaks: on the input, on the output, at the return feed."""

from __future__ import annotations

from dataclasses import dataclass

from ibe100.models.alarms.alarm import Severity
from ibe100.services.alarms.rule import AlarmRule, parameter
from ibe100.services.alarms.stream_catalogue import FLOW

_END_S = 0.7
"""An end that comes with the splice itself is seen so much later; an alarm is due within a second."""


@dataclass(frozen=True, slots=True, eq=False)
class OpenEndedRule(AlarmRule):
    """Breaks that announce no duration."""

    longest_s: float = parameter(900, "Longest break that announces no duration", "s", 10, 86_400)


RETURN_MISSING = AlarmRule(
    "return_missing",
    Severity.CRITICAL,
    "Return to programme was due and is not on the output",
    "The stream was not ready for it, or it was refused: the reason stands there",
    "Go BACK TO PROGRAMME (F10) now; tell the distributor how much longer the break was",
    on_delay_s=_END_S,
)
BREAK_OVERRUN = AlarmRule(
    "break_overrun",
    Severity.MAJOR,
    "Break is longer than was announced",
    "Nobody has gone back to programme, or the return that was to be sent did not go out",
    "Go BACK TO PROGRAMME (F10); the distributor may have gone back by itself",
    on_delay_s=_END_S,
    explained_by=(RETURN_MISSING,),
)
OUT_WITHOUT_IN = OpenEndedRule(
    "out_without_in",
    Severity.MAJOR,
    "OUT without IN on the output",
    "A break that announced no duration was not ended, or another began in it",
    "Go BACK TO PROGRAMME (F10) if the break is over; ask the distributor what its splicer did",
)
IN_WITHOUT_OUT = AlarmRule(
    "in_without_out",
    Severity.MINOR,
    "IN without OUT on the output",
    "A return was sent while no break was on, or its OUT did not get out",
    "Look at the cue log for the OUT; it clears with the next break",
)
NO_CUE = AlarmRule(
    "no_cue",
    Severity.MAJOR,
    "No cue for longer than the contract allows",
    "Nobody sent one, or those of the input are not passed on",
    "Check the schedule and whoever sends the cues; the contract says how long may pass without one",
    explained_by=FLOW,
)
CUE_NOT_PASSED = AlarmRule(
    "cue_not_passed",
    Severity.MAJOR,
    "Cue is on the input and not on the output",
    "The processor was restarted just then, or a rule or filter of the stream drops its PID",
    "Send the break by hand if it is still wanted; look at the stream's PIDs and its log",
    explained_by=FLOW,
)
INPUT_BREAK_OVERRUN = AlarmRule(
    "input_break_overrun",
    Severity.MAJOR,
    "Break on the input is longer than was announced",
    "Its sender did not send the return, or it was lost on the way to us",
    "Call whoever sends the input; go BACK TO PROGRAMME here if the picture is in the programme",
    explained_by=FLOW,
)
INPUT_OUT_WITHOUT_IN = OpenEndedRule(
    "input_out_without_in",
    Severity.MAJOR,
    "OUT without IN on the input",
    "Its sender ended a break without a return, or the return was lost on the way to us",
    "Call whoever sends the input and read out the event ids",
    explained_by=FLOW,
)
INPUT_IN_WITHOUT_OUT = AlarmRule(
    "input_in_without_out",
    Severity.MINOR,
    "IN without OUT on the input",
    "The OUT was lost on the way to us, or its sender returned twice",
    "Call whoever sends the input and read out the event id; it clears with the next break",
    explained_by=FLOW,
)
RETURN_FEED_OVERRUN = AlarmRule(
    "return_feed_overrun",
    Severity.MAJOR,
    "Break at the distributor's end is longer than was announced",
    "The return did not come back: a hop after our output dropped it",
    "Look whether the return left us; if so phone the distributor and read this out",
)
RETURN_FEED_OUT_WITHOUT_IN = AlarmRule(
    "return_feed_out_without_in",
    Severity.MAJOR,
    "OUT without IN at the distributor's end",
    "A hop after our output dropped a return, or put in a break of its own",
    "Phone the distributor and read out the event ids",
)
RETURN_FEED_IN_WITHOUT_OUT = AlarmRule(
    "return_feed_in_without_out",
    Severity.MINOR,
    "IN without OUT at the distributor's end",
    "A hop after our output dropped the OUT and passed the return",
    "Phone the distributor and read out the event id; the receipt of the OUT says what became of it",
)
RETURN_FEED_FOREIGN = AlarmRule(
    "return_feed_foreign",
    Severity.MINOR,
    "Break at the distributor's end that is not ours",
    "The distributor, or a hop on the way, put in a break of its own under the programme's name",
    "Phone the distributor, unless its own breaks are agreed: then switch this rule off for the stream",
    clears_itself=False,
    only_while_running=False,
)
