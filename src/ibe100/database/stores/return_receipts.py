"""Receipts of the cues from the return feeds."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from ibe100.database.chain.covered import RECEIPT
from ibe100.database.chain.links import Chain
from ibe100.database.sql.handles import Handles, columns_of
from ibe100.database.sql.reader import Reader
from ibe100.database.sql.schema import ReturnReceiptRow, table_of
from ibe100.models.cues.return_receipt import ReturnReceipt, ReturnState

_RECEIPTS = table_of(ReturnReceiptRow).c
_FIELDS = tuple(ReturnReceipt.model_fields)
_OF_CUES = select(*(_RECEIPTS[name] for name in _FIELDS))


class ReturnReceiptStore:
    """A write has been committed when it returns."""

    def __init__(self, handles: Handles, chain: Chain) -> None:
        self._handles = handles
        self._chain = chain

    async def save(self, receipt: ReturnReceipt) -> None:
        """Store it as it now is."""
        row = ReturnReceiptRow(**columns_of(receipt))

        def work(session: Session) -> None:
            self._handles.custody.demand(session, receipt.stream_id)
            session.merge(row)
            self._chain.add(session, RECEIPT, receipt.cue_id)

        await self._handles.writer.submit(work, has_happened=True)

    async def open(self, now: float) -> tuple[ReturnReceipt, ...]:
        """Receipts whose window is not over or that were never judged, the oldest first."""
        query = (
            select(ReturnReceiptRow)
            .where((ReturnReceiptRow.ends_at > now) | (ReturnReceiptRow.state == ReturnState.WAITING.value))
            .order_by(ReturnReceiptRow.cue_id)
        )
        return await self._handles.values(query, ReturnReceipt)

    async def of_cues(self, first_cue_id: int, last_cue_id: int) -> dict[int, ReturnReceipt]:
        """Receipts by cue_id, both ends included."""
        return await receipts_of_cues(self._handles.reader, first_cue_id, last_cue_id)


async def receipts_of_cues(reader: Reader, first_cue_id: int, last_cue_id: int) -> dict[int, ReturnReceipt]:
    """Receipts by cue_id, both ends included; also from a file that a running console holds."""
    query = _OF_CUES.where(_RECEIPTS.cue_id.between(first_cue_id, last_cue_id))

    def work(session: Session) -> dict[int, ReturnReceipt]:
        found = (
            ReturnReceipt.model_validate(dict(zip(_FIELDS, row, strict=True)))
            for row in session.execute(query)
        )
        return {receipt.cue_id: receipt for receipt in found}

    return await reader.read(work)
