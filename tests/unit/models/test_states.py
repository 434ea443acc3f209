"""The lives of cues and streams, as values."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ibe100.models.scte35_marker import TRANSITIONS, Cue, CueAction, CueRequest, CueState
from ibe100.models.stream_state import StreamState


def cue(state: CueState) -> Cue:
    return Cue(
        cue_id=7,
        stream_id="one",
        session_id=None,
        action=CueAction.TO_BREAK,
        state=state,
        requested_by="operator",
        requested_at=1.0,
        pts_time=90_000,
    )


@pytest.mark.parametrize("state", CueState)
@pytest.mark.parametrize("following", CueState)
def test_a_cue_moves_only_along_its_life(state: CueState, following: CueState) -> None:
    if following in TRANSITIONS.get(state, ()):
        moved = cue(state).moved_to(following, reason="why")
        assert (moved.state, moved.reason, moved.cue_id) == (following, "why", 7)
    else:
        with pytest.raises(AssertionError, match="cue 7"):
            cue(state).moved_to(following)


@pytest.mark.parametrize("changes", [{"pts_time": None}, {"seen": 1}])
def test_only_an_unseen_cue_with_a_splice_time_comes_back_into_custody(changes: dict[str, object]) -> None:
    with pytest.raises(AssertionError, match="cue 7 is not ours any more"):
        cue(CueState.SENT).model_copy(update=changes).moved_to(CueState.ARMED)


def test_every_cue_can_end_and_an_ended_one_stays_unless_it_airs_after_all() -> None:
    ends = {
        state for state in CueState if TRANSITIONS.get(state, frozenset()) <= {state, CueState.AIRED_LATE}
    }
    assert ends == {state for state in CueState if state.is_final}
    reached = {CueState.REQUESTED}
    for _ in CueState:
        reached |= {following for state in reached for following in TRANSITIONS.get(state, ())}
    assert reached == set(CueState)


@pytest.mark.parametrize(
    "fields", [{"duration_s": 0}, {"duration_s": 86_401}, {"pre_roll_s": -1}, {"pre_roll_s": 61}]
)
def test_a_cue_that_makes_no_sense_cannot_be_asked_for(fields: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        CueRequest.model_validate({"stream_id": "one", "action": "TO BREAK", **fields})


@given(st.sampled_from(StreamState))
def test_a_stream_is_active_or_ended(state: StreamState) -> None:
    assert state.is_active is not state.is_ended
