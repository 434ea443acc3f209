"""Who is told of what, and when: in a time that only the test moves."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from ibe100.models.alarms.alarm import Alarm, AlarmState, Severity
from ibe100.models.alarms.notification import NotificationTarget
from ibe100.services.alarms.notification_plan import AGAIN_S, HOLD_S, SAME_AGAIN_S, WINDOW_S, NotificationPlan


def alarm(condition: str = "input_lost", severity: Severity = Severity.CRITICAL, **changes: object) -> Alarm:
    return Alarm(
        alarm_id=1,
        stream_id="one",
        stream_name="Sport",
        condition=condition,
        severity=severity,
        title="Input lost",
        value="no packets",
        what_to_do="Check the source",
        state=AlarmState.UNACKNOWLEDGED,
        raised_at=100.0,
    ).model_copy(update=changes)


CLEARED = {"state": AlarmState.CLEARED_UNACKNOWLEDGED, "cleared_at": 160.0}


def plan(**changes: object) -> NotificationPlan:
    return NotificationPlan(NotificationTarget.model_validate({"name": "night shift", **changes}))


def titles(found: list) -> list[str]:  # type: ignore[type-arg]
    return [one.title for one in found]


def test_an_alarm_that_stands_is_told_once_and_its_end_too() -> None:
    night = plan()
    assert night.hear(alarm(), 0.0) == []
    assert night.due(HOLD_S - 0.1) == []
    assert titles(night.due(HOLD_S)) == ["[1] Sport: Input lost"]
    assert night.hear(alarm(value="still none"), 4.0) == []
    assert night.due(60.0) == []
    (over,) = night.hear(alarm(**CLEARED), 63.0)
    assert (over.title, over.body) == ("[over] Sport: Input lost", "It lasted 60 s.")


def test_what_clears_is_seen_to_or_is_explained_in_time_is_told_to_nobody() -> None:
    for change in (
        CLEARED,
        {"state": AlarmState.ACKNOWLEDGED},
        {"suppressed_by": "stream_failed"},
        {"shelved_until": 900.0},
    ):
        night = plan()
        night.hear(alarm(), 0.0)
        assert night.hear(alarm(**change), 1.0) == []
        assert night.due(HOLD_S + 1) == []


def test_what_flaps_is_told_again_only_after_a_while() -> None:
    night = plan(tells_clearing=False)
    told = []
    for second in range(0, 1000, 10):
        night.hear(alarm(), float(second))
        told += [(second, title) for title in titles(night.due(second + HOLD_S))]
        night.hear(alarm(**CLEARED), second + 5.0)
    assert [at for at, _ in told] == [0, 300, 600, 900]
    assert SAME_AGAIN_S == 300


def test_what_comes_again_and_stays_is_told_once_the_time_for_the_same_is_over() -> None:
    night = plan()
    night.hear(alarm(), 0.0)
    assert titles(night.due(HOLD_S)) == ["[1] Sport: Input lost"]
    assert titles(night.hear(alarm(**CLEARED), 10.0)) == ["[over] Sport: Input lost"]
    night.hear(alarm(), 20.0)
    assert night.due(30.0) == []
    assert night.hear(alarm(**CLEARED), 40.0) == [], "nobody was told that it came again"
    night.hear(alarm(), 50.0)
    assert night.due(SAME_AGAIN_S) == []
    assert titles(night.due(SAME_AGAIN_S + HOLD_S)) == ["[1] Sport: Input lost"]


def test_a_message_that_was_not_delivered_is_sent_again_while_its_alarm_stands() -> None:
    night = plan()
    night.hear(alarm(), 0.0)
    (first,) = night.due(HOLD_S)
    night.not_delivered(first, 5.0)
    assert night.due(5.0 + AGAIN_S - 0.1) == []
    (second,) = night.due(5.0 + AGAIN_S)
    assert second == first
    night.not_delivered(second, 40.0)
    assert night.hear(alarm(**CLEARED), 50.0) == []
    assert night.due(1000.0) == []
    night.not_delivered(second, 1001.0)
    assert night.due(2000.0) == [], "it is over"


def test_lesser_alarms_and_targets_that_are_switched_off_are_left_alone() -> None:
    for night in (plan(), plan(enabled=False, severity=Severity.MINOR)):
        night.hear(alarm(severity=Severity.CRITICAL if not night.target.enabled else Severity.MAJOR), 0.0)
        assert night.due(100.0) == []


@given(st.integers(1, 20), st.integers(1, 60))
def test_no_more_than_the_limit_is_sent_and_the_rest_is_counted(limit: int, count: int) -> None:
    night = plan(most_per_10_min=limit)
    for number in range(count):
        night.hear(alarm(f"condition_{number}"), 0.0)
    first = night.due(HOLD_S)
    assert len(first) == min(limit, count)
    later = titles(night.due(HOLD_S + WINDOW_S + 1))
    assert later == ([f"{count - limit} more messages were left out"] if count > limit else [])
