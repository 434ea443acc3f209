"""Tables that came back, and the cue PIDs that they name."""

import base64
from collections.abc import Iterable
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from ibe100.mpegts.descriptors import Descriptor
from ibe100.mpegts.psi import Pat, PmtStream
from ibe100.services.return_feed.feed_log import FeedLog
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


def test_sections_on_a_pid_settle_what_its_stream_type_stands_for_until_the_pmt_changes() -> None:
    sound = replace(GOOD, streams=(VIDEO, PmtStream(0x86, PID, (Descriptor(0x7B, b"\x00"),))))
    log = FeedLog()
    log.tables_changed(1.0, read_tables([base64.b64encode(sound.encode()).decode()]))
    assert (log.tables.cue_pids, log.tables.fault(PID) is None) == ((), False)
    log.cue_came(2.0, PID)
    assert (log.tables.cue_pids, log.tables.fault(PID)) == ((PID,), None)
    assert log.fault_within(0.0, 1.5, PID) is not None, "as it was before the section came"
    moved = replace(sound, streams=(VIDEO, PmtStream(0x86, PID, (Descriptor(0x7B, b"\x01"),))))
    log.tables_changed(3.0, read_tables([base64.b64encode(moved.encode()).decode()]))
    assert log.tables.cue_pids == ()
