"""What each role may do, to which streams, and in what name."""

from __future__ import annotations

import os

import pytest

from ibe100.models.actor import CONSOLE, NOBODY, Actor, person_of
from ibe100.models.rights import ROLE_FOR, Act, Role, act_of
from ibe100.models.scte35_marker import CueAction


@pytest.mark.parametrize("act", Act)
@pytest.mark.parametrize("role", Role)
def test_a_role_may_what_the_table_says_and_a_refusal_names_both(role: Role, act: Act) -> None:
    refusal = Actor("anna", role).refusal(act, "news")
    assert bool(refusal) is not role.covers(ROLE_FOR[act])
    if refusal:
        assert refusal == f"anna is {role}: {act} needs {ROLE_FOR[act]}"


def test_every_act_has_a_role() -> None:
    assert set(ROLE_FOR) == set(Act)


def test_rights_to_some_streams_hold_for_these_and_not_for_what_concerns_all() -> None:
    anna = Actor("anna", Role.ENGINEER, frozenset({"news"}))
    assert anna.refusal(Act.FIRE_CUE, "news") == ""
    assert "may not act on this stream" in anna.refusal(Act.FIRE_CUE, "sport")
    assert "concerns all" in anna.refusal(Act.SET_PROFILES, "")
    assert anna.refusal(Act.PROBE, "") == "", "it changes no stream"
    assert anna.refusal(Act.SET_PROFILES) == "", "by the role alone"


def test_nobody_is_told_to_sign_in() -> None:
    assert NOBODY.refusal(Act.FIRE_CUE, "news") == "nobody is signed in: to fire cues needs operator"
    assert NOBODY.refusal(Act.READ) == ""


def test_an_actor_without_a_role_is_a_viewer() -> None:
    assert Actor("anna").role is Role.VIEWER


def test_a_section_made_elsewhere_is_an_act_of_its_own() -> None:
    assert [action for action in CueAction if act_of(action) is Act.SEND_SECTION] == [CueAction.SEND_SECTION]


@pytest.mark.parametrize(
    ("note", "on_record"),
    [
        ("", "anna"),
        ("playout 2", "anna (playout 2)"),
        ("x), admin (", "anna (x, admin)"),
        ("a\nb\x1b[31m\u202ec", "anna (ab[31mc)"),
        ("n" * 300, f"anna ({'n' * 60})"),
    ],
)
def test_a_note_stands_beside_the_name_and_never_passes_for_one(note: str, on_record: str) -> None:
    assert Actor("anna").noting(note).on_record == on_record


def test_without_a_sign_in_it_is_the_user_of_this_machine_by_uid_and_not_by_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import pwd

    for variable in ("USER", "LOGNAME", "SUDO_USER"):
        monkeypatch.setenv(variable, "somebody-else")
    assert person_of(os.getuid()).name == pwd.getpwuid(os.getuid()).pw_name
    assert person_of(4_000_123).name == "uid-4000123"
    assert person_of(os.getuid()).words == person_of(os.getuid()).name
    assert CONSOLE.words == "the console"
