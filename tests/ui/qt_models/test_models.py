"""The Qt models under Qt's own tester: every insertion and removal is announced as it happens."""

from __future__ import annotations

import time
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from PyQt6.QtTest import QAbstractItemModelTester
from PyQt6.QtWidgets import QApplication

from fake_values import alarm, running, telemetry, view
from ibe100.models.alarms.alarm import AlarmState, Severity
from ibe100.models.alarms.machine_health import ClockState, ClockSync, MachineHealth
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.models.stream_state import StreamState, Tally, Telemetry
from ibe100.ui.alarms.alarm_panel import WHAT_TO_DO_COLUMN
from ibe100.ui.alarms.hidden_alarms_view import why
from ibe100.ui.cues.cue_trigger import HOLD_S, CueLatch
from ibe100.ui.qt_models.alarm_groups import HiddenAlarm
from ibe100.ui.qt_models.alarm_table import CONDITION_COLUMN, AlarmTableModel
from ibe100.ui.qt_models.cue_list import CueListModel
from ibe100.ui.qt_models.keyed_table import Column, KeyedTableModel
from ibe100.ui.qt_models.shortcomings import shortcomings, words
from ibe100.ui.qt_models.stream_list import StreamListModel, StreamRow

STRICT = QAbstractItemModelTester.FailureReportingMode.Fatal
Pair = tuple[int, int]
BUTTON = ("s", CueAction.TO_BREAK)


def cue(cue_id: int, state: CueState, **changes: object) -> Cue:
    return Cue(
        cue_id=cue_id,
        stream_id="s",
        session_id=1,
        action=CueAction.TO_BREAK,
        state=state,
        requested_by="operator",
        requested_at=0.0,
    ).model_copy(update=changes)


COLUMNS: tuple[Column[Pair], ...] = (
    Column("key", lambda pair: str(pair[0])),
    Column("value", lambda pair: str(pair[1])),
)
ROWS = st.dictionaries(st.integers(0, 8), st.integers(0, 3))


@given(st.lists(ROWS, max_size=5), st.randoms(use_true_random=False))
def test_a_table_shows_exactly_the_rows_it_was_given(
    qapp: QApplication, steps: list[dict[int, int]], order: Random
) -> None:
    model: KeyedTableModel[Pair] = KeyedTableModel(COLUMNS, lambda pair: pair[0])
    QAbstractItemModelTester(model, STRICT, model)
    for step in steps:
        rows = list(step.items())
        order.shuffle(rows)
        model.show(rows)
        assert list(model.rows()) == rows
        assert [model.index(at, 1).data() for at in range(model.rowCount())] == [str(v) for _, v in rows]


@given(
    st.lists(
        st.tuples(
            st.integers(1, 6),
            st.sampled_from(Severity),
            st.sampled_from(AlarmState),
            st.integers(0, 100),
            st.booleans(),
        ),
        max_size=12,
    )
)
def test_alarms_stay_sorted_and_closed_ones_leave(
    qapp: QApplication, changes: list[tuple[int, Severity, AlarmState, int, bool]]
) -> None:
    model = AlarmTableModel()
    QAbstractItemModelTester(model, STRICT, model)
    open_ids: set[int] = set()
    for alarm_id, severity, state, raised_at, has_cleared in changes:
        times = {"raised_at": float(raised_at), "cleared_at": 200.0 if has_cleared else None}
        model.put(alarm(alarm_id, severity, "x", state=state, **times))
        open_ids = open_ids - {alarm_id} if state is AlarmState.CLOSED else open_ids | {alarm_id}
        shown = model.alarms()
        assert {one.alarm_id for one in shown} == open_ids
        ranks = [(one.severity, one.cleared_at is not None, -one.raised_at) for one in shown]
        assert ranks == sorted(ranks)


def test_an_alarm_that_is_explained_or_shelved_is_hidden_until_it_comes_back(qapp: QApplication) -> None:
    model = AlarmTableModel()
    loss = alarm(1, Severity.CRITICAL, "Input lost")
    consequence = alarm(2, Severity.MAJOR, "Null packets gone")
    model.put(loss)
    model.put(consequence)
    model.put(consequence.model_copy(update={"suppressed_by": "input_lost"}))
    assert [one.alarm_id for one in model.alarms()] == [1]
    model.put(consequence)
    model.put(loss.model_copy(update={"shelved_until": 300.0}))
    assert [one.alarm_id for one in model.alarms()] == [2]


@given(st.lists(st.integers(1, 9), max_size=12))
def test_streams_are_listed_by_number(qapp: QApplication, numbers: list[int]) -> None:
    model = StreamListModel()
    QAbstractItemModelTester(model, STRICT, model)
    for number in numbers:
        if model.row_of(f"stream-{number}") is not None:
            model.remove(f"stream-{number}")
        else:
            model.put(running(number, f"Stream {number}"))
            model.measure(telemetry(f"stream-{number}", 1_000_000 * number))
        listed = [row.view.number for row in model.rows()]
        assert listed == sorted(listed)


def test_an_older_step_never_takes_a_receipt_back(qapp: QApplication) -> None:
    model = CueListModel()
    QAbstractItemModelTester(model, STRICT, model)
    seen = cue(1, CueState.SEEN, sent=1, seen=1)
    model.put(seen)
    model.put(cue(1, CueState.SENT, sent=1))
    assert model.latest("s") == seen
    model.put(cue(1, CueState.FAILED, reason="late"))
    model.put(seen)
    latest = model.latest("s")
    assert latest is not None
    assert latest.state is CueState.FAILED


def test_a_latch_holds_from_the_press_to_the_receipt() -> None:
    latch = CueLatch()
    assert latch.press(BUTTON, None, 10.0, 0.0)
    assert not latch.press(BUTTON, None, 100.0, 0.0), "still on its way to the services"
    latch.answered(BUTTON)
    sent = cue(1, CueState.SENT)
    assert not latch.press(BUTTON, sent, 100.0, 0.0), "sent, and not seen yet"
    assert latch.press(BUTTON, cue(1, CueState.SEEN), 100.0, 0.0)


def test_a_latch_swallows_a_double_click_even_if_the_receipt_is_faster() -> None:
    latch = CueLatch()
    latch.press(BUTTON, None, 10.0, 0.0)
    latch.answered(BUTTON)
    seen = cue(1, CueState.SEEN)
    assert not latch.press(BUTTON, seen, 10.0 + HOLD_S / 2, 0.0)
    assert latch.press(BUTTON, seen, 10.0 + HOLD_S, 0.0)


def test_a_latch_holds_until_the_splice_of_a_pre_rolled_cue() -> None:
    latch = CueLatch()
    ahead = cue(1, CueState.SEEN, splice_at=50.0)
    assert latch.is_latched(BUTTON, ahead, 100.0, 49.0)
    assert not latch.is_latched(BUTTON, ahead, 100.0, 51.0)
    assert not latch.is_latched(("s", CueAction.BACK_TO_PROGRAMME), None, 100.0, 49.0)


def test_a_refusal_frees_the_latch_at_once() -> None:
    latch = CueLatch()
    latch.press(BUTTON, None, 10.0, 0.0)
    latch.refused(BUTTON)
    assert latch.press(BUTTON, None, 10.1, 0.0)


def test_what_follows_from_an_alarm_is_counted_on_it_and_shown_below_when_it_is_expanded(
    qapp: QApplication,
) -> None:
    model = AlarmTableModel()
    loss = alarm(1, Severity.CRITICAL, "Input lost", condition="input_lost")
    quiet = alarm(2, Severity.CRITICAL, "No packets", condition="nothing_flows", suppressed_by="input_lost")
    sparse = alarm(3, Severity.MINOR, "PTS gap", condition="pts_error", suppressed_by="nothing_flows")
    other = alarm(4, Severity.MAJOR, "PTS gap", condition="pts_jump")
    model.replace_all([loss, quiet, sparse, other])
    assert model.index(0, CONDITION_COLUMN).data() == "▸ Input lost  +2"
    model.set_expanded(1, True)
    assert [one.alarm_id for one in model.alarms()] == [1, 2, 3, 4]
    assert model.index(1, WHAT_TO_DO_COLUMN).data() == "Follows from: Input lost"
    assert model.awaiting_count() == 2
    model.set_expanded(1, False)
    assert [one.alarm_id for one in model.alarms()] == [1, 4]


def test_what_is_kept_back_says_why_and_the_shelved_come_first(qapp: QApplication) -> None:
    model = AlarmTableModel()
    shelf = {"shelved_until": 5000.0, "shelved_by": "ar", "shelve_reason": "maintenance"}
    model.replace_all(
        [
            alarm(1, Severity.CRITICAL, "Input lost", condition="input_lost"),
            alarm(2, Severity.MAJOR, "No nulls", condition="no_null_packets", suppressed_by="input_lost"),
            alarm(3, Severity.MINOR, "PTS gap", condition="pts_error", **shelf),
        ]
    )
    assert [(one.alarm.alarm_id, why(one)) for one in model.hidden_alarms()] == [
        (3, "Shelved by ar: maintenance"),
        (2, "Follows from: Input lost"),
    ]


def machine(**changes: object) -> MachineHealth:
    """A machine that is well, as it was a moment ago."""
    given: dict[str, object] = {
        "at": time.time(),
        "cpu_percent": 3.0,
        "memory_used_bytes": 1,
        "memory_total_bytes": 10,
        "disk_free_bytes": 9,
        "disk_total_bytes": 10,
        "network_in_bps": 0.0,
        "network_out_bps": 0.0,
    }
    return MachineHealth.model_validate({**given, **changes})


def test_all_is_well_only_where_it_is() -> None:
    on_air = StreamRow(running(1, "News"), Telemetry(stream_id="stream-1", monotonic_s=0.0), time.monotonic())
    off = StreamRow(view(2, "Sport"))
    assert shortcomings([on_air, off], (), machine()) == ()
    assert words(()) == "all that the console watches is as it should be"
    silent = StreamRow(running(1, "News"))
    failed = StreamRow(
        view(3, "Film", state=StreamState.FAILED, tally=Tally.FAULT, reason="no such file: /a.ts")
    )
    starting = StreamRow(view(4, "Kids", state=StreamState.STARTING, tally=Tally.READY))
    shelved = HiddenAlarm(alarm(9, Severity.MINOR, "PCR jumped", shelved_until=time.time() + 60))
    unset = machine(clock=ClockSync(state=ClockState.NOT_SYNCHRONISED))
    found = shortcomings([silent, off, failed, starting], [shelved], unset)
    assert found == (
        "News sends no measurements",
        "Film is FAILED (no such file: /a.ts)",
        "Kids is STARTING",
        "the clock of this machine is not synchronised",
    )
    assert words(found).startswith("but: News sends no measurements; Film is FAILED")
    for looked in (None, machine(at=time.time() - 6)):
        assert shortcomings([], (), looked) == ("the machine is not measured",)
    many = [StreamRow(view(n, f"S{n}", state=StreamState.FAILED, tally=Tally.FAULT)) for n in range(9)]
    assert len(shortcomings(many, (), machine())) == 4
