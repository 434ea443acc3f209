"""The one exception of the codec."""


class SpliceDecodeError(ValueError):
    """Bytes, text or values that are no SCTE 35: `where` names the field, `what` the fault."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what
