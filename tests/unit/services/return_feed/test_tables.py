"""Tables that came back, and the cue PIDs that they name."""

import base64
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ibe100.mpegts.psi import Pat
from ibe100.services.return_feed.tables import read_tables
from return_rig import GOOD, PID, VIDEO


def read(sections: Iterable[bytes]) -> tuple[int, ...]:
    return read_tables(base64.b64encode(one).decode() for one in sections).cue_pids


def test_a_pmt_that_the_pat_does_not_name_any_more_does_not_count() -> None:
    other = replace(GOOD, program_number=2, streams=(VIDEO,))
    assert read([Pat(1, ((2, 0x1000),)).encode(), GOOD.encode(), other.encode()]) == ()
    assert read([GOOD.encode()]) == (PID,), "while there is no PAT every PMT counts"


@given(st.lists(st.binary(max_size=64), max_size=4))
def test_tables_that_are_damaged_are_left_out(damaged: list[bytes]) -> None:
    assert read([*damaged, GOOD.encode()]) in ((PID,), ())
