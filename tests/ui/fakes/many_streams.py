"""Streams by the number, in every state, with names, routes and alarms as long as they come."""

from __future__ import annotations

import time

from fake_services import FakeServices, section
from fake_values import alarm, planned, running, view
from ibe100.models.alarms.alarm import Alarm, AlarmState, Severity
from ibe100.models.cues.schedule import At, BreakPlan
from ibe100.models.messages import StreamView
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_state import StreamState, Tally

NAMES = (
    "IBE News HD",
    "Sport 1 HD",
    "Cinema Gold",
    "Regional South and its long name",
    "Kids",
    "Pop-up Event",
)
PORT_WORDS = "port 9007 is taken by another program: choose another port, or end that program"
ADVICE = "Call whoever sends it; check address, port, passphrase and stream id"


def _stream(number: int) -> StreamView:
    name = f"{NAMES[(number - 1) % len(NAMES)]} {number if number > len(NAMES) else ''}".strip()
    match number % 6:
        case 1 | 5:
            return running(number, name)
        case 2:
            return running(number, name, Tally.ARMED)
        case 3:
            return running(number, name, Tally.IN_BREAK, break_ends_at=time.time() + 72)
        case 4:
            return view(number, name, state=StreamState.STALLED, tally=Tally.NO_INPUT, reason="no packets")
    failed = number % 12 == 0
    return view(
        number,
        name,
        state=StreamState.FAILED if failed else StreamState.STOPPED,
        tally=Tally.FAULT if failed else Tally.OFF,
        reason=PORT_WORDS if failed else "",
    )


def _alarms(count: int) -> list[Alarm]:
    titles = ("Input lost", "Output bitrate is not steady", "PCR interval over 100 ms (TR 101 290 2.3a)")
    return [
        alarm(
            number,
            Severity(1 + number % 3),
            titles[number % 3],
            stream_id=f"stream-{1 + number % max(1, count)}",
            stream_name=NAMES[number % len(NAMES)],
            what_to_do=ADVICE,
            state=AlarmState.UNACKNOWLEDGED if number % 2 else AlarmState.ACKNOWLEDGED,
        )
        for number in range(1, 7)
    ]


def _cues() -> list[Cue]:
    """Cues of the first stream, in the states that have most words."""
    now = time.time()
    states = (
        (CueAction.TO_BREAK, CueState.SPLICED, ""),
        (CueAction.BACK_TO_PROGRAMME, CueState.FAILED, "the processor took no null packet for it"),
        (CueAction.CALL_OFF, CueState.SPLICED, ""),
        (CueAction.CRASH_OUT, CueState.AIRED_LATE, "its splice time had passed"),
        (CueAction.TO_BREAK, CueState.CANCELLED, "called off by olga"),
    )
    return [
        Cue(
            cue_id=number,
            stream_id="stream-1",
            session_id=1,
            action=action,
            state=state,
            reason=reason,
            requested_by="olga",
            requested_at=now - 90_000 + number,
            splice_event_id=0x60000000 + number,
            pre_roll_s=0.0,
            section_base64=section(number),
            sent=1,
            sent_expected=1,
            sent_at=now - 90_000 + number,
            seen=1,
            seen_at=now - 90_000 + number + 0.023,
            latency_ms=23.4,
        )
        for number, (action, state, reason) in enumerate(states, start=1)
    ]


def many_streams(count: int) -> FakeServices:
    """Services of `count` streams, six alarms, five cues of yesterday and three planned breaks."""
    services = FakeServices([_stream(number) for number in range(1, count + 1)], _alarms(count))
    services.cues.cues = _cues()
    for place, title in enumerate(("Evening break before the news of the region", "Local window", "Promo")):
        plan = BreakPlan(
            stream_id="stream-1",
            title=title,
            when=At(at=time.time() + 300 * (place + 1)),
            duration_s=60,
        )
        services.schedule.breaks[place + 1] = planned(place + 1, plan)
    return services


def measure_all(services: FakeServices) -> None:
    """Publish a sample of every stream that runs; called where the services live."""
    for one in services.streams.views.values():
        if one.state is StreamState.RUNNING:
            services.streams.measure(one.stream_id)
