"""Which input is on air: left when it is lost, gone back to when it is good for long enough, held by hand."""

import pytest

from ibe100.minitsp.switch.choice import NEVER, START_S, InputChoice, InputHealth, Mode, SwitchRules

RULES = SwitchRules(loss_s=0.3, primary=0, return_after_s=5.0)


def inputs(*last_s: float, opened_s: float = 0.0) -> list[InputHealth]:
    return [InputHealth(opened_s=opened_s, last_s=one) for one in last_s]


def settled(choice: InputChoice, known: list[InputHealth], from_s: float, to_s: float) -> list[int]:
    """Switches made while all that gives packets goes on doing so."""
    made = []
    now_s = from_s
    giving = [one for one in known if one.last_s > NEVER]
    while now_s < to_s:
        now_s += 0.1
        for one in giving:
            one.last_s = now_s
        if change := choice.decide(known, now_s):
            made.append(change[0])
    return made


def test_an_input_that_is_lost_is_left_after_the_time_of_the_rule_and_not_before() -> None:
    choice, known = InputChoice(RULES), inputs(10.0, 10.0)
    choice.decide(known, 10.0)
    known[1].last_s = 10.25
    assert choice.decide(known, 10.29) is None
    assert choice.decide(known, 10.3) == (1, "input 1: no packets came")


def test_nobody_goes_to_an_input_that_gives_nothing() -> None:
    choice, known = InputChoice(RULES), inputs(10.0, NEVER)
    assert choice.decide(known, 11.0) is None
    assert choice.current == 0


def test_the_first_input_has_a_moment_to_begin() -> None:
    choice, known = InputChoice(RULES), inputs(NEVER, 0.4)
    assert choice.decide(known, 0.5) is None
    known[1].last_s = START_S
    assert choice.decide(known, START_S) == (1, "input 1: nothing has come since it was opened")


def test_the_primary_is_gone_back_to_once_it_was_good_for_so_long() -> None:
    choice, known = InputChoice(RULES, current=1), inputs(10.0, 10.0)
    assert settled(choice, known, 10.0, 14.9) == []
    assert settled(choice, known, 14.9, 15.3) == [0]


def test_a_primary_that_comes_and_goes_is_not_gone_back_to() -> None:
    choice, known = InputChoice(RULES, current=1), inputs(10.0, 10.0)
    for second in range(10, 40, 2):
        assert settled(choice, known, second, second + 1.5) == []
        known[0].last_s = second + 1.0
        known[1].last_s = second + 1.9
        assert choice.decide(known, second + 1.9) is None  # the primary was silent for 0.9 s
    assert choice.current == 1


def test_a_slate_is_left_for_a_backup_that_is_good_again() -> None:
    choice, known = InputChoice(RULES, current=2), inputs(NEVER, 10.0, 10.0)
    assert settled(choice, known, 10.0, 16.0) == [1]


def test_without_a_primary_nothing_is_gone_back_to() -> None:
    choice = InputChoice(SwitchRules(loss_s=0.3), current=1)
    assert settled(choice, inputs(10.0, 10.0), 10.0, 60.0) == []


def test_what_was_chosen_by_hand_stays_until_it_is_lost() -> None:
    choice, known = InputChoice(RULES), inputs(10.0, 10.0)
    assert choice.take(1) == (1, "chosen by hand")
    assert settled(choice, known, 10.0, 60.0) == []
    known[0].last_s = 61.0
    assert choice.decide(known, 61.0) == (0, "input 2: no packets came")
    assert choice.mode is Mode.RULES


def test_what_is_held_stays_though_it_is_lost() -> None:
    choice, known = InputChoice(RULES), inputs(10.0, 10.0)
    choice.take(1, hold=True)
    known[0].last_s = 90.0
    assert choice.decide(known, 90.0) is None
    choice.follow_rules()
    assert choice.decide(known, 90.0) == (0, "input 2: no packets came")


def test_a_drill_ends_by_itself_where_it_began() -> None:
    choice, known = InputChoice(RULES), inputs(10.0, 10.0)
    assert choice.drill(1, 30.0, 10.0) == (1, "drill of 30 s")
    assert settled(choice, known, 10.0, 39.8) == []
    assert settled(choice, known, 39.8, 40.2) == [0]
    assert choice.mode is Mode.RULES


def test_a_drill_ends_at_once_when_its_input_is_lost() -> None:
    choice, known = InputChoice(RULES), inputs(10.0, 10.0)
    choice.drill(1, 30.0, 10.0)
    known[0].last_s = 12.0
    assert choice.decide(known, 12.0) == (0, "input 2: no packets came")
    assert choice.mode is Mode.RULES


def test_one_that_is_faulty_is_left_for_one_that_is_good() -> None:
    choice, known = InputChoice(RULES), inputs(10.0, 10.0, 10.0)
    known[0].fault = known[1].fault = "its packets are scrambled"
    assert choice.decide(known, 10.1) == (2, "input 1: its packets are scrambled")


@pytest.mark.parametrize("hold", [False, True])
def test_going_where_one_is_changes_the_mode_only(hold: bool) -> None:
    choice = InputChoice(RULES)
    assert choice.take(0, hold=hold) is None
    assert choice.mode is (Mode.HOLD if hold else Mode.HAND)
