"""What the record says of the break that a stream may be in, for a console that takes it over."""

from __future__ import annotations

from ibe100.models.cues.contract import TimeSignalCommand
from ibe100.models.cues.log import CueLogQuery
from ibe100.models.scte35_marker import Cue, CueAction, CueState
from ibe100.services.cues.live_cues import CueShelf
from ibe100.services.cues.section import contract_of
from ibe100.services.storage import Storage
from ibe100.services.streams.run import StreamRun

REMEMBERED_CUES = 500


async def spliced_on_record(storage: Storage, shelf: CueShelf, run: StreamRun) -> tuple[Cue, ...]:
    """The cues of a stream which may have begun or ended a break, the newest first.

    From the record, for a long break may have seen more time signals and splice_nulls than are in memory.
    """
    contract = contract_of(run)
    actions = [one for one in CueAction if one.leaves or one.returns or one is CueAction.SEND_SECTION]
    if contract is not None and isinstance(contract.command, TimeSignalCommand):
        actions.append(CueAction.TIME_SIGNAL)
    states = (CueState.SPLICED,)
    query = CueLogQuery(stream_id=run.stream_id, actions=tuple(actions), states=states, limit=REMEMBERED_CUES)
    found = await storage.cues.find(query)
    # What has become known a moment ago may be in memory only: it goes before what the record says.
    known = {cue.cue_id: cue for cue in (*found, *shelf.recent(run.stream_id))}
    newest_first = sorted(known.values(), key=lambda cue: cue.cue_id, reverse=True)
    return tuple(cue for cue in newest_first if cue.state in states)
