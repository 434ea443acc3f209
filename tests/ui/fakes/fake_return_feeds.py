"""Return feeds in memory: a test says what came back."""

from __future__ import annotations

from fake_bus import FakeBus
from ibe100.models.cues.return_receipt import ReturnReceipt
from ibe100.models.messages import ReturnReceiptChanged


class FakeReturnFeeds:
    """Receipts by cue_id."""

    def __init__(self, bus: FakeBus) -> None:
        self._bus = bus
        self.receipts: dict[int, ReturnReceipt] = {}

    def receipt(self, cue_id: int) -> ReturnReceipt | None:
        return self.receipts.get(cue_id)

    def recent(self, stream_id: str) -> tuple[ReturnReceipt, ...]:
        return tuple(one for one in reversed(self.receipts.values()) if one.stream_id == stream_id)

    def tell(self, receipt: ReturnReceipt) -> None:
        """Publish a receipt of the return feed."""
        self.receipts[receipt.cue_id] = receipt
        self._bus.publish(ReturnReceiptChanged(receipt=receipt))
